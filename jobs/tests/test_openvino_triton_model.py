"""The Triton model on a real Triton."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tritonclient.utils import InferenceServerException

from tests.openvino_lab import OpenVinoLab, path_of
from tests.triton_lab import TritonServer


@pytest.fixture(scope="module")
def server(built: OpenVinoLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    started = TritonServer(tmp_path_factory.mktemp("triton"))
    publish(started, built, 1)
    started.load("tiny", [1])
    yield started
    started.stop()


def publish(server: TritonServer, built: OpenVinoLab, version: int, serving: str = "{}") -> Path:
    staged = shutil.copytree(path_of(built.engine), server.repository.parent / f"staged-{version}")
    (staged / "serving.json").write_text(serving)
    target = server.repository / "tiny" / str(version)
    target.parent.mkdir(exist_ok=True)
    return staged.rename(target)


def loads_of(server: TritonServer, model: str) -> int:
    marker = f"TRITONBACKEND_ModelInstanceInitialize: {model}_"
    return server.log.read_text(errors="replace").count(marker)


def test_a_request_that_does_not_stream_gets_one_response_which_is_the_last(server: TritonServer) -> None:
    (response,) = server.ask("tiny", text_input="ships", max_tokens=6)
    assert response["final"]
    assert response["finish_reason"] in ("stop", "length")
    assert 1 <= response["tokens"] <= 6
    assert response["log_probs"] < 0
    assert response["version"] == "1"


def test_a_stream_brings_the_same_answer_piece_by_piece(server: TritonServer) -> None:
    (whole,) = server.ask("tiny", text_input="ships", max_tokens=6)
    pieces = server.ask("tiny", text_input="ships", max_tokens=6, stream=True)
    assert "".join(piece["text"] for piece in pieces) == whole["text"]
    assert [piece["tokens"] for piece in pieces] == list(range(1, whole["tokens"] + 1))
    assert [piece["final"] for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert [bool(piece["finish_reason"]) for piece in pieces] == [piece["final"] for piece in pieces]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"text_input": "ships " * 400}, "more than the 128 this engine takes"),
        ({"text_input": " \n"}, "text_input is empty"),
        ({"text_input": "ships", "max_tokens": 0}, "max_tokens is 0"),
        ({"text_input": "ships", "temperature": -1.0}, "temperature is -1.0"),
    ],
)
def test_a_bad_request_gets_an_error_and_the_server_lives(
    server: TritonServer, inputs: dict[str, str], message: str
) -> None:
    (response,) = server.ask("tiny", **inputs)
    assert message in response["error"]
    assert server.ask("tiny", text_input="ships", max_tokens=2)[0]["finish_reason"]


def test_sampling_gives_other_answers_than_greedy(server: TritonServer) -> None:
    texts = {
        server.ask("tiny", text_input="ships", max_tokens=12, temperature=5.0)[0]["text"] for _ in range(5)
    }
    assert len(texts) > 1


def test_clients_that_go_away_leave_the_model_answering(server: TritonServer) -> None:
    for _ in range(10):
        server.leave("tiny", text_input="ships", max_tokens=32, stream=True)
    assert server.ask("tiny", text_input="ships", max_tokens=2)[0]["finish_reason"]


def test_a_bad_serving_option_refuses_the_load_by_name(server: TritonServer, built: OpenVinoLab) -> None:
    publish(server, built, 9, '{"threads": "two"}')
    with pytest.raises(InferenceServerException, match=r'serving\.json: "threads" is "two"'):
        server.load("tiny", [1, 9])
    assert server.ask("tiny", text_input="ships", max_tokens=2)[0]["version"] == "1"


def test_a_deployments_cap_shortens_answers(server: TritonServer, built: OpenVinoLab) -> None:
    publish(server, built, 2, '{"maxNewTokens": 1}')
    server.load("tiny", [1, 2])
    (response,) = server.ask("tiny", text_input="ships", max_tokens=20)
    assert (response["version"], response["tokens"]) == ("2", 1)
    server.load("tiny", [1])


def test_serving_writes_nothing_and_a_new_version_reloads_no_other(
    server: TritonServer, built: OpenVinoLab
) -> None:
    directory = server.repository / "tiny" / "1"
    files = sorted(path.relative_to(directory) for path in directory.rglob("*"))
    published = sorted(path.relative_to(path_of(built.engine)) for path in path_of(built.engine).rglob("*"))
    assert files == sorted([*published, Path("serving.json")])
    loads = loads_of(server, "tiny")
    publish(server, built, 3)
    server.load("tiny", [1, 3])
    server.load("tiny", [1])
    assert loads_of(server, "tiny") == loads + 1
