"""The loss curve: what a training left behind for people and for the guards. Holds no times."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class CurvePoint:
    """State after ``step`` steps. Step 0 has a validation loss only; not every step has one."""

    step: int
    train_loss: float | None
    learning_rate: float | None
    validation_loss: float | None


Curve = list[CurvePoint]


def curve_to_json(curve: Curve) -> list[dict[str, Any]]:
    """Points as plain objects, absent values left out."""
    return [{key: value for key, value in asdict(point).items() if value is not None} for point in curve]


def curve_from_json(points: list[dict[str, Any]]) -> Curve:
    """The reverse of ``curve_to_json``."""
    names = ("train_loss", "learning_rate", "validation_loss")
    return [CurvePoint(point["step"], *(point.get(name) for name in names)) for point in points]


def train_losses(curve: Curve) -> list[float]:
    """Training losses in order of steps."""
    return [point.train_loss for point in curve if point.train_loss is not None]


def validations(curve: Curve) -> list[tuple[int, float]]:
    """(step, validation loss) wherever it was measured."""
    return [(point.step, point.validation_loss) for point in curve if point.validation_loss is not None]


def write_training_report(path: Path, method: str, curve: Curve) -> None:
    """Writes ``training.json``."""
    report = {"schema": "windlass.training/v1", "method": method, "curve": curve_to_json(curve)}
    path.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", "utf-8")
