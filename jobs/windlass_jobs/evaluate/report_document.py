"""`report.json` and `items.jsonl`: everything that was measured, for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from windlass_jobs.contract.canonical import with_named_infinities
from windlass_jobs.evaluate.held_out import HeldOutRow
from windlass_jobs.evaluate.measurement import Measurement
from windlass_jobs.evaluate.parameters import CompareRule
from windlass_jobs.evaluate.statistics import Interval

Measured = Mapping[str, Measurement | None]
"""By role: `candidate`, `base`, `incumbent`; None where there is no such model."""


@dataclass(frozen=True)
class Judgement:
    """What was concluded."""

    verdict: str
    reasons: list[str]
    comparison: Interval | None
    rule: CompareRule

    def comparison_json(self) -> dict[str, Any] | None:
        """As in the summary of the contract."""
        if self.comparison is None:
            return None
        found = self.comparison
        figures = {"meanDelta": found.mean, "low": found.low, "high": found.high, "items": found.items}
        return {"against": self.rule.against, **figures}


def summary_of(judgement: Judgement, measured: Measured) -> dict[str, Any]:
    """The summary of the contract."""
    return {
        "verdict": judgement.verdict,
        "reasons": judgement.reasons,
        **{role: found.figures() if found else None for role, found in measured.items()},
        "comparison": judgement.comparison_json(),
    }


def report_of(judgement: Judgement, measured: Measured, samples: Sequence[HeldOutRow]) -> dict[str, Any]:
    """The summary, and what a person wants to see behind it. Origin and training are added by the stage."""
    candidate = measured["candidate"]
    return {
        "schema": "windlass.evaluation/v1",
        **summary_of(judgement, measured),
        **{role: _model(found) if found else None for role, found in measured.items()},
        "items": len(candidate.scores) if candidate else 0,
        "margin": judgement.rule.margin,
        "samples": _samples(measured, samples),
        "tasks": [vars(outcome) for outcome in candidate.outcomes] if candidate else [],
    }


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Readable JSON; infinities by name."""
    text = json.dumps(with_named_infinities(dict(report)), indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_items(path: Path, rows: Sequence[HeldOutRow], measured: Measured) -> None:
    """One line per held-out item: its id, and tokens and log-likelihood under each model."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for index, row in enumerate(rows):
            scores = {role: vars(found.scores[index]) if found else None for role, found in measured.items()}
            line = with_named_infinities({"id": row.id, **scores})
            file.write(json.dumps(line, sort_keys=True) + "\n")


def _model(measurement: Measurement) -> dict[str, Any]:
    return {**measurement.figures(), "latency": measurement.latency()}


def _samples(measured: Measured, rows: Sequence[HeldOutRow]) -> list[dict[str, Any]]:
    return [
        {
            "prompt": row.item.prompt,
            "reference": row.item.response,
            **{role: found.samples[index].text if found else None for role, found in measured.items()},
        }
        for index, row in enumerate(rows)
    ]
