"""What evaluation needs of a model, whatever its runtime: log-likelihoods of texts, and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from windlass_jobs.runtimes import runtime_named


@dataclass(frozen=True)
class ScoreItem:
    """One held-out text. `prompt` is None for plain text, which has no chat template around it."""

    prompt: str | None
    response: str


@dataclass(frozen=True)
class Score:
    """Natural-log likelihood of a response, end of turn included, and the number of its tokens."""

    tokens: int
    log_likelihood: float


@dataclass(frozen=True)
class Answer:
    """One greedy answer and what it took. `first_token_seconds` is None where a model cannot tell."""

    text: str
    tokens: int
    seconds: float
    first_token_seconds: float | None = None


class EngineSession(Protocol):
    """A loaded model. Not for use from several threads."""

    def score(self, items: Sequence[ScoreItem]) -> list[Score]:
        """One score per item, in order."""
        ...

    def generate(self, prompts: Sequence[str], max_new_tokens: int) -> list[Answer]:
        """Greedy answers, one prompt after the other, so that the times are what a single user sees."""
        ...

    def close(self) -> None:
        """Frees the model."""
        ...


def open_engine_session(runtime: str, engine: Path) -> EngineSession:
    """Opens a built engine (a Triton version directory). Raises `InvalidConfig` for an unknown runtime."""
    module_name, _, function_name = runtime_named(runtime).engine_session.partition(":")
    session: EngineSession = getattr(import_module(module_name), function_name)(engine)
    return session
