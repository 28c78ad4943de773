"""Parity check: the engine must say of held-out text what its checkpoint says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from windlass_jobs.contract import JobFailure
from windlass_jobs.evaluate.encoding import ItemEncoder
from windlass_jobs.evaluate.engine_session import Score, ScoreItem
from windlass_jobs.evaluate.held_out import read_items
from windlass_jobs.evaluate.statistics import perplexity
from windlass_jobs.openvino_runtime.session import OpenVinoSession

THREADS = 2
"""Fixed: the measured figures are part of the engine's digest and must not depend on the machine's size."""
PROBE = "Name 2 colours, and why they matter.\nDon't stop early."


@dataclass(frozen=True)
class Parity:
    """Perplexities of the same texts."""

    items: int
    checkpoint_perplexity: float
    engine_perplexity: float

    @property
    def ratio(self) -> float:
        """Engine over checkpoint; 1 is equal."""
        return self.engine_perplexity / self.checkpoint_perplexity

    def to_json(self) -> dict[str, float]:
        """Rounded to four significant digits: further ones may differ from run to run."""
        return {
            "items": self.items,
            "checkpointPerplexity": _rounded(self.checkpoint_perplexity),
            "enginePerplexity": _rounded(self.engine_perplexity),
            "ratio": _rounded(self.ratio),
        }


def measure_parity(checkpoint: Path, engine: Path, dataset: Path, most_items: int) -> Parity:
    """Scores held-out texts with both. Raises `ParityFailed` where the two do not even tokenize alike."""
    items = _held_out(dataset, most_items)
    engine_scores = _engine_scores(checkpoint, engine, items)
    from windlass_jobs.evaluate.torch_session import TorchSession  # noqa: PLC0415 - torch takes seconds

    session = TorchSession(checkpoint, THREADS)
    checkpoint_scores = session.score(items)
    session.close()
    return Parity(len(items), perplexity(checkpoint_scores), perplexity(engine_scores))


def check_parity(parity: Parity, max_ratio: float) -> None:
    """Raises `ParityFailed` with both figures where the engine is worse than the tolerance allows."""
    if math.isfinite(parity.ratio) and parity.ratio <= max_ratio:
        return
    raise JobFailure(
        "ParityFailed",
        f"the engine's perplexity is {parity.engine_perplexity:.4g}, the checkpoint's "
        f"{parity.checkpoint_perplexity:.4g} on {parity.items} held-out texts: ratio {parity.ratio:.4g}, "
        f"allowed {max_ratio:.4g}",
        {**parity.to_json(), "maxPerplexityRatio": max_ratio},
        "Quantise less (int8, none) or raise parity.maxPerplexityRatio.",
    )


def _held_out(dataset: Path, most_items: int) -> list[ScoreItem]:
    for split in ("validation", "test", "train"):
        items = [row.item for row in read_items(dataset, split, most_items)]
        if items:
            return items
    raise JobFailure(
        "InvalidData", "the data set has no rows to check parity on", {"file": "validation.jsonl"}
    )


def _engine_scores(checkpoint: Path, engine: Path, items: Sequence[ScoreItem]) -> list[Score]:
    session = OpenVinoSession(engine, THREADS)
    try:
        _check_same_tokens(session, ItemEncoder(checkpoint), items)
        return session.score(items)
    finally:
        session.close()


def _check_same_tokens(session: OpenVinoSession, encoder: ItemEncoder, items: Sequence[ScoreItem]) -> None:
    for prompt in [PROBE, *(item.prompt for item in items if item.prompt is not None)]:
        wanted, found = encoder.prompt_ids(prompt), session.prompt_ids(prompt)
        if wanted != found:
            raise JobFailure(
                "ParityFailed",
                f"the engine's chat template or tokenizer differs from the checkpoint's: {prompt!r} gives "
                f"{len(found)} tokens in the engine, {len(wanted)} in the checkpoint",
                {"prompt": prompt[:200], "engineTokens": found[:32], "checkpointTokens": wanted[:32]},
                "The chat template may use what OpenVINO GenAI does not know; simplify it.",
            )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
