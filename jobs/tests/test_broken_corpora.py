"""Broken corpora end with `InvalidData` that names file, row and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.broken_corpora import BROKEN_CORPORA, BrokenCorpus
from tests.job_lab import JobLab
from tests.prepare_data_lab import only_train, pair, parameters, source, write_jsonl_file
from tests.tiny_tokenizer import save_tiny_tokenizer


@pytest.mark.parametrize("corpus", BROKEN_CORPORA, ids=lambda corpus: corpus.title)
def test_a_broken_file_is_named_with_row_and_field(lab: JobLab, tmp_path: Path, corpus: BrokenCorpus) -> None:
    path = corpus.write(tmp_path)
    ended = lab.run("prepare-data", parameters(source(path, file_format=corpus.file_format)))
    assert ended.exit_code == 65
    failure = ended.failure
    assert failure["name"] == "InvalidData"
    assert corpus.message in failure["message"]
    assert failure["details"]["file"] == path.as_uri()
    assert failure["details"]["field"] == corpus.field
    if corpus.row is not None:
        assert failure["details"]["row"] == corpus.row


@pytest.mark.parametrize("workers", [1, 2])
def test_of_many_broken_rows_the_first_is_reported_whatever_the_workers(
    lab: JobLab, tmp_path: Path, workers: int
) -> None:
    rows: list[dict[str, Any]] = [dict(pair(number)) for number in range(12_000)]
    rows[11_000] = {"prompt": "a"}
    rows[7_000] = {"response": "b"}
    first = write_jsonl_file(tmp_path / "first.jsonl", rows)
    (tmp_path / "second.jsonl.gz").write_bytes(b"not gzip")
    value = parameters(source(first, tmp_path / "second.jsonl.gz"), workers=workers)
    failure = lab.run("prepare-data", value).failure
    assert failure["message"].startswith('first.jsonl row 7001: field "prompt" is missing')


def test_a_source_without_files_is_named(lab: JobLab) -> None:
    failure = lab.run("prepare-data", parameters(source())).failure
    assert failure["message"] == "source file:///data/* matches no file"


def test_a_result_without_rows_says_why_all_were_rejected(lab: JobLab, tmp_path: Path) -> None:
    rows = [
        {"prompt": "a", "response": ""},
        {"prompt": "b", "response": "c"},
        {"prompt": "d", "response": "e"},
    ]
    path = write_jsonl_file(tmp_path / "rows.jsonl", rows)
    failure = lab.run("prepare-data", parameters(source(path))).failure
    assert failure["message"] == "no row is left of the 3 that were read: 1 empty, 2 too-short"


def test_a_split_without_rows_is_named_with_what_to_do(lab: JobLab, tmp_path: Path) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", [pair(1)])
    shares = {"train": 1.0, "validation": 1e-9, "test": 0.0, "salt": "windlass"}
    failure = lab.run("prepare-data", parameters(source(path), split=shares)).failure
    assert failure["message"].startswith("the split 'validation' is empty: 1 kept rows are too few")
    assert failure["details"]["field"] == "validation"


def test_a_file_that_changed_since_it_was_pinned_is_refused(lab: JobLab, tmp_path: Path) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", [pair(1), pair(2)])
    longer, other = parameters(source(path)), parameters(source(path))
    with path.open("a") as file:
        file.write("\n")
    ended = lab.run("prepare-data", longer)
    assert (ended.exit_code, ended.failure["name"]) == (67, "CorruptArtifact")
    assert "rows.jsonl changed after the run was started: it has" in ended.failure["message"]
    data = path.read_bytes()[:-1]
    path.write_bytes(data.replace(b"Define", b"define"))
    assert "has sha256" in lab.run("prepare-data", other).failure["message"]


def test_a_file_that_is_gone_is_a_missing_input(lab: JobLab, tmp_path: Path) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", [pair(1)])
    value = parameters(source(path))
    path.unlink()
    ended = lab.run("prepare-data", value)
    assert (ended.exit_code, ended.failure["name"]) == (66, "MissingInput")


def test_a_base_model_without_chat_template_cannot_take_pairs(lab: JobLab, tmp_path: Path) -> None:
    save_tiny_tokenizer(tmp_path / "base", chat_template=None)
    base = lab.publish(tmp_path / "base", "base-model")
    path = write_jsonl_file(tmp_path / "rows.jsonl", [pair(1)])
    failure = lab.run("prepare-data", parameters(source(path)), base=base).failure
    assert failure["message"] == "the tokenizer of the base model has no chat template"


def test_a_template_that_rewrites_the_prompt_is_refused(lab: JobLab, tmp_path: Path) -> None:
    template = "{{ messages|length }} {{ messages[-1]['content'] }}"
    save_tiny_tokenizer(tmp_path / "base", chat_template=template)
    base = lab.publish(tmp_path / "base", "base-model")
    path = write_jsonl_file(tmp_path / "rows.jsonl", [pair(1)])
    failure = lab.run("prepare-data", parameters(source(path), split=only_train()), base=base).failure
    assert "tokens do not begin with those of its prompt" in failure["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "tables"}, "'tables'"),
        ({"split": {"train": 1.0}}, "'validation'"),
        ({"tokenize": {"maxTokens": "many", "overlong": "reject"}}, "'many'"),
        ({"maxRows": "all"}, "'all'"),
    ],
)
def test_wrong_parameters_are_a_wrong_configuration(
    lab: JobLab, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", [pair(1)])
    ended = lab.run("prepare-data", parameters(source(path), **change))
    assert (ended.exit_code, ended.failure["name"]) == (64, "InvalidConfig")
    assert message in ended.failure["message"]


def test_an_unknown_format_names_the_known_ones(lab: JobLab, tmp_path: Path) -> None:
    path = write_jsonl_file(tmp_path / "rows.xml", [pair(1)])
    ended = lab.run("prepare-data", parameters(source(path, file_format="xml")))
    assert ended.exit_code == 64
    assert ended.failure["message"] == "source format is 'xml'; known are csv, jsonl, parquet, text"
