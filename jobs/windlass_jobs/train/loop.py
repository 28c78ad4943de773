"""The training loop. After any step it can stop, and go on in another process to the same final bytes."""

import math
import time

import torch
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW

from windlass_jobs.contract import Job, JobFailure
from windlass_jobs.train.batch_order import BatchOrder
from windlass_jobs.train.curve import Curve, CurvePoint
from windlass_jobs.train.guards import refuse_divergence, refuse_standstill
from windlass_jobs.train.loss import collate, mean_loss, summed_loss
from windlass_jobs.train.parameters import TrainParameters
from windlass_jobs.train.reporter import Reporter
from windlass_jobs.train.schedule import learning_rate_at
from windlass_jobs.train.setup import TrainingSetup
from windlass_jobs.train.training_state import read_state, write_state


class TrainingLoop:
    """Trains ``setup.model`` in place.

    :ivar curve: the loss curve so far, earlier attempts included.
    :ivar resumed_from_step: step of the training checkpoint this attempt went on from, None for a new start.
    """

    def __init__(self, job: Job, setup: TrainingSetup, parameters: TrainParameters) -> None:
        self.job = job
        self.setup = setup
        self.parameters = parameters
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
        newest = self.job.checkpoints.newest() if self.job.checkpoints else None
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
        batch = collate(self.order.batch(step - 1))
        total, count = summed_loss(self.setup.model, batch)
        loss = total / count
        refuse_divergence(step, "training loss", loss.item(), self.parameters.max_loss)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        clip = self.parameters.gradient_clip or math.inf
        norm = clip_grad_norm_(self.weights.values(), clip, foreach=False).item()
        refuse_divergence(step, "gradient norm", norm, math.inf)
        rate = self.set_learning_rate(step)
        self.optimizer.step()
        return round(loss.item(), 6), rate, batch.token_count

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
        loss = mean_loss(self.setup.model, self.validation)
        torch.set_rng_state(random_state)
        refuse_divergence(self.step, "validation loss", loss, self.parameters.max_loss)
        return round(loss, 6)

    def save(self) -> None:
        """Saves a training checkpoint of the step just done."""
        if self.job.checkpoints is None:
            return
        directory = self.job.work / "training-state" / str(self.step)
        write_state(directory, self.weights, self.optimizer, self.curve)
        self.job.checkpoints.save(self.step, directory)

    def stop_if_asked(self) -> None:
        """:raises JobFailure: ``Preempted`` once SIGTERM was received, with a checkpoint to go on from."""
        if not self.job.stopping:
            return
        self.save()
        message = f"stopped on request after step {self.step} of {self.parameters.steps}, checkpoint saved"
        raise JobFailure("Preempted", message, {"step": self.step})


def is_multiple(step: int, interval: int) -> bool:
    """Whether something that happens every ``interval`` steps (0: never) happens after this one."""
    return interval > 0 and step % interval == 0
