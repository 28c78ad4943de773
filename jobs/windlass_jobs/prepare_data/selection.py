"""From unique rows to the rows of the data set: tokenised, short enough, and no more than asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from windlass_jobs.prepare_data.parameters import Parameters
from windlass_jobs.prepare_data.tokens import TOO_MANY_TOKENS, Example, RowTokenizer, shortened

_BATCH_ROWS = 1_000


@dataclass(frozen=True)
class Selection:
    """Kept rows with their tokens, rows with too many tokens, and how many fit rows were left over."""

    kept: pl.DataFrame
    overlong: pl.DataFrame
    left_over: int


def select_rows(
    rows: pl.DataFrame,
    parameters: Parameters,
    tokenizer: RowTokenizer | None,
    on_rows: Callable[[int], None],
) -> Selection:
    """Goes through the rows by ascending id and stops at `maxRows`; rows left over are never looked at.

    Without a tokenizer (training from scratch makes its own) the rows carry no tokens.
    """
    ordered = rows.sort("id", "source")
    limit = ordered.height if parameters.max_rows is None else parameters.max_rows
    if tokenizer is None:
        kept = ordered.head(limit)
        return Selection(kept, ordered.clear(), ordered.height - kept.height)
    return _tokenised(ordered, parameters, tokenizer, _Budget(limit, on_rows))


@dataclass(frozen=True)
class _Budget:
    rows: int
    on_rows: Callable[[int], None]


def _tokenised(
    ordered: pl.DataFrame, parameters: Parameters, tokenizer: RowTokenizer, budget: _Budget
) -> Selection:
    fit, overlong = [_with_tokens(ordered.clear(), [])], [ordered.clear()]
    kept = seen = 0
    while seen < ordered.height and kept < budget.rows:
        batch = _tokenised_batch(ordered.slice(seen, _BATCH_ROWS), parameters, tokenizer)
        last = batch.filter("fits").slice(budget.rows - kept - 1, 1)
        looked_at = batch.filter(pl.col("position") <= last["position"].item()) if last.height else batch
        fit.append(looked_at.filter("fits").drop("fits", "position"))
        overlong.append(looked_at.filter(~pl.col("fits")).select(ordered.columns))
        kept, seen = kept + fit[-1].height, seen + looked_at.height
        budget.on_rows(seen)
    rejected = pl.concat(overlong).with_columns(reason=pl.lit(TOO_MANY_TOKENS))
    return Selection(pl.concat(fit), rejected, ordered.height - seen)


def _tokenised_batch(rows: pl.DataFrame, parameters: Parameters, tokenizer: RowTokenizer) -> pl.DataFrame:
    """The rows with `input_ids`, `labels`, `position` and whether the row `fits`."""
    short = [
        shortened(example, parameters.max_tokens, truncate=parameters.truncate)
        for example in tokenizer.examples(rows.select(parameters.fields).rows())
    ]
    fits = pl.Series("fits", [example is not None for example in short], dtype=pl.Boolean)
    examples = [example or Example([], []) for example in short]
    return _with_tokens(rows, examples).with_columns(fits).with_row_index("position")


def _with_tokens(rows: pl.DataFrame, examples: list[Example]) -> pl.DataFrame:
    return rows.with_columns(
        pl.Series("input_ids", [example.input_ids for example in examples], dtype=pl.List(pl.Int32)),
        pl.Series("labels", [example.labels for example in examples], dtype=pl.List(pl.Int32)),
    )
