"""`python -m windlass_jobs <stage>`: runs one job as docs/job-contract.md says."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from windlass_jobs.attempt import asked_document, earlier_exit_code, exit_code_of, only_stage, run_once
from windlass_jobs.contract.document import JobDocument
from windlass_jobs.train.placement import Placement, read_placement


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs the job of `WINDLASS_JOB` and gives the exit code; tracebacks and failures go to stderr."""
    return exit_code_of(lambda: run(arguments, environment))


def run(arguments: list[str], environment: Mapping[str, str]) -> int:
    """As `main`; failures that leave no result are raised."""
    document = asked_document(only_stage(arguments), environment)
    if document.stage == "train":
        placement = read_placement(environment)
        if placement.rank_count > 1:
            return run_ranks(document, placement, environment)
    return run_once(document, environment)


def run_ranks(document: JobDocument, placement: Placement, environment: Mapping[str, str]) -> int:
    """This pod's processes of a training that has several; none are started for one that has its result."""
    finished = earlier_exit_code(document)
    if finished is not None:
        return finished
    signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGTERM}
    )  # it waits for the launcher, which takes seconds
    from windlass_jobs.train.launcher import launch_ranks  # noqa: PLC0415 - torch, for no other stage

    return launch_ranks(placement, document.job_name, Path(environment["WINDLASS_WORK"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
