"""`python -m windlass_jobs <stage>`: runs one job as docs/job-contract.md says."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from windlass_jobs.attempt import asked_document, exit_code_of, only_stage, run_once


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs the job of `WINDLASS_JOB` and gives the exit code; tracebacks and failures go to stderr."""
    return exit_code_of(lambda: run(arguments, environment))


def run(arguments: list[str], environment: Mapping[str, str]) -> int:
    """As `main`; failures that leave no result are raised."""
    document = asked_document(only_stage(arguments), environment)
    return run_once(document, environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
