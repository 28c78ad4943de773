"""Stores that tests run against: a directory always, S3 where an endpoint is given.

`WINDLASS_TEST_S3_ENDPOINT`, `WINDLASS_TEST_S3_BUCKET`, `WINDLASS_TEST_S3_ACCESS_KEY` and
`WINDLASS_TEST_S3_SECRET_KEY` name a server and a bucket that exists.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

_ENDPOINT = os.environ.get("WINDLASS_TEST_S3_ENDPOINT", "")
NEEDS_S3 = pytest.mark.skipif(not _ENDPOINT, reason="WINDLASS_TEST_S3_ENDPOINT is not set")
STORES = ["directory", pytest.param("s3", marks=NEEDS_S3)]

if _ENDPOINT:
    os.environ["AWS_ENDPOINT_URL"] = _ENDPOINT
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["WINDLASS_TEST_S3_ACCESS_KEY"]
    os.environ["AWS_SECRET_ACCESS_KEY"] = os.environ["WINDLASS_TEST_S3_SECRET_KEY"]


def new_prefix(store: str, directory: Path) -> str:
    """URI of an unused prefix."""
    if store == "directory":
        return (directory / "a store").as_uri()
    return f"s3://{os.environ['WINDLASS_TEST_S3_BUCKET']}/test-{uuid.uuid4().hex}"
