"""Training checkpoints: only whole ones count, and few are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.s3_lab import STORES, new_prefix
from windlass_jobs.contract.checkpoints import CheckpointStore
from windlass_jobs.contract.store import Store
from windlass_jobs.contract.store_uri import open_store


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(new_prefix(request.param, tmp_path))


def saved(directory: Path, text: str) -> Path:
    """A directory with a training state."""
    (directory / "optimizer").mkdir(parents=True, exist_ok=True)
    (directory / "weights.bin").write_text(text)
    (directory / "optimizer" / "state.bin").write_text(f"state of {text}")
    return directory


def text_of(found: tuple[int, Path] | None) -> tuple[int, str] | None:
    """Step and content of what was found."""
    return None if found is None else (found[0], (found[1] / "weights.bin").read_text())


def manifests(store: Store) -> list[str]:
    """Steps that have a manifest."""
    return [name.split("/")[0] for name in store.names() if name.endswith("manifest.json")]


def test_the_newest_of_any_attempt_is_found(store: Store, tmp_path: Path) -> None:
    assert CheckpointStore(store, "train-1", tmp_path / "scratch").newest() is None
    CheckpointStore(store, "train-1", tmp_path / "scratch").save(20, saved(tmp_path / "one", "one"))
    CheckpointStore(store, "train-2", tmp_path / "scratch").save(40, saved(tmp_path / "two", "two"))
    assert text_of(CheckpointStore(store, "train-3", tmp_path / "other").newest()) == (40, "two")


def test_damaged_ones_are_passed_over(store: Store, tmp_path: Path) -> None:
    checkpoints = CheckpointStore(store, "train-1", tmp_path / "scratch")
    checkpoints.save(20, saved(tmp_path / "one", "one"))
    checkpoints.save(40, saved(tmp_path / "two", "two"))
    store.upload(
        saved(tmp_path / "three", "three") / "weights.bin", "step-000000040/train-1/weights.bin", frozen=False
    )
    store.upload(tmp_path / "three" / "weights.bin", "step-000000060/train-1/weights.bin", frozen=False)
    assert store.create("step-000000050/train-1/manifest.json", b"{}")
    assert text_of(CheckpointStore(store, "train-2", tmp_path / "other").newest()) == (20, "one")


def test_saving_after_a_damaged_one_keeps_the_new_one(store: Store, tmp_path: Path) -> None:
    first = CheckpointStore(store, "train-1", tmp_path / "scratch")
    first.save(40, saved(tmp_path / "one", "one"))
    store.upload(
        saved(tmp_path / "bad", "bad") / "weights.bin", "step-000000040/train-1/weights.bin", frozen=False
    )
    second = CheckpointStore(store, "train-2", tmp_path / "other")
    second.save(40, saved(tmp_path / "two", "two"))
    assert text_of(CheckpointStore(store, "train-3", tmp_path / "third").newest()) == (40, "two")


def test_the_newest_two_are_kept(store: Store, tmp_path: Path) -> None:
    checkpoints = CheckpointStore(store, "train-1", tmp_path / "scratch")
    for step in (20, 40, 60, 80):
        checkpoints.save(step, saved(tmp_path / "state", f"at {step}"))
    assert manifests(store) == ["step-000000060", "step-000000080"]
    assert text_of(checkpoints.newest()) == (80, "at 80")


def test_saving_a_step_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    checkpoints = CheckpointStore(store, "train-1", tmp_path / "scratch")
    checkpoints.save(20, saved(tmp_path / "state", "first"))
    checkpoints.save(20, saved(tmp_path / "state", "second"))
    assert text_of(checkpoints.newest()) == (20, "first")


def test_what_was_saved_does_not_follow_later_changes(store: Store, tmp_path: Path) -> None:
    checkpoints = CheckpointStore(store, "train-1", tmp_path / "scratch")
    checkpoints.save(20, saved(tmp_path / "state", "first"))
    with (tmp_path / "state" / "weights.bin").open("r+") as file:
        file.write("later")
    assert text_of(checkpoints.newest()) == (20, "first")
