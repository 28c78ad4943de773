"""Stage ``import-model``: any of the ways a model comes in becomes one kind of base-model artifact."""
