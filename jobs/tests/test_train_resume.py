"""Same inputs, same bytes: in another process, after `kill -9`, after SIGTERM."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.job_lab import Ended, JobLab
from tests.train_lab import (
    TrainLab,
    curve,
    dataset_ref,
    parameters,
    token_rows,
    weights_sha256,
    write_dataset,
)

LONG: dict[str, Any] = {"steps": 200, "checkpointEvery": 25, "validateEvery": 50}


@pytest.fixture
def train_lab(lab: JobLab, tiny_base: Path, tmp_path: Path) -> TrainLab:
    return TrainLab(lab, tiny_base, write_dataset(tmp_path / "dataset", token_rows(tiny_base)))


def wait_for_checkpoint(train_lab: TrainLab, checkpoints: str) -> None:
    deadline = time.monotonic() + 120
    while not train_lab.checkpoint_steps(checkpoints):
        assert time.monotonic() < deadline, "no training checkpoint appeared"
        time.sleep(0.01)


def equal_artifacts(one: Ended, other: Ended) -> bool:
    return (one.digest, weights_sha256(one), curve(one)) == (
        other.digest,
        weights_sha256(other),
        curve(other),
    )


def test_a_training_killed_in_another_process_goes_on_to_the_same_bytes(train_lab: TrainLab) -> None:
    whole = train_lab.train(**LONG)
    document = train_lab.document(parameters(**LONG), "killed")
    with train_lab.start(document) as process:
        wait_for_checkpoint(train_lab, "killed")
        process.kill()
    assert process.returncode == -signal.SIGKILL
    resumed = train_lab.train("killed", **LONG)
    assert resumed.result["summary"]["resumedFromStep"] >= 25
    assert equal_artifacts(whole, resumed)


def test_sigterm_saves_a_checkpoint_and_ends_with_75(train_lab: TrainLab) -> None:
    document = train_lab.document(parameters(**LONG), "stopped")
    with train_lab.start(document) as process:
        wait_for_checkpoint(train_lab, "stopped")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 75
    stopped_at = train_lab.checkpoint_steps("stopped")[-1]
    resumed = train_lab.train("stopped", **LONG)
    assert resumed.result["summary"]["resumedFromStep"] == stopped_at
    assert equal_artifacts(train_lab.train(**LONG), resumed)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_training_that_went_on_from_each_checkpoint_has_the_same_bytes(
    train_lab: TrainLab, method: str
) -> None:
    whole = train_lab.train("whole", method=method)
    assert train_lab.checkpoint_steps("whole") == [8, 12]
    again = train_lab.train("whole", method=method)
    assert again.result["summary"]["resumedFromStep"] == 12
    assert equal_artifacts(whole, again)


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(train_lab: TrainLab, lab: JobLab) -> None:
    whole = train_lab.train("damaged")
    root = Path(f"{lab.uri}/damaged".removeprefix("file://"))
    newest = next((root / "step-000000012").rglob("weights.safetensors"))
    newest.write_bytes(newest.read_bytes()[:-1] + b"x")
    again = train_lab.train("damaged")
    assert again.result["summary"]["resumedFromStep"] == 8
    assert equal_artifacts(whole, again)


def test_another_seed_gives_other_bytes(train_lab: TrainLab) -> None:
    assert weights_sha256(train_lab.train()) != weights_sha256(train_lab.train(seed=18))


def test_the_order_of_rows_does_not_matter(
    train_lab: TrainLab, lab: JobLab, tiny_base: Path, tmp_path: Path
) -> None:
    first = train_lab.train()
    rows = token_rows(tiny_base)
    turned = [*reversed(rows[:2]), *reversed(rows[2:])]
    train_lab.inputs["dataset"] = dataset_ref(lab, tmp_path / "turned", turned)
    second = train_lab.train()
    assert (weights_sha256(first), curve(first)) == (weights_sha256(second), curve(second))
