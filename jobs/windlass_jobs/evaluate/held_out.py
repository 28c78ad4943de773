"""Held-out rows of a data set artifact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from windlass_jobs.contract import JobFailure
from windlass_jobs.evaluate.engine_session import ScoreItem


@dataclass(frozen=True)
class HeldOutRow:
    """One row of a split."""

    id: str
    item: ScoreItem


def read_items(dataset: Path, split: str, most: int) -> list[HeldOutRow]:
    """The first rows of a split; rows are sorted by hash, so these are a random sample, always the same.

    Raises `InvalidData` for a missing file or a row without its fields.
    """
    path = dataset / f"{split}.jsonl"
    if not path.is_file():
        raise JobFailure("InvalidData", f"the data set has no {path.name}", {"file": path.name})
    with path.open(encoding="utf-8") as lines:
        return [_row(path.name, number, line) for number, line in enumerate(islice(lines, most), start=1)]


def _row(file: str, number: int, line: str) -> HeldOutRow:
    try:
        row = json.loads(line)
        if "text" in row:
            return HeldOutRow(row["id"], ScoreItem(None, row["text"]))
        return HeldOutRow(row["id"], ScoreItem(row["prompt"], row["response"]))
    except (ValueError, KeyError, TypeError) as error:
        raise JobFailure(
            "InvalidData",
            f"{file} row {number}: wanted id and prompt and response, or id and text ({error!r})",
            {"file": file, "row": number, "field": str(error.args[0]) if error.args else ""},
        ) from error
