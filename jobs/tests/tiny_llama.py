"""A tiny random Llama as a checkpoint, and a data set it can be scored on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tests.tiny_tokenizer import save_tiny_tokenizer

SHAPE: dict[str, Any] = {
    "vocab_size": 400,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
    "initializer_range": 0.3,
}


def save_tiny_llama(directory: Path, seed: int = 1) -> Path:
    """Writes a checkpoint of 0.1 M parameters; its answers are gibberish, its log-likelihoods are exact."""
    directory.mkdir(parents=True, exist_ok=True)
    save_tiny_tokenizer(directory)
    torch.manual_seed(seed)
    build: Any = LlamaForCausalLM
    build(LlamaConfig(**SHAPE)).save_pretrained(directory)
    return directory


def save_tiny_dataset(directory: Path, rows: int = 40) -> Path:
    """Writes the three splits of prompt and response rows."""
    directory.mkdir(parents=True, exist_ok=True)
    nouns = [f"noun{index} of the ships" for index in range(rows)]
    for split in ("train", "validation", "test"):
        lines = [
            {
                "id": f"{split}-{index}",
                "prompt": f'Define the noun "{noun}".',
                "response": f"a tower {split} {noun}",
            }
            for index, noun in enumerate(nouns)
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (directory / f"{split}.jsonl").write_text(text, encoding="utf-8")
    return directory
