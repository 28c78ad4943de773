"""Loads a checkpoint directory in fp32; what is wrong with it is ``InvalidData`` that names the part."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from windlass_jobs.contract import JobFailure


def load_model(directory: Path) -> PreTrainedModel:
    """The causal language model in fp32. Pickled weights and remote code are never loaded.

    :raises JobFailure: ``InvalidData`` when config or weights are missing, unreadable or do not fit.
    """
    try:
        model = load_fully(directory, use_safetensors=True, local_files_only=True)
    except JobFailure:
        raise
    except Exception as error:
        raise unloadable("config.json and *.safetensors", "the model", error) from error
    return model


def load_fully(directory: Path, **options: Any) -> PreTrainedModel:
    """`from_pretrained` in fp32 that accepts no weight made up by the library."""
    load: Callable[..., Any] = AutoModelForCausalLM.from_pretrained
    model, report = load(directory, dtype=torch.float32, output_loading_info=True, **options)
    refuse_partial_weights(report)
    loaded: PreTrainedModel = model
    return loaded


def embedded_tokens(model: PreTrainedModel) -> int:
    """Rows of the embedding table: token ids at or above it cannot be used."""
    weight: Tensor = model.get_input_embeddings().weight  # type: ignore[assignment]
    return weight.shape[0]


def load_tokenizer(directory: Path) -> PreTrainedTokenizerBase:
    """The tokenizer with its chat template.

    :raises JobFailure: ``InvalidData`` when there is no readable tokenizer.
    """
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    except Exception as error:
        raise unloadable("tokenizer.json", "the tokenizer", error) from error
    return tokenizer


def refuse_partial_weights(report: dict[str, set[str]]) -> None:
    """Weights that the files lack would be filled with random numbers: such a checkpoint is not accepted."""
    absent = sorted(str(key) for key in [*report["missing_keys"], *report["mismatched_keys"]])
    if absent:
        raise JobFailure(
            "InvalidData",
            f"the checkpoint lacks {len(absent)} weights that its config asks for, first {absent[0]}",
            {"file": "model.safetensors", "field": absent[0]},
            "Export the model again with all its weights.",
        )


def unloadable(file: str, what: str, error: Exception) -> JobFailure:
    """The failure of a part that its library refused, with the first line of its message."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
    return JobFailure(
        "InvalidData",
        f"{what} cannot be loaded from {file}: {reason}",
        {"file": file},
        "Give a complete Hugging Face checkpoint: config.json, *.safetensors, tokenizer.json, chat template.",
    )
