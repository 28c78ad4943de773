"""The pure parts of training."""

from __future__ import annotations

import pytest
import torch

from tests.tiny_model import build_tiny_model
from windlass_jobs.train import shared_prefix
from windlass_jobs.train.batch_order import BatchOrder
from windlass_jobs.train.examples import IGNORED, Example
from windlass_jobs.train.loss import Batch, collate, mean_loss, summed_loss
from windlass_jobs.train.schedule import learning_rate_at
from windlass_jobs.train.world import current_world


def examples(count: int) -> list[Example]:
    return [
        Example(f"row-{number}", [5] * (3 + number % 7), [5] * (3 + number % 7)) for number in range(count)
    ]


def rows_with_prefix(prefix: int) -> list[Example]:
    rows = []
    for number in range(4):
        given = [*range(10, 10 + prefix), 90 + number]
        learned = [50 + number, 60, *range(70, 70 + number)]
        rows.append(Example(str(number), given + learned, [IGNORED] * len(given) + learned))
    return rows


def test_every_epoch_takes_every_row_once() -> None:
    order = BatchOrder(examples(100), batch_size=5, seed=1)
    for first in (0, 20, 40):
        taken = [row.id for step in range(first, first + 20) for row in order.batch(step)]
        assert sorted(taken) == sorted(row.id for row in examples(100))


def test_a_batch_does_not_depend_on_those_before_it() -> None:
    straight = BatchOrder(examples(23), batch_size=4, seed=1)
    in_order = [straight.batch(step) for step in range(40)]
    assert BatchOrder(examples(23), batch_size=4, seed=1).batch(33) == in_order[33]


def test_a_batch_larger_than_the_data_set_uses_rows_again() -> None:
    batch = BatchOrder(examples(3), batch_size=8, seed=1).batch(0)
    assert len(batch) == 8
    assert {row.id for row in batch} == {"row-0", "row-1", "row-2"}


def test_another_seed_gives_another_order() -> None:
    orders = [BatchOrder(examples(50), batch_size=4, seed=seed) for seed in (1, 2)]
    assert orders[0].batch(0) != orders[1].batch(0)


def test_the_learning_rate_rises_then_falls_along_a_cosine() -> None:
    rates = [learning_rate_at(step, 12, 2, 1.0) for step in range(12)]
    assert rates[:3] == [0.5, 1.0, 1.0]
    assert rates[7] == pytest.approx(0.5)
    assert rates[-1] == pytest.approx(0.0245, abs=1e-4)


def test_a_learning_rate_without_warm_up_starts_at_its_peak() -> None:
    assert learning_rate_at(0, 3, 0, 0.1) == 0.1


def gradients(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])


@pytest.mark.parametrize("model_type", sorted(shared_prefix.ATTENTION_ONLY))
def test_a_shared_prefix_computed_once_gives_loss_and_gradients_of_the_plain_way(
    model_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, batch = build_tiny_model(model_type, 128), collate(rows_with_prefix(12))
    assert shared_prefix.shared_prefix_length(model, batch.input_ids, 12) == 12
    shared, _ = summed_loss(model, batch)
    shared.backward()  # type: ignore[no-untyped-call]
    shared_gradients = gradients(model)
    model.zero_grad()
    monkeypatch.setattr(shared_prefix, "ATTENTION_ONLY", frozenset())
    plain, _ = summed_loss(model, batch)
    plain.backward()  # type: ignore[no-untyped-call]
    assert shared.item() == pytest.approx(plain.item(), rel=1e-5)
    assert torch.allclose(shared_gradients, gradients(model), atol=1e-5)


def test_the_loss_counts_response_tokens_only() -> None:
    model, rows = build_tiny_model("llama", 128), rows_with_prefix(3)
    batch = collate(rows)
    total, count = summed_loss(model, batch)
    assert count == sum(label != IGNORED for row in rows for label in row.labels)
    logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
    assert total.item() == pytest.approx(plain_loss(logits, batch), rel=1e-5)
    assert mean_loss(model, rows, current_world()) == pytest.approx(total.item() / count, rel=1e-5)


def plain_loss(logits: torch.Tensor, batch: Batch) -> float:
    likelihoods = logits.log_softmax(-1)
    return -sum(
        likelihoods[row, place - 1, int(batch.labels[row, place])].item()
        for row in range(batch.labels.shape[0])
        for place in range(1, batch.labels.shape[1])
        if batch.labels[row, place] != IGNORED
    )
