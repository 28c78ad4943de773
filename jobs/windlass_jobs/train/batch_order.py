"""Which examples make up the batch of a step: a pure function of seed and step, so resuming replays nothing.

An epoch is shuffled by the hash of seed, epoch and row id (the order of the file does not matter). Of every
``WINDOW`` batches the examples are sorted by length before they are cut, which saves padding, and the batches
are shuffled again. What an epoch lacks to whole batches is filled with its own first rows.
"""

import hashlib
import math
from collections.abc import Sequence
from functools import lru_cache

from windlass_jobs.train.examples import Example

WINDOW = 16


class BatchOrder:
    """Gives the examples of any step; small data sets are gone through again and again."""

    def __init__(self, examples: Sequence[Example], batch_size: int, seed: int) -> None:
        self.examples = examples
        self.batch_size = batch_size
        self.seed = seed
        self.batches_per_epoch = math.ceil(len(examples) / batch_size)
        self.epoch_batches = lru_cache(maxsize=1)(self.cut_epoch)

    def batch(self, step: int) -> list[Example]:
        """The examples of the batch with this number, counted from 0."""
        epoch, place = divmod(step, self.batches_per_epoch)
        return [self.examples[row] for row in self.epoch_batches(epoch)[place]]

    def cut_epoch(self, epoch: int) -> list[list[int]]:
        """The row numbers of all batches of one epoch."""
        order = self.shuffled(epoch)
        filled = [order[place % len(order)] for place in range(self.batches_per_epoch * self.batch_size)]
        size = WINDOW * self.batch_size
        windows = [filled[start : start + size] for start in range(0, len(filled), size)]
        return [
            batch for number, rows in enumerate(windows) for batch in self.cut_window(rows, epoch, number)
        ]

    def shuffled(self, epoch: int) -> list[int]:
        """All row numbers in the order of one epoch."""
        keys = [shuffle_key(self.seed, epoch, example.id) for example in self.examples]
        return sorted(range(len(keys)), key=lambda row: keys[row])

    def cut_window(self, rows: list[int], epoch: int, number: int) -> list[list[int]]:
        """Batches of rows of like length, in random order."""
        by_length = sorted(rows, key=lambda row: (len(self.examples[row].input_ids), self.examples[row].id))
        starts = range(0, len(rows), self.batch_size)
        shuffled = sorted(starts, key=lambda start: shuffle_key(self.seed, epoch, f"{number}/{start}"))
        return [by_length[start : start + self.batch_size] for start in shuffled]


def shuffle_key(seed: int, epoch: int, name: str) -> bytes:
    """A value to sort by that is random to look at and equal everywhere."""
    return hashlib.sha256(f"{seed}:{epoch}:{name}".encode()).digest()
