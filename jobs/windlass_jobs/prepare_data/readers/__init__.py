"""Readers of source files, one module per format, looked up in one table."""

from __future__ import annotations

from collections.abc import Mapping

from windlass_jobs.contract import JobFailure
from windlass_jobs.prepare_data.readers import csv_table, jsonl, parquet, plain_text
from windlass_jobs.prepare_data.readers.record import Reader

READERS: Mapping[str, Reader] = {
    "jsonl": jsonl,
    "csv": csv_table,
    "parquet": parquet,
    "text": plain_text,
}


def reader_of(file_format: str) -> Reader:
    """The reader of a format. Raises `InvalidConfig` that names the known ones."""
    if file_format not in READERS:
        raise JobFailure(
            "InvalidConfig", f"source format is {file_format!r}; known are {', '.join(sorted(READERS))}"
        )
    return READERS[file_format]
