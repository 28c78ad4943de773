"""A training in several processes, in one pod or two: gloo on loopback, pods started as a runner does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.distributed_lab import Pods, ranks_of, wait_until
from tests.job_lab import Ended, JobLab
from tests.train_lab import TrainLab, curve, parameters, token_rows, weights_sha256, write_dataset

TRAINING: dict[str, Any] = {
    "steps": 200,
    "checkpointEvery": 10,
    "validateEvery": 50,
    "lora": {"rank": 4, "alpha": 8, "dropout": 0.0, "targets": "all-linear"},
}
Start = Callable[[dict[str, Any], int, int], Pods]


@pytest.fixture(scope="module")
def train_lab(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainLab:
    root = tmp_path_factory.mktemp("distributed")
    return TrainLab(JobLab(root), tiny_base, write_dataset(root / "dataset", token_rows(tiny_base)))


@pytest.fixture
def start(train_lab: TrainLab) -> Iterator[Start]:
    """Starts a document's pods: how many, and how many processes in each."""
    started: list[Pods] = []

    def start(document: dict[str, Any], nodes: int, processes: int) -> Pods:
        started.append(Pods(train_lab, document, nodes, processes))
        return started[-1]

    yield start
    for pods in started:
        pods.kill()


@pytest.fixture(scope="module")
def undisturbed(train_lab: TrainLab) -> Ended:
    """A training in one pod of two processes."""
    pods = Pods(train_lab, train_lab.document(parameters(**TRAINING)), 1, 2)
    try:
        return pods.ended()
    finally:
        pods.kill()


def test_two_processes_learn_what_one_learns(train_lab: TrainLab, undisturbed: Ended) -> None:
    alone = train_lab.train(**TRAINING)
    assert (alone.exit_code, undisturbed.exit_code) == (0, 0)
    for one, two in zip(curve(alone)[:12], curve(undisturbed)[:12], strict=True):
        assert two == pytest.approx(one, abs=1e-5)
    assert curve(undisturbed)[-1] == pytest.approx(curve(alone)[-1], abs=5e-2)
    assert undisturbed.result["summary"]["world"] == {"ranks": 2, "device": "cpu"}
    assert undisturbed.result["summary"]["tokens"] == alone.result["summary"]["tokens"]
    validated = [line for line in undisturbed.progress if "validation_loss" in line.get("metrics", {})]
    assert [line["step"] for line in validated] == [0, 50, 100, 150, 200]


def test_sigterm_to_one_of_two_pods_ends_both_with_75_and_another_attempt_has_the_same_bytes(
    train_lab: TrainLab, start: Start, undisturbed: Ended
) -> None:
    stopped = start(train_lab.document(parameters(**TRAINING), "stopped"), 2, 1)
    wait_until(lambda: train_lab.checkpoint_steps("stopped"), "no training checkpoint appeared")
    stopped.processes[1].send_signal(signal.SIGTERM)
    assert stopped.exit_codes() == [75, 75]
    stopped_at = train_lab.checkpoint_steps("stopped")[-1]
    resumed = start(train_lab.document(parameters(**TRAINING), "stopped"), 1, 2).ended()
    assert resumed.result["summary"]["resumedFromStep"] == stopped_at
    assert 0 < stopped_at < 200
    assert (resumed.digest, weights_sha256(resumed)) == (undisturbed.digest, weights_sha256(undisturbed))


def test_a_training_that_diverges_ends_all_pods_with_its_name(train_lab: TrainLab, start: Start) -> None:
    one_row = {"batchSize": 1, "learningRate": 1e38, "gradientClip": 0.0, "validateEvery": 0}
    document = train_lab.document(parameters(method="full", **one_row))
    ended = start(document, 2, 1).ended()
    assert (ended.exit_code, ended.failure["name"]) == (69, "TrainingDiverged")
    assert ended.failure["details"]["step"] > 1
    again = start(document, 2, 1)
    assert again.exit_codes() == [69, 69]
    assert "has its result already" in again.log(1)


def test_a_rank_that_is_killed_ends_the_others(train_lab: TrainLab, start: Start) -> None:
    pods = start(train_lab.document(parameters(steps=100_000), "killed"), 2, 1)
    wait_until(lambda: train_lab.checkpoint_steps("killed"), "no training checkpoint appeared")
    os.kill(ranks_of(pods.processes[1])[0], signal.SIGKILL)
    killed = time.monotonic()
    assert pods.exit_codes() == [70, 137]
    assert time.monotonic() - killed < 60
    assert not (Path(pods.document["output"]["uri"].removeprefix("file://")) / "result.json").exists()


def test_a_pod_that_is_stopped_while_it_waits_for_the_others_is_preempted(
    train_lab: TrainLab, start: Start
) -> None:
    pods = start(train_lab.document(parameters()), 2, 1)
    pods.processes[1].kill()
    wait_until(lambda: "waiting for the pods" in pods.log(0), "the pod does not wait")
    pods.processes[0].send_signal(signal.SIGTERM)
    asked = time.monotonic()
    assert pods.exit_codes()[0] == 75
    assert time.monotonic() - asked < 10
