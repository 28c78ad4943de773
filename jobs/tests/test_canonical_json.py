"""Canonical JSON: the bytes that TypeScript's `JSON.stringify` gives on sorted keys."""

from __future__ import annotations

import math
from typing import Any

import pytest

from windlass_jobs.contract.canonical import canonical_json, with_named_infinities, with_short_numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        (1.0, "1"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (0.00001, "0.00001"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (538090408, "538090408"),
        ("é\u2028\n\x07", '"é\u2028\\n\\u0007"'),
        ({"\U0001f600": 1, "\uffff": 2}, '{"\U0001f600":1,"\uffff":2}'),
    ],
)
def test_writes_what_javascript_writes(value: Any, text: str) -> None:
    assert canonical_json(value).decode() == text


def test_refuses_numbers_that_json_does_not_have() -> None:
    with pytest.raises(ValueError, match="nan"):
        canonical_json({"loss": math.nan})


def test_refuses_values_that_are_not_json() -> None:
    with pytest.raises(TypeError, match="set"):
        canonical_json({"names": {"a"}})


def test_names_numbers_that_are_not_finite() -> None:
    assert with_named_infinities({"a": [math.nan, -math.inf], "b": math.inf}) == {
        "a": ["NaN", "-Infinity"],
        "b": "Infinity",
    }


def test_shortens_floats_to_six_significant_digits() -> None:
    assert with_short_numbers({"x": 1.23456789, "y": [2.00000001e-5], "n": 7}) == {
        "x": 1.23457,
        "y": [2e-5],
        "n": 7,
    }
