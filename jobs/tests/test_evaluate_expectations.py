"""Expected properties of answers."""

from __future__ import annotations

from typing import Any

import pytest

from windlass_jobs.contract import JobFailure
from windlass_jobs.evaluate.expectations import unmet


@pytest.mark.parametrize(
    ("expectation", "good", "bad"),
    [
        ({"kind": "non-empty"}, "a", " \n"),
        ({"kind": "contains", "text": "Light"}, "a Light", "a light"),
        ({"kind": "contains", "text": "Light", "ignoreCase": True}, "a liGHT", "a tower"),
        ({"kind": "not-contains", "text": "sorry"}, "Sorry", "so sorry"),
        ({"kind": "not-contains", "text": "sorry", "ignoreCase": True}, "fine", "Sorry"),
        ({"kind": "regex", "pattern": "^[a-z ]+$"}, "a tower", "A tower"),
        ({"kind": "length", "minChars": 2, "maxChars": 4}, "abcd", "abcde"),
        ({"kind": "no-replacement-characters"}, "naïve", "na\ufffdve"),
    ],
)
def test_a_property_is_met_or_named(expectation: dict[str, Any], good: str, bad: str) -> None:
    assert unmet(expectation, good) is None
    assert unmet(expectation, bad)


@pytest.mark.parametrize("expectation", [{"kind": "polite"}, {"kind": "regex", "pattern": "("}])
def test_an_expectation_that_cannot_be_checked_is_bad_configuration(expectation: dict[str, Any]) -> None:
    with pytest.raises(JobFailure) as raised:
        unmet(expectation, "x")
    assert raised.value.name == "InvalidConfig"
