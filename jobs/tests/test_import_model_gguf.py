"""A GGUF file comes in with its weights and with its own tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.job_lab import Ended, JobLab
from tests.tiny_gguf import save_tiny_gguf

TEXT = 'Define the noun "lighthouse".\n  In 1859: don\'t, café 日本!'


def import_gguf(lab: JobLab, base: Path, path: Path, family: str) -> Ended:
    save_tiny_gguf(base, path, family)
    return lab.run("import-model", {"source": str(path), "name": "tiny", "hubDirectory": None})


def test_it_computes_what_the_model_it_was_made_of_computes(
    lab: JobLab, tiny_base: Path, tmp_path: Path
) -> None:
    ended = import_gguf(lab, tiny_base, tmp_path / "tiny.gguf", "gpt-2")
    ids = torch.tensor([AutoTokenizer.from_pretrained(ended.out)(TEXT)["input_ids"]])
    source, imported = (
        AutoModelForCausalLM.from_pretrained(place)(ids).logits for place in (tiny_base, ended.out)
    )
    assert torch.allclose(source, imported, atol=1e-6)


def test_its_tokenizer_is_the_one_it_was_made_of(lab: JobLab, tiny_base: Path, tmp_path: Path) -> None:
    ended = import_gguf(lab, tiny_base, tmp_path / "tiny.gguf", "gpt-2")
    source, imported = (AutoTokenizer.from_pretrained(place) for place in (tiny_base, ended.out))
    assert imported(TEXT)["input_ids"] == source(TEXT)["input_ids"]
    assert imported.chat_template == source.chat_template
    assert (imported.eos_token, imported.pad_token) == ("<|im_end|>", "<|im_end|>")


@pytest.mark.parametrize(
    ("family", "pieces"),
    [
        ("gpt-2", ["ab", "Ġ123"]),
        ("smollm", ["ab", "Ġ", "1", "2", "3"]),
        ("llama-bpe", ["ab", "Ġ", "123"]),
        ("qwen2", ["ab", "Ġ", "1", "2", "3"]),
    ],
)
def test_each_family_splits_text_its_own_way(
    lab: JobLab, tiny_base: Path, tmp_path: Path, family: str, pieces: list[str]
) -> None:
    out = import_gguf(lab, tiny_base, tmp_path / "tiny.gguf", family).out
    tokenizer = AutoTokenizer.from_pretrained(out)
    split = tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str("ab 123")
    assert [piece for piece, _ in split] == pieces
    assert tokenizer.decode(tokenizer(TEXT)["input_ids"]) == TEXT
