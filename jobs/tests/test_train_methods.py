"""What each method makes of a base model and a data set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.job_lab import Ended, JobLab
from tests.train_lab import (
    TrainLab,
    curve,
    parameters,
    token_rows,
    write_dataset,
    write_text_dataset,
)
from windlass_jobs.contract import ArtifactRef
from windlass_jobs.hf_checkpoint.verification import verify_checkpoint

SCRATCH = {"vocabSize": 400, "hiddenSize": 32, "layers": 2, "heads": 4, "intermediateSize": 64}
CHECKPOINT_FILES = {
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "training.json",
}


@pytest.fixture
def train_lab(lab: JobLab, tiny_base: Path, tmp_path: Path) -> TrainLab:
    return TrainLab(lab, tiny_base, write_dataset(tmp_path / "dataset", token_rows(tiny_base)))


def artifact_files(ended: Ended) -> set[str]:
    return {file["path"] for file in json.loads((ended.out / "manifest.json").read_bytes())["files"]}


def changed_weights(ended: Ended, base: Path) -> set[str]:
    before, after = load_file(base / "model.safetensors"), load_file(ended.out / "model.safetensors")
    assert before.keys() == after.keys()
    return {name for name in before if not before[name].equal(after[name])}


@pytest.mark.parametrize(("method", "gain"), [("lora", 0.02), ("full", 0.2)])
def test_a_fine_tuned_model_is_an_ordinary_checkpoint_that_knows_the_data_better(
    train_lab: TrainLab, method: str, gain: float
) -> None:
    ended = train_lab.train(method=method)
    assert artifact_files(ended) == CHECKPOINT_FILES
    verify_checkpoint(ended.out)
    losses = ended.result["summary"]["validationLoss"]
    assert losses["last"] < losses["first"] - gain


def test_lora_changes_only_the_layers_it_targets(train_lab: TrainLab, tiny_base: Path) -> None:
    lora = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": ["q_proj", "v_proj"]}
    changed = changed_weights(train_lab.train(lora=lora), tiny_base)
    assert {name.split(".")[-2] for name in changed} == {"q_proj", "v_proj"}


def test_full_changes_the_embeddings_too(train_lab: TrainLab, tiny_base: Path) -> None:
    changed = changed_weights(train_lab.train(method="full"), tiny_base)
    assert "model.embed_tokens.weight" in changed


def test_none_passes_the_files_of_the_base_on_byte_for_byte(train_lab: TrainLab, tiny_base: Path) -> None:
    ended = train_lab.train(method="none")
    for path in tiny_base.iterdir():
        assert (ended.out / path.name).read_bytes() == path.read_bytes()
    assert curve(ended) == []


def test_none_leaves_the_training_report_of_its_base_alone(train_lab: TrainLab) -> None:
    trained = train_lab.train()
    report = (trained.out / "training.json").read_bytes()
    train_lab.inputs["base"] = ArtifactRef(trained.out.as_uri(), trained.digest, "checkpoint")
    assert curve(train_lab.train(method="none")) == []
    assert (trained.out / "training.json").read_bytes() == report


def test_scratch_makes_tokenizer_and_model_from_the_data_alone(lab: JobLab, tmp_path: Path) -> None:
    dataset = lab.publish(write_text_dataset(tmp_path / "text"), "dataset")
    values = parameters(method="scratch", scratch=SCRATCH, steps=40)
    first, second = (lab.run("train", values, dataset=dataset) for _ in range(2))
    assert artifact_files(first) == CHECKPOINT_FILES
    assert first.digest == second.digest
    assert AutoModelForCausalLM.from_pretrained(first.out).config.hidden_size == 32
    assert "<|im_start|>assistant" in AutoTokenizer.from_pretrained(first.out).chat_template
    assert first.result["summary"]["trainLoss"]["last"] < first.result["summary"]["trainLoss"]["first"] - 1


def test_the_loss_curve_holds_every_step_and_every_validation(train_lab: TrainLab) -> None:
    points = curve(train_lab.train())
    assert [point["step"] for point in points] == list(range(13))
    assert [point["step"] for point in points if "validation_loss" in point] == [0, 5, 10, 12]
    rates = [point["learning_rate"] for point in points[1:]]
    assert rates[:2] == [0.005, 0.01]
    assert rates[2:] == sorted(rates[2:], reverse=True)


def test_progress_tells_step_loss_and_time_left(train_lab: TrainLab) -> None:
    lines = [line for line in train_lab.train().progress if line["phase"] == "train"]
    assert lines[0]["message"].startswith("step 0/12 · validation loss ")
    last = lines[-1]
    assert last["message"].startswith("step 12/12 · loss ")
    assert (last["step"], last["totalSteps"], last["etaSeconds"]) == (12, 12, 0.0)
    assert set(last["metrics"]) == {"train_loss", "validation_loss", "learning_rate", "tokens_per_second"}


def test_the_artifact_says_what_it_was_trained_from(train_lab: TrainLab) -> None:
    ended = train_lab.train()
    attributes = json.loads((ended.out / "manifest.json").read_bytes())["attributes"]
    assert attributes["base"] == train_lab.inputs["base"].digest
    assert attributes["dataset"] == train_lab.inputs["dataset"].digest
    assert (attributes["method"], attributes["steps"], attributes["seed"]) == ("lora", 12, 17)
    assert 0 < attributes["parameters"]["trainable"] < attributes["parameters"]["total"]
    assert ended.result["metrics"]["validation_loss"] == curve(ended)[-1]["validation_loss"]
