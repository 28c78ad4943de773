"""Counts per step and reason, and token statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from windlass_jobs.prepare_data.duplicates import EXACT_DUPLICATE, NEAR_DUPLICATE
from windlass_jobs.prepare_data.quality import (
    EMPTY,
    LOW_QUALITY,
    NOT_UTF8_TEXT,
    REPETITIVE,
    TOO_LONG,
    TOO_SHORT,
)
from windlass_jobs.prepare_data.tokens import IGNORED_LABEL, TOO_MANY_TOKENS

STEPS: Mapping[str, tuple[str, ...]] = {
    "clean": (EMPTY, NOT_UTF8_TEXT, TOO_SHORT, TOO_LONG, LOW_QUALITY, REPETITIVE),
    "exactDedup": (EXACT_DUPLICATE,),
    "nearDedup": (NEAR_DUPLICATE,),
    "tokenize": (TOO_MANY_TOKENS,),
}


def rejected_counts(rejected: pl.DataFrame) -> dict[str, int]:
    """Rows per reason code; every code is named, also those with no row."""
    counts = dict(rejected.group_by("reason").len().iter_rows())
    return {reason: int(counts.get(reason, 0)) for reasons in STEPS.values() for reason in reasons}


def step_counts(read: int, rejected: Mapping[str, int], left_over: int) -> dict[str, int]:
    """Rows that are left after each step."""
    counts = {"ingest": read}
    left = read
    for step, reasons in STEPS.items():
        left -= sum(rejected[reason] for reason in reasons)
        counts[step] = left
    return {**counts, "select": left - left_over}


def token_statistics(rows: pl.DataFrame) -> dict[str, Any] | None:
    """Totals and the distribution of lengths; None for rows without tokens."""
    if "input_ids" not in rows.columns or rows.is_empty():
        return None
    lengths = rows["input_ids"].list.len()
    learnt = rows.select(pl.col("labels").list.eval(pl.element() != IGNORED_LABEL).list.sum()).to_series()
    return {
        "total": int(lengths.sum()),
        "learnt": int(learnt.sum()),
        "min": _whole(lengths.min()),
        "median": _whole(lengths.quantile(0.5, "lower")),
        "p95": _whole(lengths.quantile(0.95, "lower")),
        "max": _whole(lengths.max()),
        "mean": round(lengths.sum() / len(lengths), 2),
    }


def _whole(value: Any) -> int:
    return int(value)
