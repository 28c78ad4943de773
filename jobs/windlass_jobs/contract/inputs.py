"""Reading artifacts: nothing is used before the manifest's digest and every file's sha256 were checked."""

from __future__ import annotations

from pathlib import Path

from windlass_jobs.contract.artifact import MANIFEST_NAME, ArtifactRef, Manifest, corrupt, parse_manifest
from windlass_jobs.contract.failure import JobFailure
from windlass_jobs.contract.hashing import FileHash, hash_file, in_parallel
from windlass_jobs.contract.store import Store
from windlass_jobs.contract.store_uri import open_store


def read_manifest(ref: ArtifactRef) -> Manifest:
    """The artifact's manifest. `MissingInput` if there is none, `CorruptArtifact` if it is another one."""
    data = open_store(ref.uri).read(MANIFEST_NAME)
    if data is None:
        raise JobFailure(
            "MissingInput",
            f"artifact {ref.uri} has no {MANIFEST_NAME}: it was never committed, or it was deleted",
            {"uri": ref.uri},
            "Run the stage that makes it again, or restore it from a backup.",
        )
    return parse_manifest(data, ref.uri, ref.digest)


def fetch_artifact(ref: ArtifactRef, directory: Path) -> Path:
    """Local directory of the artifact's verified files: in place for `file://`, else below `directory`."""
    return fetch_files(open_store(ref.uri), read_manifest(ref), directory)


def fetch_files(store: Store, manifest: Manifest, directory: Path) -> Path:
    """Fetches and verifies a manifest's files, several at a time. Raises `CorruptArtifact` with the file."""
    in_parallel(lambda file: _fetch_file(store, file, directory), manifest.files)
    return store.local_root(directory)


def _fetch_file(store: Store, expected: FileHash, directory: Path) -> None:
    path = store.local(expected.path, directory)
    if path is None:
        raise corrupt(store.uri, f"file {expected.path} is missing", expected.path)
    digest, size = hash_file(path)
    if size != expected.size:
        raise corrupt(
            store.uri,
            f"file {expected.path} has {size} bytes, expected {expected.size}",
            expected.path,
        )
    if digest != expected.sha256:
        raise corrupt(
            store.uri,
            f"file {expected.path} has sha256 {digest}, expected {expected.sha256}",
            expected.path,
        )
