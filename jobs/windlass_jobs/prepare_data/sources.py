"""Pinned source files: fetched, and refused when they are not the bytes the run was started with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from windlass_jobs.contract import JobFailure
from windlass_jobs.contract.hashing import hash_file, in_parallel
from windlass_jobs.contract.pinned import fetch_pinned
from windlass_jobs.prepare_data.parameters import PinnedFile, Source


@dataclass(frozen=True)
class SourceFile:
    """A verified local file.

    Attributes:
        name: last segment of the URI: what rows and messages name, as paths differ between machines.
        uri: where it came from, for messages.
    """

    name: str
    uri: str
    path: Path
    sha256: str
    format: str
    columns: tuple[str, ...]


def verified_files(sources: tuple[Source, ...], directory: Path) -> list[SourceFile]:
    """All files in the order of the parameters. Raises `MissingInput`, `CorruptArtifact`, `InvalidData`."""
    for source in sources:
        if not source.files:
            raise JobFailure(
                "InvalidData",
                f"source {source.uri} matches no file",
                {"file": source.uri, "row": None, "field": None},
                "Check the path and the pattern.",
            )
    return in_parallel(lambda pair: _verified(*pair, directory), list(_pairs(sources)))


def _pairs(sources: tuple[Source, ...]) -> Iterator[tuple[Source, PinnedFile]]:
    return ((source, file) for source in sources for file in source.files)


def _verified(source: Source, file: PinnedFile, directory: Path) -> SourceFile:
    path = _local(file, directory)
    sha256, size = hash_file(path)
    if size != file.size:
        raise _changed(file, f"has {size} bytes, had {file.size}")
    if file.sha256 is not None and sha256 != file.sha256:
        raise _changed(file, f"has sha256 {sha256}, had {file.sha256}")
    name = PurePosixPath(unquote(urlsplit(file.uri).path)).name
    return SourceFile(name, file.uri, path, sha256, source.format, source.columns)


def _local(file: PinnedFile, directory: Path) -> Path:
    parts = urlsplit(file.uri)
    if parts.scheme == "file":
        path: Path | None = Path(unquote(parts.path))
    else:
        path = fetch_pinned(file.uri, file.version_id, file.etag, directory)
    if path is None or not path.is_file():
        raise JobFailure(
            "MissingInput",
            f"source file {file.uri} does not exist any more",
            {"file": file.uri},
            "Put it back, or start a new run with the files that are there.",
        )
    return path


def _changed(file: PinnedFile, what: str) -> JobFailure:
    return JobFailure(
        "CorruptArtifact",
        f"source file {file.uri} changed after the run was started: it {what}",
        {"file": file.uri},
        "Restore the file, or start a new run with the files that are there now.",
    )
