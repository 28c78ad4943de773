"""JSON Lines, also gzip: one object a line; blank lines are skipped; rows count as lines do."""

from __future__ import annotations

import json
from collections.abc import Iterator

from windlass_jobs.prepare_data.readers.batching import batches
from windlass_jobs.prepare_data.readers.byte_stream import decoded, lines
from windlass_jobs.prepare_data.readers.record import (
    CHUNK_ROWS,
    Chunk,
    Record,
    invalid,
    missing_field,
    text_of,
)
from windlass_jobs.prepare_data.sources import SourceFile


def chunks(file: SourceFile) -> Iterator[Chunk]:
    """Numbered lines, not yet parsed."""
    filled = ((row, line) for row, line in lines(file) if line.strip())
    return (Chunk(file, batch) for batch in batches(filled, CHUNK_ROWS))


def records(chunk: Chunk) -> list[Record]:
    """Parses each line and takes the fields."""
    return [_record(chunk.file, row, line) for row, line in chunk.payload]


def _record(file: SourceFile, row: int, line: bytes) -> Record:
    value = _parsed(file, row, decoded(file, row, line))
    for column in file.columns:
        if column not in value:
            raise missing_field(file, column, list(value), row)
    return Record(row, tuple(text_of(file, row, column, value[column]) for column in file.columns))


def _parsed(file: SourceFile, row: int, line: str) -> dict[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise invalid(
            file,
            f"not JSON: {error}",
            row=row,
            advice="Each line must be one JSON object; repair or remove it.",
        ) from error
    if not isinstance(value, dict):
        found = "a JSON array" if isinstance(value, list) else repr(value)[:40]
        raise invalid(
            file,
            f"found {found}, expected one JSON object a line",
            row=row,
            advice="Write each row as one object on a line of its own.",
        )
    return value
