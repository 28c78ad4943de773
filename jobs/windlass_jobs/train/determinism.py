"""Same inputs, same bytes: everything that draws random numbers or splits work is pinned here."""

import torch


def make_deterministic(seed: int, threads: int) -> None:
    """Seeds torch and fixes the number of threads, as sums split differently round differently."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
