"""Learning rate of a step."""

import math


def learning_rate_at(step: int, total_steps: int, warmup_steps: int, peak: float) -> float:
    """Rises linearly over the warm-up, then falls along a cosine and would reach 0 one step after the last.

    ``step`` counts from 0.
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    done = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return peak * 0.5 * (1.0 + math.cos(math.pi * done))
