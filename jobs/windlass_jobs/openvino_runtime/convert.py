"""Stage convert: a Hugging Face checkpoint becomes OpenVINO IR in fp32, with its tokenizer as IR too."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

from windlass_jobs.contract import Job, JobFailure, StageOutput
from windlass_jobs.openvino_runtime.ir_file import save_ir
from windlass_jobs.openvino_runtime.versions import conversion_versions

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
)
MODEL_FILES = ("config.json", "generation_config.json")


def run(job: Job) -> StageOutput:
    """Writes the IR and the tokenizer to `job.out`. Raises `InvalidData` for what cannot be exported."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    checkpoint = job.input("checkpoint")
    job.progress(phase="convert", message="exporting the checkpoint to OpenVINO IR", step=0, total_steps=2)
    export_model(checkpoint, job.out)
    job.exit_if_stopping()
    job.progress(phase="convert", message="converting the tokenizer", step=1, total_steps=2)
    export_tokenizer(checkpoint, job.out)
    versions = conversion_versions()
    size_bytes = (job.out / "openvino_model.bin").stat().st_size
    return StageOutput(
        attributes={
            "runtime": "openvino",
            "runtimeVersions": versions,
            "precision": "fp32",
            "sources": {"checkpoint": job.inputs["checkpoint"].digest},
        },
        summary={"runtime": "openvino", "precision": "fp32", "weightsBytes": size_bytes},
        metrics={"weights_bytes": float(size_bytes)},
        versions=versions,
    )


def export_model(checkpoint: Path, out: Path) -> None:
    """The stateful IR of a causal language model, weights untouched."""
    from optimum.intel.openvino import OVModelForCausalLM  # noqa: PLC0415 - takes ten seconds

    try:
        with warnings.catch_warnings():  # dozens about tracing, none about what a user did
            warnings.simplefilter("ignore")
            model: Any = OVModelForCausalLM.from_pretrained(
                checkpoint, export=True, compile=False, load_in_8bit=False, local_files_only=True
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise JobFailure(
            "InvalidData",
            f"the checkpoint cannot be exported to OpenVINO: {error}",
            {"file": "config.json"},
            "The runtime openvino takes decoder-only models that optimum-intel knows; "
            "see config.json's model_type.",
        ) from error
    save_ir(model.model, out / "openvino_model.xml", compress_to_fp16=False)
    _copy_present(checkpoint, out, MODEL_FILES)


def export_tokenizer(checkpoint: Path, out: Path) -> None:
    """Tokenizer and detokenizer as IR for the server, beside the files they came from."""
    from openvino_tokenizers import convert_tokenizer  # noqa: PLC0415 - takes seconds
    from transformers import AutoTokenizer  # noqa: PLC0415

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(checkpoint, local_files_only=True)
        encoder, decoder = convert_tokenizer(tokenizer, with_detokenizer=True)
    except Exception as error:  # the converter raises its own types and plain ones
        raise JobFailure(
            "InvalidData",
            f"the tokenizer cannot be converted to OpenVINO: {error}",
            {"file": "tokenizer.json"},
            "Use a checkpoint with a fast tokenizer (tokenizer.json) of a kind openvino-tokenizers knows.",
        ) from error
    save_ir(encoder, out / "openvino_tokenizer.xml", compress_to_fp16=True)
    save_ir(decoder, out / "openvino_detokenizer.xml", compress_to_fp16=True)
    _copy_present(checkpoint, out, TOKENIZER_FILES)


def _copy_present(source: Path, target: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
