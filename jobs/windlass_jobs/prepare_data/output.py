"""The files of a data set artifact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from windlass_jobs.contract.canonical import canonical_json

_SAMPLE_ROWS = 10
_TOKEN_COLUMNS = ("id", "input_ids", "labels")
_ROW_GROUP_ROWS = 16_384


def write_split(directory: Path, name: str, rows: pl.DataFrame, fields: tuple[str, ...]) -> None:
    """`<name>.jsonl` and, where the rows have tokens, `<name>.tokens.parquet`; both sorted by id."""
    ordered = rows.sort("id", "source")
    _write_jsonl(directory / f"{name}.jsonl", ordered.select("id", "source", *fields, "cluster"))
    if "input_ids" in ordered.columns:
        ordered.select(_TOKEN_COLUMNS).write_parquet(
            directory / f"{name}.tokens.parquet", compression="zstd", row_group_size=_ROW_GROUP_ROWS
        )


def write_rejected(directory: Path, rejected: pl.DataFrame, fields: tuple[str, ...]) -> None:
    """`rejected.jsonl`: each row with its reason; duplicates name the row that stays in their place."""
    columns = ("id", "source", *fields, "reason", "survivor")
    ordered = rejected.select(columns).sort("reason", "id", "source")
    _write_jsonl(directory / "rejected.jsonl", ordered.rename({"survivor": "duplicateOf"}))


def write_sample(directory: Path, kept: pl.DataFrame, fields: tuple[str, ...]) -> None:
    """`sample.jsonl`: ten rows to look at, those with the least ids."""
    sample = kept.sort("id", "source").head(_SAMPLE_ROWS)
    _write_jsonl(directory / "sample.jsonl", sample.select("id", "split", "source", *fields))


def write_stats(directory: Path, stats: Mapping[str, Any]) -> None:
    """`stats.json`."""
    (directory / "stats.json").write_bytes(canonical_json(stats))


def _write_jsonl(path: Path, rows: pl.DataFrame) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows.iter_rows(named=True):
            present = {key: value for key, value in row.items() if value is not None}
            file.write(json.dumps(present, ensure_ascii=False) + "\n")
