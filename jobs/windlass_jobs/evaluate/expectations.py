"""Properties that an answer must have; the smoke test's are the same (src/contracts/expectation.ts)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from windlass_jobs.contract import JobFailure

Expectation = Mapping[str, Any]


def unmet(expectation: Expectation, answer: str) -> str | None:
    """None where the answer has the property; else what is wrong, in plain words."""
    kind = expectation.get("kind")
    check = _CHECKS.get(str(kind))
    if check is None:
        known = ", ".join(_CHECKS)
        raise JobFailure("InvalidConfig", f"there is no expectation of kind {kind!r}; known are {known}")
    return check(expectation, answer)


def _non_empty(_: Expectation, answer: str) -> str | None:
    return None if answer.strip() else "the answer is empty"


def _contains(expectation: Expectation, answer: str) -> str | None:
    return None if _has_text(expectation, answer) else f'"{expectation["text"]}" is not in the answer'


def _not_contains(expectation: Expectation, answer: str) -> str | None:
    return f'"{expectation["text"]}" is in the answer' if _has_text(expectation, answer) else None


def _has_text(expectation: Expectation, answer: str) -> bool:
    if expectation.get("ignoreCase", False):
        return str(expectation["text"]).casefold() in answer.casefold()
    return str(expectation["text"]) in answer


def _regex(expectation: Expectation, answer: str) -> str | None:
    try:
        found = re.search(expectation["pattern"], answer)
    except re.error as error:
        message = f"the pattern {expectation['pattern']!r} is no regular expression: {error}"
        raise JobFailure("InvalidConfig", message) from error
    return None if found else f"the answer does not match /{expectation['pattern']}/"


def _length(expectation: Expectation, answer: str) -> str | None:
    low, high = expectation["minChars"], expectation["maxChars"]
    if low <= len(answer) <= high:
        return None
    return f"the answer has {len(answer)} characters, wanted {low} to {high}"


def _no_replacement(_: Expectation, answer: str) -> str | None:
    return "the answer has replacement characters" if "�" in answer else None


_CHECKS: Mapping[str, Callable[[Expectation, str], str | None]] = {
    "non-empty": _non_empty,
    "contains": _contains,
    "not-contains": _not_contains,
    "regex": _regex,
    "length": _length,
    "no-replacement-characters": _no_replacement,
}
