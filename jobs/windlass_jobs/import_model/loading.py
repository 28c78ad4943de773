"""Loads model and tokenizer from wherever they come."""

from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from windlass_jobs.contract import JobFailure
from windlass_jobs.hf_checkpoint.loading import load_fully, load_model, load_tokenizer, unloadable
from windlass_jobs.import_model.gguf_tokenizer import load_gguf_tokenizer
from windlass_jobs.import_model.hub import snapshot_of
from windlass_jobs.import_model.source import DirectorySource, GgufSource, Source

Loaded = tuple[PreTrainedModel, PreTrainedTokenizerBase]


def load_source(source: Source, hub_directory: Path | None) -> Loaded:
    """Model in fp32 and tokenizer with chat template.

    :raises JobFailure: ``InvalidData`` when the files are not such a model, ``MissingInput`` when absent.
    """
    if isinstance(source, GgufSource):
        return load_gguf(source.path)
    directory = source.path if isinstance(source, DirectorySource) else snapshot_of(source, hub_directory)
    tokenizer = load_tokenizer(directory)
    return load_model(directory), tokenizer


def load_gguf(path: Path) -> Loaded:
    """Dequantises to fp32 (15 s for 135 M parameters) and forgets that the weights ever were quantised."""
    try:
        tokenizer = load_gguf_tokenizer(path)
        model = load_fully(path.parent, gguf_file=path.name)
    except JobFailure:
        raise
    except Exception as error:
        raise unloadable(path.name, "the GGUF model", error) from error
    forget_quantizer(model)
    return model, tokenizer


def forget_quantizer(model: PreTrainedModel) -> None:
    """``save_pretrained`` refuses a model with a quantiser, although its weights are plain tensors now."""
    model.hf_quantizer = None  # type: ignore[assignment]
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
