"""Parquet; rows count from 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from windlass_jobs.contract import JobFailure
from windlass_jobs.prepare_data.readers.record import (
    CHUNK_ROWS,
    Chunk,
    Record,
    invalid,
    missing_field,
    text_of,
)
from windlass_jobs.prepare_data.sources import SourceFile

_TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum)


@dataclass(frozen=True)
class _Span:
    offset: int
    rows: int


def chunks(file: SourceFile) -> Iterator[Chunk]:
    """Spans of rows; each is read where it is parsed."""
    try:
        table = pl.scan_parquet(file.path, glob=False)
        schema = table.collect_schema()
        row_count = int(table.select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _broken(file, error) from error
    _check_schema(file, schema)
    offsets = range(0, row_count, CHUNK_ROWS)
    return (Chunk(file, _Span(offset, min(CHUNK_ROWS, row_count - offset))) for offset in offsets)


def records(chunk: Chunk) -> list[Record]:
    """Reads the span's rows."""
    span, file = chunk.payload, chunk.file
    try:
        columns = [pl.col(column).cast(pl.String) for column in file.columns]
        rows = pl.scan_parquet(file.path, glob=False).select(columns).slice(span.offset, span.rows).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _broken(file, error) from error
    return [
        Record(row, _texts(file, row, values)) for row, values in enumerate(rows.iter_rows(), span.offset + 1)
    ]


def _texts(file: SourceFile, row: int, values: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(
        text_of(file, row, column, value) for column, value in zip(file.columns, values, strict=True)
    )


def _check_schema(file: SourceFile, schema: pl.Schema) -> None:
    for column in file.columns:
        if column not in schema:
            raise missing_field(file, column, list(schema))
        if not isinstance(schema[column], _TEXT_TYPES):
            message = f'field "{column}" has type {schema[column]}, expected text'
            raise invalid(file, message, field=column, advice="Convert the column to strings.")


def _broken(file: SourceFile, error: Exception) -> JobFailure:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return invalid(file, f"not a readable Parquet file: {reason}", advice="Upload the file again.")
