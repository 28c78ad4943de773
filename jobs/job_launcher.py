"""Runs one job of the `process` runner: claims its directory, waits for the command, records the exit code.

`python -I job_launcher.py <job directory> <command> [argument …]`; standard library only, since it starts
before the environment of the job is proven. Any number of launchers may be started for one directory: the one
that links its claim runs the command.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

CLAIM_FILE = "started.json"
EXIT_FILE = "exit.json"
NICENESS = 10
PR_SET_PDEATHSIG = 1
COMMAND_NOT_FOUND = 127


def start_ticks() -> int:
    """Clock ticks between boot and the start of this process: tells it from a later one with the same pid."""
    stat = Path("/proc/self/stat").read_text()
    return int(stat[stat.rindex(")") + 2 :].split()[19])


def boot_id() -> str:
    """Identity of this boot; empty where the kernel does not show it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def memory_kills() -> int:
    """Processes that the kernel has ended for want of memory since boot; 0 where it does not count them."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def write_durably(path: Path, document: dict[str, object]) -> None:
    """Writes a file that is on disk when this returns."""
    with path.open("w", encoding="utf-8") as file:
        json.dump(document, file, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Makes created and renamed entries of the directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def claim(directory: Path) -> bool:
    """Takes the job for this process; False: another has it. link(2) lets one win, its identity inside."""
    draft = directory / f".{CLAIM_FILE}.{os.getpid()}"
    identity = {"pid": os.getpid(), "startTicks": start_ticks(), "bootId": boot_id()}
    write_durably(draft, {**identity, "startedMs": time.time_ns() // 1_000_000})
    try:
        os.link(draft, directory / CLAIM_FILE)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    sync_directory(directory)
    return True


def record_exit(directory: Path, exit_code: int, memory_kills: int) -> None:
    """Publishes the exit code in one step: it is there whole, or not at all."""
    draft = directory / f".{EXIT_FILE}"
    document = {"exitCode": exit_code, "memoryKills": memory_kills, "endedMs": time.time_ns() // 1_000_000}
    write_durably(draft, document)
    draft.rename(directory / EXIT_FILE)
    sync_directory(directory)


class Job:
    """The command as a child that gets this process's SIGTERM and does not outlive it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._stop_requested = False

    def request_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Passes SIGTERM on, now or as soon as there is a child."""
        self._stop_requested = True
        if self._child is not None:
            self._child.send_signal(signal.SIGTERM)

    def run(self, command: list[str]) -> int:
        """Exit code of the command; 128 + n where signal n ended it."""
        try:
            self._child = subprocess.Popen(  # one thread only, so preexec_fn is safe
                command,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_launcher,  # noqa: PLW1509
            )
        except OSError as error:
            print(f"job launcher: cannot start {command[0]}: {error}", file=sys.stderr, flush=True)
            return COMMAND_NOT_FOUND
        if self._stop_requested:
            self._child.send_signal(signal.SIGTERM)
        code = self._child.wait()
        return code if code >= 0 else 128 - code


def die_with_launcher() -> None:
    """Runs in the child: without its launcher a job must not go on, for nobody would learn how it ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    """Claims, runs and records; ends quietly where another launcher has the job."""
    directory, command = Path(arguments[0]), arguments[1:]
    job = Job()
    signal.signal(signal.SIGTERM, job.request_stop)
    if not claim(directory):
        return 0
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    kills_before = memory_kills()
    exit_code = job.run(command)
    record_exit(directory, exit_code, memory_kills() - kills_before)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
