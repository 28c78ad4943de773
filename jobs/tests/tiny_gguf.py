"""Writes the tiny Llama as GGUF, as llama.cpp's converter would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
from gguf import GGUFWriter, TokenType
from safetensors.numpy import load_file

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def save_tiny_gguf(checkpoint: Path, path: Path, family: str) -> None:
    """Writes weights, shape, tokenizer and chat template of a tiny checkpoint into one file."""
    writer = GGUFWriter(path, "llama")
    config = json.loads((checkpoint / "config.json").read_bytes())
    write_shape(writer, config)
    write_tokenizer(writer, checkpoint, family)
    for name, weight in load_file(checkpoint / "model.safetensors").items():
        writer.add_tensor(gguf_name(name), interleaved(name, weight, config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_shape(writer: GGUFWriter, config: dict[str, Any]) -> None:
    """The hyperparameters."""
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_vocab_size(config["vocab_size"])


def write_tokenizer(writer: GGUFWriter, checkpoint: Path, family: str) -> None:
    """Vocabulary, merges, roles and template."""
    tokenizer = json.loads((checkpoint / "tokenizer.json").read_bytes())
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    tokens = sorted(vocabulary, key=lambda token: vocabulary[token])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(family)
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if token in special else TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template((checkpoint / "chat_template.jinja").read_text())


def gguf_name(name: str) -> str:
    """The GGUF name of a Llama's weight."""
    outer = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    if name in outer:
        return outer[name]
    _, _, layer, part = name.removesuffix(".weight").split(".", 3)
    return f"blk.{layer}.{NAMES[part]}.weight"


def interleaved(name: str, weight: Any, config: dict[str, Any]) -> Any:
    """Rows of queries and keys in the order in which llama.cpp rotates them."""
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    part = name.split(".")[-2]
    if part not in heads:
        return weight
    halves = weight.reshape(heads[part], 2, -1, weight.shape[1])
    return numpy.ascontiguousarray(halves.swapaxes(1, 2).reshape(weight.shape))
