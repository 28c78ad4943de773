"""Computes the beginning that all rows of a batch share (system prompt, instruction) once, not once a row.

Its keys and values are handed to every row as a cache; gradients flow back through it, so loss and gradients
are those of the plain computation. With short answers to one kind of question half of the work is saved.
"""

from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

ATTENTION_ONLY = frozenset({"llama", "mistral", "qwen2", "qwen3"})
"""Architectures whose only state between tokens is the keys and values of attention."""

WORTHWHILE_TOKENS = 8


def shared_prefix_length(model: PreTrainedModel, input_ids: Tensor, limit: int) -> int:
    """How many leading tokens are equal in all rows, at most ``limit``; 0 where sharing does not pay."""
    if model.config.model_type not in ATTENTION_ONLY or input_ids.shape[0] == 1:
        return 0
    differs = (input_ids[:, :limit] != input_ids[:1, :limit]).any(dim=0).nonzero().flatten()
    length = int(differs[0]) if len(differs) else limit
    return length if length >= WORTHWHILE_TOKENS else 0


def prefix_cache(model: PreTrainedModel, input_ids: Tensor, length: int) -> DynamicCache | None:
    """Keys and values of the first ``length`` tokens, repeated for each row; None for no tokens."""
    if length == 0:
        return None
    cache = DynamicCache(config=model.config)
    model(input_ids=input_ids[:1, :length], past_key_values=cache, use_cache=True, logits_to_keep=1)
    cache.batch_repeat_interleave(input_ids.shape[0])
    return cache
