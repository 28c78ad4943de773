"""Exact and near duplicates, and the clusters that keep near-duplicates in one split.

Candidates come from MinHash bands and are verified by the true Jaccard similarity of their shingles; clusters
are the connected components of what was verified. Of each the row with the least (content, id) survives.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from windlass_jobs.prepare_data.components import Components, join_similar
from windlass_jobs.prepare_data.parameters import Cleaning, NearDedup
from windlass_jobs.prepare_data.signatures import ShingleCache
from windlass_jobs.prepare_data.unicode_repair import normalised, without_punctuation

EXACT_DUPLICATE = "exact-duplicate"
NEAR_DUPLICATE = "near-duplicate"


def with_clusters(rows: pl.DataFrame, fields: tuple[str, ...], cleaning: Cleaning) -> pl.DataFrame:
    """Rows sorted by (content, id, source) with `cluster`; duplicates with `reason` and `survivor` (an id).

    The clusters span all rows given, also where duplicates are kept: they decide the split.
    """
    ordered = rows.drop("reason").sort("content", "id", "source")
    contents = ordered.unique("content", keep="first", maintain_order=True)
    roots = pl.Series(_roots(contents, fields, cleaning.near_dedup), dtype=pl.UInt32)
    heads = contents.select(
        "content",
        same_content=pl.col("id"),
        cluster=contents["content"].gather(roots),
        same_cluster=contents["id"].gather(roots),
    )
    joined = ordered.drop("bands").join(heads, on="content", how="left", maintain_order="left")
    marked = joined.with_columns(reason=_reason(cleaning))
    return marked.with_columns(survivor=_survivor(cleaning)).drop("same_content", "same_cluster")


def _reason(cleaning: Cleaning) -> pl.Expr:
    is_repeat = ~pl.col("content").is_first_distinct()
    is_first_of_cluster = pl.col("cluster").is_first_distinct()
    exact = pl.lit(cleaning.exact_dedup) & is_repeat
    near = pl.lit(cleaning.near_dedup.enabled) & ~is_first_of_cluster
    return pl.when(exact).then(pl.lit(EXACT_DUPLICATE)).when(near).then(pl.lit(NEAR_DUPLICATE))


def _survivor(cleaning: Cleaning) -> pl.Expr:
    kept = pl.col("same_cluster") if cleaning.near_dedup.enabled else pl.col("same_content")
    return pl.when(pl.col("reason").is_not_null()).then(kept)


def _roots(contents: pl.DataFrame, fields: tuple[str, ...], rule: NearDedup) -> list[int]:
    """For each distinct content the least index of its component."""
    columns = [contents[field] for field in fields]

    def text_of(index: int) -> str:
        return without_punctuation(" ".join(normalised(column[index]) for column in columns))

    cache = ShingleCache(text_of, rule)
    components = Components(contents.height)
    for bucket in _buckets(contents, rule):
        join_similar(bucket, components, cache.are_similar)
    return components.roots()


def _buckets(contents: pl.DataFrame, rule: NearDedup) -> Iterator[list[int]]:
    """Indexes that share a band, one band at a time: memory stays small."""
    for band in range(rule.bands):
        keys = contents.select(key=pl.col("bands").arr.get(band)).with_row_index("index")
        buckets = keys.group_by("key").agg("index").filter(pl.col("index").list.len() > 1)
        for bucket in buckets["index"]:
            yield bucket.to_list()
