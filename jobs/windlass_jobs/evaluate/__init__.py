"""Stage evaluate: measures the built engine beside the base model and the engine that is live, and judges."""
