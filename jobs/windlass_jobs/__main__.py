"""`python -m windlass_jobs <stage>`: runs one job as docs/job-contract.md says."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from windlass_jobs.contract import Job, JobFailure
from windlass_jobs.contract.document import JobDocument, read_document
from windlass_jobs.contract.failure import JOB_CRASHED_EXIT_CODE, PREEMPTED
from windlass_jobs.contract.publish import finished_exit_code, publish_artifact, write_result
from windlass_jobs.contract.resources import resource_failure
from windlass_jobs.contract.result import failure_document, success_document
from windlass_jobs.contract.store_uri import open_store
from windlass_jobs.stages import STAGES, load_stage

_NO_RESULT = {PREEMPTED, "JobCrashed"}


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs the job of `WINDLASS_JOB` and gives the exit code; tracebacks and failures go to stderr."""
    try:
        document = _document(arguments, environment)
        return _run_once(document, environment)
    except JobFailure as failure:
        _report(failure)
        return failure.exit_code
    except Exception as error:
        traceback.print_exc()
        named = resource_failure(error)
        return JOB_CRASHED_EXIT_CODE if named is None else named.exit_code


def _document(arguments: list[str], environment: Mapping[str, str]) -> JobDocument:
    if len(arguments) != 1:
        raise JobFailure("InvalidConfig", f"usage: python -m windlass_jobs <{' | '.join(STAGES)}>")
    for name in ("WINDLASS_JOB", "WINDLASS_WORK"):
        if not environment.get(name):
            raise JobFailure("InvalidConfig", f"the environment variable {name} is not set")
    document = read_document(environment["WINDLASS_JOB"])
    if document.stage != arguments[0]:
        raise JobFailure(
            "InvalidConfig", f"the job document is for stage {document.stage!r}, asked for {arguments[0]!r}"
        )
    return document


def _run_once(document: JobDocument, environment: Mapping[str, str]) -> int:
    store = open_store(document.output_uri)
    finished = finished_exit_code(store)
    if finished is not None:
        print(f"{document.job_name} has its result already: nothing to do", file=sys.stderr)
        return finished
    try:
        result = _perform_in_bounds(document, environment)
    except JobFailure as failure:
        if failure.name in _NO_RESULT:
            raise
        _report(failure)
        result = failure_document(failure)
    return write_result(store, result)


def _perform_in_bounds(document: JobDocument, environment: Mapping[str, str]) -> dict[str, object]:
    """As `_perform`; a machine that has no memory or disk left is a failure with a name."""
    try:
        return _perform(document, environment)
    except Exception as error:
        named = None if isinstance(error, JobFailure) else resource_failure(error)
        if named is None:
            raise
        raise named from error


def _perform(document: JobDocument, environment: Mapping[str, str]) -> dict[str, object]:
    progress = environment.get("WINDLASS_PROGRESS")
    job = Job(document, Path(environment["WINDLASS_WORK"]), Path(progress) if progress else None)
    _stop_on_sigterm(job)
    output = load_stage(document.stage, document.parameters)(job)
    job.progress(phase="publish", message=f"writing the artifact to {document.output_uri}")
    store = open_store(document.output_uri)
    artifact = publish_artifact(store, job.out, document.output_kind, output.attributes)
    return success_document(output, artifact)


def _stop_on_sigterm(job: Job) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        job.stopping = True

    signal.signal(signal.SIGTERM, stop)


def _report(failure: JobFailure) -> None:
    advice = f"\n{failure.advice}" if failure.advice else ""
    print(f"{failure.name}: {failure.message}{advice}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
