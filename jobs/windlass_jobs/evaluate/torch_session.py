"""A Hugging Face checkpoint as an `EngineSession`: the base model, and one side of the parity check."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from windlass_jobs.evaluate.encoding import EncodedItem, ItemEncoder
from windlass_jobs.evaluate.engine_session import Answer, Score, ScoreItem
from windlass_jobs.hf_checkpoint.loading import load_model

BATCH_TOKENS = 2048


class TorchSession:
    """Scores in batches of equal work, generates in one left-padded batch; fp32, on CPU."""

    def __init__(self, checkpoint: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        self._encoder = ItemEncoder(checkpoint)
        self._model: Any = load_model(checkpoint)
        self._model.train(False)

    def score(self, items: Sequence[ScoreItem]) -> list[Score]:
        """One score per item, in order."""
        encoded = self._encoder.encode(items)
        scores: dict[int, Score] = {}
        for batch in length_sorted_batches([len(item.ids) for item in encoded], BATCH_TOKENS):
            found = self._score_batch([encoded[index] for index in batch])
            scores.update(zip(batch, found, strict=True))
        return [scores[index] for index in range(len(encoded))]

    def generate(self, prompts: Sequence[str], max_new_tokens: int) -> list[Answer]:
        """All prompts at once: the seconds of each answer are those of the batch."""
        if not prompts:
            return []
        ids = [self._encoder.prompt_ids(prompt) for prompt in prompts]
        width = max(len(row) for row in ids)
        padded = torch.tensor([[0] * (width - len(row)) + row for row in ids])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ids])
        started = time.monotonic()
        with torch.inference_mode():
            end = self._encoder.tokenizer.eos_token_id
            output = self._model.generate(
                padded, attention_mask=mask, max_new_tokens=max_new_tokens, do_sample=False, pad_token_id=end
            )
        seconds = time.monotonic() - started
        return [self._answer(row[width:].tolist(), seconds) for row in output]

    def close(self) -> None:
        """Frees the weights."""
        self._model = None

    def _answer(self, ids: list[int], seconds: float) -> Answer:
        end = self._encoder.tokenizer.eos_token_id
        kept = ids[: ids.index(end) + 1] if end in ids else ids
        return Answer(self._encoder.tokenizer.decode(kept, skip_special_tokens=True), len(kept), seconds)

    def _score_batch(self, items: list[EncodedItem]) -> list[Score]:
        width = max(len(item.ids) for item in items)
        ids = torch.tensor([item.ids + [0] * (width - len(item.ids)) for item in items])
        mask = torch.tensor([[1] * len(item.ids) + [0] * (width - len(item.ids)) for item in items])
        with torch.inference_mode():
            logits = self._model(input_ids=ids, attention_mask=mask).logits
        return [_score_of(item, row) for item, row in zip(items, logits, strict=True)]


def length_sorted_batches(lengths: Sequence[int], most_tokens: int) -> list[list[int]]:
    """Indices in batches of similar length, each padded to `most_tokens` at most (a longer item is alone)."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda at: (lengths[at], at)):
        if batches and lengths[index] * (len(batches[-1]) + 1) <= most_tokens:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _score_of(item: EncodedItem, logits: torch.Tensor) -> Score:
    targets = torch.tensor(item.ids[item.first_scored :])
    before = logits[item.first_scored - 1 : len(item.ids) - 1].float()
    chosen = before.log_softmax(-1).gather(-1, targets.unsqueeze(-1))
    return Score(item.scored_tokens, float(chosen.sum()))
