"""Stage evaluate: the built engine on the test split, beside the base model and what is live."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from windlass_jobs.contract import Job, StageOutput
from windlass_jobs.evaluate.engine_session import EngineSession, open_engine_session
from windlass_jobs.evaluate.held_out import read_items
from windlass_jobs.evaluate.html_report import html_report
from windlass_jobs.evaluate.measurement import Measurement, Plan, measure
from windlass_jobs.evaluate.parameters import EvaluateParameters, read_parameters
from windlass_jobs.evaluate.report_document import (
    Judgement,
    Measured,
    report_of,
    summary_of,
    write_items,
    write_report,
)
from windlass_jobs.evaluate.statistics import Interval, paired_bootstrap, token_deltas
from windlass_jobs.evaluate.verdict import judge

Opener = Callable[[], EngineSession]


def run(job: Job) -> StageOutput:
    """Writes `report.json`, `report.html` and `items.jsonl`; a bad verdict is no failed job."""
    parameters = read_parameters(job.parameters)
    rows = read_items(job.input("dataset"), "test", parameters.max_items)
    samples = [row for row in rows if row.item.prompt is not None][: parameters.sample_answers]
    plan = Plan(
        items=[row.item for row in rows],
        tasks=parameters.tasks,
        sample_prompts=[row.item.prompt or "" for row in samples],
        max_new_tokens=parameters.max_new_tokens,
    )
    measured = _measure_all(job, parameters, plan)
    judgement = _judgement(measured, len(rows), parameters)
    report = {**report_of(judgement, measured, samples), **_origin(job, parameters)}
    write_report(job.out / "report.json", report)
    (job.out / "report.html").write_text(html_report(report), encoding="utf-8")
    write_items(job.out / "items.jsonl", rows, measured)
    return _output(job, judgement, measured)


def _measure_all(job: Job, parameters: EvaluateParameters, plan: Plan) -> Measured:
    engine, incumbent, base = job.input("engine"), job.optional_input("incumbent"), job.optional_input("base")
    openers: dict[str, Opener | None] = {
        "candidate": partial(open_engine_session, parameters.runtime, engine),
        "base": partial(_open_base, base) if base else None,
        "incumbent": partial(open_engine_session, parameters.runtime, incumbent) if incumbent else None,
    }
    if _is_live(job):
        del openers["incumbent"]
    measured = {role: _measured(job, role, opener, plan) for role, opener in openers.items()}
    return {"incumbent": measured["candidate"], **measured}


def _is_live(job: Job) -> bool:
    """The engine under test is the one that is live, under another version number: it is measured once."""
    incumbent = job.inputs.get("incumbent")
    return incumbent is not None and incumbent.digest == job.inputs["engine"].digest


def _measured(job: Job, role: str, opener: Opener | None, plan: Plan) -> Measurement | None:
    if opener is None:
        return None
    job.exit_if_stopping()
    job.progress(phase=role, message=f"opening the {role}")
    session = opener()
    try:
        return measure(session, plan, timed=role != "base", scored=partial(_tell, job, role, len(plan.items)))
    finally:
        session.close()


def _tell(job: Job, role: str, items: int, done: int) -> None:
    job.progress(phase=role, message=f"{role}: {done}/{items} items scored", step=done, total_steps=items)


def _open_base(checkpoint: Path) -> EngineSession:
    from windlass_jobs.evaluate.torch_session import TorchSession  # noqa: PLC0415 - torch takes seconds

    return TorchSession(checkpoint, threads=len(os.sched_getaffinity(0)))


def _judgement(measured: Measured, items: int, parameters: EvaluateParameters) -> Judgement:
    candidate = measured["candidate"]
    if candidate is None:
        raise ValueError("the candidate was not measured")
    rule = parameters.compare
    comparison = _comparison(candidate, measured.get(rule.against), parameters)
    verdict, reasons = judge(candidate.figures(), items, comparison, (parameters.floors, rule))
    return Judgement(verdict, reasons, comparison, rule)


def _comparison(
    candidate: Measurement, other: Measurement | None, parameters: EvaluateParameters
) -> Interval | None:
    if other is None or not candidate.scores:
        return None
    rule = parameters.compare
    deltas = token_deltas(candidate.scores, other.scores)
    return paired_bootstrap(deltas, rule.resamples, rule.confidence, rule.seed)


def _origin(job: Job, parameters: EvaluateParameters) -> dict[str, Any]:
    training = parameters.training
    curve = job.artifact(training) / "training.json" if training else None
    found = json.loads(curve.read_text(encoding="utf-8")) if curve and curve.is_file() else None
    return {
        "runtime": parameters.runtime,
        "sources": {name: ref.digest for name, ref in sorted(job.inputs.items())},
        "training": found if found and found.get("curve") else None,
    }


def _output(job: Job, judgement: Judgement, measured: Measured) -> StageOutput:
    figures = {role: found.figures() if found else {} for role, found in measured.items()}
    metrics = {
        f"{role}_{_snake(name)}": float(value)
        for role, found in figures.items()
        for name, value in found.items()
        if value is not None
    }
    attributes = {
        "verdict": judgement.verdict,
        "sources": {name: ref.digest for name, ref in sorted(job.inputs.items())},
    }
    return StageOutput(attributes, summary_of(judgement, measured), metrics, _versions())


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _versions() -> dict[str, str]:
    found = {}
    for name in ("torch", "transformers", "openvino", "openvino-genai", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
