"""How a machine without memory or disk looks from Python: exceptions of many libraries, few causes."""

from __future__ import annotations

import errno
import re

from windlass_jobs.contract.failure import OUT_OF_MEMORY, STORAGE_FULL, JobFailure

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_WORDS = re.compile(
    r"no space left on device|disk quota exceeded|XMinioStorageFull|insufficient storage", re.I
)
_MEMORY_WORDS = re.compile(r"(can't|cannot|unable to) allocate memory|not enough memory|std::bad_alloc", re.I)


def resource_failure(error: BaseException) -> JobFailure | None:
    """The named failure of an error whose cause is a full disk or want of memory; None: it has another cause.

    Libraries in Rust and C++ hand the reason of the operating system on as words only.
    """
    for cause in _chain(error):
        if _is_full(cause):
            return JobFailure(STORAGE_FULL, f"no space is left where the job writes: {cause}")
        if _is_out_of_memory(cause):
            return JobFailure(
                OUT_OF_MEMORY, f"the job could get no more memory: {str(cause) or 'MemoryError'}"
            )
    return None


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return bool(_FULL_WORDS.search(str(error)))


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return (isinstance(error, OSError) and error.errno == errno.ENOMEM) or bool(
        _MEMORY_WORDS.search(str(error))
    )


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain
