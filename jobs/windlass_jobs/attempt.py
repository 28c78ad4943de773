"""One attempt of a job: from what a runner puts into the environment to the exit code that it reads."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Mapping
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


def exit_code_of(work: Callable[[], int]) -> int:
    """Exit code of `work`, which gives one or raises; tracebacks and failures go to stderr."""
    try:
        return work()
    except JobFailure as failure:
        _report(failure)
        return failure.exit_code
    except Exception as error:
        traceback.print_exc()
        named = resource_failure(error)
        return JOB_CRASHED_EXIT_CODE if named is None else named.exit_code


def asked_document(stage: str, environment: Mapping[str, str]) -> JobDocument:
    """The document of `WINDLASS_JOB`. Raises `InvalidConfig` where it is for another stage, or not named."""
    for name in ("WINDLASS_JOB", "WINDLASS_WORK"):
        if not environment.get(name):
            raise JobFailure("InvalidConfig", f"the environment variable {name} is not set")
    document = read_document(environment["WINDLASS_JOB"])
    if document.stage != stage:
        raise JobFailure(
            "InvalidConfig", f"the job document is for stage {document.stage!r}, asked for {stage!r}"
        )
    return document


def only_stage(arguments: list[str]) -> str:
    """The one argument of the command line."""
    if len(arguments) != 1:
        raise JobFailure("InvalidConfig", f"usage: python -m windlass_jobs <{' | '.join(STAGES)}>")
    return arguments[0]


def earlier_exit_code(document: JobDocument) -> int | None:
    """Exit code of a job that has its result already; None: there is work to do."""
    finished = finished_exit_code(open_store(document.output_uri))
    if finished is not None:
        print(f"{document.job_name} has its result already: nothing to do", file=sys.stderr)
    return finished


def run_once(document: JobDocument, environment: Mapping[str, str]) -> int:
    """Does the job, unless it has its result, and writes `result.json` where the contract asks for one."""
    finished = earlier_exit_code(document)
    if finished is not None:
        return finished
    try:
        result = _perform_in_bounds(document, environment)
    except JobFailure as failure:
        if failure.name in _NO_RESULT:
            raise
        _report(failure)
        result = failure_document(failure)
    return write_result(open_store(document.output_uri), result)


def stop_on_sigterm(job: Job) -> None:
    """Lets SIGTERM mark the job; one that came while its process was still starting counts too."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        job.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


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
    stop_on_sigterm(job)
    output = load_stage(document.stage, document.parameters)(job)
    job.progress(phase="publish", message=f"writing the artifact to {document.output_uri}")
    store = open_store(document.output_uri)
    artifact = publish_artifact(store, job.out, document.output_kind, output.attributes)
    return success_document(output, artifact)


def _report(failure: JobFailure) -> None:
    advice = f"\n{failure.advice}" if failure.advice else ""
    print(f"{failure.name}: {failure.message}{advice}", file=sys.stderr)
