"""CSV with a header, also gzip. Rows count as spreadsheets do: the header is row 1."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from windlass_jobs.contract import JobFailure
from windlass_jobs.prepare_data.readers.batching import batches
from windlass_jobs.prepare_data.readers.byte_stream import text_lines
from windlass_jobs.prepare_data.readers.record import CHUNK_ROWS, Chunk, Record, invalid, missing_field
from windlass_jobs.prepare_data.sources import SourceFile

_MAX_FIELD_CHARS = 64 << 20


def chunks(file: SourceFile) -> Iterator[Chunk]:
    """Parsed already: where a row ends depends on the quotes before it."""
    return (Chunk(file, batch) for batch in batches(_records(file), CHUNK_ROWS))


def records(chunk: Chunk) -> list[Record]:
    """The chunk's rows."""
    rows: list[Record] = chunk.payload
    return rows


def _records(file: SourceFile) -> Iterator[Record]:
    rows = _rows(file)
    header = next(rows, None)
    if header is None:
        raise invalid(file, "the file is empty, expected a header and rows")
    positions = _positions(file, header[1])
    for row, cells in rows:
        if len(cells) != len(header[1]):
            raise _wrong_width(file, row, len(cells), len(header[1]))
        yield Record(row, tuple(cells[position] for position in positions))


def _rows(file: SourceFile) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_MAX_FIELD_CHARS)
    row = 1
    try:
        for cells in csv.reader((f"{line}\n" for _, line in text_lines(file)), strict=True):
            if cells:
                yield row, cells
            row += 1
    except csv.Error as error:
        advice = "Quote fields that hold commas, quotes or line breaks, and double the quotes in them."
        raise invalid(file, f"not CSV: {error}", row=row, advice=advice) from error


def _positions(file: SourceFile, header: list[str]) -> list[int]:
    names = [name.strip() for name in header]
    for column in file.columns:
        if column not in names:
            raise missing_field(file, column, names, 1)
        if names.count(column) > 1:
            raise invalid(file, f'the header names the field "{column}" twice', row=1, field=column)
    return [names.index(column) for column in file.columns]


def _wrong_width(file: SourceFile, row: int, found: int, expected: int) -> JobFailure:
    advice = "Quote fields that hold commas; the separator is the comma."
    return invalid(file, f"{found} fields, the header has {expected}", row=row, advice=advice)
