"""Turns a growing list of tokens into pieces of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

REPLACEMENT = "�"


class TextPieces:
    """Incremental detokenizer: the pieces put together are the text of all tokens, in whole characters.

    Only a short window is decoded again for each token: the tokens of the last piece give the next ones their
    context (leading spaces), and a character of several tokens is held back until it is complete.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._context = 0
        self._read = 0

    def add(self, tokens: Sequence[int]) -> str:
        """The text that these tokens complete; empty while a character is incomplete."""
        self._tokens.extend(tokens)
        known, text = self._window()
        if len(text) <= len(known) or text.endswith(REPLACEMENT):
            return ""
        self._context, self._read = self._read, len(self._tokens)
        return text[len(known) :]

    def rest(self) -> str:
        """What was held back and is text; an incomplete character at the very end is none."""
        known, text = self._window()
        self._context = self._read = len(self._tokens)
        return text[len(known) :].rstrip(REPLACEMENT)

    def _window(self) -> tuple[str, str]:
        known = self._decode(self._tokens[self._context : self._read])
        return known, self._decode(self._tokens[self._context :])
