"""The job document named by `WINDLASS_JOB`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from windlass_jobs.contract.artifact import ArtifactRef
from windlass_jobs.contract.failure import JobFailure
from windlass_jobs.contract.store_uri import open_store, split_uri

JOB_SCHEMA = "windlass.job/v1"
CONTRACT_VERSION = 1
_REQUIRED = ("stage", "jobName", "stageKey", "inputs", "parameters", "output")


@dataclass(frozen=True)
class JobDocument:
    """What a job is asked to do; see docs/job-contract.md."""

    stage: str
    stage_key: str
    job_name: str
    inputs: dict[str, ArtifactRef]
    parameters: dict[str, Any]
    output_uri: str
    output_kind: str
    checkpoints_uri: str | None


def read_document(location: str) -> JobDocument:
    """Reads the document at a path or URI. `MissingInput` or `InvalidConfig` if it cannot."""
    data = _read(location)
    try:
        document = json.loads(data)
    except ValueError as error:
        raise JobFailure("InvalidConfig", f"job document {location} is not JSON: {error}") from error
    return _parse(document, location)


def _read(location: str) -> bytes:
    if "://" in location:
        folder, name = split_uri(location)
        data = open_store(folder).read(name)
    else:
        data = Path(location).read_bytes() if Path(location).is_file() else None
    if data is None:
        raise JobFailure("MissingInput", f"job document {location} does not exist")
    return data


def _parse(document: Any, location: str) -> JobDocument:
    _check_version(document, location)
    for key in _REQUIRED:
        if key not in document:
            raise JobFailure("InvalidConfig", f"job document {location} has no {key!r}")
    output: Mapping[str, Any] = document["output"]
    return JobDocument(
        stage=document["stage"],
        stage_key=document["stageKey"],
        job_name=document["jobName"],
        inputs={name: ArtifactRef.from_json(ref) for name, ref in document["inputs"].items()},
        parameters=document["parameters"],
        output_uri=str(output["uri"]).rstrip("/"),
        output_kind=output["kind"],
        checkpoints_uri=document.get("checkpoints"),
    )


def _check_version(document: Any, location: str) -> None:
    found = (document.get("schema"), document.get("contractVersion")) if isinstance(document, dict) else None
    if found != (JOB_SCHEMA, CONTRACT_VERSION):
        raise JobFailure(
            "InvalidConfig",
            f"job document {location} has schema and contract version {found}, "
            f"this image understands {(JOB_SCHEMA, CONTRACT_VERSION)}",
            advice="Use a job image of the same release as the workers.",
        )
