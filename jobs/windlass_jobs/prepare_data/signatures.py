"""Word shingles, their Jaccard similarity, and MinHash bands that find likely neighbours."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import rensa

from windlass_jobs.prepare_data.parameters import NearDedup

_SEED = 17
_CACHED_TEXTS = 20_000
_MIXER = np.uint64(0x9E3779B97F4A7C15)
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")

Bands = npt.NDArray[np.uint64]


def shingles(text: str, words: int) -> list[str]:
    """Distinct runs of `words` words; in scripts without spaces a character is a word."""
    found = _WORD.findall(text)
    if len(found) <= words:
        return [" ".join(found)]
    return list(
        dict.fromkeys(" ".join(found[start : start + words]) for start in range(len(found) - words + 1))
    )


class ShingleCache:
    """Answers whether two texts, named by index, are near-duplicates; remembers recent shingles."""

    def __init__(self, text_of: Callable[[int], str], rule: NearDedup) -> None:
        self._threshold = rule.threshold
        self._shingles = lru_cache(_CACHED_TEXTS)(
            lambda index: frozenset(shingles(text_of(index), rule.shingle_words))
        )

    def are_similar(self, left: int, right: int) -> bool:
        """True Jaccard similarity of the shingles against the threshold."""
        return jaccard_at_least(self._shingles(left), self._shingles(right), self._threshold)


def jaccard_at_least(left: frozenset[str], right: frozenset[str], threshold: float) -> bool:
    """Whether |left ∩ right| / |left ∪ right| reaches the threshold; sizes too different decide at once."""
    smaller, larger = sorted((len(left), len(right)))
    if smaller < threshold * larger:
        return False
    common = len(left & right)
    return common >= threshold * (smaller + larger - common)


def bands_of(texts: Sequence[str], rule: NearDedup) -> Bands:
    """One row per text and one 64-bit key per band; texts with an equal key are candidates."""
    if not texts:
        return np.empty((0, rule.bands), dtype=np.uint64)
    matrix = rensa.RMinHash.digest_matrix_from_token_sets(
        [shingles(text, rule.shingle_words) for text in texts], rule.bands * rule.rows, _SEED
    )
    values = np.array(matrix.to_rows(), dtype=np.uint64).reshape(len(texts), rule.bands, rule.rows)
    keys = np.zeros((len(texts), rule.bands), dtype=np.uint64)
    for row in range(rule.rows):
        keys = (keys ^ values[:, :, row]) * _MIXER
        keys ^= keys >> np.uint64(29)
    return keys
