"""Any way a model comes in becomes the same kind of artifact, or a failure that names what is wrong."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.job_lab import Ended, JobLab
from tests.tiny_tokenizer import save_tiny_tokenizer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def import_model(lab: JobLab, source: str | Path, hub_directory: Path | None = None) -> Ended:
    hub = None if hub_directory is None else str(hub_directory)
    return lab.run("import-model", {"source": str(source), "name": "tiny", "hubDirectory": hub})


def manifest(ended: Ended) -> dict[str, object]:
    document: dict[str, object] = json.loads((ended.out / "manifest.json").read_bytes())
    return document


@pytest.fixture
def copy(tiny_base: Path, tmp_path: Path) -> Path:
    """A checkpoint to break."""
    return Path(shutil.copytree(tiny_base, tmp_path / "copy"))


@pytest.fixture
def hub(tiny_base: Path, tmp_path: Path) -> Path:
    """A hub cache that holds one commit of one repository."""
    snapshot = tmp_path / "hub" / "models--acme--tiny" / "snapshots" / COMMIT
    shutil.copytree(tiny_base, snapshot)
    return tmp_path / "hub"


def test_a_directory_becomes_a_whole_checkpoint(lab: JobLab, tiny_base: Path) -> None:
    ended = import_model(lab, tiny_base)
    assert {path.name for path in ended.out.iterdir()} == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "manifest.json",
        "result.json",
    }
    attributes = manifest(ended)["attributes"]
    assert isinstance(attributes, dict)
    assert (attributes["name"], attributes["architecture"], attributes["dtype"]) == (
        "tiny",
        "LlamaForCausalLM",
        "float32",
    )


def test_an_imported_model_computes_what_the_source_computes(lab: JobLab, tiny_base: Path) -> None:
    out = import_model(lab, tiny_base).out
    ids = torch.tensor([AutoTokenizer.from_pretrained(out)("a tower with a light")["input_ids"]])
    answers = [AutoModelForCausalLM.from_pretrained(place)(ids).logits for place in (tiny_base, out)]
    assert answers[0].equal(answers[1])


def test_half_precision_becomes_fp32(lab: JobLab, copy: Path) -> None:
    halves = {name: weight.bfloat16() for name, weight in load_file(copy / "model.safetensors").items()}
    save_file(halves, copy / "model.safetensors", metadata={"format": "pt"})
    weights = load_file(import_model(lab, copy).out / "model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.float32}


def test_the_artifact_does_not_depend_on_where_the_source_lay(
    lab: JobLab, tiny_base: Path, copy: Path
) -> None:
    assert import_model(lab, tiny_base).digest == import_model(lab, copy).digest


def test_importing_an_import_changes_nothing(lab: JobLab, tiny_base: Path) -> None:
    first = import_model(lab, tiny_base)
    assert import_model(lab, first.out).digest == first.digest


def test_a_pinned_commit_comes_out_of_a_local_hub_copy(lab: JobLab, tiny_base: Path, hub: Path) -> None:
    ended = import_model(lab, f"hf://acme/tiny@{COMMIT}", hub)
    assert manifest(ended)["files"] == manifest(import_model(lab, tiny_base))["files"]
    assert ended.result["summary"]["source"] == {
        "kind": "hub",
        "repository": "acme/tiny",
        "revision": COMMIT,
    }


def test_a_commit_that_the_local_hub_copy_lacks_is_missing(lab: JobLab, hub: Path) -> None:
    ended = import_model(lab, f"hf://acme/tiny@{COMMIT[::-1]}", hub)
    assert (ended.exit_code, ended.failure["name"]) == (66, "MissingInput")
    assert "the local hub copy does not hold acme/tiny" in ended.failure["message"]


def test_offline_the_hub_is_not_asked(lab: JobLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    ended = import_model(lab, f"hf://acme/tiny@{COMMIT}")
    assert (ended.exit_code, ended.failure["name"]) == (66, "MissingInput")
    assert "the hub cannot be reached and the local cache does not hold" in ended.failure["message"]


def test_a_hub_that_does_not_answer_is_named(
    lab: JobLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed_port = listener.getsockname()[1]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    ended = import_model(lab, f"hf://acme/tiny@{COMMIT}")
    assert (ended.exit_code, ended.failure["name"]) == (66, "MissingInput")
    assert "HF_ENDPOINT" in ended.failure["advice"]


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("hf://acme/tiny@main", 64, "revision 'main' of acme/tiny is not a commit"),
        ("hf://acme/tiny", 64, "does not name a repository and a revision"),
        ("/nowhere/at/all", 66, "there is no model at /nowhere/at/all"),
        ("package:no_such_package", 66, "'no_such_package' is not installed"),
        ("package:json", 64, "package 'json' holds 0 .gguf files"),
        (__file__, 64, "is neither a directory nor a .gguf file"),
    ],
)
def test_a_wrong_source_is_named(lab: JobLab, source: str, code: int, message: str) -> None:
    ended = import_model(lab, source)
    assert ended.exit_code == code
    assert message in ended.failure["message"]
    assert ended.failure["details"] == {"field": "parameters.source"}


class TestBrokenCheckpoints:
    """What later stages would stumble over is found here."""

    def failure(self, lab: JobLab, source: Path) -> str:
        ended = import_model(lab, source)
        assert (ended.exit_code, ended.failure["name"]) == (65, "InvalidData")
        assert ended.failure["advice"]
        message: str = ended.failure["message"]
        return message

    def test_no_weights(self, lab: JobLab, copy: Path) -> None:
        (copy / "model.safetensors").unlink()
        assert "the model cannot be loaded from config.json and *.safetensors" in self.failure(lab, copy)

    def test_torn_weights(self, lab: JobLab, copy: Path) -> None:
        data = (copy / "model.safetensors").read_bytes()
        (copy / "model.safetensors").write_bytes(data[: len(data) // 2])
        assert "the model cannot be loaded" in self.failure(lab, copy)

    def test_a_weight_too_few(self, lab: JobLab, copy: Path) -> None:
        weights = load_file(copy / "model.safetensors")
        del weights["model.norm.weight"]
        save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
        assert "lacks 1 weights that its config asks for, first model.norm.weight" in self.failure(lab, copy)

    def test_weights_that_are_not_numbers(self, lab: JobLab, copy: Path) -> None:
        weights = load_file(copy / "model.safetensors")
        weights["model.norm.weight"][0] = float("nan")
        save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
        assert "NaN or infinite logits" in self.failure(lab, copy)

    def test_no_tokenizer(self, lab: JobLab, copy: Path) -> None:
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (copy / name).unlink()
        assert "tokenizer" in self.failure(lab, copy)

    def test_no_chat_template(self, lab: JobLab, copy: Path) -> None:
        (copy / "chat_template.jinja").unlink()
        save_tiny_tokenizer(copy, chat_template=None)
        assert "no chat template" in self.failure(lab, copy)

    def test_a_tokenizer_of_a_larger_model(self, lab: JobLab, copy: Path) -> None:
        tokenizer = AutoTokenizer.from_pretrained(copy)
        tokenizer.add_tokens([f"extra-{number}" for number in range(5)])
        tokenizer.save_pretrained(copy)
        assert "the model embeds only" in self.failure(lab, copy)

    def test_a_gguf_file_that_is_none(self, lab: JobLab, tmp_path: Path) -> None:
        (tmp_path / "text.gguf").write_text("not a model")
        assert "the GGUF model cannot be loaded from text.gguf" in self.failure(lab, tmp_path / "text.gguf")
