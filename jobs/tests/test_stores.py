"""What every store keeps to."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest

from tests.s3_lab import NEEDS_S3, STORES, new_prefix
from windlass_jobs.contract import ArtifactRef, JobFailure
from windlass_jobs.contract.inputs import fetch_artifact
from windlass_jobs.contract.pinned import fetch_pinned
from windlass_jobs.contract.publish import publish_artifact
from windlass_jobs.contract.s3_store import connect
from windlass_jobs.contract.store import Store
from windlass_jobs.contract.store_uri import open_store, split_uri

WRITERS = 50
LARGE_BYTES = 40 << 20


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(new_prefix(request.param, tmp_path))


def test_of_racing_writers_one_wins(store: Store) -> None:
    def write(number: int) -> bool:
        return store.create("result.json", f"writer {number}".encode())

    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(write, range(WRITERS)))
    assert won.count(True) == 1
    assert store.read("result.json") == f"writer {won.index(True)}".encode()
    assert store.names() == ["result.json"]


def test_what_is_not_there_is_none(store: Store, tmp_path: Path) -> None:
    assert store.read("nothing") is None
    assert store.local("nothing", tmp_path / "scratch") is None
    assert store.names() == []
    store.delete(["nothing"])


def test_files_come_back_as_they_were(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "large.bin"
    source.write_bytes(hashlib.shake_128(b"large").digest(LARGE_BYTES))
    store.upload(source, "folder/a file é.bin", frozen=True)
    found = store.local("folder/a file é.bin", tmp_path / "scratch")
    assert found is not None
    assert found.read_bytes() == source.read_bytes()
    assert found == store.local_root(tmp_path / "scratch") / "folder/a file é.bin"


def test_deleting_leaves_the_others(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    for name in ("a/b/one", "a/b/two", "c/three"):
        store.upload(tmp_path / "file", name, frozen=False)
    store.delete(["a/b/one", "c/three"])
    assert store.names() == ["a/b/two"]
    assert store.child("a").names() == ["b/two"]


def test_an_artifact_comes_back_verified(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "x.txt").write_text("x")
    (folder / "empty.txt").write_text("")
    artifact = publish_artifact(store, folder, "dataset", {"n": 1})
    assert publish_artifact(store, folder, "dataset", {"n": 1}) == artifact
    found = fetch_artifact(ArtifactRef(artifact.uri, artifact.digest), tmp_path / "scratch")
    assert (found / "deep" / "er" / "x.txt").read_text() == "x"
    assert (found / "empty.txt").read_text() == ""
    with pytest.raises(RuntimeError, match="another artifact was already committed"):
        publish_artifact(store, folder, "dataset", {"n": 2})


def test_a_publisher_that_died_half_way_is_overtaken(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "x.txt").write_text("torn")
    store.upload(folder / "x.txt", "x.txt", frozen=False)
    (folder / "x.txt").unlink()
    (folder / "x.txt").write_text("whole")
    artifact = publish_artifact(store, folder, "dataset", {})
    found = fetch_artifact(ArtifactRef(artifact.uri, artifact.digest), tmp_path / "scratch")
    assert (found / "x.txt").read_text() == "whole"


@NEEDS_S3
def test_a_pinned_object_of_s3_is_fetched_only_as_it_was(tmp_path: Path) -> None:
    uri = f"{new_prefix('s3', tmp_path)}/rows.jsonl"
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    etag = obstore.put(connect(bucket), key, b"first")["e_tag"]
    found = fetch_pinned(uri, None, etag, tmp_path)
    assert found is not None
    assert found.read_bytes() == b"first"
    obstore.put(connect(bucket), key, b"second")
    with pytest.raises(JobFailure, match="changed after the run was started"):
        fetch_pinned(uri, None, etag, tmp_path)
    obstore.delete(connect(bucket), key)
    assert fetch_pinned(uri, None, None, tmp_path) is None


@pytest.mark.parametrize("uri", ["", "/plain/path", "file://host", "s3://", "gs://bucket/x"])
def test_other_uris_are_refused(uri: str) -> None:
    with pytest.raises(JobFailure, match="expected file:///absolute/path or s3://bucket/prefix"):
        open_store(uri)


def test_a_uri_is_split_into_folder_and_name() -> None:
    assert split_uri("file:///a%20b/c%20d.json") == ("file:///a%20b", "c d.json")
    assert split_uri("s3://bucket/a/b.json") == ("s3://bucket/a", "b.json")
