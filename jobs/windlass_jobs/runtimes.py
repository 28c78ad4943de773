"""The runtimes: how a checkpoint becomes something Triton serves. A new runtime is a new row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from windlass_jobs.contract import JobFailure


@dataclass(frozen=True)
class Runtime:
    """Entry points (`module:function`): of the stages that differ by runtime, and to open an engine of it."""

    convert: str
    build_engine: str
    engine_session: str


RUNTIMES: Mapping[str, Runtime] = {
    "openvino": Runtime(
        convert="windlass_jobs.openvino_runtime.convert:run",
        build_engine="windlass_jobs.openvino_runtime.build:run",
        engine_session="windlass_jobs.openvino_runtime.session:open_engine",
    ),
}


def runtime_named(name: object) -> Runtime:
    """The runtime's row. Raises `InvalidConfig` that names the known ones."""
    runtime = RUNTIMES.get(name) if isinstance(name, str) else None
    if runtime is None:
        raise JobFailure(
            "InvalidConfig",
            f"parameters.runtime is {name!r}; this image has {', '.join(sorted(RUNTIMES))}",
            {"field": "parameters.runtime"},
        )
    return runtime
