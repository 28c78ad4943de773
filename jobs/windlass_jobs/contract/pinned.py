"""Objects of S3 pinned by version id or ETag."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import PreconditionError

from windlass_jobs.contract.failure import JobFailure
from windlass_jobs.contract.s3_store import connect

if TYPE_CHECKING:
    from obstore import GetOptions


def fetch_pinned(uri: str, version_id: str | None, etag: str | None, directory: Path) -> Path | None:
    """Downloads exactly that object below `directory`; None if it is gone.

    Raises:
        JobFailure: `CorruptArtifact` if another object is there now, `InvalidConfig` if the URI is not S3.
    """
    parts = urlsplit(uri)
    if parts.scheme != "s3":
        raise JobFailure("InvalidConfig", f"cannot read {uri!r}: expected file:///… or s3://bucket/key")
    target = directory / hashlib.sha256(uri.encode()).hexdigest()
    target.parent.mkdir(parents=True, exist_ok=True)
    options: GetOptions = {}
    if version_id is not None:
        options["version"] = version_id
    elif etag is not None:
        options["if_match"] = etag if etag.startswith('"') else f'"{etag}"'
    try:
        _download(parts.netloc, parts.path.lstrip("/"), options, target)
    except FileNotFoundError:
        return None
    except PreconditionError as error:
        raise JobFailure(
            "CorruptArtifact",
            f"source file {uri} changed after the run was started: its ETag is not {etag} any more",
            {"file": uri},
            "Restore the object, or start a new run with the files that are there now.",
        ) from error
    return target


def _download(bucket: str, key: str, options: GetOptions, target: Path) -> None:
    stream = obstore.get(connect(bucket), key, options=options).stream()
    with target.open("wb") as file:
        for chunk in stream:
            file.write(chunk)
