"""Makes a tokenizer of the ``tokenizers`` library one that saves and loads as part of a checkpoint."""

from collections.abc import Callable, Mapping

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast


def wrap_tokenizer(
    tokenizer: Tokenizer, chat_template: str | None, special_tokens: Mapping[str, str]
) -> PreTrainedTokenizerBase:
    """Adds chat template and roles (``eos_token`` …); text is decoded as it is, without tidying of blanks."""
    build: Callable[..., PreTrainedTokenizerBase] = PreTrainedTokenizerFast
    return build(
        tokenizer_object=tokenizer,
        chat_template=chat_template,
        clean_up_tokenization_spaces=False,
        **special_tokens,
    )
