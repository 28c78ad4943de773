"""Pods of one training: processes on loopback, each started as a runner starts a pod's first process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.job_lab import Ended
from tests.train_lab import JOBS, TrainLab

LIMIT_SECONDS = 120


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


class Pods:
    """All pods of one job document, each with a scratch of its own."""

    def __init__(self, train_lab: TrainLab, document: dict[str, Any], nodes: int, processes: int) -> None:
        self.document = document
        self.environment = {**os.environ, **train_lab.lab.environment(document), "PYTHONPATH": str(JOBS)}
        self.scratch = Path(self.environment["WINDLASS_WORK"])
        self.world = {
            "PET_NNODES": str(nodes),
            "PET_NPROC_PER_NODE": str(processes),
            "PET_MASTER_ADDR": "127.0.0.1",
            "PET_MASTER_PORT": str(free_port()),
        }
        self.processes = [self.start(rank) for rank in range(nodes)]

    def start(self, rank: int) -> subprocess.Popen[bytes]:
        """Starts one pod's first process."""
        work = self.scratch / f"pod-{rank}"
        work.mkdir(exist_ok=True)
        own = {"PET_NODE_RANK": str(rank), "WINDLASS_WORK": str(work)}
        progress = {"WINDLASS_PROGRESS": str(work / "progress.jsonl")}
        environment = {**self.environment, **self.world, **own, **progress}
        command = [sys.executable, "-m", "windlass_jobs", "train"]
        with (self.scratch / f"pod-{rank}.log").open("wb") as log:
            return subprocess.Popen(command, env=environment, stderr=log)

    def log(self, rank: int) -> str:
        """What a pod wrote to stderr."""
        return (self.scratch / f"pod-{rank}.log").read_text()

    def exit_codes(self) -> list[int]:
        """Waits for all pods."""
        return [process.wait(LIMIT_SECONDS) for process in self.processes]

    def ended(self) -> Ended:
        """Waits for all pods, which must end alike."""
        codes = self.exit_codes()
        assert len(set(codes)) == 1, (codes, self.log(0))
        progress = self.scratch / "pod-0" / "progress.jsonl"
        lines = [json.loads(line) for line in progress.read_text().splitlines()] if progress.exists() else []
        return Ended(codes[0], Path(self.document["output"]["uri"].removeprefix("file://")), lines)

    def kill(self) -> None:
        """Ends what still runs, the ranks of a pod with it."""
        for process in self.processes:
            if process.poll() is None:
                for rank in ranks_of(process):
                    os.kill(rank, signal.SIGKILL)
                process.kill()
                process.wait()


def ranks_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Process ids of a pod's ranks."""
    children = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(child) for path in children for child in path.read_text().split()]


def wait_until(happened: Callable[[], object], what: str) -> None:
    """Waits for what another process does."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
