"""Loss of a model on examples: cross entropy over the tokens of the response."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from windlass_jobs.train.examples import IGNORED, Example
from windlass_jobs.train.shared_prefix import prefix_cache, shared_prefix_length
from windlass_jobs.train.world import World

VALIDATION_BATCH = 16


@dataclass(frozen=True)
class Batch:
    """Examples padded on the right to one length."""

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor

    def on(self, device: torch.device) -> "Batch":
        """The same batch where the model is."""
        return Batch(self.input_ids.to(device), self.attention_mask.to(device), self.labels.to(device))


def collate(examples: Sequence[Example]) -> Batch:
    """Pads examples to the longest of them. Padding is masked out, so which id it has does not matter."""
    width = max(len(example.input_ids) for example in examples)
    shape = (len(examples), width)
    input_ids = torch.zeros(shape, dtype=torch.long)
    attention_mask = torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED, dtype=torch.long)
    for row, example in enumerate(examples):
        length = len(example.input_ids)
        input_ids[row, :length] = torch.tensor(example.input_ids)
        attention_mask[row, :length] = 1
        labels[row, :length] = torch.tensor(example.labels)
    return Batch(input_ids, attention_mask, labels)


def summed_loss(model: PreTrainedModel, batch: Batch) -> tuple[Tensor, int]:
    """Sum of the negative log-likelihoods of all labelled tokens, and their number.

    Two things keep the work small where prompts are long and responses short: logits are computed only at
    positions that predict a labelled token, and a beginning that all rows share is computed once.
    """
    batch = batch.on(model.device)
    targets = batch.labels[:, 1:]
    positions = (targets != IGNORED).any(dim=0).nonzero().flatten()
    shared = shared_prefix_length(model, batch.input_ids, int(positions[0]))
    output = model(
        input_ids=batch.input_ids[:, shared:],
        attention_mask=batch.attention_mask,
        past_key_values=prefix_cache(model, batch.input_ids, shared),
        logits_to_keep=positions - shared,
        use_cache=shared > 0,
    )
    wanted = targets[:, positions].flatten()
    total = cross_entropy(output.logits.float().flatten(0, 1), wanted, ignore_index=IGNORED, reduction="sum")
    return total, int((wanted != IGNORED).sum())


def mean_loss(model: PreTrainedModel, examples: Sequence[Example], world: World) -> float:
    """Loss per response token over all examples, without gradients or dropout; ranks share the batches."""
    by_length = sorted(examples, key=lambda example: (len(example.input_ids), example.id))
    starts = world.share(range(0, len(by_length), VALIDATION_BATCH))
    total, count = 0.0, 0
    was_training = model.training
    model.train(False)
    with torch.no_grad():
        for start in starts:
            loss, tokens = summed_loss(model, collate(by_length[start : start + VALIDATION_BATCH]))
            total, count = total + loss.item(), count + tokens
    model.train(was_training)
    total_of_all, count_of_all = world.sums(total, count)
    return total_of_all / count_of_all
