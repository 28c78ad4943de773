"""The ranks of one training, and what they do together. One process is a world of one: nothing is exchanged.

Every rank takes the same decisions because it decides on the same numbers: what is exchanged is added up in
the order of ranks, so that the same world gives the same bytes, and no rank waits for one that has gone on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import Parameter

from windlass_jobs.contract import JobFailure
from windlass_jobs.contract.resources import resource_failure
from windlass_jobs.train.device import device_of

BUCKET_ELEMENTS = 1 << 24
"""Gradients travel in pieces of at most 64 MB, or of one weight: few messages, little memory beside them."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class World:
    """This process among the ranks; rank 0 leads: it alone writes anything."""

    rank: int
    size: int
    local_rank: int
    device: torch.device

    @property
    def is_leader(self) -> bool:
        """Whether this rank writes progress, checkpoints and the artifact."""
        return self.rank == 0

    @property
    def is_one_process_on_cpu(self) -> bool:
        """The world whose bytes have always been the same, and which attributes therefore do not name."""
        return self.size == 1 and self.device.type == "cpu"

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """This rank's part; small ones leave the last ranks nothing."""
        return items if self.size == 1 else items[self.rank :: self.size]

    def sums(self, *values: float) -> list[float]:
        """Each value summed over all ranks, to the same bits on all of them."""
        if self.size == 1:
            return list(values)
        own = torch.tensor(values, dtype=torch.float64)
        gathered = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(gathered, own)
        return [sum(column) for column in zip(*(part.tolist() for part in gathered), strict=True)]

    def any(self, value: bool) -> bool:
        """Whether it is so on any rank."""
        return self.sums(float(value))[0] > 0

    def gathered(self, value: Item) -> list[Item]:
        """The value of each rank."""
        values = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(values, value)
        return values

    def together(self, work: Callable[[], Result]) -> Result:
        """Does ``work`` on every rank; the first rank's failure that has a name is the failure of all."""
        if self.size == 1:
            return work()
        results: list[Result] = []
        failures = self.gathered(failure_of(lambda: results.append(work())))
        for failure in failures:
            if failure is not None:
                raise failure
        return results[0]

    def fetched(self, fetch: Callable[[], Result]) -> Result:
        """As ``together``, the first rank of each pod before the others, who find what it has downloaded."""
        if self.local_rank != 0:
            self.together(lambda: None)
        found = self.together(fetch)
        if self.local_rank == 0:
            self.together(lambda: None)
        return found

    def add_gradients(self, weights: Sequence[Parameter]) -> None:
        """Sums the gradients over all ranks; a weight that no rank has one for is left without."""
        if self.size == 1:
            return
        counts = self.sums(*(float(weight.grad is not None) for weight in weights))
        for bucket in buckets([weight for weight, count in zip(weights, counts, strict=True) if count]):
            flat = torch.cat([gradient_of(weight).flatten() for weight in bucket])
            dist.all_reduce(flat)
            parts = torch.split(flat, [weight.numel() for weight in bucket])
            for weight, part in zip(bucket, parts, strict=True):
                weight.grad = part.view_as(weight)


def current_world() -> World:
    """The world that this process has joined, or a world of one."""
    rank, size, local_rank = 0, 1, 0
    if dist.is_initialized():
        rank, size, local_rank = dist.get_rank(), dist.get_world_size(), int(os.environ["LOCAL_RANK"])
    return World(rank, size, local_rank, device_of(local_rank))


def failure_of(work: Callable[[], None]) -> JobFailure | None:
    """The failure of ``work`` if it has a name; others are raised, and end this rank alone."""
    try:
        work()
    except Exception as error:
        failure = error if isinstance(error, JobFailure) else resource_failure(error)
        if failure is None:
            raise
        return failure
    return None


def gradient_of(weight: Parameter) -> Tensor:
    """Zeros where this rank had no rows."""
    return torch.zeros_like(weight) if weight.grad is None else weight.grad


def buckets(weights: Sequence[Parameter]) -> Iterator[list[Parameter]]:
    """Cuts the weights, in their order, into pieces of at most ``BUCKET_ELEMENTS``."""
    bucket: list[Parameter] = []
    size = 0
    for weight in weights:
        size += weight.numel()
        if bucket and size > BUCKET_ELEMENTS:
            yield bucket
            bucket, size = [], weight.numel()
        bucket.append(weight)
    if bucket:
        yield bucket
