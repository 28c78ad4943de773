"""A random Llama of some 60,000 parameters: everything a checkpoint has, in milliseconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from tests.tiny_tokenizer import save_tiny_tokenizer


def build_tiny_model(model_type: str, vocabulary_size: int) -> PreTrainedModel:
    """Random weights, the same in every process."""
    shape: dict[str, Any] = {
        "vocab_size": vocabulary_size,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }
    torch.manual_seed(0)
    config = AutoConfig.for_model(model_type, **shape)
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    return model


def save_tiny_model(directory: Path) -> None:
    """Writes a whole checkpoint."""
    save_tiny_tokenizer(directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    build_tiny_model("llama", len(tokenizer)).save_pretrained(directory)
