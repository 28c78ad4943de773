"""The stage's parameters, typed; a wrong one is ``InvalidConfig`` with its path in the job document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from windlass_jobs.contract import JobFailure

METHODS = ("none", "lora", "full", "scratch")


@dataclass(frozen=True)
class LoraParameters:
    """Low-rank adapters; ``targets`` is ``all-linear``, module names, or a regular expression over them."""

    rank: int
    alpha: int
    dropout: float
    targets: str | list[str]


@dataclass(frozen=True)
class ScratchParameters:
    """Shape of a new, randomly initialised Llama and the size of its tokenizer."""

    vocab_size: int
    hidden_size: int
    layers: int
    heads: int
    intermediate_size: int


@dataclass(frozen=True)
class TrainParameters:
    """All of the contract's ``train`` parameters; steps count batches, an interval of 0 means never."""

    method: str
    steps: int
    batch_size: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    gradient_clip: float
    seed: int
    threads: int
    max_tokens: int
    lora: LoraParameters | None
    scratch: ScratchParameters | None
    checkpoint_every: int
    validate_every: int
    validation_items: int
    max_loss: float
    no_progress_steps: int


class Fields:
    """Reads numbers from one object of the job document and knows the object's path for messages."""

    def __init__(self, values: Any, path: str) -> None:
        if not isinstance(values, Mapping):
            raise invalid(path, values, "an object")
        self.values: Mapping[str, Any] = values
        self.path = path

    def integer(self, name: str, minimum: int) -> int:
        """An integer not below ``minimum``."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise invalid(f"{self.path}.{name}", value, f"an integer of at least {minimum}")
        return value

    def number(self, name: str, minimum: float) -> float:
        """A number not below ``minimum``."""
        value = self.values.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not value >= minimum:
            raise invalid(f"{self.path}.{name}", value, f"a number of at least {minimum:g}")
        return float(value)

    def within(self, name: str) -> Any:
        """The raw value of a nested object or list."""
        return self.values.get(name)


def parse_parameters(values: Mapping[str, Any]) -> TrainParameters:
    """Types the checked parameters.

    :raises JobFailure: ``InvalidConfig`` with the path of the first field that does not fit.
    """
    fields = Fields(values, "parameters")
    method = fields.within("method")
    if method not in METHODS:
        raise invalid("parameters.method", method, f"one of {', '.join(METHODS)}")
    divergence = Fields(fields.within("divergence"), "parameters.divergence")
    return TrainParameters(
        method=method,
        steps=fields.integer("steps", 1),
        batch_size=fields.integer("batchSize", 1),
        learning_rate=fields.number("learningRate", 0.0),
        warmup_steps=fields.integer("warmupSteps", 0),
        weight_decay=fields.number("weightDecay", 0.0),
        gradient_clip=fields.number("gradientClip", 0.0),
        seed=fields.integer("seed", 0),
        threads=fields.integer("threads", 1),
        max_tokens=fields.integer("maxTokens", 2),
        lora=parse_lora(fields.within("lora")) if method == "lora" else None,
        scratch=parse_scratch(fields.within("scratch")) if method == "scratch" else None,
        checkpoint_every=fields.integer("checkpointEvery", 0),
        validate_every=fields.integer("validateEvery", 0),
        validation_items=fields.integer("validationItems", 0),
        max_loss=divergence.number("maxLoss", 0.0),
        no_progress_steps=divergence.integer("noProgressSteps", 0),
    )


def parse_lora(values: Any) -> LoraParameters:
    """The adapter's shape."""
    fields = Fields(values, "parameters.lora")
    dropout = fields.number("dropout", 0.0)
    if dropout >= 1:
        raise invalid("parameters.lora.dropout", dropout, "a number below 1")
    return LoraParameters(
        rank=fields.integer("rank", 1),
        alpha=fields.integer("alpha", 1),
        dropout=dropout,
        targets=parse_targets(fields.within("targets")),
    )


def parse_targets(value: Any) -> str | list[str]:
    """A name, a pattern, or a list of names."""
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return value
    raise invalid(
        "parameters.lora.targets", value, '"all-linear", a regular expression or a list of module names'
    )


def parse_scratch(values: Any) -> ScratchParameters:
    """The new model's shape; attention needs an even width per head."""
    fields = Fields(values, "parameters.scratch")
    hidden_size, heads = fields.integer("hiddenSize", 2), fields.integer("heads", 1)
    if hidden_size % (2 * heads) != 0:
        raise invalid("parameters.scratch.hiddenSize", hidden_size, f"a multiple of {2 * heads} (2 × heads)")
    return ScratchParameters(
        vocab_size=fields.integer("vocabSize", 300),
        hidden_size=hidden_size,
        layers=fields.integer("layers", 1),
        heads=heads,
        intermediate_size=fields.integer("intermediateSize", 1),
    )


def invalid(path: str, found: Any, allowed: str) -> JobFailure:
    """``InvalidConfig``: which field, what was found, what is allowed."""
    message = f"{path} is {found!r}, it must be {allowed}"
    return JobFailure("InvalidConfig", message, {"field": path}, "Change the run's training settings.")
