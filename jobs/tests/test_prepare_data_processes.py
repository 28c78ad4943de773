"""The worker processes of `prepare-data`."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.job_lab import JobLab
from tests.prepare_data_lab import pair, parameters, source, write_jsonl_file

JOBS = Path(__file__).parent.parent
PROC = Path("/proc")

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="children are found through /proc")


def children(pid: int) -> list[int]:
    """Process ids of the children of all threads."""
    return [int(child) for path in PROC.glob(f"{pid}/task/*/children") for child in path.read_text().split()]


def is_running(pid: int) -> bool:
    """False also for zombies."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def reading_job(lab: JobLab, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A job in a process group of its own whose workers have given their first rows."""
    path = write_jsonl_file(directory / "rows.jsonl", [pair(number) for number in range(10_000)])
    document = lab.document("prepare-data", parameters(source(*[path] * 40), workers=2))
    environment = lab.environment(document)
    with subprocess.Popen(
        [sys.executable, "-m", "windlass_jobs", "prepare-data"],
        env={**os.environ, **environment},
        cwd=JOBS,
        start_new_session=True,
    ) as process:
        progress = Path(environment["WINDLASS_PROGRESS"])
        while process.poll() is None and not has_read_rows(progress):
            time.sleep(0.02)
        assert process.poll() is None
        try:
            yield process
        finally:
            process.kill()


def has_read_rows(progress: Path) -> bool:
    """Whether a progress line counts rows."""
    lines = progress.read_text().splitlines() if progress.exists() else []
    return any(json.loads(line).get("step", 0) > 0 for line in lines)


def test_workers_end_with_a_job_that_is_killed(lab: JobLab, tmp_path: Path) -> None:
    with reading_job(lab, tmp_path) as process:
        workers = children(process.pid)
        assert len(workers) >= 2
        process.kill()
        process.wait()
    deadline = time.monotonic() + 30
    while any(map(is_running, workers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(is_running, workers))


def test_sigterm_to_the_whole_group_ends_the_job_with_75(lab: JobLab, tmp_path: Path) -> None:
    with reading_job(lab, tmp_path) as process:
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(timeout=60) == 75


@pytest.mark.parametrize("broken_row", [None, 7_000])
def test_what_a_worker_sends_is_written_at_once_or_not_at_all(
    lab: JobLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken_row: int | None
) -> None:
    """A pool waits for ever for the rest of a message whose sender was killed while it wrote."""
    sizes: list[int] = []
    receive: Callable[..., io.BytesIO] = vars(Connection)["_recv_bytes"]

    def measured(connection: Connection, maxsize: int | None = None) -> io.BytesIO:
        received = receive(connection, maxsize)
        sizes.append(received.getbuffer().nbytes)
        return received

    monkeypatch.setattr(Connection, "_recv_bytes", measured)
    rows: list[dict[str, Any]] = [dict(pair(number)) for number in range(12_000)]
    if broken_row is not None:
        rows[broken_row] = {"response": "b"}
    path = write_jsonl_file(tmp_path / "rows.jsonl", rows)
    ended = lab.run("prepare-data", parameters(source(path), workers=2))
    assert ended.exit_code == (0 if broken_row is None else 65)
    assert max(sizes) < select.PIPE_BUF
