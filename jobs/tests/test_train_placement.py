"""Where a training's processes are, what they share, and what is made of how they end; no second process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch.nn import Parameter

from tests.distributed_lab import free_port
from windlass_jobs.contract import JobFailure
from windlass_jobs.train import launcher, world
from windlass_jobs.train.determinism import seed_step
from windlass_jobs.train.device import device_of
from windlass_jobs.train.placement import Placement, read_placement
from windlass_jobs.train.world import World

TWO_PODS = {
    "PET_NNODES": "2",
    "PET_NPROC_PER_NODE": "4",
    "PET_NODE_RANK": "1",
    "PET_MASTER_ADDR": "train-0.pods",
    "PET_MASTER_PORT": "29500",
}


def test_the_variables_of_torchrun_say_which_pod_this_is() -> None:
    placement = read_placement(TWO_PODS)
    assert placement == Placement(2, 4, 1, "train-0.pods:29500")
    assert placement.rank_count == 8


@pytest.mark.parametrize("environment", [{}, {"PET_NNODES": "1", "PET_NPROC_PER_NODE": "1"}])
def test_without_them_or_with_one_of_each_there_is_one_process(environment: dict[str, str]) -> None:
    assert read_placement(environment).rank_count == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PET_NNODES", "1:4"),
        ("PET_NNODES", "0"),
        ("PET_NPROC_PER_NODE", "auto"),
        ("PET_NODE_RANK", "2"),
        ("PET_NODE_RANK", ""),
        ("PET_MASTER_ADDR", ""),
        ("PET_MASTER_PORT", ""),
    ],
)
def test_a_variable_that_does_not_fit_is_named(name: str, value: str) -> None:
    with pytest.raises(JobFailure, match=name) as raised:
        read_placement({**TWO_PODS, name: value})
    assert (raised.value.name, raised.value.details) == ("InvalidConfig", {"field": name})


@pytest.mark.parametrize(
    ("ended", "exit_code"),
    [([], 0), ([75], 75), ([-9], 137), ([70, -9], 137), ([70, 71], 71), ([70], 70), ([1, 70], 1)],
)
def test_a_pod_ends_as_the_rank_that_says_most(ended: list[int], exit_code: int) -> None:
    assert launcher.exit_code_of_failures(ended) == exit_code


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A launcher that waits a second; the handler of SIGTERM is put back."""
    monkeypatch.setattr(launcher, "JOIN_SECONDS", 1)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("rank", "host"), [(0, "127.0.0.1"), (1, "127.0.0.1"), (1, "nobody.invalid")])
@pytest.mark.usefixtures("impatient")
def test_pods_that_do_not_find_together_in_time_are_a_failure_with_a_name(
    rank: int, host: str, tmp_path: Path
) -> None:
    with pytest.raises(JobFailure, match="which have 1 s for it, did not find together") as raised:
        launcher.launch_ranks(Placement(2, 1, rank, f"{host}:{free_port()}"), "alone", tmp_path)
    assert raised.value.name == "JobCrashed"


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch says where there are two; nothing is computed on them."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)


@pytest.mark.usefixtures("two_gpus")
def test_each_process_of_a_pod_has_a_gpu_of_its_own_or_fails_by_name() -> None:
    assert [device_of(rank) for rank in range(2)] == [torch.device("cuda", rank) for rank in range(2)]
    with pytest.raises(JobFailure, match="finds 2 GPUs") as raised:
        device_of(2)
    assert raised.value.name == "IncompatibleEnvironment"


def test_every_row_has_one_rank() -> None:
    shares = [World(rank, 3, rank, torch.device("cpu")).share(range(5)) for rank in range(3)]
    assert [list(share) for share in shares] == [[0, 3], [1, 4], [2]]


def test_what_a_step_draws_depends_on_seed_step_and_rank_alone() -> None:
    def drawn(seed: int, step: int, rank: int) -> float:
        seed_step(seed, step, rank)
        return torch.rand(()).item()

    first = drawn(17, 5, 1)
    assert len({drawn(17, 6, 1), drawn(17, 5, 0), drawn(18, 5, 1), drawn(17, 5, 1)} - {first}) == 3


def test_gradients_travel_in_order_in_pieces_that_are_not_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "BUCKET_ELEMENTS", 10)
    weights = [Parameter(torch.zeros(size)) for size in (4, 6, 1, 30, 2)]
    sizes = [[weight.numel() for weight in bucket] for bucket in world.buckets(weights)]
    assert sizes == [[4, 6], [1], [30], [2]]
