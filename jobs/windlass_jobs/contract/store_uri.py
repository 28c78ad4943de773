"""Which store a URI means."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from windlass_jobs.contract.directory_store import DirectoryStore
from windlass_jobs.contract.failure import JobFailure
from windlass_jobs.contract.store import Store


def open_store(uri: str) -> Store:
    """The store at `file:///abs/path` or `s3://bucket/prefix`. Raises `InvalidConfig` for another scheme."""
    parts = urlsplit(uri)
    if parts.scheme == "file" and parts.path.startswith("/"):
        return DirectoryStore(uri.rstrip("/"), Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        from windlass_jobs.contract.s3_store import S3Store  # noqa: PLC0415 - a quarter of the start of a job

        return S3Store(uri.rstrip("/"), parts.netloc, parts.path.strip("/"))
    raise JobFailure(
        "InvalidConfig",
        f"cannot open {uri!r}: expected file:///absolute/path or s3://bucket/prefix",
        {"uri": uri},
    )


def split_uri(uri: str) -> tuple[str, str]:
    """The URI of the folder that holds the object at `uri`, and the object's name in it."""
    folder, _, name = uri.rpartition("/")
    return folder, unquote(name) if uri.startswith("file:") else name
