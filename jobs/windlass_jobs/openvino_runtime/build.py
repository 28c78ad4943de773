"""Stage build-engine: quantises the weights, adds the Triton model, and proves parity with the checkpoint."""

from __future__ import annotations

import importlib.util
import time
from typing import Any

from windlass_jobs.contract import Job, JobFailure, StageOutput
from windlass_jobs.openvino_runtime.compression import compress
from windlass_jobs.openvino_runtime.engine_files import (
    engine_document,
    write_version_directory,
)
from windlass_jobs.openvino_runtime.parity import Parity, check_parity, measure_parity
from windlass_jobs.openvino_runtime.versions import build_versions

QUANTIZATIONS = ("none", "int8", "int4")


def run(job: Job) -> StageOutput:
    """Writes a Triton model version directory to `job.out`.

    Raises `InvalidConfig` for parameters that cannot be, `ParityFailed` for an engine worse than tolerated.
    """
    quantization = _quantization(job.parameters)
    weights = job.input("weights")
    engine = job.out / "engine"
    engine.mkdir()
    job.progress(phase="build", message=f"compressing the weights ({quantization})", step=0, total_steps=2)
    started = time.monotonic()
    argv = compress(weights, engine, quantization)
    compress_seconds = time.monotonic() - started
    limits = {key: int(job.parameters[key]) for key in ("maxInputTokens", "maxOutputTokens")}
    document = engine_document(limits, quantization)
    write_version_directory(job.out, weights, document)
    job.exit_if_stopping()
    parity = _parity(job)
    size_bytes = (engine / "openvino_model.bin").stat().st_size
    return StageOutput(
        attributes={**_attributes(job, document), "argv": argv, "parity": parity.to_json()},
        summary={
            "runtime": "openvino",
            "quantization": quantization,
            "engineBytes": size_bytes,
            "parity": parity.to_json(),
            "compressSeconds": round(compress_seconds, 1),
        },
        metrics={"engine_bytes": float(size_bytes), "parity_ratio": parity.ratio},
        versions=build_versions(),
    )


def _quantization(parameters: dict[str, Any]) -> str:
    wanted = str(parameters.get("quantization"))
    if wanted not in QUANTIZATIONS:
        raise JobFailure(
            "InvalidConfig",
            f"parameters.quantization is {wanted!r}; the runtime openvino has {', '.join(QUANTIZATIONS)}",
            {"field": "parameters.quantization"},
        )
    if wanted != "none" and importlib.util.find_spec("nncf") is None:
        raise JobFailure(
            "IncompatibleEnvironment", "nncf is not installed: only quantization none can be built"
        )
    return wanted


def _parity(job: Job) -> Parity:
    wanted = job.parameters["parity"]
    job.progress(
        phase="parity", message="comparing engine and checkpoint on held-out text", step=1, total_steps=2
    )
    parity = measure_parity(job.input("checkpoint"), job.out, job.input("dataset"), int(wanted["items"]))
    check_parity(parity, float(wanted["maxPerplexityRatio"]))
    job.progress(
        phase="parity",
        message=f"perplexity {parity.engine_perplexity:.4g} (checkpoint {parity.checkpoint_perplexity:.4g})",
        step=2,
        total_steps=2,
        metrics={"parity_ratio": parity.ratio},
    )
    return parity


def _attributes(job: Job, document: dict[str, Any]) -> dict[str, Any]:
    kept = ("runtime", "cpuFeatures", "quantization", "limits")
    return {
        **{key: document[key] for key in kept},
        "runtimeVersions": build_versions(),
        "sources": {name: job.inputs[name].digest for name in ("weights", "checkpoint", "dataset")},
    }
