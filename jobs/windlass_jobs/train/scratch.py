"""A new small model: byte-level BPE trained on the data, a simple chat template, a random Llama."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel, PreTrainedTokenizerBase

from windlass_jobs.contract import JobFailure
from windlass_jobs.hf_checkpoint.tokenizer import wrap_tokenizer
from windlass_jobs.train.examples import IGNORED, Example, with_response
from windlass_jobs.train.parameters import ScratchParameters

END, START = "<|im_end|>", "<|im_start|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTEXT_TOKENS = 2048
Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    """Rows of a ``train.jsonl`` or ``validation.jsonl`` as prepare-data writes them."""
    if not path.exists():
        raise JobFailure(
            "InvalidData", f"the data set has no {path.name}", {"file": path.name}, "Prepare it again."
        )
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def text_of(row: Row) -> str:
    """What the model is to produce: the response, or the whole of a plain text."""
    return row["response"] if "response" in row else row["text"]


def train_tokenizer(rows: list[Row], vocabulary_size: int) -> PreTrainedTokenizerBase:
    """Byte-level BPE over prompts and responses; any text can be encoded."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[END, START],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator((row.get("prompt", "") + "\n" + text_of(row) for row in rows), trainer)
    return wrap_tokenizer(bpe, CHAT_TEMPLATE, {"bos_token": START, "eos_token": END, "pad_token": END})


def new_model(parameters: ScratchParameters, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """A Llama with random weights, drawn from torch's seed; input and output embeddings are shared."""
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": parameters.hidden_size,
        "num_hidden_layers": parameters.layers,
        "num_attention_heads": parameters.heads,
        "num_key_value_heads": parameters.heads,
        "intermediate_size": parameters.intermediate_size,
        "max_position_embeddings": CONTEXT_TOKENS,
        "tie_word_embeddings": True,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    model: PreTrainedModel = AutoModelForCausalLM.from_config(LlamaConfig(**shape))  # type: ignore[no-untyped-call]
    return model


def tokenize_rows(rows: list[Row], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[Example]:
    """Rows as examples for this tokenizer, cut at ``max_tokens``."""
    return with_response([tokenize_row(row, tokenizer, max_tokens) for row in rows])


def tokenize_row(row: Row, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> Example:
    """A pair learns its response after the templated prompt; a plain text learns all of itself."""
    given: list[int] = []
    if "prompt" in row:
        turns = [{"role": "user", "content": row["prompt"]}]
        prompt = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        given = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    learned = [*tokenizer(text_of(row), add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    labels = [IGNORED] * len(given) + learned
    return Example(row["id"], (given + learned)[:max_tokens], labels[:max_tokens])
