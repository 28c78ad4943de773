"""Stage ``train``: base model + data set → checkpoint, by a loop that can stop and go on at any step."""
