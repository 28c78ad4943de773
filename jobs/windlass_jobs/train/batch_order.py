"""Which examples make up the batch of a step: a pure function of seed and step, so resuming replays nothing.

Examples follow each other in epochs, each shuffled by the hash of seed, epoch and row id (the order of the
file does not matter). Of every ``WINDOW`` batches the examples are sorted by length before they are cut,
which saves padding, and the batches are shuffled again.
"""

import hashlib
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
        self.epoch_order = lru_cache(maxsize=2)(self.shuffled_epoch)
        self.window_batches = lru_cache(maxsize=1)(self.cut_window)

    def batch(self, step: int) -> list[Example]:
        """The examples of the batch with this number, counted from 0."""
        window, place = divmod(step, WINDOW)
        return [self.examples[index] for index in self.window_batches(window)[place]]

    def shuffled_epoch(self, epoch: int) -> list[int]:
        """All row numbers in the order of one epoch."""
        keys = [shuffle_key(self.seed, "epoch", epoch, example.id) for example in self.examples]
        return sorted(range(len(keys)), key=lambda index: keys[index])

    def cut_window(self, window: int) -> list[list[int]]:
        """The row numbers of ``WINDOW`` consecutive batches."""
        size = WINDOW * self.batch_size
        places = [
            divmod(position, len(self.examples)) for position in range(window * size, (window + 1) * size)
        ]
        rows = [self.epoch_order(epoch)[offset] for epoch, offset in places]
        rows.sort(key=lambda row: (len(self.examples[row].input_ids), self.examples[row].id))
        batches = [rows[start : start + self.batch_size] for start in range(0, size, self.batch_size)]
        order = sorted(range(WINDOW), key=lambda place: shuffle_key(self.seed, "window", window, str(place)))
        return [batches[place] for place in order]


def shuffle_key(seed: int, purpose: str, number: int, name: str) -> bytes:
    """A value to sort by that is random to look at and equal everywhere."""
    return hashlib.sha256(f"{seed}:{purpose}:{number}:{name}".encode()).digest()
