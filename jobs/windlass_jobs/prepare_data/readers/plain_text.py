"""Plain text, also gzip: paragraphs split on blank lines; the row of a paragraph is its first line."""

from __future__ import annotations

from collections.abc import Iterator

from windlass_jobs.prepare_data.readers.batching import batches
from windlass_jobs.prepare_data.readers.byte_stream import text_lines
from windlass_jobs.prepare_data.readers.record import CHUNK_ROWS, Chunk, Record
from windlass_jobs.prepare_data.sources import SourceFile


def chunks(file: SourceFile) -> Iterator[Chunk]:
    """Paragraphs."""
    return (Chunk(file, batch) for batch in batches(_paragraphs(file), CHUNK_ROWS))


def records(chunk: Chunk) -> list[Record]:
    """The chunk's paragraphs."""
    rows: list[Record] = chunk.payload
    return rows


def _paragraphs(file: SourceFile) -> Iterator[Record]:
    first_row, held = 0, list[str]()
    for row, line in text_lines(file):
        if line.strip():
            first_row = first_row if held else row
            held.append(line)
        elif held:
            yield Record(first_row, ("\n".join(held),))
            held = []
    if held:
        yield Record(first_row, ("\n".join(held),))
