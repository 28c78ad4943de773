"""Stages that take a moment instead of hours; the entry point and the job contract are the real ones.

`$WINDLASS_CHAOS/starts.jsonl` gets a line from each job that starts: what the oracle counts. A file
`$WINDLASS_CHAOS/behaviour/<run>.json` makes a stage of that run end otherwise.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from windlass_jobs.contract import Job, JobFailure, StageOutput

Run = Callable[[Job], StageOutput]

STAGES = ("prepare-data", "train", "convert", "build-engine", "evaluate")
_CHAOS = Path(os.environ["WINDLASS_CHAOS"])
_STEPS = 4
_STEP_SECONDS = 0.06
_ECHO_MODEL = Path(__file__).parents[3] / "fixtures" / "triton" / "echo" / "model.py"
_SCORES = {"perplexity": 9.5, "tokensPerSecond": 100.0, "taskPassRate": None}


def load_stage(stage: str, _parameters: Mapping[str, Any]) -> Run:
    """What every stage does: notes its start, works in steps, writes what it was made of."""
    document = json.loads(Path(os.environ["WINDLASS_JOB"]).read_text())
    _note_start(document)
    behaviour = _behaviour(document["runId"]).get(stage, {})

    def run(job: Job) -> StageOutput:
        for name in job.inputs:
            job.input(name)
        _work(job)
        if "failure" in behaviour:
            raise JobFailure(behaviour["failure"], f"{stage} was told to fail")
        origin = {"stage": stage, "parameters": job.parameters, "inputs": _digests(job)}
        (job.out / "origin.json").write_text(json.dumps(origin, sort_keys=True))
        _extra_files(job, behaviour)
        return StageOutput({}, _summary(stage, behaviour), {"steps": float(_STEPS)}, {})

    return run


def _note_start(document: Mapping[str, Any]) -> None:
    """One write of one line: jobs that start at once do not mix theirs."""
    line = {name: document[name] for name in ("stage", "runId", "stageKey", "jobName")}
    text = json.dumps({**line, "output": document["output"]["uri"], "pid": os.getpid()}) + "\n"
    with (_CHAOS / "starts.jsonl").open("ab", buffering=0) as file:
        file.write(text.encode())


def _behaviour(run_id: str) -> dict[str, Any]:
    file = _CHAOS / "behaviour" / f"{run_id}.json"
    return json.loads(file.read_text()) if file.exists() else {}


def _work(job: Job) -> None:
    """Steps with progress; a training goes on from its newest checkpoint."""
    resumed = job.checkpoints.newest() if job.checkpoints is not None else None
    for step in range(1 if resumed is None else resumed[0] + 1, _STEPS + 1):
        time.sleep(_STEP_SECONDS)
        if job.checkpoints is not None:
            _save(job, step)
        job.progress(
            phase=job.stage, message=f"step {step}", step=step, total_steps=_STEPS, metrics={"loss": 1 / step}
        )
        job.exit_if_stopping()


def _save(job: Job, step: int) -> None:
    state = job.work / f"state-{step}"
    state.mkdir(exist_ok=True)
    (state / "step.txt").write_text(str(step))
    assert job.checkpoints is not None
    job.checkpoints.save(step, state)


def _digests(job: Job) -> dict[str, str]:
    return {name: ref.digest for name, ref in job.inputs.items()}


def _extra_files(job: Job, behaviour: Mapping[str, Any]) -> None:
    if job.stage == "build-engine":
        (job.out / "model.py").write_bytes(_ECHO_MODEL.read_bytes())
        (job.out / "behaviour.json").write_text(json.dumps(behaviour.get("engine", {})))
    if job.stage == "evaluate":
        (job.out / "report.html").write_text("<p>as the fault harness wants it</p>")


def _summary(stage: str, behaviour: Mapping[str, Any]) -> dict[str, Any]:
    if stage != "evaluate":
        return {}
    verdict = behaviour.get("verdict", "pass")
    others = {"base": None, "incumbent": None, "comparison": None}
    return {"verdict": verdict, "reasons": ["as told"], "candidate": _SCORES, **others}
