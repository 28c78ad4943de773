"""The stage's parameters (docs/job-contract.md), typed. The workflow has checked and completed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from windlass_jobs.contract import JobFailure

PAIRS = "pairs"
TEXT = "text"
FIELDS_OF_KIND: Mapping[str, tuple[str, ...]] = {PAIRS: ("prompt", "response"), TEXT: ("text",)}


@dataclass(frozen=True)
class PinnedFile:
    """One file of a source as it stood when the run began."""

    uri: str
    size: int
    sha256: str | None
    version_id: str | None
    etag: str | None


@dataclass(frozen=True)
class Source:
    """Pinned files of one format; `columns` are their field names, in the order of `FIELDS_OF_KIND`."""

    uri: str
    format: str
    columns: tuple[str, ...]
    files: tuple[PinnedFile, ...]


@dataclass(frozen=True)
class NearDedup:
    """Rows whose word shingles have at least this Jaccard similarity are one cluster."""

    enabled: bool
    threshold: float
    shingle_words: int
    bands: int
    rows: int


@dataclass(frozen=True)
class Cleaning:
    """What makes a row fit to be kept; lengths in characters of the response (pairs) or the text."""

    unicode: bool
    exact_dedup: bool
    near_dedup: NearDedup
    min_chars: int
    max_chars: int
    min_alpha_ratio: float
    max_repeat_ratio: float


@dataclass(frozen=True)
class Parameters:
    """All of the stage's parameters."""

    kind: str
    sources: tuple[Source, ...]
    cleaning: Cleaning
    max_tokens: int
    truncate: bool
    shares: Mapping[str, float]
    salt: str
    max_rows: int | None
    workers: int

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of a row's text fields; the last one is what the model learns to write."""
        return FIELDS_OF_KIND[self.kind]


def parse_parameters(value: Mapping[str, Any]) -> Parameters:
    """Raises `InvalidConfig` naming the parameter that is missing or of the wrong type."""
    try:
        return _parse(value)
    except (KeyError, TypeError, ValueError) as error:
        raise JobFailure(
            "InvalidConfig", f"parameters of prepare-data: {type(error).__name__} at {error}"
        ) from error


def _parse(value: Mapping[str, Any]) -> Parameters:
    kind = value["kind"]
    split = value["split"]
    return Parameters(
        kind=kind,
        sources=tuple(_source(source, kind) for source in value["sources"]),
        cleaning=_cleaning(value["clean"]),
        max_tokens=int(value["tokenize"]["maxTokens"]),
        truncate=value["tokenize"]["overlong"] == "truncate",
        shares={name: float(split[name]) for name in ("train", "validation", "test")},
        salt=str(split["salt"]),
        max_rows=None if value["maxRows"] is None else int(value["maxRows"]),
        workers=int(value["workers"]),
    )


def _source(value: Mapping[str, Any], kind: str) -> Source:
    if value["format"] == "text" and kind != TEXT:
        raise ValueError(f"sources[{value['uri']}].format: plain text holds no pairs; use kind {TEXT!r}")
    columns = tuple(value["fields"].get(name, name) for name in FIELDS_OF_KIND[kind])
    files = tuple(_file(file) for file in value["files"])
    return Source(uri=value["uri"], format=value["format"], columns=columns, files=files)


def _file(value: Mapping[str, Any]) -> PinnedFile:
    return PinnedFile(
        uri=value["uri"],
        size=int(value["size"]),
        sha256=value.get("sha256"),
        version_id=value.get("versionId"),
        etag=value.get("etag"),
    )


def _cleaning(value: Mapping[str, Any]) -> Cleaning:
    near = value["nearDedup"]
    return Cleaning(
        unicode=bool(value["unicode"]),
        exact_dedup=bool(value["exactDedup"]),
        near_dedup=NearDedup(
            enabled=bool(near["enabled"]),
            threshold=float(near["threshold"]),
            shingle_words=int(near["shingleWords"]),
            bands=int(near["bands"]),
            rows=int(near["rows"]),
        ),
        min_chars=int(value["minChars"]),
        max_chars=int(value["maxChars"]),
        min_alpha_ratio=float(value["minAlphaRatio"]),
        max_repeat_ratio=float(value["maxRepeatRatio"]),
    )
