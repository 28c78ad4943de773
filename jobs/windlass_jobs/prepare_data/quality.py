"""Which single rows are not worth keeping, and why."""

from __future__ import annotations

import unicodedata
from collections import Counter

from windlass_jobs.prepare_data.parameters import Cleaning
from windlass_jobs.prepare_data.unicode_repair import REPLACEMENT_CHARACTER

EMPTY = "empty"
TOO_SHORT = "too-short"
TOO_LONG = "too-long"
LOW_QUALITY = "low-quality"
REPETITIVE = "repetitive"
NOT_UTF8_TEXT = "not-utf8-text"

_NGRAM_WORDS = 3
_LONG_TEXT_WORDS = 12
_LONG_TEXT_CHARS = 12


def rejection_reason(values: tuple[str, ...], cleaning: Cleaning) -> str | None:
    """Reason code of the first rule the row breaks; None if it is fit. The last value is the one measured."""
    target = values[-1]
    if not all(values):
        return EMPTY
    if any(REPLACEMENT_CHARACTER in value for value in values):
        return NOT_UTF8_TEXT
    if len(target) < cleaning.min_chars:
        return TOO_SHORT
    if len(target) > cleaning.max_chars:
        return TOO_LONG
    if alpha_ratio(target) < cleaning.min_alpha_ratio:
        return LOW_QUALITY
    return REPETITIVE if repeat_ratio(target) > cleaning.max_repeat_ratio else None


def alpha_ratio(text: str) -> float:
    """Share of letters, with their combining marks, among the characters that are not white space."""
    characters = [character for character in text if not character.isspace()]
    letters = sum(character.isalpha() or _is_mark(character) for character in characters)
    return letters / len(characters) if characters else 0.0


def repeat_ratio(text: str) -> float:
    """The larger share: of repeated words (3-grams from 12 words on), or of the commonest character."""
    words = text.casefold().split()
    size = _NGRAM_WORDS if len(words) >= _LONG_TEXT_WORDS else 1
    ngrams = [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]
    repeated_words = 1 - len(set(ngrams)) / len(ngrams) if ngrams else 0.0
    return max(repeated_words, _commonest_character_share("".join(words)))


def _commonest_character_share(text: str) -> float:
    if len(text) < _LONG_TEXT_CHARS:
        return 0.0
    return Counter(text).most_common(1)[0][1] / len(text)


def _is_mark(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character).startswith("M")
