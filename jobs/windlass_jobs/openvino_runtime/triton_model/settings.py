"""What an engine says about itself (`engine.json`) and what the deployment chose (`serving.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

CPU_FEATURES = (
    "avx2",
    "f16c",
    "fma",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_int8",
    "amx_bf16",
)
"""The CPU flags by which OpenVINO chooses its kernels."""


@dataclass(frozen=True)
class EngineLimits:
    """Counts of tokens the engine was built and checked for."""

    max_input_tokens: int
    max_output_tokens: int


@dataclass(frozen=True)
class EngineInfo:
    """`engine.json`: written by build-engine, part of the engine's digest."""

    limits: EngineLimits
    plugin: Mapping[str, str]
    runtime_versions: Mapping[str, str]
    cpu_features: tuple[str, ...]


@dataclass(frozen=True)
class ServingOptions:
    """`serving.json`: chosen at deploy time, no part of the engine's digest.

    Attributes:
        max_new_tokens: most tokens of one answer; a request that asks for more gets this many.
        cache_size_gb: most memory of the key-value cache.
        max_concurrent: sequences in one batch; further requests wait for their turn.
        threads: CPU threads of one step.
    """

    max_new_tokens: int
    cache_size_gb: int
    max_concurrent: int
    threads: int


def read_engine_info(version_dir: Path) -> EngineInfo:
    """Reads `engine.json`. Raises `ValueError` where it is missing or not of this schema."""
    path = version_dir / "engine.json"
    if not path.is_file():
        raise ValueError(f"{path} is missing: this is no Windlass engine; publish the version again")
    body = json.loads(path.read_text(encoding="utf-8"))
    if body.get("schema") != "windlass.engine/v1" or body.get("runtime") != "openvino":
        raise ValueError(f"{path} is no OpenVINO engine of schema windlass.engine/v1")
    limits = body["limits"]
    return EngineInfo(
        limits=EngineLimits(limits["maxInputTokens"], limits["maxOutputTokens"]),
        plugin=body["plugin"],
        runtime_versions=body["runtimeVersions"],
        cpu_features=tuple(body["cpuFeatures"]),
    )


def read_serving_options(version_dir: Path, limits: EngineLimits) -> ServingOptions:
    """Reads `serving.json`; where there is none, the engine's own limits and small defaults hold.

    Raises `ValueError` that names the key, what was found and what is allowed.
    """
    path = version_dir / "serving.json"
    body = _json_object(path) if path.is_file() else {}
    ranges = {
        "maxNewTokens": (limits.max_output_tokens, 1, limits.max_output_tokens),
        "cacheSizeGb": (1, 1, 1024),
        "maxConcurrent": (16, 1, 1024),
        "threads": (2, 1, 1024),
    }
    unknown = sorted(set(body) - set(ranges))
    if unknown:
        raise ValueError(f'serving.json: unknown key "{unknown[0]}"; known are {", ".join(ranges)}')
    values = {key: _whole_number(key, body.get(key, span[0]), span[1:]) for key, span in ranges.items()}
    return ServingOptions(
        max_new_tokens=values["maxNewTokens"],
        cache_size_gb=values["cacheSizeGb"],
        max_concurrent=values["maxConcurrent"],
        threads=values["threads"],
    )


def installed_versions() -> dict[str, str]:
    """Versions of the packages an engine is bound to."""
    return {name: version(name) for name in ("openvino", "openvino-genai", "openvino-tokenizers")}


def machine_cpu_features(cpuinfo: str | None = None) -> tuple[str, ...]:
    """Those of `CPU_FEATURES` this machine has; empty where the system does not say."""
    path = Path("/proc/cpuinfo")
    text = cpuinfo if cpuinfo is not None else path.read_text(encoding="utf-8") if path.is_file() else ""
    flags = next(
        (line.split(":", 1)[1].split() for line in text.splitlines() if line.startswith("flags")), []
    )
    return tuple(feature for feature in CPU_FEATURES if feature in flags)


def check_compatible(info: EngineInfo, versions: Mapping[str, str], features: tuple[str, ...]) -> None:
    """Raises `ValueError` where the engine was built and checked for another OpenVINO or another CPU."""
    for name, wanted in info.runtime_versions.items():
        found = versions.get(name, "none")
        if found != wanted:
            raise ValueError(
                f"incompatible engine: built for {name} {wanted}, this server has {found}; "
                f"install {name}=={wanted} or build the engine again"
            )
    missing = sorted(set(info.cpu_features) - set(features))
    if missing:
        raise ValueError(
            f"incompatible engine: built on a CPU with {', '.join(missing)}, which this machine lacks; "
            "build the engine on this kind of machine"
        )


def _json_object(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name}: not JSON ({error})") from error
    if not isinstance(body, dict):
        raise ValueError(f"{path.name}: found {type(body).__name__}; wanted an object")
    return body


def _whole_number(key: str, value: object, span: tuple[int, int]) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not span[0] <= value <= span[1]:
        raise ValueError(
            f'serving.json: "{key}" is {json.dumps(value)}; wanted a whole number from {span[0]} to {span[1]}'
        )
    return value
