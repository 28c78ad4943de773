"""Trainings that cannot go well end with a name, the field or row, and advice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.job_lab import JobLab
from tests.train_lab import TrainLab, dataset_ref, token_rows, write_dataset


@pytest.fixture
def train_lab(lab: JobLab, tiny_base: Path, tmp_path: Path) -> TrainLab:
    return TrainLab(lab, tiny_base, write_dataset(tmp_path / "dataset", token_rows(tiny_base)))


def test_weights_that_run_away_to_nan_are_diverged(train_lab: TrainLab) -> None:
    ended = train_lab.train(method="full", learningRate=1e38, gradientClip=0.0, validateEvery=0)
    assert (ended.exit_code, ended.failure["name"]) == (69, "TrainingDiverged")
    assert "Lower learningRate" in ended.failure["advice"]
    assert ended.failure["details"]["step"] >= 1


def test_a_loss_above_the_bound_is_diverged(train_lab: TrainLab) -> None:
    ended = train_lab.train(divergence={"maxLoss": 0.5, "noProgressSteps": 0})
    assert ended.failure["name"] == "TrainingDiverged"
    assert "(bound 0.5)" in ended.failure["message"]


def test_a_validation_loss_that_stands_still_is_no_progress(train_lab: TrainLab) -> None:
    ended = train_lab.train(
        learningRate=0.0, validateEvery=2, divergence={"maxLoss": 50, "noProgressSteps": 4}
    )
    assert (ended.exit_code, ended.failure["name"]) == (69, "NoProgress")
    assert ended.failure["details"] == {"step": 4, "bestStep": 0, "noProgressSteps": 4}


def test_progress_within_the_patience_is_enough(train_lab: TrainLab) -> None:
    assert train_lab.train(method="full", divergence={"maxLoss": 50, "noProgressSteps": 8}).exit_code == 0


LORA = {"rank": 4, "alpha": 8, "dropout": 0.0, "targets": "all-linear"}
SCRATCH = {"vocabSize": 400, "hiddenSize": 32, "layers": 2, "heads": 4, "intermediateSize": 64}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": "qlora"}, "parameters.method"),
        ({"steps": 0}, "parameters.steps"),
        ({"batchSize": "8"}, "parameters.batchSize"),
        ({"learningRate": float("nan")}, "parameters.learningRate"),
        ({"lora": None}, "parameters.lora"),
        ({"lora": {**LORA, "rank": 0}}, "parameters.lora.rank"),
        ({"lora": {**LORA, "dropout": 1}}, "parameters.lora.dropout"),
        ({"lora": {**LORA, "targets": []}}, "parameters.lora.targets"),
        ({"lora": {**LORA, "targets": ["query"]}}, "parameters.lora.targets"),
        ({"method": "scratch", "scratch": None}, "parameters.scratch"),
        ({"method": "scratch", "scratch": {**SCRATCH, "hiddenSize": 30}}, "parameters.scratch.hiddenSize"),
        ({"divergence": {"maxLoss": 1}}, "parameters.divergence.noProgressSteps"),
    ],
)
def test_a_wrong_parameter_is_named_by_its_path(
    train_lab: TrainLab, changes: dict[str, Any], field: str
) -> None:
    ended = train_lab.train(**changes)
    assert (ended.exit_code, ended.failure["name"]) == (64, "InvalidConfig")
    assert ended.failure["details"] == {"field": field}
    assert field in ended.failure["message"]


def test_targets_that_match_nothing_name_the_layers_there_are(train_lab: TrainLab) -> None:
    ended = train_lab.train(lora={**LORA, "targets": ["query"]})
    assert "q_proj" in ended.failure["advice"]


def test_rows_of_another_tokenizer_are_refused(
    train_lab: TrainLab, lab: JobLab, tiny_base: Path, tmp_path: Path
) -> None:
    rows = token_rows(tiny_base)
    rows[5]["input_ids"][3] = 40_000
    train_lab.inputs["dataset"] = dataset_ref(lab, tmp_path / "foreign", rows)
    ended = train_lab.train()
    assert (ended.exit_code, ended.failure["name"]) == (65, "InvalidData")
    assert ended.failure["details"]["row"] == rows[5]["id"]


def test_rows_whose_responses_do_not_fit_are_nothing_to_learn(train_lab: TrainLab) -> None:
    ended = train_lab.train(maxTokens=4)
    assert ended.failure["name"] == "InvalidData"
    assert "within 4 tokens" in ended.failure["message"]


def test_a_table_without_labels_is_named(
    train_lab: TrainLab, lab: JobLab, tiny_base: Path, tmp_path: Path
) -> None:
    rows = [{"id": row["id"], "input_ids": row["input_ids"]} for row in token_rows(tiny_base)]
    train_lab.inputs["dataset"] = dataset_ref(lab, tmp_path / "unlabelled", rows)
    ended = train_lab.train()
    assert ended.failure["details"] == {"file": "train.tokens.parquet", "field": "labels"}


def test_a_base_without_tokenizer_is_named(train_lab: TrainLab, lab: JobLab, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.json").write_text("{}")
    train_lab.inputs["base"] = lab.publish(tmp_path / "empty", "base-model")
    assert train_lab.train().failure["name"] == "InvalidData"
