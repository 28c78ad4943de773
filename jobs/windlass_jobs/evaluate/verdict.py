"""The verdict: floors, then the paired comparison, then whether there was enough to judge by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from windlass_jobs.evaluate.parameters import CompareRule, Floors
from windlass_jobs.evaluate.statistics import Interval

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"


@dataclass(frozen=True)
class Finding:
    """One thing that was judged, in plain words."""

    verdict: str
    reason: str


def judge(
    figures: Mapping[str, Any], items: int, comparison: Interval | None, rules: tuple[Floors, CompareRule]
) -> tuple[str, list[str]]:
    """Verdict and reasons. One failed finding fails all; without one, any doubt is `inconclusive`."""
    floors, rule = rules
    findings = [
        *floor_findings(figures, floors),
        items_finding(items, rule),
        comparison_finding(comparison, rule),
    ]
    verdicts = {finding.verdict for finding in findings}
    verdict = FAIL if FAIL in verdicts else INCONCLUSIVE if INCONCLUSIVE in verdicts else PASS
    order = (FAIL, INCONCLUSIVE, PASS)
    return verdict, [found.reason for kind in order for found in findings if found.verdict == kind]


def floor_findings(figures: Mapping[str, Any], floors: Floors) -> list[Finding]:
    """One finding per floor that is asked for."""
    wanted = [
        _Floor("perplexity", "at most", floors.max_perplexity, "perplexity {:.4g}"),
        _Floor("tokensPerSecond", "at least", floors.min_tokens_per_second, "{:.4g} tokens per second"),
        _Floor("taskPassRate", "at least", floors.min_task_pass_rate, "share of tasks passed {:.2g}"),
    ]
    return [
        _floor_finding(figures[floor.key], floor, floor.bound) for floor in wanted if floor.bound is not None
    ]


def items_finding(items: int, rule: CompareRule) -> Finding:
    """Too few held-out items leave the verdict to a person."""
    if items < rule.min_items:
        return Finding(INCONCLUSIVE, f"only {items} held-out items, {rule.min_items} are needed to judge")
    return Finding(PASS, f"{items} held-out items")


def comparison_finding(comparison: Interval | None, rule: CompareRule) -> Finding:
    """The interval against the margin: non-inferiority, not a point estimate."""
    if rule.against == "none":
        return Finding(PASS, "compared with nothing, as asked")
    if comparison is None:
        return Finding(PASS, f"there is no {rule.against} to compare with; judged by the floors alone")
    seen = (
        f"log-likelihood per token {comparison.mean:+.3f} against the {rule.against} "
        f"({rule.confidence:.0%} interval {comparison.low:+.3f} to {comparison.high:+.3f}, "
        f"{comparison.items} items, margin {rule.margin:g})"
    )
    if not math.isfinite(comparison.mean):
        return Finding(FAIL, f"not a number: {seen}")
    if comparison.high < -rule.margin:
        return Finding(FAIL, f"worse: {seen}")
    if comparison.low > -rule.margin:
        return Finding(PASS, f"{'better' if comparison.low > 0 else 'not worse'}: {seen}")
    return Finding(INCONCLUSIVE, f"cannot tell: {seen}")


@dataclass(frozen=True)
class _Floor:
    key: str
    side: str
    bound: float | None
    words: str


def _floor_finding(value: float | None, floor: _Floor, bound: float) -> Finding:
    if value is None:
        return Finding(INCONCLUSIVE, f"nothing measured {floor.key}; wanted {floor.side} {bound:g}")
    met = value <= bound if floor.side == "at most" else value >= bound
    seen = floor.words.format(value)
    return (
        Finding(PASS, f"{seen}, {floor.side} {bound:g}")
        if met
        else Finding(FAIL, f"{seen}, wanted {floor.side} {bound:g}")
    )
