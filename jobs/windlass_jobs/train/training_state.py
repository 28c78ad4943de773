"""A training checkpoint: all that the next step depends on, as files without pickles.

``weights.safetensors`` (trainable weights only), ``optimizer.safetensors`` (AdamW's moments, torch's random
state) and ``state.json`` (loss curve).
"""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import Parameter
from torch.optim import AdamW

from windlass_jobs.train.curve import Curve, curve_from_json, curve_to_json

RANDOM_STATE = "random_state"
MOMENTS = ("step", "exp_avg", "exp_avg_sq")
Weights = Mapping[str, Parameter]


def write_state(directory: Path, weights: Weights, optimizer: AdamW, curve: Curve) -> None:
    """Writes the state after the last step of ``curve``."""
    directory.mkdir(parents=True, exist_ok=True)
    save_file({name: weight.detach() for name, weight in weights.items()}, directory / "weights.safetensors")
    save_file(optimizer_tensors(weights, optimizer), directory / "optimizer.safetensors")
    (directory / "state.json").write_text(json.dumps({"curve": curve_to_json(curve)}), "utf-8")


def optimizer_tensors(weights: Weights, optimizer: AdamW) -> dict[str, Tensor]:
    """The optimizer's moments by weight name (none before the first step), and torch's random state."""
    moments = {
        f"{name}/{kind}": optimizer.state[weight][kind]
        for name, weight in weights.items()
        for kind in MOMENTS
        if weight in optimizer.state
    }
    return {**moments, RANDOM_STATE: torch.get_rng_state()}


def read_state(directory: Path, weights: Weights, optimizer: AdamW) -> Curve:
    """Puts weights, moments and random state back where each lives; gives the loss curve up to there."""
    saved_weights = load_file(directory / "weights.safetensors")
    saved_moments = load_file(directory / "optimizer.safetensors")
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(saved_weights[name])
            if f"{name}/{MOMENTS[0]}" in saved_moments:
                optimizer.state[weight] = {
                    kind: saved_moments[f"{name}/{kind}"].to(weight.device, copy=True) for kind in MOMENTS
                }
    torch.set_rng_state(saved_moments[RANDOM_STATE])
    return curve_from_json(json.loads((directory / "state.json").read_text("utf-8"))["curve"])
