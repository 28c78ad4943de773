"""What a stage returns and what `result.json` says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from windlass_jobs.contract.artifact import PublishedArtifact
from windlass_jobs.contract.canonical import with_named_infinities
from windlass_jobs.contract.failure import JobFailure

RESULT_SCHEMA = "windlass.result/v1"
RESULT_NAME = "result.json"


@dataclass(frozen=True)
class StageOutput:
    """What `run(job)` gives back once the artifact's files are in `job.out`.

    Attributes:
        attributes: the manifest's attributes; deterministic, free of times, host names, paths and run ids.
        summary: what people want to see, under 4 KB.
        metrics: final scalars for the metrics store.
        versions: versions of the libraries that did the work.
    """

    attributes: dict[str, Any]
    summary: dict[str, Any]
    metrics: dict[str, float]
    versions: dict[str, str]


def success_document(output: StageOutput, artifact: PublishedArtifact) -> dict[str, Any]:
    """`result.json` of a job that succeeded. Metrics that are not finite are left out: JSON has none."""
    return {
        "schema": RESULT_SCHEMA,
        "status": "succeeded",
        "artifact": artifact.to_json(),
        "summary": with_named_infinities(output.summary),
        "metrics": {name: value for name, value in output.metrics.items() if math.isfinite(value)},
        "versions": output.versions,
    }


def failure_document(failure: JobFailure) -> dict[str, Any]:
    """`result.json` of a job that ended with a named failure."""
    return {
        "schema": RESULT_SCHEMA,
        "status": "failed",
        "failure": with_named_infinities(failure.to_json()),
    }
