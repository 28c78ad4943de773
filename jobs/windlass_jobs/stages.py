"""Which function does the work of a stage; imported only when it is needed, as some import torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from windlass_jobs.contract import Job, JobFailure, StageOutput
from windlass_jobs.runtimes import runtime_named

Run = Callable[[Job], StageOutput]
Parameters = Mapping[str, Any]

STAGES: Mapping[str, Callable[[Parameters], str]] = {
    "prepare-data": lambda _: "windlass_jobs.prepare_data.job:run",
    "train": lambda _: "windlass_jobs.train.job:run",
    "import-model": lambda _: "windlass_jobs.import_model.job:run",
    "convert": lambda parameters: runtime_named(parameters.get("runtime")).convert,
    "build-engine": lambda parameters: runtime_named(parameters.get("runtime")).build_engine,
    "evaluate": lambda _: "windlass_jobs.evaluate.job:run",
}


def load_stage(stage: str, parameters: Parameters) -> Run:
    """The stage's `run`. Raises `InvalidConfig` for a stage or runtime this image does not have."""
    if stage not in STAGES:
        raise JobFailure("InvalidConfig", f"there is no stage {stage!r}; known are {', '.join(STAGES)}")
    module_name, _, function_name = STAGES[stage](parameters).partition(":")
    run: Run = getattr(import_module(module_name), function_name)
    return run
