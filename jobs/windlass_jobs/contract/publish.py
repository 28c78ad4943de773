"""Writing the output: files, then `manifest.json`, then `result.json`; the last two only if absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from windlass_jobs.contract.artifact import (
    MANIFEST_NAME,
    Manifest,
    PublishedArtifact,
    manifest_of_directory,
)
from windlass_jobs.contract.canonical import canonical_json, digest_of
from windlass_jobs.contract.failure import EXIT_CODES, JOB_CRASHED_EXIT_CODE
from windlass_jobs.contract.hashing import FileHash, in_parallel
from windlass_jobs.contract.result import RESULT_NAME
from windlass_jobs.contract.store import Store


def publish_artifact(
    store: Store, directory: Path, kind: str, attributes: dict[str, Any]
) -> PublishedArtifact:
    """Uploads the files below `directory` and commits them by their manifest.

    Raises:
        RuntimeError: another artifact was already committed there; the next attempt has a prefix of its own.
    """
    manifest = manifest_of_directory(directory, kind, attributes)
    if not manifest.files:
        raise RuntimeError(f"the stage wrote no file into {directory}")
    if not _is_committed(store, manifest):
        upload_files(store, directory, manifest, frozen=True)
        commit_manifest(store, manifest)
    size_bytes = sum(file.size for file in manifest.files)
    return PublishedArtifact(store.uri, digest_of(manifest.to_bytes()), kind, size_bytes, len(manifest.files))


def upload_files(store: Store, directory: Path, manifest: Manifest, *, frozen: bool) -> None:
    """Uploads the manifest's files, several at a time; `frozen` as in `Store.upload`."""

    def upload(file: FileHash) -> None:
        store.upload(directory / file.path, file.path, frozen=frozen)

    in_parallel(upload, manifest.files)


def commit_manifest(store: Store, manifest: Manifest) -> None:
    """Writes the manifest if absent; an equal one already there is as good."""
    if not store.create(MANIFEST_NAME, manifest.to_bytes()) and not _is_committed(store, manifest):
        raise _other_artifact(store)


def write_result(store: Store, document: dict[str, Any]) -> int:
    """Writes `result.json` if absent and gives the exit code of the one that stands there now."""
    store.create(RESULT_NAME, canonical_json(document))
    exit_code = finished_exit_code(store)
    return JOB_CRASHED_EXIT_CODE if exit_code is None else exit_code


def finished_exit_code(store: Store) -> int | None:
    """Exit code of the job whose `result.json` stands in the output, None if there is none yet."""
    data = store.read(RESULT_NAME)
    if data is None:
        return None
    document = json.loads(data)
    if document["status"] == "succeeded":
        return 0
    return EXIT_CODES.get(document["failure"]["name"], JOB_CRASHED_EXIT_CODE)


def _is_committed(store: Store, manifest: Manifest) -> bool:
    existing = store.read(MANIFEST_NAME)
    if existing is not None and existing != manifest.to_bytes():
        raise _other_artifact(store)
    return existing is not None


def _other_artifact(store: Store) -> RuntimeError:
    return RuntimeError(f"another artifact was already committed under {store.uri}; it is left as it is")
