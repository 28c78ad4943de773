"""Progress lines of a training: at most about one a second, and one for every validation."""

import time

from windlass_jobs.contract import Job
from windlass_jobs.train.curve import CurvePoint

INTERVAL_SECONDS = 1.0


class Reporter:
    """Measures speed from the attempt's own steps; time of validation and checkpoints does not count."""

    def __init__(self, job: Job, total_steps: int, first_step: int) -> None:
        self.job = job
        self.total_steps = total_steps
        self.first_step = first_step
        self.last_report = time.monotonic()
        self.all_seconds = 0.0
        self.unreported_seconds = 0.0
        self.unreported_tokens = 0

    def step_learned(self, token_count: int, seconds: float) -> None:
        """Takes note of how long a step's own work took."""
        self.all_seconds += seconds
        self.unreported_seconds += seconds
        self.unreported_tokens += token_count

    def step_done(self, point: CurvePoint) -> None:
        """Writes a line when one is due."""
        ends = (self.first_step + 1, self.total_steps)
        is_special = point.validation_loss is not None or point.step in ends
        if is_special or time.monotonic() - self.last_report >= INTERVAL_SECONDS:
            self.write(point, self.unreported_tokens / max(self.unreported_seconds, 1e-9))
            self.last_report = time.monotonic()
            self.unreported_seconds, self.unreported_tokens = 0.0, 0

    def write(self, point: CurvePoint, tokens_per_second: float | None = None) -> None:
        """Writes the line of one point of the loss curve."""
        self.job.progress(
            phase="train",
            step=point.step,
            total_steps=self.total_steps,
            message=message_of(point, self.total_steps),
            eta_seconds=self.eta_seconds(point.step),
            metrics=metrics_of(point, tokens_per_second),
        )

    def eta_seconds(self, step: int) -> float | None:
        """Time left at this attempt's mean speed; None before its first step."""
        done = step - self.first_step
        if done <= 0:
            return None
        return round(self.all_seconds / done * (self.total_steps - step), 1)


def message_of(point: CurvePoint, total_steps: int) -> str:
    """One line for people."""
    parts = [f"step {point.step}/{total_steps}"]
    if point.train_loss is not None:
        parts.append(f"loss {point.train_loss:.2f}")
    if point.validation_loss is not None:
        parts.append(f"validation loss {point.validation_loss:.2f}")
    return " · ".join(parts)


def metrics_of(point: CurvePoint, tokens_per_second: float | None) -> dict[str, float]:
    """What the metrics store keeps of a step."""
    values = {
        "train_loss": point.train_loss,
        "validation_loss": point.validation_loss,
        "learning_rate": point.learning_rate,
        "tokens_per_second": None if tokens_per_second is None else round(tokens_per_second, 1),
    }
    return {name: value for name, value in values.items() if value is not None}
