"""Puts a Triton model version directory together."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from windlass_jobs.contract.canonical import canonical_json
from windlass_jobs.openvino_runtime.triton_model.settings import machine_cpu_features
from windlass_jobs.openvino_runtime.versions import build_versions

TRITON_MODEL = Path(__file__).parent / "triton_model"
NO_BYTECODE = (
    "This file keeps Python from writing bytecode into this directory: Triton reloads a version "
    "whose directory has become newer, and its python backend ignores PYTHONDONTWRITEBYTECODE.\n"
)
CONTRACT_FILES = frozenset({"manifest.json", "result.json"})
"""They lie beside an artifact's files in the store, and name places: never part of what is made from it."""
PLUGIN = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f16"}
"""Fixed, as OpenVINO would choose by CPU: bf16 is slower for small models, and answers differently."""


def write_version_directory(out: Path, weights: Path, document: dict[str, Any]) -> None:
    """Everything of the version directory but the IR: the Triton model, `engine.json`, the tokenizer."""
    for source in sorted(TRITON_MODEL.glob("*.py")):
        shutil.copyfile(source, out / source.name)
    (out / "__pycache__").write_text(NO_BYTECODE, encoding="utf-8")
    for source in sorted(weights.iterdir()):
        if (
            source.is_file()
            and not source.name.startswith("openvino_model.")
            and source.name not in CONTRACT_FILES
        ):
            shutil.copyfile(source, out / "engine" / source.name)
    (out / "engine.json").write_bytes(canonical_json(document))


def engine_document(limits: dict[str, int], quantization: str) -> dict[str, Any]:
    """`engine.json`: what the server checks before it loads the engine."""
    return {
        "schema": "windlass.engine/v1",
        "runtime": "openvino",
        "runtimeVersions": serving_versions(),
        "cpuFeatures": list(machine_cpu_features()),
        "quantization": quantization,
        "limits": limits,
        "plugin": PLUGIN,
    }


def serving_versions() -> dict[str, str]:
    """Versions the server must have: those that built the engine, nncf apart."""
    return {name: found for name, found in build_versions().items() if name != "nncf"}
