"""The named ways a job ends badly, and the exit code of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JOB_CRASHED_EXIT_CODE = 70
PREEMPTED = "Preempted"
OUT_OF_MEMORY = "OutOfMemory"
STORAGE_FULL = "StorageFull"

EXIT_CODES: Mapping[str, int] = {
    "InvalidConfig": 64,
    "InvalidData": 65,
    "MissingInput": 66,
    "CorruptArtifact": 67,
    "IncompatibleEnvironment": 68,
    "TrainingDiverged": 69,
    "NoProgress": 69,
    "ParityFailed": 69,
    "JobCrashed": JOB_CRASHED_EXIT_CODE,
    OUT_OF_MEMORY: 71,
    STORAGE_FULL: 74,
    PREEMPTED: 75,
}


class JobFailure(Exception):  # noqa: N818 - the contract calls them failures
    """A failure with a name of the contract's table.

    Args:
        name: one of `EXIT_CODES`; another name is a programming error and raises `ValueError`.
        message: what failed and which thing, for people.
        details: small values for machines, e.g. file, row and field of `InvalidData`.
        advice: what to do about it.
    """

    def __init__(
        self, name: str, message: str, details: Mapping[str, Any] | None = None, advice: str | None = None
    ) -> None:
        if name not in EXIT_CODES:
            raise ValueError(f"unknown failure name {name!r}; known are {', '.join(EXIT_CODES)}")
        super().__init__(message)
        self.name = name
        self.message = message
        self.details = dict(details or {})
        self.advice = advice

    def __reduce__(self) -> tuple[Any, ...]:
        """Worker processes hand failures to the job by pickle."""
        return JobFailure, (self.name, self.message, self.details, self.advice)

    @property
    def exit_code(self) -> int:
        """Exit status of a job that ends with this failure."""
        return EXIT_CODES[self.name]

    def to_json(self) -> dict[str, Any]:
        """The `failure` object of `result.json`."""
        failure: dict[str, Any] = {"name": self.name, "message": self.message, "details": self.details}
        if self.advice is not None:
            failure["advice"] = self.advice
        return failure
