"""The training loop. After any step it can stop, and go on in another process to the same final bytes."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW

from windlass_jobs.contract import CheckpointStore, Job, JobFailure
from windlass_jobs.train.batch_order import BatchOrder
from windlass_jobs.train.curve import Curve, CurvePoint
from windlass_jobs.train.determinism import seed_step
from windlass_jobs.train.examples import Example
from windlass_jobs.train.guards import refuse_divergence, refuse_standstill
from windlass_jobs.train.loss import collate, mean_loss, summed_loss
from windlass_jobs.train.parameters import TrainParameters
from windlass_jobs.train.reporter import Reporter
from windlass_jobs.train.schedule import learning_rate_at
from windlass_jobs.train.setup import TrainingSetup
from windlass_jobs.train.training_state import read_state, write_state
from windlass_jobs.train.world import World


class TrainingLoop:
    """Trains ``setup.model`` in place, together with the other ranks of ``world``.

    :ivar curve: the loss curve so far, earlier attempts included.
    :ivar resumed_from_step: step of the training checkpoint this attempt went on from, None for a new start.
    """

    def __init__(self, job: Job, setup: TrainingSetup, parameters: TrainParameters, world: World) -> None:
        self.job = job
        self.setup = setup
        self.parameters = parameters
        self.world = world
        self.weights = setup.weights
        decay = parameters.weight_decay
        self.optimizer = AdamW(
            self.weights.values(), lr=parameters.learning_rate, weight_decay=decay, fused=True
        )
        self.order = BatchOrder(setup.train, parameters.batch_size, parameters.seed)
        self.validation = sorted(setup.validation, key=lambda row: row.id)[: parameters.validation_items]
        self.curve: Curve = []
        self.resumed_from_step: int | None = None

    @property
    def step(self) -> int:
        """Steps done."""
        return self.curve[-1].step if self.curve else 0

    @property
    def token_count(self) -> int:
        """Tokens seen in all steps, prompts included."""
        return sum(len(row.input_ids) for step in range(self.step) for row in self.order.batch(step))

    def run(self) -> Curve:
        """Goes on from the newest checkpoint, or starts, and trains to the last step.

        :raises JobFailure: ``Preempted`` after SIGTERM, ``TrainingDiverged`` or ``NoProgress``.
        """
        self.resume()
        reporter = Reporter(self.job, self.parameters.steps, self.step)
        if not self.curve:
            self.curve.append(CurvePoint(0, None, None, self.validate()))
            reporter.write(self.curve[0])
        self.stop_if_asked()
        while self.step < self.parameters.steps:
            self.advance(reporter)
            self.stop_if_asked()
        return self.curve

    def resume(self) -> None:
        """Takes up the newest training checkpoint of this stage key."""
        newest = newest_checkpoint(self.job.checkpoints, self.world)
        if newest is not None:
            self.resumed_from_step, directory = newest
            self.curve = read_state(directory, self.weights, self.optimizer)
            self.job.progress(phase="resume", message=f"going on from the checkpoint of step {self.step}")

    def advance(self, reporter: Reporter) -> None:
        """One step with all that is due after it."""
        step = self.step + 1
        started = time.monotonic()
        train_loss, learning_rate, token_count = self.learn(step)
        reporter.step_learned(token_count, time.monotonic() - started)
        is_due = step == self.parameters.steps or is_multiple(step, self.parameters.validate_every)
        validation_loss = self.validate() if is_due else None
        self.curve.append(CurvePoint(step, train_loss, learning_rate, validation_loss))
        reporter.step_done(self.curve[-1])
        refuse_standstill(self.curve, self.parameters.no_progress_steps)
        if is_multiple(step, self.parameters.checkpoint_every):
            self.save()

    def learn(self, step: int) -> tuple[float, float, int]:
        """Forward, backward, update. Gives training loss, learning rate and the number of tokens."""
        self.setup.model.train(True)
        if not self.world.is_one_process_on_cpu:
            seed_step(self.parameters.seed, step, self.world.rank)
        rows = self.order.batch(step - 1)
        loss = self.add_up_gradients(step, self.world.share(rows))
        clip = self.parameters.gradient_clip or math.inf
        norm = clip_grad_norm_(self.weights.values(), clip, foreach=False).item()
        refuse_divergence(step, "gradient norm", norm, math.inf)
        rate = self.set_learning_rate(step)
        self.optimizer.step()
        return round(loss, 6), rate, sum(len(row.input_ids) for row in rows)

    def add_up_gradients(self, step: int, rows: Sequence[Example]) -> float:
        """Loss and gradients of the whole batch, of which ``rows`` are this rank's, perhaps none."""
        total, count = summed_loss(self.setup.model, collate(rows)) if rows else (torch.zeros(()), 0)
        total_of_all, count_of_all = self.world.sums(total.item(), count)
        loss = (torch.tensor(total_of_all) / count_of_all).item()
        refuse_divergence(step, "training loss", loss, self.parameters.max_loss)
        self.optimizer.zero_grad(set_to_none=True)
        if rows:
            (total / count_of_all).backward()  # type: ignore[no-untyped-call]
        self.world.add_gradients(list(self.weights.values()))
        return loss

    def set_learning_rate(self, step: int) -> float:
        """The rate of this step, by the schedule."""
        settings = self.parameters
        rate = learning_rate_at(step - 1, settings.steps, settings.warmup_steps, settings.learning_rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        return rate

    def validate(self) -> float | None:
        """Validation loss of the model as it is now; None where there are no validation rows."""
        if not self.validation:
            return None
        random_state = torch.get_rng_state()
        loss = mean_loss(self.setup.model, self.validation, self.world)
        torch.set_rng_state(random_state)
        refuse_divergence(self.step, "validation loss", loss, self.parameters.max_loss)
        return round(loss, 6)

    def save(self) -> None:
        """Saves a training checkpoint of the step just done; the other ranks wait at their next exchange."""
        if self.job.checkpoints is None or not self.world.is_leader:
            return
        directory = self.job.work / "training-state" / str(self.step)
        write_state(directory, self.weights, self.optimizer, self.curve)
        self.job.checkpoints.save(self.step, directory)

    def stop_if_asked(self) -> None:
        """:raises JobFailure: ``Preempted`` once a rank received SIGTERM, with a checkpoint to go on from."""
        if not self.world.any(self.job.stopping):
            return
        self.save()
        message = f"stopped on request after step {self.step} of {self.parameters.steps}, checkpoint saved"
        raise JobFailure("Preempted", message, {"step": self.step})


def is_multiple(step: int, interval: int) -> bool:
    """Whether something that happens every ``interval`` steps (0: never) happens after this one."""
    return interval > 0 and step % interval == 0


def newest_checkpoint(checkpoints: CheckpointStore | None, world: World) -> tuple[int, Path] | None:
    """Step and directory of the newest good training checkpoint.

    :raises JobFailure: ``JobCrashed`` where ranks found different ones, as when one's files were damaged on
        the way: they would go on from different weights. Another attempt looks again.
    """
    newest = world.fetched(checkpoints.newest) if checkpoints else None
    names = world.gathered("/".join(newest[1].parts[-2:]) if newest else "none")
    if len(set(names)) > 1:
        raise JobFailure("JobCrashed", f"ranks found different training checkpoints: {', '.join(names)}")
    return newest
