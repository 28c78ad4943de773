"""Training checkpoints under a prefix that all attempts of one stage key share.

Each save goes to `step-<step>/<job name>/`, so that two attempts never write into the same folder, and counts
only once its manifest is there. Readers verify everything: for a damaged one the one before it is taken.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from windlass_jobs.contract.artifact import MANIFEST_NAME, manifest_of_directory, parse_manifest
from windlass_jobs.contract.failure import JobFailure
from windlass_jobs.contract.inputs import fetch_files
from windlass_jobs.contract.publish import commit_manifest, upload_files
from windlass_jobs.contract.store import Store

_KIND = "training-checkpoint"
_KEPT = 2
_NAME = re.compile(r"^(?P<folder>step-(?P<step>\d+)/[^/]+)/(?P<file>.+)$")


@dataclass(frozen=True)
class _Checkpoint:
    step: int
    folder: str
    names: tuple[str, ...]

    @property
    def is_committed(self) -> bool:
        return f"{self.folder}/{MANIFEST_NAME}" in self.names


class CheckpointStore:
    """Saves and finds training checkpoints.

    Args:
        store: the shared prefix.
        job_name: names this attempt's folders.
        directory: scratch for checkpoints that must be downloaded.
    """

    def __init__(self, store: Store, job_name: str, directory: Path) -> None:
        self._store = store
        self._job_name = job_name
        self._directory = directory

    def save(self, step: int, directory: Path) -> None:
        """Uploads the files of `directory`, then the manifest if absent; saving a step twice changes nothing.

        The newest two up to this step are kept.
        """
        target = self._store.child(f"step-{step:09d}/{self._job_name}")
        if target.read(MANIFEST_NAME) is None:
            manifest = manifest_of_directory(directory, _KIND, {"step": step})
            upload_files(target, directory, manifest, frozen=False)
            commit_manifest(target, manifest)
        self._remove_before(step)

    def newest(self) -> tuple[int, Path] | None:
        """Step and verified local directory of the newest good checkpoint; None where there is none."""
        for checkpoint in self._listed():
            if checkpoint.is_committed and (path := self._verified(checkpoint)) is not None:
                return checkpoint.step, path
        return None

    def _verified(self, checkpoint: _Checkpoint) -> Path | None:
        source = self._store.child(checkpoint.folder)
        try:
            manifest = parse_manifest(source.read(MANIFEST_NAME) or b"", source.uri)
            return fetch_files(source, manifest, self._directory)
        except JobFailure as failure:
            print(f"passing over a damaged training checkpoint: {failure}", file=sys.stderr)
            return None

    def _remove_before(self, step: int) -> None:
        own_folder = f"step-{step:09d}/{self._job_name}"
        others = [found for found in self._listed() if found.step <= step and found.folder != own_folder]
        committed = [found.folder for found in others if found.is_committed]
        kept = set(committed[: _KEPT - 1])
        for checkpoint in others:
            if checkpoint.folder not in kept and (checkpoint.is_committed or checkpoint.step < step):
                self._store.delete(sorted(checkpoint.names, key=_manifest_first))

    def _listed(self) -> list[_Checkpoint]:
        """Newest step first; of one step, in a fixed order."""
        folders: dict[str, list[str]] = {}
        for name in self._store.names():
            if match := _NAME.match(name):
                folders.setdefault(match["folder"], []).append(name)
        found = [_Checkpoint(_step_of(folder), folder, tuple(names)) for folder, names in folders.items()]
        return sorted(found, key=lambda checkpoint: (checkpoint.step, checkpoint.folder), reverse=True)


def _step_of(folder: str) -> int:
    return int(folder.split("/", maxsplit=1)[0].removeprefix("step-"))


def _manifest_first(name: str) -> tuple[bool, str]:
    return not name.endswith(f"/{MANIFEST_NAME}"), name
