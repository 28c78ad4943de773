"""The figures of an evaluation, as pure functions of scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from windlass_jobs.evaluate.engine_session import Answer, Score

_RESAMPLES_AT_ONCE = 256


@dataclass(frozen=True)
class Interval:
    """A mean and its bootstrap confidence interval over `items` pairs."""

    mean: float
    low: float
    high: float
    items: int


def perplexity(scores: Sequence[Score]) -> float:
    """exp of the mean negative log-likelihood per token over all items; infinity where it is too large."""
    tokens = sum(score.tokens for score in scores)
    if tokens == 0:
        return math.nan
    mean = -sum(score.log_likelihood for score in scores) / tokens
    return math.exp(mean) if mean < 700 else math.inf


def token_deltas(candidate: Sequence[Score], other: Sequence[Score]) -> list[float]:
    """Per item: log-likelihood of the candidate minus the other's, per token of the candidate.

    Both are divided by the same number, so that models with different tokenizers compare fairly as well.
    """
    return [
        (mine.log_likelihood - theirs.log_likelihood) / mine.tokens
        for mine, theirs in zip(candidate, other, strict=True)
        if mine.tokens > 0
    ]


def paired_bootstrap(deltas: Sequence[float], resamples: int, confidence: float, seed: int) -> Interval:
    """Percentile bootstrap of the mean, resampling items; the same seed gives the same interval."""
    if not deltas:
        raise ValueError("no pairs to compare")
    values = np.asarray(deltas, dtype=np.float64)
    generator = np.random.default_rng(seed)
    means: list[float] = []
    while len(means) < resamples:
        rows = min(_RESAMPLES_AT_ONCE, resamples - len(means))
        picks = generator.integers(0, len(values), size=(rows, len(values)))
        means.extend(values[picks].mean(axis=1).tolist())
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(np.asarray(means), [tail, 1.0 - tail])
    return Interval(float(values.mean()), float(low), float(high), len(values))


def tokens_per_second(answers: Sequence[Answer]) -> float | None:
    """Tokens a single user gets per second; None where nothing was generated."""
    seconds = sum(answer.seconds for answer in answers)
    return sum(answer.tokens for answer in answers) / seconds if seconds > 0 else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Linear percentile, `share` from 0 to 1; None of nothing."""
    return float(np.quantile(np.asarray(values), share)) if values else None
