"""Perplexity, paired differences and their bootstrap interval."""

from __future__ import annotations

import math
import random

import pytest

from windlass_jobs.evaluate.engine_session import Answer, Score
from windlass_jobs.evaluate.statistics import (
    paired_bootstrap,
    percentile,
    perplexity,
    token_deltas,
    tokens_per_second,
)


def test_perplexity_is_per_token_not_per_item() -> None:
    scores = [Score(1, -math.log(2)), Score(3, -3 * math.log(8))]
    assert perplexity(scores) == pytest.approx(2 ** ((1 + 3 * 3) / 4))


def test_perplexity_of_nothing_is_no_number_and_of_too_much_is_infinite() -> None:
    assert math.isnan(perplexity([]))
    assert perplexity([Score(1, -1e6)]) == math.inf


def test_both_likelihoods_are_divided_by_the_candidates_tokens() -> None:
    assert token_deltas([Score(4, -8.0)], [Score(2, -12.0)]) == [1.0]


def test_the_interval_holds_the_mean_and_is_the_same_for_the_same_seed() -> None:
    deltas = [index / 100 for index in range(100)]
    first, again = paired_bootstrap(deltas, 1000, 0.95, 17), paired_bootstrap(deltas, 1000, 0.95, 17)
    assert first == again
    assert first.low < first.mean < first.high
    assert first.items == 100
    assert paired_bootstrap(deltas, 1000, 0.95, 18) != first


def test_the_interval_agrees_with_the_normal_one_on_many_items() -> None:
    generator = random.Random(5)
    deltas = [generator.gauss(0.2, 0.5) for _ in range(400)]
    found = paired_bootstrap(deltas, 4000, 0.95, 1)
    half = 1.96 * 0.5 / math.sqrt(400)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.15)


def test_more_confidence_means_a_wider_interval() -> None:
    deltas = [0.0, 0.2, 0.5, 0.9, 1.0]
    narrow, wide = paired_bootstrap(deltas, 500, 0.8, 1), paired_bootstrap(deltas, 500, 0.99, 1)
    assert wide.high - wide.low > narrow.high - narrow.low


def test_equal_models_have_an_interval_of_zero() -> None:
    found = paired_bootstrap([0.0] * 50, 300, 0.95, 1)
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)


def test_no_pairs_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        paired_bootstrap([], 10, 0.95, 1)


def test_speed_is_all_tokens_over_all_seconds() -> None:
    assert tokens_per_second([Answer("a", 10, 1.0), Answer("b", 30, 1.0)]) == 20.0
    assert tokens_per_second([]) is None
    assert percentile([], 0.5) is None
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2.0
