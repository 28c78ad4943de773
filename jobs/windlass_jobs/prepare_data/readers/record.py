"""What readers give: chunks of raw rows, cut in one process and parsed in many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from windlass_jobs.contract import JobFailure
from windlass_jobs.prepare_data.sources import SourceFile

CHUNK_ROWS = 2_000


class Record(NamedTuple):
    """The text fields of one row, in the order of the kind's fields; `row` counts from 1 within the file."""

    row: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Chunk:
    """Some rows of one file; `payload` is the reader's own business and can be pickled."""

    file: SourceFile
    payload: Any


class Reader(Protocol):
    """A file format."""

    def chunks(self, file: SourceFile) -> Iterator[Chunk]:
        """Cuts a file into chunks of about `CHUNK_ROWS` rows. Raises `InvalidData`."""

    def records(self, chunk: Chunk) -> list[Record]:
        """Parses a chunk. Raises `InvalidData` with file, row and field."""


def invalid(
    file: SourceFile,
    message: str,
    *,
    row: int | None = None,
    field: str | None = None,
    advice: str | None = None,
) -> JobFailure:
    """An `InvalidData` failure whose message begins with file and row."""
    where = file.name if row is None else f"{file.name} row {row}"
    details = {"file": file.uri, "row": row, "field": field}
    return JobFailure("InvalidData", f"{where}: {message}", details, advice)


def text_of(file: SourceFile, row: int, column: str, value: object) -> str:
    """`value` if it is text. Raises `InvalidData` saying what was found."""
    if isinstance(value, str):
        return value
    found = "empty (null)" if value is None else f"{_type_name(value)} ({str(value)[:40]})"
    raise invalid(file, f'field "{column}" is {found}, expected text', row=row, field=column)


def missing_field(file: SourceFile, column: str, found: list[str], row: int | None = None) -> JobFailure:
    """An `InvalidData` failure that names the fields that are there."""
    names = ", ".join(f'"{name}"' for name in found[:20]) or "none"
    advice = 'Name the right field in the source\'s "fields", or repair the file.'
    message = f'field "{column}" is missing; the fields found are {names}'
    return invalid(file, message, row=row, field=column, advice=advice)


def _type_name(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), f"of type {type(value).__name__}")
