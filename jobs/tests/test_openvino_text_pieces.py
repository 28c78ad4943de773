"""Streaming detokenization."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from windlass_jobs.openvino_runtime.triton_model.text_pieces import TextPieces


def decode_bytes(tokens: Sequence[int]) -> str:
    return bytes(tokens).decode("utf-8", errors="replace")


def decode_words(tokens: Sequence[int]) -> str:
    """As SentencePiece does: a word brings its space, but not at the beginning."""
    return " ".join(f"w{token}" for token in tokens)


@pytest.mark.parametrize("text", ["plain", "naïve – 日本語 🌟🌟", ""])
def test_pieces_put_together_are_the_text(text: str) -> None:
    pieces = TextPieces(decode_bytes)
    found = [pieces.add([byte]) for byte in text.encode()]
    assert "".join(found) + pieces.rest() == text
    assert all("\ufffd" not in piece for piece in found)


def test_spaces_between_words_are_kept() -> None:
    pieces = TextPieces(decode_words)
    assert [pieces.add([1]), pieces.add([2]), pieces.add([3, 4])] == ["w1", " w2", " w3 w4"]


def test_a_character_that_is_never_completed_is_dropped() -> None:
    pieces = TextPieces(decode_bytes)
    found = pieces.add(list(b"ok")) + pieces.add(list("🌟".encode()[:2]))
    assert found + pieces.rest() == "ok"
