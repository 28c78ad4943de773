"""Text → tokens of the base model's tokenizer and chat template; labels are -100 where nothing is learnt."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from windlass_jobs.contract import JobFailure
from windlass_jobs.prepare_data.parameters import PAIRS

IGNORED_LABEL = -100
TOO_MANY_TOKENS = "too-many-tokens"


@dataclass(frozen=True)
class Example:
    """One tokenised row."""

    input_ids: list[int]
    labels: list[int]


class RowTokenizer:
    """The tokenizer and chat template of a checkpoint directory.

    Raises:
        JobFailure: `InvalidData` if there is no usable tokenizer, or no chat template where pairs need one.
    """

    def __init__(self, directory: Path, kind: str) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
        self._tokenizer = _load(directory)
        self._kind = kind
        if kind == PAIRS and not self._tokenizer.chat_template:
            raise _unusable("has no chat template", "Import a chat model, or use data of kind text.")
        self.sha256 = _sha256_of(self._tokenizer)

    def examples(self, rows: Sequence[tuple[str, ...]]) -> list[Example]:
        """One example per row, in order."""
        return self._pairs(rows) if self._kind == PAIRS else self._texts([row[0] for row in rows])

    def _texts(self, texts: list[str]) -> list[Example]:
        encoded: list[list[int]] = self._tokenizer(texts)["input_ids"]
        end: int | None = self._tokenizer.eos_token_id
        ended = [ids if end is None or ids[-1:] == [end] else [*ids, end] for ids in encoded]
        return [Example(ids, list(ids)) for ids in ended]

    def _pairs(self, rows: Sequence[tuple[str, ...]]) -> list[Example]:
        asked = [[{"role": "user", "content": prompt}] for prompt, _ in rows]
        answered = [
            [*chat, {"role": "assistant", "content": row[1]}] for chat, row in zip(asked, rows, strict=True)
        ]
        prompts = self._encode(asked, add_generation_prompt=True)
        wholes = self._encode(answered, add_generation_prompt=False)
        return [_example(prompt, whole) for prompt, whole in zip(prompts, wholes, strict=True)]

    def _encode(self, chats: list[list[dict[str, str]]], *, add_generation_prompt: bool) -> list[list[int]]:
        texts = self._tokenizer.apply_chat_template(
            chats, tokenize=False, add_generation_prompt=add_generation_prompt
        )
        encoded: list[list[int]] = self._tokenizer(texts, add_special_tokens=False)["input_ids"]
        return encoded


def shortened(example: Example, max_tokens: int, *, truncate: bool) -> Example | None:
    """The example if it fits, its beginning if it may be truncated; None if nothing is left to learn."""
    if len(example.input_ids) <= max_tokens:
        return example
    kept = Example(example.input_ids[:max_tokens], example.labels[:max_tokens])
    return kept if truncate and any(label != IGNORED_LABEL for label in kept.labels) else None


def _example(prompt: list[int], whole: list[int]) -> Example:
    if whole[: len(prompt)] != prompt or len(whole) == len(prompt):
        raise _unusable(
            "gives a conversation whose tokens do not begin with those of its prompt, "
            "so that what is to be learnt cannot be told apart",
            "Use a base model whose chat template appends the answer to the generation prompt.",
        )
    return Example(whole, [IGNORED_LABEL] * len(prompt) + whole[len(prompt) :])


def _load(directory: Path) -> Any:
    if not (directory / "tokenizer.json").is_file():
        raise _unusable("has no tokenizer.json", "Import the base model again.")
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - takes seconds

    try:
        tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(directory, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise _unusable(f"cannot be loaded: {error}", "Import the base model again.") from error
    return tokenizer


def _sha256_of(tokenizer: Any) -> str:
    parts = (tokenizer.backend_tokenizer.to_str(), str(tokenizer.chat_template))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _unusable(what: str, advice: str) -> JobFailure:
    details = {"file": "tokenizer.json", "row": None, "field": None}
    return JobFailure("InvalidData", f"the tokenizer of the base model {what}", details, advice)
