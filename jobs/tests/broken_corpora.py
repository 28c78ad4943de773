"""Broken corpora: what is wrong, and what the failure must say."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tests.prepare_data_lab import pair

GOOD_LINES = "".join(json.dumps(pair(number)) + "\n" for number in range(3))
CUT_OFF_GZIP = gzip.compress(GOOD_LINES.encode() * 500, mtime=0)[:-40]


@dataclass(frozen=True)
class BrokenCorpus:
    """One broken file and the failure it must end with; `field` and `row` as in the failure's details."""

    title: str
    name: str
    file_format: str
    content: bytes | Callable[[Path], None]
    message: str
    row: int | None
    field: str | None = None

    def write(self, directory: Path) -> Path:
        """Writes the file."""
        path = directory / self.name
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            self.content(path)
        return path


def _jsonl(title: str, line: str, message: str, field: str | None = None) -> BrokenCorpus:
    return BrokenCorpus(title, "rows.jsonl", "jsonl", f"{GOOD_LINES}{line}\n".encode(), message, 4, field)


def _csv(title: str, text: str, message: str, row: int, field: str | None = None) -> BrokenCorpus:
    return BrokenCorpus(title, "rows.csv", "csv", text.encode(), message, row, field)


def _parquet(title: str, frame: pl.DataFrame, message: str, row: int | None = None) -> BrokenCorpus:
    return BrokenCorpus(title, "rows.parquet", "parquet", frame.write_parquet, message, row, "response")


BROKEN_CORPORA = [
    _jsonl("cut off line", '{"prompt": "a", "resp', "rows.jsonl row 4: not JSON: Unterminated string"),
    _jsonl("missing field", '{"prompt": "a", "answer": "b"}', (
        'rows.jsonl row 4: field "response" is missing; the fields found are "prompt", "answer"'
    ), "response"),
    _jsonl("null", '{"prompt": "a", "response": null}', (
        'rows.jsonl row 4: field "response" is empty (null), expected text'
    ), "response"),
    _jsonl("number", '{"prompt": 12, "response": "b"}', (
        'rows.jsonl row 4: field "prompt" is a number (12), expected text'
    ), "prompt"),
    _jsonl("list", '{"prompt": "a", "response": ["b", "c"]}', (
        "rows.jsonl row 4: field \"response\" is a list (['b', 'c']), expected text"
    ), "response"),
    _jsonl("object", '{"prompt": {"role": "user"}, "response": "b"}', (
        "rows.jsonl row 4: field \"prompt\" is an object ({'role': 'user'}), expected text"
    ), "prompt"),
    _jsonl("array", '[{"prompt": "a", "response": "b"}]', (
        "rows.jsonl row 4: found a JSON array, expected one JSON object a line"
    )),
    _jsonl("deep nesting", "[" * 100_000, "rows.jsonl row 4: not JSON: maximum recursion depth"),
    BrokenCorpus("Latin-1", "rows.jsonl", "jsonl", GOOD_LINES.encode() + b'{"prompt": "caf\xe9"}\n', (
        "rows.jsonl row 4: byte 0xe9 at position 16 is not UTF-8 text"
    ), 4),
    BrokenCorpus("UTF-16", "rows.jsonl", "jsonl", GOOD_LINES.encode("utf-16"), (
        "rows.jsonl row 1: the file is UTF-16, expected UTF-8"
    ), 1),
    BrokenCorpus("cut off gzip", "rows.jsonl.gz", "jsonl", CUT_OFF_GZIP, (
        "the gzip data is broken after row "
    ), None),
    BrokenCorpus("gzip of wrong content", "rows.jsonl.gz", "jsonl", GOOD_LINES.encode(), (
        "rows.jsonl.gz: the name ends in .gz, but the content is not gzip"
    ), None),
    BrokenCorpus("no rows", "rows.jsonl", "jsonl", b"\n\n", (
        "the sources hold no rows at all: rows.jsonl"
    ), None),
    _csv("missing column", "prompt;response\na;b\n", (
        'rows.csv row 1: field "prompt" is missing; the fields found are "prompt;response"'
    ), 1, "prompt"),
    _csv("too many cells", "prompt,response\na,b\nc,d,e\n", "rows.csv row 3: 3 fields, the header has 2", 3),
    _csv("open quote", 'prompt,response\na,"b\nc,d\n', "rows.csv row 2: not CSV: unexpected end of data", 2),
    _csv("column twice", "prompt,response,prompt\na,b,c\n", (
        'rows.csv row 1: the header names the field "prompt" twice'
    ), 1, "prompt"),
    BrokenCorpus("empty CSV", "rows.csv", "csv", b"", (
        "rows.csv: the file is empty, expected a header and rows"
    ), None),
    BrokenCorpus("Latin-1 CSV", "rows.csv", "csv", b"prompt,response\ncaf\xe9,b\n", (
        "rows.csv row 2: byte 0xe9 at position 4 is not UTF-8 text"
    ), 2),
    BrokenCorpus("not Parquet", "rows.parquet", "parquet", b"PAR1 but nothing else", (
        "rows.parquet: not a readable Parquet file: "
    ), None),
    _parquet("Parquet without the column", pl.DataFrame({"prompt": ["a"], "answer": ["b"]}), (
        'rows.parquet: field "response" is missing; the fields found are "prompt", "answer"'
    )),
    _parquet("Parquet column of numbers", pl.DataFrame({"prompt": ["a"], "response": [1]}), (
        'rows.parquet: field "response" has type Int64, expected text'
    )),
    _parquet("Parquet null", pl.DataFrame({"prompt": ["a", "b"], "response": ["c", None]}), (
        'rows.parquet row 2: field "response" is empty (null), expected text'
    ), 2),
]  # fmt: skip
