"""S3 and what speaks it, through obstore: conditional puts, multipart uploads, credentials from `AWS_*`."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import S3Store as ObjectStore

from windlass_jobs.contract.store import Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

_PART_BYTES = 16 << 20
_PART_CONCURRENCY = 4
_REQUEST_TIMEOUT = timedelta(minutes=10)


class S3Store:
    """The `Store` of `s3://` URIs; files are downloaded before use."""

    def __init__(self, uri: str, bucket: str, prefix: str, client: ObjectStore | None = None) -> None:
        self.uri = uri
        self._bucket = bucket
        self._prefix = prefix
        self._client = client or connect(bucket)

    def read(self, name: str) -> bytes | None:
        """Bytes of an object, None if there is none."""
        try:
            return bytes(obstore.get(self._client, self._key(name)).bytes())
        except FileNotFoundError:
            return None

    def create(self, name: str, data: bytes) -> bool:
        """One conditional put (If-None-Match: *)."""
        try:
            obstore.put(self._client, self._key(name), data, mode="create")
        except (AlreadyExistsError, PreconditionError):
            # a retry of a put whose answer was lost meets its own object
            return self.read(name) == data
        return True

    def upload(self, source: Path, name: str, *, frozen: bool) -> None:  # noqa: ARG002 - always copies
        """Multipart above one part's size."""
        obstore.put(
            self._client, self._key(name), source, chunk_size=_PART_BYTES, max_concurrency=_PART_CONCURRENCY
        )

    def local(self, name: str, directory: Path) -> Path | None:
        """Streams the object into `directory`; one that is already there is not fetched again."""
        target = self.local_root(directory) / name
        if target.is_file():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = target.with_name(f".staging-{uuid.uuid4().hex}")
        try:
            with staging.open("xb") as file:
                for chunk in obstore.get(self._client, self._key(name)).stream():
                    file.write(chunk)
        except FileNotFoundError:
            staging.unlink(missing_ok=True)
            return None
        staging.replace(target)
        return target

    def local_root(self, directory: Path) -> Path:
        """A folder below `directory` that stands for this prefix."""
        return directory / self._bucket / self._prefix

    def names(self) -> list[str]:
        """All keys below the prefix, relative to it."""
        start = f"{self._prefix}/" if self._prefix else ""
        pages = obstore.list(self._client, prefix=start or None)
        return sorted(entry["path"].removeprefix(start) for page in pages for entry in page)

    def delete(self, names: list[str]) -> None:
        """Removes objects one after the other."""
        for name in names:
            obstore.delete(self._client, self._key(name))

    def child(self, path: str) -> Store:
        """The prefix `path` below this one."""
        prefix = f"{self._prefix}/{path}" if self._prefix else path
        return S3Store(f"{self.uri}/{path}", self._bucket, prefix, self._client)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


def connect(bucket: str) -> ObjectStore:
    """A client for the bucket, path-style; endpoint, region and credentials come from the environment."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    config: S3Config = {
        "region": os.environ.get("AWS_REGION", "us-east-1"),
        "virtual_hosted_style_request": False,
    }
    if endpoint:
        config["endpoint"] = endpoint
    options: ClientConfig = {"timeout": _REQUEST_TIMEOUT, "allow_http": endpoint.startswith("http:")}
    return ObjectStore(bucket, config=config, client_options=options)
