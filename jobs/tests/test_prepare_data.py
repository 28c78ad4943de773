"""The data set that comes out of `prepare-data`."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tokenizers import Tokenizer

from tests.job_lab import Ended, JobLab
from tests.prepare_data_lab import (
    only_train,
    pair,
    pairs_with_relatives,
    parameters,
    sentence,
    source,
    write_jsonl_file,
)
from windlass_jobs.contract.artifact import ArtifactRef


@pytest.fixture
def base(lab: JobLab, tiny_tokenizer: Path) -> ArtifactRef:
    return lab.publish(tiny_tokenizer, "base-model")


def prepared(lab: JobLab, base: ArtifactRef, value: dict[str, Any]) -> Ended:
    ended = lab.run("prepare-data", value, base=base)
    assert ended.exit_code == 0, ended.failure if (ended.out / "result.json").exists() else "crashed"
    return ended


def test_writes_the_files_of_the_contract(lab: JobLab, base: ArtifactRef, tmp_path: Path) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", pairs_with_relatives(120, 1))
    ended = prepared(lab, base, parameters(source(path)))
    names = {file.name for file in ended.out.iterdir()}
    splits = {
        f"{name}{ending}"
        for name in ("train", "validation", "test")
        for ending in (".jsonl", ".tokens.parquet")
    }
    assert names == splits | {"rejected.jsonl", "stats.json", "sample.jsonl", "manifest.json", "result.json"}
    assert set(ended.rows("train.jsonl")[0]) == {"id", "source", "prompt", "response", "cluster"}
    assert len(ended.rows("sample.jsonl")) == 10
    assert ended.result["summary"]["steps"] == {
        "ingest": 160, "clean": 160, "exactDedup": 140, "nearDedup": 120, "tokenize": 120, "select": 120,
    }  # fmt: skip
    assert [line["phase"] for line in ended.progress][-1] == "publish"


def test_same_rows_give_the_same_files_whatever_workers_row_order_or_file_order(
    lab: JobLab, base: ArtifactRef, tmp_path: Path
) -> None:
    rows = pairs_with_relatives(9_000, 2)
    halves = [rows[:6_000], rows[6_000:]]
    paths = [write_jsonl_file(tmp_path / f"part-{part}.jsonl", half) for part, half in enumerate(halves)]
    first = prepared(lab, base, parameters(source(*paths)))
    parallel = prepared(lab, base, parameters(source(*reversed(paths)), workers=2))
    assert parallel.digest == first.digest
    for path, half in zip(paths, halves, strict=True):
        write_jsonl_file(path, random.Random(3).sample(half, len(half)))
    shuffled = prepared(lab, base, parameters(source(*paths), workers=2))
    for file in first.out.iterdir():
        if file.name not in ("manifest.json", "result.json"):
            assert (shuffled.out / file.name).read_bytes() == file.read_bytes(), file.name


@pytest.mark.parametrize("seed", range(5))
def test_no_cluster_spans_two_splits(lab: JobLab, base: ArtifactRef, tmp_path: Path, seed: int) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", pairs_with_relatives(200, seed))
    near = {"enabled": False, "threshold": 0.8, "shingleWords": 3, "bands": 14, "rows": 8}
    value = parameters(source(path), clean={"exactDedup": False, "nearDedup": near})
    ended = prepared(lab, base, value)
    splits_of: dict[str, set[str]] = {}
    sizes: dict[str, int] = {}
    for name in ("train", "validation", "test"):
        for row in ended.rows(f"{name}.jsonl"):
            splits_of.setdefault(row["cluster"], set()).add(name)
            sizes[row["cluster"]] = sizes.get(row["cluster"], 0) + 1
    assert all(len(splits) == 1 for splits in splits_of.values())
    assert sum(size > 1 for size in sizes.values()) >= 60


def test_a_chain_of_near_duplicates_is_one_cluster(lab: JobLab, base: ArtifactRef, tmp_path: Path) -> None:
    words = sentence(9, 60).split()
    chain = [
        {"prompt": "Describe it.", "response": " ".join(words[start : start + 40])}
        for start in range(0, 12, 2)
    ]
    path = write_jsonl_file(tmp_path / "rows.jsonl", chain + [pair(number) for number in range(20)])
    ended = prepared(lab, base, parameters(source(path), split=only_train()))
    duplicates = [row for row in ended.rows("rejected.jsonl") if row["reason"] == "near-duplicate"]
    assert len(duplicates) == 5
    assert len({row["duplicateOf"] for row in duplicates}) == 1


REJECTED: list[tuple[str, dict[str, str]]] = [
    ("empty", {"prompt": "Say nothing.", "response": " \t "}),
    ("empty", {"prompt": "", "response": "an answer to no question"}),
    ("too-short", {"prompt": "Be short.", "response": "ok"}),
    ("too-long", {"prompt": "Be long.", "response": sentence(1, 400)}),
    ("low-quality", {"prompt": "Count.", "response": "1234 5678 #### 9012 !!!! 3456"}),
    ("repetitive", {"prompt": "Laugh.", "response": "ha ha ha ha ha ha ha ha"}),
    ("repetitive", {"prompt": "Shout.", "response": "aaaaaaaaaaaaaaaaaaaaaaah"}),
    ("exact-duplicate", {"prompt": "DEFINE the noun  number 1.", "response": f"  {sentence(1)} "}),
    ("near-duplicate", {"prompt": "Define the noun number 1.", "response": f"{sentence(1)} indeed"}),
    ("near-duplicate", {"prompt": "Define the noun number 1.", "response": f"({sentence(1)})."}),
    ("too-many-tokens", {"prompt": "Be wordy.", "response": sentence(77, 200)}),
    ("not-utf8-text", {"prompt": "Break.", "response": "a text with \ufffd\ufffd in the middle of it"}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "row"), REJECTED)
def test_rejected_rows_are_kept_with_their_reason(
    lab: JobLab, base: ArtifactRef, tmp_path: Path, reason: str, row: dict[str, str]
) -> None:
    rows = [pair(number) for number in range(30)]
    path = write_jsonl_file(tmp_path / "rows.jsonl", [*rows, row])
    tokenize = {"maxTokens": 180, "overlong": "reject"}
    ended = prepared(lab, base, parameters(source(path), split=only_train(), tokenize=tokenize))
    rejected = ended.rows("rejected.jsonl")
    assert [found["reason"] for found in rejected] == [reason]
    assert ended.result["summary"]["rejected"][reason] == 1
    assert len(ended.rows("train.jsonl")) == 30


@pytest.mark.parametrize(
    ("found", "repaired"),
    [
        ("the cafÃ© on the corner of the street", "the café on the corner of the street"),
        ("a cafe\u0301 on the corner of the street", "a café on the corner of the street"),
        ("a bell\x07 and a\x00 null in the text", "a bell and a null in the text"),
        ("windows\r\nline ends\r\nin the text", "windows\nline ends\nin the text"),
    ],
)
def test_text_is_repaired(lab: JobLab, base: ArtifactRef, tmp_path: Path, found: str, repaired: str) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", [{"prompt": "Repair it.", "response": found}])
    ended = prepared(lab, base, parameters(source(path), split=only_train()))
    assert ended.rows("train.jsonl")[0]["response"] == repaired
    assert ended.result["summary"]["repaired"] == 1


def test_labels_cover_the_answer_and_nothing_else(
    lab: JobLab, base: ArtifactRef, tmp_path: Path, tiny_tokenizer: Path
) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", [pair(5)])
    ended = prepared(lab, base, parameters(source(path), split=only_train()))
    row = pl.read_parquet(ended.out / "train.tokens.parquet").row(0, named=True)
    tokenizer = Tokenizer.from_file(str(tiny_tokenizer / "tokenizer.json"))
    learnt = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
    assert tokenizer.decode(learnt, skip_special_tokens=False) == f"{pair(5)['response']}<|im_end|>\n"
    whole = tokenizer.decode(row["input_ids"], skip_special_tokens=False)
    assert whole.startswith("<|im_start|>user\nDefine the noun number 5.<|im_end|>")


def test_overlong_rows_are_truncated_where_asked(lab: JobLab, base: ArtifactRef, tmp_path: Path) -> None:
    rows = [
        {"prompt": "Be wordy.", "response": sentence(7, 200)},
        {"prompt": sentence(8, 200), "response": "short"},
    ]
    path = write_jsonl_file(tmp_path / "rows.jsonl", rows)
    tokenize = {"maxTokens": 100, "overlong": "truncate"}
    ended = prepared(lab, base, parameters(source(path), split=only_train(), tokenize=tokenize))
    assert pl.read_parquet(ended.out / "train.tokens.parquet")["input_ids"].list.len().to_list() == [100]
    assert [row["reason"] for row in ended.rows("rejected.jsonl")] == ["too-many-tokens"]


@pytest.mark.parametrize("count", [1, 999, 1_000, 1_001, 1_500])
def test_max_rows_keeps_the_rows_with_the_least_ids(
    lab: JobLab, base: ArtifactRef, tmp_path: Path, count: int
) -> None:
    overlong = [{"prompt": "Be wordy.", "response": sentence(index, 150)} for index in range(300)]
    rows = [pair(number) for number in range(1_300)] + overlong
    path = write_jsonl_file(tmp_path / "rows.jsonl", rows)
    tokenize = {"maxTokens": 120, "overlong": "reject"}
    common = {"split": only_train(), "tokenize": tokenize}
    everything = prepared(lab, base, parameters(source(path), **common))
    some = prepared(lab, base, parameters(source(path), maxRows=count, **common))
    assert some.rows("train.jsonl") == everything.rows("train.jsonl")[:count]
    steps = some.result["summary"]["steps"]
    assert steps["select"] == min(count, 1_300)
    assert steps["tokenize"] - steps["select"] == some.result["summary"]["leftOver"]


def test_reads_every_format_alike(lab: JobLab, base: ArtifactRef, tmp_path: Path) -> None:
    rows = [{"prompt": f'Ask, "{n}"?', "response": f'{sentence(n)},\nand "so" on: é'} for n in range(20)]
    plain = write_jsonl_file(tmp_path / "rows.jsonl", rows)
    zipped = tmp_path / "rows.jsonl.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    table = tmp_path / "rows.csv"
    pl.DataFrame(rows).write_csv(table, quote_style="necessary")
    columns = tmp_path / "rows.parquet"
    pl.DataFrame(rows).write_parquet(columns)
    files = [(plain, "jsonl"), (zipped, "jsonl"), (table, "csv"), (columns, "parquet")]
    kept = []
    for path, file_format in files:
        ended = prepared(lab, base, parameters(source(path, file_format=file_format), split=only_train()))
        kept.append([(row["id"], row["prompt"], row["response"]) for row in ended.rows("train.jsonl")])
    assert len(kept[0]) == 20
    assert all(found == kept[0] for found in kept)


def test_plain_text_is_split_into_paragraphs_and_learnt_whole(
    lab: JobLab, base: ArtifactRef, tmp_path: Path
) -> None:
    path = tmp_path / "book.txt"
    path.write_text(f"\ufeff{sentence(1)}\n{sentence(2)}\n\n \n{sentence(3)}\n", encoding="utf-8")
    value = parameters(source(path, file_format="text"), kind="text", split=only_train())
    ended = prepared(lab, base, value)
    texts = {row["text"] for row in ended.rows("train.jsonl")}
    assert texts == {f"{sentence(1)}\n{sentence(2)}", sentence(3)}
    tokens = pl.read_parquet(ended.out / "train.tokens.parquet")
    assert tokens["input_ids"].to_list() == tokens["labels"].to_list()


def test_fields_can_have_other_names(lab: JobLab, base: ArtifactRef, tmp_path: Path) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", [{"q": "Ask it.", "a": sentence(1), "more": 1}])
    fields = {"prompt": "q", "response": "a"}
    ended = prepared(lab, base, parameters(source(path, fields=fields), split=only_train()))
    assert ended.rows("train.jsonl")[0]["prompt"] == "Ask it."


def test_without_a_base_model_rows_have_no_tokens(lab: JobLab, tmp_path: Path) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", [pair(number) for number in range(20)])
    ended = lab.run("prepare-data", parameters(source(path), split=only_train(), maxRows=7))
    assert ended.exit_code == 0
    assert len(ended.rows("train.jsonl")) == 7
    assert not list(ended.out.glob("*.parquet"))


def test_ids_do_not_depend_on_positions_or_file_names(lab: JobLab, base: ArtifactRef, tmp_path: Path) -> None:
    one = write_jsonl_file(tmp_path / "one.jsonl", [pair(1), pair(2)])
    two = write_jsonl_file(tmp_path / "two.jsonl", [pair(3), pair(2), pair(1)])
    ids = []
    for path in (one, two):
        rows = prepared(lab, base, parameters(source(path), split=only_train())).rows("train.jsonl")
        ids.append({row["response"]: row["id"] for row in rows})
    assert ids[0].items() <= ids[1].items()
