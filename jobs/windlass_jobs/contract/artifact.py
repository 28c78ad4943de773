"""Artifacts: immutable files plus a manifest, named by URI and by the sha256 of the manifest's bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from windlass_jobs.contract.canonical import canonical_json, digest_of, with_short_numbers
from windlass_jobs.contract.failure import JobFailure
from windlass_jobs.contract.hashing import FileHash, hash_tree

MANIFEST_NAME = "manifest.json"
MANIFEST_SCHEMA = "windlass.artifact/v1"


@dataclass(frozen=True)
class ArtifactRef:
    """Names one artifact: its URI without trailing slash, the digest of its manifest, and what it is."""

    uri: str
    digest: str
    kind: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ArtifactRef:
        """Reads `{"uri", "digest", "kind"?}`; `InvalidConfig` if `uri` or `digest` is missing."""
        for key in ("uri", "digest"):
            if not isinstance(value.get(key), str):
                raise JobFailure(
                    "InvalidConfig", f"an artifact reference needs a text {key!r}, found {dict(value)}"
                )
        return cls(uri=value["uri"].rstrip("/"), digest=value["digest"], kind=value.get("kind"))


@dataclass(frozen=True)
class PublishedArtifact:
    """An artifact as `result.json` names it."""

    uri: str
    digest: str
    kind: str
    size_bytes: int
    file_count: int

    def to_json(self) -> dict[str, Any]:
        """The `artifact` object of `result.json`."""
        return {
            "uri": self.uri,
            "digest": self.digest,
            "kind": self.kind,
            "sizeBytes": self.size_bytes,
            "fileCount": self.file_count,
        }


@dataclass(frozen=True)
class Manifest:
    """A parsed `manifest.json`."""

    kind: str
    attributes: dict[str, Any]
    files: tuple[FileHash, ...]

    def to_bytes(self) -> bytes:
        """The canonical bytes whose sha256 is the artifact's digest."""
        return canonical_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The document as written; floats in the attributes are shortened to six significant digits."""
        files = sorted(self.files, key=lambda file: file.path)
        return {
            "schema": MANIFEST_SCHEMA,
            "kind": self.kind,
            "attributes": with_short_numbers(self.attributes),
            "files": [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in files],
        }


def manifest_of_directory(directory: Path, kind: str, attributes: dict[str, Any]) -> Manifest:
    """Hashes every file below `directory`, in parallel."""
    return Manifest(kind=kind, attributes=attributes, files=tuple(hash_tree(directory)))


def parse_manifest(data: bytes, uri: str, digest: str | None = None) -> Manifest:
    """Checks the digest of the bytes, then their shape. Raises `CorruptArtifact` naming the artifact."""
    if digest is not None and digest_of(data) != digest:
        raise corrupt(uri, f"{MANIFEST_NAME} has digest {digest_of(data)}, expected {digest}")
    try:
        document = json.loads(data)
        files = tuple(_parse_file(entry) for entry in document["files"])
        if document["schema"] != MANIFEST_SCHEMA:
            raise ValueError(f"schema is {document['schema']!r}, expected {MANIFEST_SCHEMA!r}")
        return Manifest(kind=str(document["kind"]), attributes=dict(document["attributes"]), files=files)
    except (ValueError, KeyError, TypeError) as error:
        raise corrupt(uri, f"{MANIFEST_NAME} cannot be read: {error}") from error


def corrupt(uri: str, what: str, file: str | None = None) -> JobFailure:
    """A `CorruptArtifact` failure about the artifact at `uri`."""
    details = {"uri": uri} if file is None else {"uri": uri, "file": file}
    advice = (
        "These are not the bytes that were committed: restore them, or run the stage that made them again."
    )
    return JobFailure("CorruptArtifact", f"artifact {uri}: {what}", details, advice)


def _parse_file(entry: Mapping[str, Any]) -> FileHash:
    path = PurePosixPath(str(entry["path"]))
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"path {str(path)!r} leaves the artifact")
    return FileHash(path=str(path), sha256=str(entry["sha256"]), size=int(entry["size"]))
