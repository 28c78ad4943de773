"""What ranks do together, in worlds of a few processes that do nothing else, forked to start at once."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch.nn import Parameter

from windlass_jobs.contract import CheckpointStore, JobFailure
from windlass_jobs.contract.store_uri import open_store
from windlass_jobs.train.loop import newest_checkpoint
from windlass_jobs.train.world import World, current_world

Work = Callable[[World], Any]


def joined(work: Work, meeting: Path, size: int, rank: int) -> Any:
    torch.set_num_threads(1)
    os.environ["LOCAL_RANK"] = str(rank)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)
    try:
        return work(current_world())
    finally:
        dist.destroy_process_group()


def on_ranks(size: int, work: Work, directory: Path) -> list[Any]:
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(size, context) as pool:
        return list(pool.map(partial(joined, work, directory / "meeting", size), range(size)))


def sums(world: World) -> list[float]:
    return world.sums([1e16, 1.0, -1e16][world.rank], float(world.rank))


def gradients(world: World) -> list[list[float] | None]:
    weights = [Parameter(torch.zeros(2)) for _ in range(3)]
    weights[0].grad = torch.full((2,), 1.0 + world.rank)
    if world.rank == 0:
        weights[1].grad = torch.tensor([5.0, 6.0])
    world.add_gradients(weights)
    return [None if weight.grad is None else weight.grad.tolist() for weight in weights]


def fail_on_the_second(world: World) -> str:
    def work() -> None:
        if world.rank == 1:
            raise MemoryError("none left")

    try:
        world.together(work)
    except JobFailure as failure:
        return failure.name
    return "none"


def fetch(directory: Path, world: World) -> list[str]:
    def note() -> list[str]:
        found = sorted(path.name for path in directory.iterdir())
        (directory / f"by-{world.rank}").touch()
        return found

    return world.fetched(note)


def find_checkpoint(directory: Path, world: World) -> str:
    """Rank 1 looks into the folder that the test named."""
    where = (directory / "named").read_text() if world.rank == 1 else "whole"
    checkpoints = CheckpointStore(open_store((directory / where).as_uri()), "train-1", directory / "scratch")
    try:
        newest = newest_checkpoint(checkpoints, world)
    except JobFailure as failure:
        return failure.name
    return "none" if newest is None else str(newest[0])


def test_sums_are_added_in_the_order_of_ranks_on_every_rank(tmp_path: Path) -> None:
    assert on_ranks(3, sums, tmp_path) == [[1e16 + 1.0 - 1e16, 3.0]] * 3


def test_gradients_are_summed_with_those_of_ranks_that_have_none(tmp_path: Path) -> None:
    assert on_ranks(2, gradients, tmp_path) == [[[3.0, 3.0], [5.0, 6.0], None]] * 2


def test_a_failure_of_one_rank_is_the_failure_of_all(tmp_path: Path) -> None:
    assert on_ranks(2, fail_on_the_second, tmp_path) == ["OutOfMemory"] * 2


def test_the_first_rank_of_a_pod_fetches_before_the_others(tmp_path: Path) -> None:
    directory = tmp_path / "scratch"
    directory.mkdir()
    first, *others = on_ranks(3, partial(fetch, directory), tmp_path)
    assert first == []
    assert all("by-0" in found for found in others)


@pytest.mark.parametrize(("named", "found"), [("whole", "8"), ("partial", "JobCrashed")])
def test_ranks_go_on_from_the_same_checkpoint_or_not_at_all(named: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "named").write_text(named)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "weights").write_text("1")
    for where, steps in (("whole", (4, 8)), ("partial", (4,))):
        store = open_store((tmp_path / where).as_uri())
        for step in steps:
            CheckpointStore(store, "train-1", tmp_path).save(step, tmp_path / "state")
    assert on_ranks(2, partial(find_checkpoint, tmp_path), tmp_path) == [found] * 2


def test_a_world_of_one_exchanges_nothing() -> None:
    alone = World(0, 1, 0, torch.device("cpu"))
    assert sums(alone) == [1e16, 0.0]
    assert gradients(alone) == [[1.0, 1.0], [5.0, 6.0], None]
