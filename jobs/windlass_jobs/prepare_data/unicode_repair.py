"""Repair of text, and the normal form in which two texts count as the same."""

from __future__ import annotations

import re
import unicodedata

import ftfy

_REPAIRS = ftfy.TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    normalization="NFC",
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NOT_WORD = re.compile(r"[\W_]+")
REPLACEMENT_CHARACTER = "\ufffd"


def repaired(text: str, *, unicode: bool) -> str:
    """`text` without white space around it and, if asked, with mojibake, control characters and NFC repaired.

    What no repair brings back (lone surrogates) becomes the replacement character in any case.
    """
    sound = _LONE_SURROGATE.sub(REPLACEMENT_CHARACTER, text)
    if unicode and not (sound.isascii() and _CONTROL.search(sound) is None):
        sound = _CONTROL.sub("", ftfy.fix_text(sound, _REPAIRS))
    return sound.strip()


def normalised(text: str) -> str:
    """Case-folded NFKC with single spaces: texts that differ in no more are exact duplicates."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def without_punctuation(normal: str) -> str:
    """The words of a normalised text, which near-duplicates share; text without any word is left as it is."""
    return _NOT_WORD.sub(" ", normal).strip() or normal
