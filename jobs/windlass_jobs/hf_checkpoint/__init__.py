"""Ordinary Hugging Face checkpoints as files: load, save, verify."""
