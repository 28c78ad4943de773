"""`python -m windlass_jobs.train.rank`: one process of a training that has several.

Rank 0 does the job as a single process would. The others compute with it, write nothing, and end with its
exit code, which it leaves in the store that the launcher of node 0 keeps.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import torch.distributed as dist

from windlass_jobs.attempt import asked_document, exit_code_of, run_once, stop_on_sigterm
from windlass_jobs.contract import Job
from windlass_jobs.contract.document import JobDocument
from windlass_jobs.contract.failure import JOB_CRASHED_EXIT_CODE
from windlass_jobs.train.device import backend
from windlass_jobs.train.job import follow

PATIENCE = timedelta(hours=2)
"""How long ranks wait for each other, at worst while the first uploads; who dies breaks its connections."""

FAREWELL_SECONDS = 10
"""How long the first rank, and with it the store, stays for the others to read its exit code."""

EXIT_CODE, READERS = "windlass/exit-code", "windlass/readers"


class LeaderExitCode:
    """Rank 0's exit code, kept in the store of node 0's launcher."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        host, port = environment["MASTER_ADDR"], int(environment["MASTER_PORT"])
        self._store = dist.TCPStore(  # type: ignore[attr-defined]
            host, port, is_master=False, wait_for_workers=False, timeout=PATIENCE
        )

    def announce(self, exit_code: int, reader_count: int) -> None:
        """Lets the others know, those too that wait for this rank in an exchange, and stays until they do."""
        self._store.set(EXIT_CODE, str(exit_code))
        dist.destroy_process_group()
        deadline = time.monotonic() + FAREWELL_SECONDS
        while exit_code != JOB_CRASHED_EXIT_CODE and time.monotonic() < deadline:
            if self._store.add(READERS, 0) == reader_count:
                return
            time.sleep(0.05)

    def read(self) -> int:
        """Waits for it; ``JobCrashed`` where rank 0 went without a word."""
        try:
            exit_code = int(self._store.get(EXIT_CODE))
            self._store.add(READERS, 1)
        except dist.DistError:
            return JOB_CRASHED_EXIT_CODE
        return exit_code


def main(environment: Mapping[str, str]) -> int:
    """Joins the other ranks, does this one's part, and gives the exit code."""
    return exit_code_of(lambda: run(environment))


def run(environment: Mapping[str, str]) -> int:
    """As `main`."""
    document = asked_document("train", environment)
    dist.init_process_group(backend(), timeout=PATIENCE)
    rank, size = dist.get_rank(), dist.get_world_size()
    leader = LeaderExitCode(environment)
    if rank > 0:
        return exit_code_as(leader, exit_code_of(lambda: compute(document, environment, rank)))
    exit_code = exit_code_of(lambda: run_once(document, environment))
    leader.announce(exit_code, size - 1)
    return exit_code


def compute(document: JobDocument, environment: Mapping[str, str], rank: int) -> int:
    """This rank's part of the training."""
    job = Job(document, Path(environment["WINDLASS_WORK"]), Path(os.devnull), f"out-of-rank-{rank}")
    stop_on_sigterm(job)
    follow(job)
    return 0


def exit_code_as(leader: LeaderExitCode, own: int) -> int:
    """Rank 0's exit code, or the own one where all that rank 0 knows is that it lost somebody.

    A rank that failed leaves first, for rank 0 may be waiting for it.
    """
    if own != 0:
        dist.destroy_process_group()
    exit_code = leader.read()
    return own if exit_code == JOB_CRASHED_EXIT_CODE and own != 0 else exit_code


if __name__ == "__main__":
    sys.exit(main(os.environ))
