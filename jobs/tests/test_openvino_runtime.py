"""A tiny checkpoint through convert and build-engine, and the engine's session beside torch's."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.openvino_lab import BUILD, OpenVinoLab, path_of
from tests.tiny_llama import save_tiny_llama
from windlass_jobs.contract import JobFailure
from windlass_jobs.evaluate.engine_session import ScoreItem, open_engine_session
from windlass_jobs.evaluate.torch_session import TorchSession
from windlass_jobs.openvino_runtime.session import OpenVinoSession
from windlass_jobs.openvino_runtime.triton_model.generation_loop import Ask, GenerationLoop, Piece
from windlass_jobs.openvino_runtime.triton_model.settings import EngineLimits

ITEMS = [
    ScoreItem('Define the noun "lighthouse".', "a tower with a light"),
    ScoreItem("Say – ‘hi’ – 日本", "ships, naïve ones"),
    ScoreItem(None, "a plain text without any prompt"),
]


@pytest.fixture(scope="module")
def session(built: OpenVinoLab) -> Iterator[OpenVinoSession]:
    opened = OpenVinoSession(path_of(built.engine), threads=2)
    yield opened
    opened.close()


class Reply:
    """Collects an answer; `cancel_after` pieces the client goes away."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.pieces: list[Piece] = []
        self.error = ""
        self.done = threading.Event()
        self._cancel_after = cancel_after

    def send(self, piece: Piece) -> None:
        self.pieces.append(piece)
        if piece.finish_reason:
            self.done.set()

    def fail(self, message: str) -> None:
        self.error = message
        self.done.set()

    def is_cancelled(self) -> bool:
        return self._cancel_after is not None and len(self.pieces) >= self._cancel_after

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def ask(prompt: str, *, max_tokens: int = 12, stream: bool = True) -> Ask:
    return Ask(prompt, max_tokens, 0.0, stream)


@pytest.fixture
def loop(session: OpenVinoSession) -> Iterator[GenerationLoop]:
    opened = GenerationLoop(session._pipeline, EngineLimits(128, 32))
    yield opened
    opened.close()


def test_the_engine_is_a_triton_version_directory(built: OpenVinoLab) -> None:
    engine = path_of(built.engine)
    manifest = json.loads((engine / "manifest.json").read_text())
    assert {"model.py", "engine.json", "engine/openvino_model.bin", "engine/tokenizer.json"} <= {
        file["path"] for file in manifest["files"]
    }
    assert (engine / "__pycache__").is_file()
    attributes = manifest["attributes"]
    assert attributes["quantization"] == "int8"
    assert attributes["limits"] == {"maxInputTokens": 128, "maxOutputTokens": 32}
    assert attributes["sources"]["checkpoint"] == built.checkpoint.digest
    assert 0.9 < attributes["parity"]["ratio"] < 1.1
    assert attributes["argv"][0] == "nncf.compress_weights"


def test_the_same_inputs_give_the_same_bytes(built: OpenVinoLab) -> None:
    again = built.jobs.run("convert", {"runtime": "openvino"}, checkpoint=built.checkpoint)
    assert again.digest == built.weights.digest
    assert built.build(BUILD).digest == built.engine.digest


def test_int4_and_unquantised_engines_are_built_too(built: OpenVinoLab) -> None:
    tolerant = {"items": 4, "maxPerplexityRatio": 3.0}
    for quantization in ("int4", "none"):
        ended = built.build({**BUILD, "quantization": quantization, "parity": tolerant})
        assert ended.exit_code == 0, ended.result
    assert ended.result["summary"]["parity"]["ratio"] == pytest.approx(1.0, abs=1e-3)


def test_an_engine_of_another_checkpoint_fails_parity_with_both_figures(
    built: OpenVinoLab, tmp_path: Path
) -> None:
    other = built.jobs.publish(save_tiny_llama(tmp_path / "other", seed=2), "checkpoint")
    strict = {**BUILD, "parity": {"items": 8, "maxPerplexityRatio": 0.5}}
    ended = built.build(strict, checkpoint=other)
    assert ended.exit_code == 69
    assert ended.failure["name"] == "ParityFailed"
    details = ended.failure["details"]
    assert f"{details['enginePerplexity']:.4g}" in ended.failure["message"]
    assert f"{details['checkpointPerplexity']:.4g}" in ended.failure["message"]


def test_an_engine_with_another_tokenizer_fails_parity(built: OpenVinoLab, tmp_path: Path) -> None:
    directory = shutil.copytree(path_of(built.checkpoint), tmp_path / "renamed")
    for name in ("manifest.json", "result.json"):
        (directory / name).unlink(missing_ok=True)
    template = directory / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_start|>", "<|im_start|>!"))
    ended = built.build(BUILD, checkpoint=built.jobs.publish(directory, "checkpoint"))
    assert ended.failure["name"] == "ParityFailed"
    assert "chat template or tokenizer" in ended.failure["message"]


def test_an_unknown_quantization_is_bad_configuration(built: OpenVinoLab) -> None:
    ended = built.build({**BUILD, "quantization": "int2"})
    assert ended.exit_code == 64
    assert "none, int8, int4" in ended.failure["message"]


def test_a_checkpoint_that_cannot_be_exported_is_bad_data(built: OpenVinoLab, tmp_path: Path) -> None:
    directory = save_tiny_llama(tmp_path / "odd")
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, "model_type": "no-such-model"}))
    odd = built.jobs.publish(directory, "checkpoint")
    ended = built.jobs.run("convert", {"runtime": "openvino"}, checkpoint=odd)
    assert ended.exit_code == 65
    assert "cannot be exported" in ended.failure["message"]


def test_the_engine_scores_as_the_checkpoint_does(built: OpenVinoLab, session: OpenVinoSession) -> None:
    torch_session = TorchSession(path_of(built.checkpoint), threads=2)
    for mine, theirs in zip(session.score(ITEMS), torch_session.score(ITEMS), strict=True):
        assert mine.tokens == theirs.tokens
        assert mine.log_likelihood == pytest.approx(theirs.log_likelihood, rel=0.02)


def test_both_sessions_answer(built: OpenVinoLab, session: OpenVinoSession) -> None:
    (answer,) = session.generate(["a tower"], 6)
    assert 1 <= answer.tokens <= 6
    assert answer.first_token_seconds is not None
    assert answer.first_token_seconds <= answer.seconds
    answers = TorchSession(path_of(built.checkpoint), threads=2).generate(["a tower", "ships of the sea"], 6)
    assert [1 <= found.tokens <= 6 for found in answers] == [True, True]


def test_an_engine_for_another_openvino_is_an_incompatible_environment(
    built: OpenVinoLab, tmp_path: Path
) -> None:
    engine = shutil.copytree(path_of(built.engine), tmp_path / "engine")
    document = json.loads((engine / "engine.json").read_text())
    document["runtimeVersions"]["openvino"] = "2024.0.0"
    (engine / "engine.json").write_text(json.dumps(document))
    with pytest.raises(JobFailure, match=r"built for openvino 2024\.0\.0") as raised:
        open_engine_session("openvino", engine)
    assert raised.value.name == "IncompatibleEnvironment"


def test_answers_in_flight_together_are_those_given_alone(loop: GenerationLoop) -> None:
    prompts = [f"noun{index} of the ships" for index in range(6)]
    alone = [answered(loop, ask(prompt)).text for prompt in prompts]
    together = [Reply() for _ in prompts]
    for prompt, reply in zip(prompts, together, strict=True):
        loop.submit(ask(prompt), reply)
    assert all(reply.done.wait(30) for reply in together)
    assert [reply.text for reply in together] == alone


def test_a_request_that_does_not_stream_gets_one_piece(loop: GenerationLoop) -> None:
    streamed, whole = answered(loop, ask("ships")), answered(loop, ask("ships", stream=False))
    assert len(whole.pieces) == 1
    assert whole.text == streamed.text
    assert whole.pieces[-1].token_count == streamed.pieces[-1].token_count
    assert whole.pieces[-1].cum_log_probs == pytest.approx(streamed.pieces[-1].cum_log_probs)
    assert whole.pieces[-1].finish_reason in ("stop", "length")
    assert [piece.token_count for piece in streamed.pieces] == sorted(
        piece.token_count for piece in streamed.pieces
    )


def test_a_prompt_over_the_limit_gets_an_error_and_the_next_one_an_answer(loop: GenerationLoop) -> None:
    refused = answered(loop, ask("ships " * 200))
    assert "more than the 128 this engine takes" in refused.error
    assert answered(loop, ask("ships")).error == ""


def test_a_cancelled_request_ends_and_others_go_on(loop: GenerationLoop) -> None:
    leaving, staying = Reply(cancel_after=2), Reply()
    loop.submit(ask("ships", max_tokens=30), leaving)
    loop.submit(ask("tower", max_tokens=30), staying)
    assert leaving.done.wait(30)
    assert staying.done.wait(30)
    assert leaving.error == "cancelled by the client"
    assert staying.error == ""


def test_closing_ends_what_is_still_asked(session: OpenVinoSession) -> None:
    loop = GenerationLoop(session._pipeline, EngineLimits(128, 32))
    replies = [Reply() for _ in range(40)]
    for reply in replies:
        loop.submit(ask("ships", max_tokens=32), reply)
    loop.close()
    assert all(reply.done.is_set() for reply in replies)
    assert replies[-1].error == "the engine is being unloaded"


def answered(loop: GenerationLoop, asked: Any) -> Reply:
    reply = Reply()
    loop.submit(asked, reply)
    assert reply.done.wait(30)
    return reply
