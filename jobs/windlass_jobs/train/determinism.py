"""Same inputs, same bytes: everything that draws random numbers or splits work is pinned here."""

import hashlib
import os

import torch


def make_deterministic(seed: int, threads: int) -> None:
    """Seeds torch and fixes the number of threads, as sums split differently round differently.

    cuBLAS is deterministic only with a work space of fixed size, which it reads when it starts.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)


def seed_step(seed: int, step: int, rank: int) -> None:
    """Makes what a step draws depend on nothing before it: checkpoints hold the generator of one CPU only."""
    digest = hashlib.sha256(f"{seed}:{step}:{rank}".encode()).digest()
    torch.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
