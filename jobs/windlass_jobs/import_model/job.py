"""Stage ``import-model``: source → base-model artifact (fp32 checkpoint with tokenizer and chat template)."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from windlass_jobs.contract import Job, StageOutput
from windlass_jobs.contract.hashing import hash_file
from windlass_jobs.hf_checkpoint.saving import save_checkpoint
from windlass_jobs.hf_checkpoint.verification import verify_checkpoint
from windlass_jobs.import_model.loading import load_source
from windlass_jobs.import_model.source import GgufSource, HubSource, Source, parse_source


def run(job: Job) -> StageOutput:
    """Loads the source, writes it in the one form later stages read, and proves that this form works.

    :raises JobFailure: ``InvalidConfig``, ``MissingInput`` or ``InvalidData``; each names what to change.
    """
    source = parse_source(job.parameters["source"])
    hub_directory = job.parameters["hubDirectory"]
    job.progress(phase="load", message=f"loading {job.parameters['name']} as fp32")
    model, tokenizer = load_source(source, None if hub_directory is None else Path(hub_directory))
    job.progress(phase="save", message="writing the checkpoint")
    save_checkpoint(model, tokenizer, job.out)
    job.progress(phase="verify", message="loading it again and running a forward pass")
    verified = verify_checkpoint(job.out)
    attributes = describe(job.parameters["name"], source, verified, job.out)
    return StageOutput(attributes=attributes, summary=attributes, metrics={}, versions=versions())


def describe(name: str, source: Source, model: PreTrainedModel, directory: Path) -> dict[str, Any]:
    """What the artifact is, without where it lay on this machine."""
    return {
        "name": name,
        "source": describe_source(source),
        "architecture": type(model).__name__,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "vocabularySize": model.config.vocab_size,
        "contextTokens": getattr(model.config, "max_position_embeddings", None),
        "dtype": str(torch.float32).removeprefix("torch."),
        "tokenizerSha256": hash_file(directory / "tokenizer.json")[0],
    }


def describe_source(source: Source) -> dict[str, str]:
    """The pin of the source: commit or digest."""
    if isinstance(source, HubSource):
        return {"kind": "hub", "repository": source.repository, "revision": source.revision}
    if isinstance(source, GgufSource):
        return {"kind": "gguf", "file": source.path.name, "sha256": hash_file(source.path)[0]}
    return {"kind": "directory"}


def versions() -> dict[str, str]:
    """Versions of the libraries that decide the bytes."""
    return {name: version(name) for name in ("torch", "transformers", "tokenizers", "safetensors", "gguf")}
