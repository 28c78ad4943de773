"""Everything a training starts from: model, tokenizer and examples, by method."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from torch.nn import Parameter
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from windlass_jobs.contract import Job, JobFailure
from windlass_jobs.hf_checkpoint.loading import embedded_tokens, load_model, load_tokenizer
from windlass_jobs.train.examples import Example, read_examples, refuse_foreign_tokens
from windlass_jobs.train.lora import add_adapters, merge_adapters
from windlass_jobs.train.parameters import LoraParameters, ScratchParameters, TrainParameters
from windlass_jobs.train.scratch import new_model, read_rows, tokenize_rows, train_tokenizer


@dataclass(frozen=True)
class TrainingSetup:
    """What the loop works on. ``finish`` gives the model to save once training has ended."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    train: list[Example]
    validation: list[Example]
    finish: Callable[[], PreTrainedModel]

    @property
    def weights(self) -> dict[str, Parameter]:
        """The trainable weights by name, in the model's order."""
        return {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}

    @property
    def parameter_count(self) -> int:
        """All weights of the model, adapters included."""
        return sum(weight.numel() for weight in self.model.parameters())


def prepare_training(job: Job, parameters: TrainParameters) -> TrainingSetup:
    """Loads or makes the model and reads the data set.

    :raises JobFailure: ``InvalidData`` when the data set has nothing to learn or another tokenizer's ids,
        ``InvalidConfig`` when the method does not fit the model.
    """
    if parameters.scratch is not None:
        setup = scratch_setup(job.input("dataset"), parameters.scratch, parameters.max_tokens)
    else:
        setup = base_setup(job.input("base"), job.input("dataset"), parameters)
    if not setup.train:
        message = f"no row of train.tokens.parquet has a response within {parameters.max_tokens} tokens"
        advice = "Raise maxTokens or look at the data set's token statistics."
        raise JobFailure("InvalidData", message, {"file": "train.tokens.parquet"}, advice)
    refuse_foreign_tokens([*setup.train, *setup.validation], embedded_tokens(setup.model))
    return setup


def base_setup(base: Path, dataset: Path, parameters: TrainParameters) -> TrainingSetup:
    """A base model, with adapters where the method asks for them."""
    model, tokenizer = load_model(base), load_tokenizer(base)
    model, finish = adapted(model, parameters.lora)
    train, validation = (
        read_examples(dataset / f"{split}.tokens.parquet", parameters.max_tokens)
        for split in ("train", "validation")
    )
    return TrainingSetup(model, tokenizer, train, validation, finish)


def adapted(
    model: PreTrainedModel, lora: LoraParameters | None
) -> tuple[PreTrainedModel, Callable[[], PreTrainedModel]]:
    """The model to train and the way to the model to save."""
    if lora is None:
        return model, lambda: model
    wrapped = add_adapters(model, lora)
    return cast(PreTrainedModel, wrapped.get_base_model()), partial(merge_adapters, wrapped)


def scratch_setup(dataset: Path, parameters: ScratchParameters, max_tokens: int) -> TrainingSetup:
    """A new model whose tokenizer is trained on the data; rows are therefore tokenised here."""
    rows = read_rows(dataset / "train.jsonl")
    tokenizer = train_tokenizer(rows, parameters.vocab_size)
    model = new_model(parameters, tokenizer)
    train = tokenize_rows(rows, tokenizer, max_tokens)
    validation = tokenize_rows(read_rows(dataset / "validation.jsonl"), tokenizer, max_tokens)
    return TrainingSetup(model, tokenizer, train, validation, lambda: model)
