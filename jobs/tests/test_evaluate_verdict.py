"""The verdict as a table."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from windlass_jobs.evaluate.parameters import CompareRule, Floors
from windlass_jobs.evaluate.statistics import Interval
from windlass_jobs.evaluate.verdict import judge

FIGURES = {"perplexity": 20.0, "tokensPerSecond": 50.0, "taskPassRate": 0.9}
FLOORS = Floors(max_perplexity=60.0, min_tokens_per_second=5.0, min_task_pass_rate=0.5)
RULE = CompareRule("incumbent", 0.05, 0.95, 30, 2000, 17)
BETTER = Interval(0.4, 0.3, 0.5, 100)


def verdict_of(
    figures: dict[str, Any] | None = None, items: int = 100, comparison: Interval | None = BETTER
) -> tuple[str, list[str]]:
    return judge({**FIGURES, **(figures or {})}, items, comparison, (FLOORS, RULE))


@pytest.mark.parametrize(
    ("low", "high", "verdict", "word"),
    [
        (0.3, 0.5, "pass", "better"),
        (-0.04, 0.02, "pass", "not worse"),
        (-0.06, 0.02, "inconclusive", "cannot tell"),
        (-0.05, 0.02, "inconclusive", "cannot tell"),
        (-0.2, -0.04, "inconclusive", "cannot tell"),
        (-0.2, -0.05, "inconclusive", "cannot tell"),
        (-0.2, -0.06, "fail", "worse"),
    ],
)
def test_the_interval_is_judged_against_the_margin(low: float, high: float, verdict: str, word: str) -> None:
    found, reasons = verdict_of(comparison=Interval((low + high) / 2, low, high, 100))
    assert found == verdict
    assert any(reason.startswith(word) for reason in reasons)


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"perplexity": 60.1}, "perplexity 60.1, wanted at most 60"),
        ({"perplexity": math.inf}, "perplexity inf, wanted at most 60"),
        ({"perplexity": math.nan}, "perplexity nan, wanted at most 60"),
        ({"tokensPerSecond": 4.9}, "4.9 tokens per second, wanted at least 5"),
        ({"taskPassRate": 0.49}, "share of tasks passed 0.49, wanted at least 0.5"),
    ],
)
def test_a_missed_floor_fails_and_comes_first(figures: dict[str, Any], reason: str) -> None:
    found, reasons = verdict_of(figures)
    assert found == "fail"
    assert reasons[0] == reason


def test_a_floor_that_is_just_met_passes() -> None:
    assert verdict_of({"perplexity": 60.0, "tokensPerSecond": 5.0, "taskPassRate": 0.5})[0] == "pass"


def test_a_floor_that_nothing_measured_is_inconclusive() -> None:
    found, reasons = verdict_of({"taskPassRate": None})
    assert found == "inconclusive"
    assert "taskPassRate" in reasons[0]


def test_a_floor_that_is_not_asked_for_is_not_judged() -> None:
    none = Floors(None, None, None)
    assert judge({**FIGURES, "perplexity": math.inf}, 100, BETTER, (none, RULE))[0] == "pass"


def test_too_few_items_are_inconclusive_however_good() -> None:
    found, reasons = verdict_of(items=29)
    assert found == "inconclusive"
    assert reasons[0] == "only 29 held-out items, 30 are needed to judge"


def test_a_missed_floor_fails_even_with_too_few_items() -> None:
    assert verdict_of({"perplexity": 100.0}, items=3)[0] == "fail"


def test_a_first_release_is_judged_by_the_floors_alone() -> None:
    found, reasons = verdict_of(comparison=None)
    assert found == "pass"
    assert "there is no incumbent to compare with; judged by the floors alone" in reasons


def test_comparing_with_nothing_is_a_choice() -> None:
    rules = (FLOORS, replace(RULE, against="none"))
    assert judge(FIGURES, 100, None, rules)[0] == "pass"


def test_a_comparison_that_is_no_number_fails() -> None:
    nan = Interval(math.nan, math.nan, math.nan, 100)
    assert verdict_of(comparison=nan)[0] == "fail"
