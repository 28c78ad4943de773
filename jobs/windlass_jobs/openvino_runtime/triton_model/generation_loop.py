"""One thread that feeds requests to the pipeline while others are being answered (in-flight batching)."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import openvino_genai as genai

from .pipeline import encode_prompt
from .settings import EngineLimits
from .text_pieces import TextPieces

IDLE_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Piece:
    """One response: new text, and counts since the answer began. `finish_reason` is empty until the last."""

    text: str
    token_count: int
    cum_log_probs: float
    finish_reason: str = ""


class Reply(Protocol):
    """Where the answer of one request goes."""

    def send(self, piece: Piece) -> None: ...
    def fail(self, message: str) -> None: ...
    def is_cancelled(self) -> bool: ...


@dataclass(frozen=True)
class Ask:
    """One request. `temperature` 0 is greedy; `stream` False gives one piece with the whole answer."""

    prompt: str
    max_tokens: int
    temperature: float
    stream: bool


@dataclass
class _Answer:
    ask: Ask
    reply: Reply
    handle: Any
    pieces: TextPieces
    held: list[str] = field(default_factory=list)
    token_count: int = 0
    cum_log_probs: float = 0.0


class GenerationLoop:
    """Owns the pipeline: `submit` may be called from any thread, all else happens on its own thread."""

    def __init__(self, pipeline: Any, limits: EngineLimits) -> None:
        self._pipeline = pipeline
        self._tokenizer = pipeline.get_tokenizer()
        self._limits = limits
        self._asked: queue.SimpleQueue[tuple[Ask, Reply] | None] = queue.SimpleQueue()
        self._answers: list[_Answer] = []
        self._next_id = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="generation", daemon=True)
        self._thread.start()

    def submit(self, ask: Ask, reply: Reply) -> None:
        """Queues a request; its answer, or its error, goes to `reply`."""
        self._asked.put((ask, reply))

    def close(self) -> None:
        """Ends what is being answered with an error and stops the thread."""
        self._closing.set()
        self._asked.put(None)
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._admit()
                self._step()
            except Exception as error:  # the thread must outlive a failing step: later requests may succeed
                self._fail_all(f"the engine failed: {error}")
        self._admit()
        self._fail_all("the engine is being unloaded")

    def _admit(self) -> None:
        wait = not self._answers and not self._closing.is_set()
        while True:
            try:
                asked = self._asked.get(block=wait, timeout=IDLE_WAIT_SECONDS)
            except queue.Empty:
                return
            wait = False
            if asked is not None:
                self._start(*asked)

    def _start(self, ask: Ask, reply: Reply) -> None:
        try:
            tokens = encode_prompt(self._tokenizer, ask.prompt)
            if tokens.shape[1] > self._limits.max_input_tokens:
                raise ValueError(
                    f"the prompt has {tokens.shape[1]} tokens, more than the {self._limits.max_input_tokens} "
                    "this engine takes; shorten it"
                )
            handle = self._pipeline.add_request(self._next_id, tokens, self._generation_config(ask))
        except Exception as error:
            reply.fail(str(error))
            return
        self._next_id += 1
        self._answers.append(_Answer(ask, reply, handle, TextPieces(self._decode)))

    def _generation_config(self, ask: Ask) -> Any:
        config = self._pipeline.get_config()
        config.max_new_tokens = ask.max_tokens
        config.logprobs = 1
        config.apply_chat_template = False
        config.do_sample = ask.temperature > 0
        if ask.temperature > 0:
            config.temperature = ask.temperature
            config.rng_seed = random.getrandbits(31)
        return config

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True)) if tokens else ""

    def _step(self) -> None:
        if self._pipeline.has_non_finished_requests():
            self._pipeline.step()
        self._answers = [answer for answer in self._answers if not self._advance(answer)]

    def _advance(self, answer: _Answer) -> bool:
        """Sends what is new; True when the answer has ended."""
        if answer.reply.is_cancelled():
            answer.handle.cancel()
            answer.reply.fail("cancelled by the client")
            return True
        while answer.handle.can_read():
            for output in answer.handle.read().values():
                if self._take(answer, output):
                    return True
        if answer.handle.get_status() == genai.GenerationStatus.IGNORED:
            answer.reply.fail("the request does not fit into the key-value cache; raise cacheSizeGb")
            return True
        return False

    def _take(self, answer: _Answer, output: Any) -> bool:
        answer.token_count += len(output.generated_ids)
        answer.cum_log_probs += sum(output.generated_log_probs)
        reason = _finish_reason(output.finish_reason)
        text = answer.pieces.add(output.generated_ids)
        answer.held.append(text + answer.pieces.rest() if reason else text)
        if reason or answer.ask.stream:
            text = "".join(answer.held)
            answer.held.clear()
            answer.reply.send(Piece(text, answer.token_count, answer.cum_log_probs, reason))
        return bool(reason)

    def _fail_all(self, message: str) -> None:
        failed, self._answers = self._answers, []
        for answer in failed:
            answer.handle.cancel()
            answer.reply.fail(message)


def _finish_reason(reason: Any) -> str:
    names = {genai.GenerationFinishReason.STOP: "stop", genai.GenerationFinishReason.LENGTH: "length"}
    return names.get(reason, "")
