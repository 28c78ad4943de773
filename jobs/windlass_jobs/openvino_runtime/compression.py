"""Quantises the weights of an IR."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

MODEL = "openvino_model.xml"
INT4_GROUP_SIZE = 64


def compress(weights: Path, target: Path, quantization: str) -> list[str]:
    """Writes the IR at `weights` with quantised weights to `target`; gives the call as an argument list."""
    if quantization == "none":
        for name in (MODEL, "openvino_model.bin"):
            shutil.copyfile(weights / name, target / name)
        return ["copy", MODEL]
    import nncf  # noqa: PLC0415 - takes seconds
    import openvino as ov  # noqa: PLC0415

    from windlass_jobs.openvino_runtime.ir_file import save_ir  # noqa: PLC0415

    options = _options(nncf, quantization)
    model: Any = nncf.compress_weights(ov.Core().read_model(weights / MODEL), **options)
    save_ir(model, target / MODEL, compress_to_fp16=True)
    return [
        "nncf.compress_weights",
        *(f"--{name}={_plain(value)}" for name, value in sorted(options.items())),
    ]


def _options(nncf: Any, quantization: str) -> dict[str, Any]:
    if quantization == "int8":
        return {"mode": nncf.CompressWeightsMode.INT8_ASYM}
    fallback = nncf.AdvancedCompressionParameters(group_size_fallback_mode=nncf.GroupSizeFallbackMode.ADJUST)
    return {
        "mode": nncf.CompressWeightsMode.INT4_ASYM,
        "ratio": 1.0,
        "group_size": INT4_GROUP_SIZE,
        "advanced_parameters": fallback,
    }


def _plain(value: Any) -> str:
    if hasattr(value, "group_size_fallback_mode"):
        return f"group_size_fallback_mode:{value.group_size_fallback_mode.value}"
    return str(getattr(value, "value", value))
