"""Proves that a directory is a checkpoint the later stages can use: it loads, talks in turns and computes."""

from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from windlass_jobs.contract import JobFailure
from windlass_jobs.hf_checkpoint.loading import embedded_tokens, load_model, load_tokenizer

PROBE = "Name 2 colours, and why they matter.\nDon't stop early."


def verify_checkpoint(directory: Path) -> PreTrainedModel:
    """Loads the files as a later stage will and runs one forward pass over a templated prompt.

    :raises JobFailure: ``InvalidData`` that names the first part that is missing or broken.
    """
    tokenizer = load_tokenizer(directory)
    verify_tokenizer(tokenizer)
    model = load_model(directory)
    verify_vocabulary(model, tokenizer)
    verify_forward_pass(model, prompt_ids(tokenizer, PROBE))
    return model


def verify_tokenizer(tokenizer: PreTrainedTokenizerBase) -> None:
    """Later stages need a chat template, an end-of-text token and text that survives encoding."""
    if not tokenizer.chat_template:
        raise broken(
            "chat_template.jinja",
            "the checkpoint has no chat template",
            "Import an instruct model, or add one.",
        )
    if tokenizer.eos_token_id is None:
        raise broken("tokenizer_config.json", "the tokenizer has no end-of-text token", "Set eos_token.")
    decoded = tokenizer.decode(tokenizer(PROBE, add_special_tokens=False)["input_ids"])
    if not isinstance(decoded, str) or PROBE.split() != decoded.split():
        message = f"the tokenizer does not give text back: {PROBE!r} became {decoded!r}"
        raise broken(
            "tokenizer.json", message, "Import from a checkpoint with the model's own tokenizer.json."
        )


def verify_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Every token id needs a row in the embedding table."""
    rows = embedded_tokens(model)
    if len(tokenizer) > rows:
        message = f"the tokenizer knows {len(tokenizer)} tokens, the model embeds only {rows}"
        raise broken("tokenizer.json", message, "Import tokenizer and weights of the same model.")


def verify_forward_pass(model: PreTrainedModel, ids: list[int]) -> None:
    """Weights with NaN or infinities show in the logits of any prompt."""
    model.train(False)
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits
    if not bool(torch.isfinite(logits).all()):
        raise broken(
            "model.safetensors", "a forward pass gives NaN or infinite logits", "Export the model again."
        )


def prompt_ids(tokenizer: PreTrainedTokenizerBase, prompt: str) -> list[int]:
    """The token ids of one user turn, up to where the assistant begins."""
    turns = [{"role": "user", "content": prompt}]
    text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def broken(file: str, message: str, advice: str) -> JobFailure:
    """An ``InvalidData`` failure about one file of the checkpoint."""
    return JobFailure("InvalidData", message, {"file": file}, advice)
