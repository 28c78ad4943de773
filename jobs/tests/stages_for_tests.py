"""Stages that tests put in the place of `train`."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

import torch

from windlass_jobs.contract import Job, JobFailure, StageOutput


def write_two_files(job: Job) -> StageOutput:
    """Succeeds with a small artifact."""
    (job.out / "folder").mkdir()
    (job.out / "folder" / "b.txt").write_text("b")
    (job.out / "a.txt").write_text("a")
    job.progress(phase="work", message="half way", step=1, total_steps=2, metrics={"loss": float("nan")})
    return StageOutput({"ratio": 0.123456789}, {"rows": 2}, {"loss": 1.5, "bad": float("inf")}, {"lib": "1"})


def write_nothing(job: Job) -> StageOutput:
    """Returns without any file."""
    return StageOutput({}, {}, {}, {})


def read_input(job: Job) -> StageOutput:
    """Copies the files of the input `data`."""
    for path in job.input("data").rglob("*.txt"):
        (job.out / path.name).write_bytes(path.read_bytes())
    return StageOutput({"from": job.manifest("data")["kind"]}, {}, {}, {})


def fail_as_parameters_say(job: Job) -> StageOutput:
    """Raises the failure named in the parameters."""
    raise JobFailure(job.parameters["failure"], "it went wrong", {"row": 3}, "Do better.")


def crash(job: Job) -> StageOutput:
    """Raises what no contract names."""
    raise ZeroDivisionError("a defect")


def write_too_much(job: Job) -> StageOutput:
    """Meets the end of a disk: every write to this device fails as it does there."""
    (job.out / "a.txt").write_text("a")
    with Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"too much")
    return StageOutput({}, {}, {}, {})


def ask_too_much(job: Job) -> StageOutput:
    """Asks Python, torch or the operating system for more memory than there is."""
    if job.parameters["of"] == "python":
        bytearray(1 << 60)
    elif job.parameters["of"] == "torch":
        torch.empty(1 << 58, dtype=torch.uint8)
    else:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    raise AssertionError("there was enough memory")


def save_and_stop(job: Job) -> StageOutput:
    """Waits for SIGTERM, then saves a training checkpoint and ends with `Preempted`."""
    Path(job.parameters["ready"]).touch()
    deadline = time.monotonic() + 30
    while not job.stopping and time.monotonic() < deadline:
        time.sleep(0.01)
    state = job.work / "state"
    state.mkdir()
    (state / "weights.bin").write_bytes(b"weights")
    assert job.checkpoints is not None
    job.checkpoints.save(7, state)
    job.exit_if_stopping()
    raise AssertionError("SIGTERM did not come")


def stop_itself(job: Job) -> StageOutput:
    """Receives SIGTERM at once."""
    os.kill(os.getpid(), signal.SIGTERM)
    job.exit_if_stopping()
    raise AssertionError("SIGTERM was not noticed")
