"""Ends a training that goes nowhere, with a name for how."""

import math

from windlass_jobs.contract import JobFailure
from windlass_jobs.train.curve import Curve, validations


def refuse_divergence(step: int, what: str, value: float, limit: float) -> None:
    """:raises JobFailure: ``TrainingDiverged`` when a loss or norm is not finite or beyond ``limit``."""
    if math.isfinite(value) and value <= limit:
        return
    shown = f"{value:.4g}" if math.isfinite(value) else str(value)
    bound = f" (bound {limit:g})" if math.isfinite(limit) else ""
    raise JobFailure(
        "TrainingDiverged",
        f"{what} is {shown} at step {step}{bound}",
        {"step": step, "quantity": what, "value": shown},
        "Lower learningRate or raise warmupSteps; look at the rows for broken text.",
    )


def refuse_standstill(curve: Curve, patience_steps: int) -> None:
    """Looks at the validation losses; 0 is off.

    :raises JobFailure: ``NoProgress`` when the best was ``patience_steps`` or more steps ago.
    """
    measured = validations(curve)
    if patience_steps == 0 or not measured:
        return
    best_step, best = min(measured, key=lambda point: (point[1], point[0]))
    latest_step, latest = measured[-1]
    if latest_step - best_step >= patience_steps:
        raise JobFailure(
            "NoProgress",
            f"validation loss {latest:.4f} at step {latest_step} is not below {best:.4f} of step {best_step}",
            {"step": latest_step, "bestStep": best_step, "noProgressSteps": patience_steps},
            "Raise learningRate, add data, or stop at the best step.",
        )
