"""The Triton model of an OpenVINO engine (python backend, decoupled).

Nothing here writes into the version directory: Triton reloads a resident version whose files are newer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

from .generation_loop import Ask, GenerationLoop, Piece
from .pipeline import encode_prompt, open_pipeline
from .settings import (
    check_compatible,
    installed_versions,
    machine_cpu_features,
    read_engine_info,
    read_serving_options,
)


class TritonReply:
    """Sends one request's pieces through Triton's response sender, which is closed by the last of them."""

    def __init__(self, sender: Any) -> None:
        self._sender = sender

    def send(self, piece: Piece) -> None:
        """One response; the one with a finish reason is the last."""
        tensors = [
            pb_utils.Tensor("text_output", np.array([piece.text.encode()], dtype=np.object_)),
            pb_utils.Tensor("token_count", np.array([piece.token_count], dtype=np.int32)),
            pb_utils.Tensor("cum_log_probs", np.array([piece.cum_log_probs], dtype=np.float32)),
            pb_utils.Tensor("finish_reason", np.array([piece.finish_reason.encode()], dtype=np.object_)),
        ]
        flags = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL if piece.finish_reason else 0
        self._sender.send(pb_utils.InferenceResponse(output_tensors=tensors), flags=flags)

    def fail(self, message: str) -> None:
        """An error as the last response."""
        response = pb_utils.InferenceResponse(error=pb_utils.TritonError(message))
        self._sender.send(response, flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def is_cancelled(self) -> bool:
        """The client has gone away or asked to stop."""
        return bool(self._sender.is_cancelled())


class TritonPythonModel:
    """What Triton's python backend calls."""

    def initialize(self, args: dict[str, str]) -> None:
        """Checks and opens the engine and generates once, so that a version that loads also answers."""
        version_dir = Path(args["model_repository"]) / args["model_version"]
        info = read_engine_info(version_dir)
        check_compatible(info, installed_versions(), machine_cpu_features())
        self._options = read_serving_options(version_dir, info.limits)
        pipeline = open_pipeline(version_dir / "engine", info, self._options)
        _warm_up(pipeline)
        self._loop = GenerationLoop(pipeline, info.limits)

    def execute(self, requests: list[Any]) -> None:
        """Queues the requests; their answers come from the loop's thread."""
        for request in requests:
            reply = TritonReply(request.get_response_sender())
            try:
                self._loop.submit(_ask_from(request, self._options.max_new_tokens), reply)
            except ValueError as error:
                reply.fail(str(error))

    def finalize(self) -> None:
        """Stops the loop; requests still open end with an error."""
        self._loop.close()


def _ask_from(request: Any, most_tokens: int) -> Ask:
    prompt = _value(request, "text_input", b"")
    max_tokens = int(_value(request, "max_tokens", most_tokens))
    temperature = float(_value(request, "temperature", 0.0))
    if max_tokens < 1:
        raise ValueError(f"max_tokens is {max_tokens}; wanted 1 or more")
    if not 0.0 <= temperature <= 100.0:
        raise ValueError(f"temperature is {temperature}; wanted 0 (greedy) to 100")
    try:
        text = bytes(prompt).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"text_input is not UTF-8 ({error})") from error
    if not text.strip():
        raise ValueError("text_input is empty")
    return Ask(text, min(max_tokens, most_tokens), temperature, bool(_value(request, "stream", False)))


def _value(request: Any, name: str, default: Any) -> Any:
    tensor = pb_utils.get_input_tensor_by_name(request, name)
    return default if tensor is None else tensor.as_numpy().reshape(-1)[0]


def _warm_up(pipeline: Any) -> None:
    config = pipeline.get_config()
    config.max_new_tokens = 2
    config.apply_chat_template = False
    tokens = encode_prompt(pipeline.get_tokenizer(), "Hello")
    handle = pipeline.add_request(0, tokens, config)
    while pipeline.has_non_finished_requests():
        pipeline.step()
    if not handle.read_all():
        raise RuntimeError("the engine loaded but generated nothing")
