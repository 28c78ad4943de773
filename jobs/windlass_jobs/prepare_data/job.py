"""Stage `prepare-data`: raw files → data set artifact."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import polars as pl

from windlass_jobs.contract import Job, JobFailure, StageOutput
from windlass_jobs.prepare_data import figures, output
from windlass_jobs.prepare_data.duplicates import EXACT_DUPLICATE, NEAR_DUPLICATE, with_clusters
from windlass_jobs.prepare_data.ingest import Pool, read_rows
from windlass_jobs.prepare_data.parameters import Parameters, parse_parameters
from windlass_jobs.prepare_data.rows import RowRule
from windlass_jobs.prepare_data.selection import Selection, select_rows
from windlass_jobs.prepare_data.sources import SourceFile, verified_files
from windlass_jobs.prepare_data.split import SPLITS, check_splits, split_of
from windlass_jobs.prepare_data.tokens import RowTokenizer

_LIBRARIES = ("polars", "rensa", "ftfy", "tokenizers", "transformers")


@dataclass(frozen=True)
class _Dataset:
    kept: pl.DataFrame
    rejected: pl.DataFrame
    read: int
    repaired: int
    left_over: int


def run(job: Job) -> StageOutput:
    """Writes the data set into `job.out`. Raises `InvalidData`, `MissingInput`, `CorruptArtifact`."""
    parameters = parse_parameters(job.parameters)
    files = verified_files(parameters.sources, job.work / "sources")
    tokenizer = _tokenizer(job, parameters)
    rows = _ingest(job, parameters, files)
    unique, rejected = _deduplicate(job, parameters, rows)
    selection = _select(job, parameters, unique, tokenizer)
    dataset = _dataset(parameters, rows, [*rejected, selection.overlong], selection)
    _write(job, parameters, dataset)
    return _output(parameters, dataset, files, tokenizer)


def _tokenizer(job: Job, parameters: Parameters) -> RowTokenizer | None:
    """None where the job has no base model: training from scratch makes a tokenizer of its own."""
    base = job.optional_input("base")
    return None if base is None else RowTokenizer(base, parameters.kind)


def _ingest(job: Job, parameters: Parameters, files: list[SourceFile]) -> pl.DataFrame:
    def on_rows(count: int) -> None:
        job.exit_if_stopping()
        job.progress(phase="ingest", message=f"read and cleaned {count} rows", step=count)

    job.progress(phase="ingest", message=f"reading {len(files)} files")
    pool = Pool(parameters.workers, job.work / "cleaned")
    return read_rows(files, RowRule(parameters.fields, parameters.cleaning), pool, on_rows)


def _deduplicate(
    job: Job, parameters: Parameters, rows: pl.DataFrame
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Fit rows without duplicates, and the tables of rejected rows."""
    unfit = rows.filter(pl.col("reason").is_not_null())
    fit = rows.filter(pl.col("reason").is_null())
    job.progress(phase="deduplicate", message=f"looking for duplicates among {fit.height} rows")
    clustered = with_clusters(fit, parameters.fields, parameters.cleaning)
    duplicates = clustered.filter(pl.col("reason").is_not_null())
    unique = clustered.filter(pl.col("reason").is_null())
    exact = duplicates.filter(pl.col("reason") == EXACT_DUPLICATE).height
    near = duplicates.filter(pl.col("reason") == NEAR_DUPLICATE).height
    message = f"{unique.height} rows are left without {exact} exact and {near} near duplicates"
    job.progress(phase="deduplicate", message=message)
    job.exit_if_stopping()
    return unique, [unfit, duplicates]


def _select(
    job: Job, parameters: Parameters, unique: pl.DataFrame, tokenizer: RowTokenizer | None
) -> Selection:
    def on_rows(count: int) -> None:
        job.exit_if_stopping()
        message = f"tokenized {count} of {unique.height} rows"
        job.progress(phase="tokenize", message=message, step=count, total_steps=unique.height)

    return select_rows(unique, parameters, tokenizer, on_rows)


def _dataset(
    parameters: Parameters, rows: pl.DataFrame, rejected: list[pl.DataFrame], selection: Selection
) -> _Dataset:
    columns = ("id", "source", *parameters.fields, "reason", "survivor")
    no_survivor = pl.lit(None, dtype=pl.String).alias("survivor")
    tables = [table if "survivor" in table.columns else table.with_columns(no_survivor) for table in rejected]
    splits = [split_of(cluster, parameters.shares, parameters.salt) for cluster in selection.kept["cluster"]]
    return _Dataset(
        kept=selection.kept.with_columns(pl.Series("split", splits, dtype=pl.String)),
        rejected=pl.concat([table.select(columns) for table in tables]),
        read=rows.height,
        repaired=int(rows["repaired"].sum()),
        left_over=selection.left_over,
    )


def _write(job: Job, parameters: Parameters, dataset: _Dataset) -> None:
    counts = _split_counts(dataset)
    _check_not_empty(dataset)
    check_splits(counts, parameters.shares)
    for name in SPLITS:
        output.write_split(job.out, name, _rows_of(dataset, name), parameters.fields)
    output.write_rejected(job.out, dataset.rejected, parameters.fields)
    output.write_sample(job.out, dataset.kept, parameters.fields)
    output.write_stats(job.out, _counts(dataset))
    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    job.progress(phase="split", message=f"kept {dataset.kept.height} of {dataset.read} rows: {words}")


def _check_not_empty(dataset: _Dataset) -> None:
    if dataset.kept.is_empty():
        reasons = {
            reason: count for reason, count in figures.rejected_counts(dataset.rejected).items() if count
        }
        found = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        raise JobFailure(
            "InvalidData",
            f"no row is left of the {dataset.read} that were read: {found}",
            {"file": None, "row": None, "field": None, "rejected": reasons},
            "Look at the reasons, then repair the data or loosen the rules in data.clean and data.tokenize.",
        )


def _output(
    parameters: Parameters, dataset: _Dataset, files: list[SourceFile], tokenizer: RowTokenizer | None
) -> StageOutput:
    counts = _counts(dataset)
    attributes: dict[str, Any] = {
        **counts,
        "dataKind": parameters.kind,
        "tokenizerSha256": None if tokenizer is None else tokenizer.sha256,
        "sources": sorted(file.sha256 for file in files),
    }
    kept_metrics = {f"rows_{name}": float(count) for name, count in counts["splits"].items()}
    metrics = {"rows_read": float(dataset.read), "rows_kept": float(dataset.kept.height), **kept_metrics}
    return StageOutput(attributes, counts, metrics, {name: version(name) for name in _LIBRARIES})


def _counts(dataset: _Dataset) -> dict[str, Any]:
    rejected = figures.rejected_counts(dataset.rejected)
    return {
        "steps": figures.step_counts(dataset.read, rejected, dataset.left_over),
        "repaired": dataset.repaired,
        "rejected": rejected,
        "leftOver": dataset.left_over,
        "splits": _split_counts(dataset),
        "tokens": {name: figures.token_statistics(_rows_of(dataset, name)) for name in SPLITS},
    }


def _split_counts(dataset: _Dataset) -> dict[str, int]:
    return {name: _rows_of(dataset, name).height for name in SPLITS}


def _rows_of(dataset: _Dataset, split: str) -> pl.DataFrame:
    return dataset.kept.filter(pl.col("split") == split)
