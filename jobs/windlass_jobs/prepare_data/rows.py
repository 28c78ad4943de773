"""One chunk of raw rows → a table of cleaned rows, in a worker process that knows of no other chunk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl

from windlass_jobs.prepare_data.parameters import Cleaning
from windlass_jobs.prepare_data.quality import rejection_reason
from windlass_jobs.prepare_data.readers import reader_of
from windlass_jobs.prepare_data.readers.record import Chunk
from windlass_jobs.prepare_data.signatures import bands_of
from windlass_jobs.prepare_data.unicode_repair import normalised, repaired, without_punctuation

_SEPARATOR = "\x1f"
_ID_HEX_DIGITS = 32


@dataclass(frozen=True)
class RowRule:
    """How rows are cleaned: the field names of the kind, and the cleaning parameters."""

    fields: tuple[str, ...]
    cleaning: Cleaning


def clean_chunk(chunk: Chunk, rule: RowRule) -> pl.DataFrame:
    """Columns `id`, `content`, `source`, `repaired`, `reason` (null: fit so far), `bands`, the fields.

    `id` is the hash of the fields as cleaned, `content` that of their normal form; positions play no part.
    """
    raw = [record.values for record in reader_of(chunk.file.format).records(chunk)]
    values = [tuple(repaired(value, unicode=rule.cleaning.unicode) for value in row) for row in raw]
    normal = [tuple(normalised(value) for value in row) for row in values]
    reasons = [rejection_reason(row, rule.cleaning) for row in values]
    columns: dict[str, pl.Series] = {
        "id": pl.Series([_hash_of(row) for row in values], dtype=pl.String),
        "content": pl.Series([_hash_of(row) for row in normal], dtype=pl.String),
        "source": pl.Series([chunk.file.name] * len(values), dtype=pl.String),
        "repaired": pl.Series(_were_repaired(raw, values), dtype=pl.Boolean),
        "reason": pl.Series(reasons, dtype=pl.String),
        "bands": _bands_column([without_punctuation(" ".join(row)) for row in normal], rule),
    }
    for position, field in enumerate(rule.fields):
        columns[field] = pl.Series([row[position] for row in values], dtype=pl.String)
    return pl.DataFrame(columns)


def _bands_column(texts: list[str], rule: RowRule) -> pl.Series:
    keys = bands_of(texts, rule.cleaning.near_dedup)
    return pl.Series(keys, dtype=pl.Array(pl.UInt64, rule.cleaning.near_dedup.bands))


def _were_repaired(raw: list[tuple[str, ...]], values: list[tuple[str, ...]]) -> list[bool]:
    return [
        any(before.strip() != after for before, after in zip(old, new, strict=True))
        for old, new in zip(raw, values, strict=True)
    ]


def _hash_of(values: tuple[str, ...]) -> str:
    return hashlib.sha256(_SEPARATOR.join(values).encode()).hexdigest()[:_ID_HEX_DIGITS]
