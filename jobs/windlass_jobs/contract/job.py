"""What a stage sees of the world."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from windlass_jobs.contract.artifact import ArtifactRef
from windlass_jobs.contract.checkpoints import CheckpointStore
from windlass_jobs.contract.document import JobDocument
from windlass_jobs.contract.failure import PREEMPTED, JobFailure
from windlass_jobs.contract.inputs import fetch_artifact, read_manifest
from windlass_jobs.contract.progress import ProgressLog
from windlass_jobs.contract.store_uri import open_store


class Job:
    """One attempt of one stage.

    Attributes:
        work: scratch directory.
        out: directory for the artifact's files; what is in it is published after `run` has returned.
        stopping: SIGTERM was received: save what a later attempt can go on from and end with `Preempted`.
        checkpoints: training checkpoints of this stage key, None for stages that have none.

    Args:
        document: what to do.
        work: scratch directory.
        progress_path: file of the progress lines, None for stdout.
        out_name: folder in `work` for `out`; processes that share a scratch have one each.
    """

    def __init__(
        self, document: JobDocument, work: Path, progress_path: Path | None, out_name: str = "out"
    ) -> None:
        self.stage = document.stage
        self.stage_key = document.stage_key
        self.job_name = document.job_name
        self.parameters: dict[str, Any] = document.parameters
        self.inputs: dict[str, ArtifactRef] = document.inputs
        self.work = work
        self.out = _emptied(work / out_name)
        self.stopping = False
        self.checkpoints = _checkpoint_store(document, work)
        self._progress = ProgressLog(progress_path)
        self._fetched: dict[ArtifactRef, Path] = {}

    def input(self, name: str) -> Path:
        """Verified local directory of an input. Raises `MissingInput` or `CorruptArtifact`."""
        return self.artifact(self._ref(name))

    def optional_input(self, name: str) -> Path | None:
        """As `input`; None where the job document does not name it."""
        return self.input(name) if name in self.inputs else None

    def artifact(self, ref: ArtifactRef) -> Path:
        """As `input`, for any artifact; verified once per job."""
        if ref not in self._fetched:
            self._fetched[ref] = fetch_artifact(ref, self.work / "inputs")
        return self._fetched[ref]

    def manifest(self, name: str) -> dict[str, Any]:
        """Manifest of an input, its digest verified: `{"schema", "kind", "attributes", "files"}`."""
        return read_manifest(self._ref(name)).to_json()

    def progress(  # noqa: PLR0913 - each is one key of a progress line
        self,
        *,
        phase: str,
        message: str,
        step: int | None = None,
        total_steps: int | None = None,
        eta_seconds: float | None = None,
        metrics: dict[str, float] | None = None,
    ) -> None:
        """Appends one progress line; `metrics` go to the metrics store with this `step`."""
        line = {"phase": phase, "step": step, "totalSteps": total_steps, "message": message}
        self._progress.append({**line, "etaSeconds": eta_seconds, "metrics": metrics})

    def exit_if_stopping(self) -> None:
        """For stages without checkpoints: ends the job with `Preempted` once SIGTERM was received."""
        if self.stopping:
            raise JobFailure(PREEMPTED, f"{self.stage} was asked to stop; another attempt starts it anew")

    def _ref(self, name: str) -> ArtifactRef:
        if name not in self.inputs:
            raise JobFailure(
                "MissingInput",
                f"stage {self.stage} needs the input {name!r}, the job document names "
                f"{', '.join(sorted(self.inputs)) or 'none'}",
                {"input": name},
            )
        return self.inputs[name]


def _emptied(directory: Path) -> Path:
    """A job that is started again in the same scratch must not publish what a killed one has left there."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def _checkpoint_store(document: JobDocument, work: Path) -> CheckpointStore | None:
    if document.checkpoints_uri is None:
        return None
    store = open_store(document.checkpoints_uri)
    return CheckpointStore(store, document.job_name, work / "checkpoints")
