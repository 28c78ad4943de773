"""Token ids of an item, the same for a checkpoint and for an engine: both directories hold the tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from windlass_jobs.contract import JobFailure
from windlass_jobs.evaluate.engine_session import ScoreItem


@dataclass(frozen=True)
class EncodedItem:
    """All tokens of an item; those from `first_scored` on are the response."""

    ids: list[int]
    first_scored: int

    @property
    def scored_tokens(self) -> int:
        """How many tokens count."""
        return len(self.ids) - self.first_scored


class ItemEncoder:
    """The tokenizer and chat template of a directory. Raises `InvalidData` if there is none."""

    def __init__(self, directory: Path) -> None:
        from transformers import AutoTokenizer  # noqa: PLC0415 - takes seconds

        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            message = f"the tokenizer of {directory.name} cannot be loaded: {error}"
            raise JobFailure("InvalidData", message, {"file": "tokenizer.json"}) from error

    def prompt_ids(self, prompt: str) -> list[int]:
        """One user's turn, up to where the assistant begins; the prompt as it is without a chat template."""
        if self.tokenizer.chat_template:
            turn = [{"role": "user", "content": prompt}]
            prompt = self.tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        return self._ids(prompt)

    def encode(self, items: Sequence[ScoreItem]) -> list[EncodedItem]:
        """One encoded item each, in order."""
        return [self._text(item) if item.prompt is None else self._pair(item, item.prompt) for item in items]

    def _pair(self, item: ScoreItem, prompt: str) -> EncodedItem:
        asked = self.prompt_ids(prompt)
        return EncodedItem([*asked, *self._ended(self._ids(item.response))], len(asked))

    def _text(self, item: ScoreItem) -> EncodedItem:
        ids: list[int] = self._ended(self.tokenizer(item.response)["input_ids"])
        return EncodedItem(ids, min(1, len(ids) - 1))

    def _ended(self, ids: list[int]) -> list[int]:
        end = self.tokenizer.eos_token_id
        return ids if end is None or ids[-1:] == [end] else [*ids, end]

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids
