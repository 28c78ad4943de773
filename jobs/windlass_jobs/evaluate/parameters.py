"""The parameters of an evaluate job (docs/job-contract.md), read into types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from windlass_jobs.contract import ArtifactRef, JobFailure


@dataclass(frozen=True)
class Task:
    """A prompt and what its answer must be like."""

    prompt: str
    expect: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Floors:
    """What the candidate must reach whatever it is compared with; None: not asked for."""

    max_perplexity: float | None
    min_tokens_per_second: float | None
    min_task_pass_rate: float | None


@dataclass(frozen=True)
class CompareRule:
    """How the candidate is compared. `against`: `incumbent`, `base` or `none`; `margin`: nats per token."""

    against: str
    margin: float
    confidence: float
    min_items: int
    resamples: int
    seed: int


@dataclass(frozen=True)
class EvaluateParameters:
    """Everything the stage is told."""

    runtime: str
    max_items: int
    max_new_tokens: int
    sample_answers: int
    tasks: Sequence[Task]
    floors: Floors
    compare: CompareRule
    training: ArtifactRef | None


def read_parameters(raw: Mapping[str, Any]) -> EvaluateParameters:
    """Raises `InvalidConfig` that names the parameter that is missing or of the wrong type."""
    try:
        return EvaluateParameters(
            runtime=raw["runtime"],
            max_items=int(raw["maxItems"]),
            max_new_tokens=int(raw["maxNewTokens"]),
            sample_answers=int(raw["sampleAnswers"]),
            tasks=[Task(task["prompt"], task["expect"]) for task in raw["tasks"]],
            floors=_floors(raw["floors"]),
            compare=_compare(raw["compare"]),
            training=ArtifactRef.from_json(raw["training"]) if raw.get("training") else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise JobFailure("InvalidConfig", f"the parameters of evaluate are incomplete: {error!r}") from error


def _floors(raw: Mapping[str, Any]) -> Floors:
    return Floors(
        max_perplexity=_optional(raw["maxPerplexity"]),
        min_tokens_per_second=_optional(raw["minTokensPerSecond"]),
        min_task_pass_rate=_optional(raw["minTaskPassRate"]),
    )


def _compare(raw: Mapping[str, Any]) -> CompareRule:
    if raw["against"] not in ("incumbent", "base", "none"):
        raise ValueError(f"compare.against is {raw['against']!r}; wanted incumbent, base or none")
    return CompareRule(
        against=raw["against"],
        margin=float(raw["margin"]),
        confidence=float(raw["confidence"]),
        min_items=int(raw["minItems"]),
        resamples=int(raw["resamples"]),
        seed=int(raw["seed"]),
    )


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)
