"""Runs jobs through the entry point, each attempt with an output prefix of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from windlass_jobs.__main__ import main
from windlass_jobs.contract.artifact import MANIFEST_NAME, ArtifactRef
from windlass_jobs.contract.canonical import digest_of
from windlass_jobs.contract.publish import publish_artifact
from windlass_jobs.contract.store_uri import open_store


@dataclass(frozen=True)
class Ended:
    """A job that has ended."""

    exit_code: int
    out: Path
    progress: list[dict[str, Any]]

    @property
    def result(self) -> dict[str, Any]:
        """`result.json`."""
        document: dict[str, Any] = json.loads((self.out / "result.json").read_bytes())
        return document

    @property
    def failure(self) -> dict[str, Any]:
        """The failure `result.json` names."""
        found: dict[str, Any] = self.result["failure"]
        return found

    @property
    def digest(self) -> str:
        """Digest of the artifact."""
        return digest_of((self.out / MANIFEST_NAME).read_bytes())

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Rows of a JSONL file of the artifact."""
        return [json.loads(line) for line in (self.out / name).read_text(encoding="utf-8").splitlines()]


class JobLab:
    """A directory store and the jobs that write into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._attempts = count(1)

    def publish(self, directory: Path, kind: str) -> ArtifactRef:
        """Makes an artifact of a directory's files."""
        store = open_store(f"{self.uri}/{kind}/{next(self._attempts)}")
        artifact = publish_artifact(store, directory, kind, {})
        return ArtifactRef(artifact.uri, artifact.digest, kind)

    @property
    def uri(self) -> str:
        """Root of the store."""
        return (self.root / "store").as_uri()

    def document(self, stage: str, parameters: dict[str, Any], **inputs: ArtifactRef) -> dict[str, Any]:
        """A job document for the next attempt."""
        attempt = next(self._attempts)
        return {
            "schema": "windlass.job/v1",
            "stage": stage,
            "contractVersion": 1,
            "jobName": f"{stage}-{attempt}",
            "runId": "test",
            "stageKey": "sha256:0",
            "inputs": {
                name: {"uri": ref.uri, "digest": ref.digest, "kind": ref.kind} for name, ref in inputs.items()
            },
            "parameters": parameters,
            "output": {"uri": f"{self.uri}/out/{attempt}", "kind": "dataset"},
        }

    def environment(self, document: dict[str, Any]) -> dict[str, str]:
        """The variables a runner sets."""
        work = self.root / "work" / document["jobName"]
        work.mkdir(parents=True, exist_ok=True)
        (work / "job.json").write_text(json.dumps(document))
        return {
            "WINDLASS_JOB": str(work / "job.json"),
            "WINDLASS_WORK": str(work),
            "WINDLASS_PROGRESS": str(work / "progress.jsonl"),
        }

    def run_document(self, document: dict[str, Any]) -> Ended:
        """Runs the job of a document in this process."""
        environment = self.environment(document)
        exit_code = main([document["stage"]], environment)
        progress = Path(environment["WINDLASS_PROGRESS"])
        lines = progress.read_text().splitlines() if progress.exists() else []
        out = Path(document["output"]["uri"].removeprefix("file://"))
        return Ended(exit_code, out, [json.loads(line) for line in lines])

    def run(self, stage: str, parameters: dict[str, Any], **inputs: ArtifactRef) -> Ended:
        """Runs one new attempt in this process."""
        return self.run_document(self.document(stage, parameters, **inputs))


def use_stage(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Lets the stage `train` be a function of the tests, `module:function`."""
    monkeypatch.setattr("windlass_jobs.stages.STAGES", {"train": lambda _: function})
