"""Opens an engine as OpenVINO GenAI's continuous-batching pipeline."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import openvino_genai as genai

from .settings import EngineInfo, ServingOptions

CACHE_VARIABLE = "WINDLASS_ENGINE_CACHE"
"""Directory in which OpenVINO keeps compiled blobs; unset: engines are compiled at each load."""


def open_pipeline(engine_dir: Path, info: EngineInfo, options: ServingOptions) -> Any:
    """Compiles the engine, or takes its blob from the cache directory. Raises OpenVINO's `RuntimeError`."""
    scheduler = genai.SchedulerConfig()
    scheduler.cache_size = options.cache_size_gb
    scheduler.max_num_seqs = options.max_concurrent
    scheduler.dynamic_split_fuse = True
    scheduler.enable_prefix_caching = False
    properties: dict[str, Any] = {**info.plugin, "INFERENCE_NUM_THREADS": options.threads}
    cache = blob_cache_dir(info, os.environ.get(CACHE_VARIABLE))
    if cache is not None:
        properties["CACHE_DIR"] = str(cache)
    return genai.ContinuousBatchingPipeline(str(engine_dir), scheduler, "CPU", properties)


def blob_cache_dir(info: EngineInfo, root: str | None) -> Path | None:
    """Cache directory for blobs of this OpenVINO on this kind of CPU; None where `root` is empty.

    A blob is bound to both, and to the path and modification time of the engine, and its bytes differ from
    one compilation to the next. So it is no part of the engine, and it never lies in a version directory:
    a write there would make Triton reload the version.
    """
    if not root:
        return None
    bound_to = repr((sorted(info.runtime_versions.items()), info.cpu_features))
    directory = Path(root) / hashlib.sha256(bound_to.encode()).hexdigest()[:16]
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def encode_prompt(tokenizer: Any, prompt: str) -> Any:
    """Token ids (`Tensor` of shape [1, n]) of a user's turn, in the engine's chat template if it has one."""
    if tokenizer.chat_template:
        turn = [{"role": "user", "content": prompt}]
        prompt = tokenizer.apply_chat_template(turn, add_generation_prompt=True)
    return tokenizer.encode(prompt, add_special_tokens=False).input_ids


def token_tensor(tokens: list[int]) -> Any:
    """One sequence as the tensor the pipeline takes."""
    return ov.Tensor(np.array([tokens], dtype=np.int64))
