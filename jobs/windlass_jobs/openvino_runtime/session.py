"""A built engine as an `EngineSession`: the pipeline and the generation loop are the ones Triton runs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from windlass_jobs.contract import JobFailure
from windlass_jobs.evaluate.encoding import EncodedItem, ItemEncoder
from windlass_jobs.evaluate.engine_session import Answer, Score, ScoreItem
from windlass_jobs.openvino_runtime.triton_model.generation_loop import Ask, GenerationLoop, Piece
from windlass_jobs.openvino_runtime.triton_model.pipeline import encode_prompt, open_pipeline, token_tensor
from windlass_jobs.openvino_runtime.triton_model.settings import (
    ServingOptions,
    check_compatible,
    installed_versions,
    machine_cpu_features,
    read_engine_info,
)

CACHE_SIZE_GB = 1
CONCURRENT = 16


class OpenVinoSession:
    """Scores by echoing whole texts through the pipeline, with the log-probability of each token."""

    def __init__(self, engine: Path, threads: int) -> None:
        info = read_engine_info(engine)
        check_compatible(info, installed_versions(), machine_cpu_features())
        options = ServingOptions(info.limits.max_output_tokens, CACHE_SIZE_GB, CONCURRENT, threads)
        self._limits = info.limits
        self._encoder = ItemEncoder(engine / "engine")
        self._pipeline: Any = open_pipeline(engine / "engine", info, options)

    def score(self, items: Sequence[ScoreItem]) -> list[Score]:
        """One score per item, in order."""
        encoded = self._encoder.encode(items)
        config = self._pipeline.get_config()
        config.max_new_tokens = 1
        config.logprobs = 1
        config.echo = True
        config.apply_chat_template = False
        handles = [
            self._pipeline.add_request(at, token_tensor(item.ids), config) for at, item in enumerate(encoded)
        ]
        while self._pipeline.has_non_finished_requests():
            self._pipeline.step()
        return [_score_of(item, handle) for item, handle in zip(encoded, handles, strict=True)]

    def generate(self, prompts: Sequence[str], max_new_tokens: int) -> list[Answer]:
        """Greedy answers, one prompt after the other."""
        loop = GenerationLoop(self._pipeline, self._limits)
        try:
            return [self._answer(loop, prompt, max_new_tokens) for prompt in prompts]
        finally:
            loop.close()

    def prompt_ids(self, prompt: str) -> list[int]:
        """Token ids of a prompt as the served model makes them."""
        tokens = encode_prompt(self._pipeline.get_tokenizer(), prompt)
        return [int(token) for token in tokens.data.reshape(-1)]

    def close(self) -> None:
        """Frees the compiled model."""
        self._pipeline = None

    @staticmethod
    def _answer(loop: GenerationLoop, prompt: str, max_new_tokens: int) -> Answer:
        reply = _CollectedReply()
        loop.submit(Ask(prompt, max_new_tokens, temperature=0.0, stream=True), reply)
        return reply.answer()


class _CollectedReply:
    """Puts the pieces of one answer together."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._arrivals: list[float] = []
        self._pieces: list[Piece] = []
        self._error = ""
        self._done = threading.Event()

    def send(self, piece: Piece) -> None:
        self._arrivals.append(time.monotonic() - self._started)
        self._pieces.append(piece)
        if piece.finish_reason:
            self._done.set()

    def fail(self, message: str) -> None:
        self._error = message
        self._done.set()

    def is_cancelled(self) -> bool:
        return False

    def answer(self) -> Answer:
        """Waits for the end. Raises `RuntimeError` with the engine's message if it failed."""
        self._done.wait()
        if self._error:
            raise RuntimeError(f"the engine did not answer: {self._error}")
        text = "".join(piece.text for piece in self._pieces)
        return Answer(text, self._pieces[-1].token_count, self._arrivals[-1], self._arrivals[0])


def open_engine(engine: Path) -> OpenVinoSession:
    """Opens an engine on all CPUs of this job. Raises `IncompatibleEnvironment` where it does not fit."""
    try:
        return OpenVinoSession(engine, threads=len(os.sched_getaffinity(0)))
    except ValueError as error:
        raise JobFailure("IncompatibleEnvironment", str(error), {"engine": engine.name}) from error


def _score_of(item: EncodedItem, handle: Any) -> Score:
    outputs = handle.read_all()
    if not outputs or len(outputs[0].generated_log_probs) < len(item.ids):
        raise RuntimeError(
            f"the engine gave no log-probabilities for a text of {len(item.ids)} tokens; "
            f"the key-value cache of {CACHE_SIZE_GB} GB may be too small for it"
        )
    log_probs = outputs[0].generated_log_probs[item.first_scored : len(item.ids)]
    return Score(item.scored_tokens, float(sum(log_probs)))
