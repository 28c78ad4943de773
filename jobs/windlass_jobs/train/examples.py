"""Tokenised rows of the data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars

from windlass_jobs.contract import JobFailure

IGNORED = -100
COLUMNS = {"id", "input_ids", "labels"}


@dataclass(frozen=True)
class Example:
    """One row: token ids and, for each, the label to learn (-100 on what is given)."""

    id: str
    input_ids: Sequence[int]
    labels: Sequence[int]


def read_examples(path: Path, max_tokens: int) -> list[Example]:
    """Reads a ``*.tokens.parquet``, cuts rows at ``max_tokens``, drops those with nothing left to learn.

    :raises JobFailure: ``InvalidData`` with file, row and field when the file is not such a table.
    """
    frame = read_table(path)
    examples = []
    for row, (key, input_ids, labels) in enumerate(
        frame.select("id", "input_ids", "labels").iter_rows(), start=1
    ):
        if len(input_ids) != len(labels):
            message = f"{path.name} row {row}: {len(input_ids)} token ids but {len(labels)} labels"
            raise JobFailure("InvalidData", message, {"file": path.name, "row": row, "field": "labels"})
        examples.append(Example(str(key), input_ids[:max_tokens], labels[:max_tokens]))
    return with_response(examples)


def read_table(path: Path) -> polars.DataFrame:
    """The parquet file, its columns checked."""
    try:
        frame = polars.read_parquet(path)
    except (OSError, polars.exceptions.PolarsError) as error:
        message = f"{path.name} cannot be read: {error}"
        raise JobFailure("InvalidData", message, {"file": path.name}, "Prepare the data again.") from error
    absent = sorted(COLUMNS - set(frame.columns))
    if absent:
        message = f"{path.name} has no column {absent[0]!r}"
        raise JobFailure(
            "InvalidData", message, {"file": path.name, "field": absent[0]}, "Prepare the data again."
        )
    return frame


def with_response(examples: list[Example]) -> list[Example]:
    """Rows with at least one predicted token that counts (the first token has nothing before it)."""
    return [example for example in examples if any(label != IGNORED for label in example.labels[1:])]


def refuse_foreign_tokens(examples: list[Example], vocabulary_size: int) -> None:
    """A data set tokenised for another model shows in token ids that this one does not know."""
    for example in examples:
        largest = max(example.input_ids)
        if largest >= vocabulary_size:
            message = (
                f"row {example.id} holds token id {largest}, the model knows only {vocabulary_size} tokens"
            )
            details = {"file": "train.tokens.parquet", "row": example.id, "field": "input_ids"}
            raise JobFailure(
                "InvalidData", message, details, "Prepare the data with this base model's tokenizer."
            )
