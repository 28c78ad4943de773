"""Versions of the libraries that make an engine, as they go into manifests."""

from __future__ import annotations

from importlib.metadata import version


def conversion_versions() -> dict[str, str]:
    """What decides the bytes of the IR."""
    return _versions("openvino", "openvino-tokenizers", "optimum-intel", "torch", "transformers")


def build_versions() -> dict[str, str]:
    """What decides the bytes of the engine and what it needs to be served."""
    return _versions("openvino", "openvino-genai", "openvino-tokenizers", "nncf")


def _versions(*names: str) -> dict[str, str]:
    return {name: version(name) for name in names}
