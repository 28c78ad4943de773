"""The tokenizer of a GGUF file, built from its own metadata.

transformers turns the byte-level BPE of a Llama-architecture GGUF into a SentencePiece-like class that maps
blanks to the unknown token once it was saved and loaded again. The families below are therefore built here;
the split patterns are those of llama.cpp's ``tokenizer.ggml.pre`` names.
"""

from pathlib import Path
from typing import Any

from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from windlass_jobs.hf_checkpoint.tokenizer import wrap_tokenizer

CONTROL_TOKEN = 3
LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_SPLIT = LLAMA3_SPLIT.replace(r"\p{N}{1,3}", r"\p{N}")
FAMILIES = ("smollm", "gpt-2", "llama-bpe", "qwen2")


def load_gguf_tokenizer(path: Path) -> PreTrainedTokenizerBase:
    """Builds the tokenizer of a known byte-level BPE family; others go through transformers' conversion."""
    metadata = tokenizer_metadata(path)
    if metadata.get("model") == "gpt2" and metadata.get("pre") in FAMILIES:
        return byte_level_tokenizer(metadata)
    converted: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    return converted


def tokenizer_metadata(path: Path) -> dict[str, Any]:
    """All ``tokenizer.*`` fields, keys without their prefix."""
    fields = GGUFReader(path).fields
    found = {key: field.contents() for key, field in fields.items() if key.startswith("tokenizer.")}
    return {key.removeprefix("tokenizer.").removeprefix("ggml."): value for key, value in found.items()}


def byte_level_tokenizer(metadata: dict[str, Any]) -> PreTrainedTokenizerBase:
    """Assembles vocabulary, merges, splitting and special tokens."""
    tokens: list[str] = metadata["tokens"]
    special = {f"{name}_token": tokens[index] for name, index in special_ids(metadata).items()}
    return wrap_tokenizer(byte_level_bpe(metadata), metadata.get("chat_template"), special)


def special_ids(metadata: dict[str, Any]) -> dict[str, int]:
    """Token ids by the role transformers gives them."""
    roles = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    return {role: metadata[f"{key}_token_id"] for role, key in roles.items() if f"{key}_token_id" in metadata}


def byte_level_bpe(metadata: dict[str, Any]) -> Tokenizer:
    """The BPE model itself, with control tokens that are never split."""
    tokens: list[str] = metadata["tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in metadata["merges"]]
    family = metadata["pre"]
    model = models.BPE(
        {token: index for index, token in enumerate(tokens)}, merges, ignore_merges=family == "llama-bpe"
    )
    tokenizer = Tokenizer(model)
    if family == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = splitter(family)
    tokenizer.decoder = decoders.ByteLevel()
    control = [
        token for token, kind in zip(tokens, metadata["token_type"], strict=True) if kind == CONTROL_TOKEN
    ]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    if metadata.get("add_bos_token"):
        tokenizer.post_processor = begin_with(tokens[metadata["bos_token_id"]], metadata["bos_token_id"])
    return tokenizer


def splitter(family: str) -> pre_tokenizers.PreTokenizer:
    """How text is cut before the merges apply."""
    gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    if family == "gpt-2":
        return gpt2
    if family == "smollm":
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), gpt2])
    pattern = LLAMA3_SPLIT if family == "llama-bpe" else QWEN2_SPLIT
    split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def begin_with(token: str, token_id: int) -> processors.TemplateProcessing:
    """Puts the begin-of-text token in front, as the file asks for."""
    return processors.TemplateProcessing(
        single=f"{token} $A", pair=f"{token} $A {token} $B", special_tokens=[(token, token_id)]
    )
