"""Data sets, parameters and processes for tests of `train`."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars
from transformers import AutoTokenizer

from tests.job_lab import Ended, JobLab
from windlass_jobs.contract import ArtifactRef

JOBS = Path(__file__).parent.parent
NOUNS = {
    "lighthouse": "a tower with a light that gives warning to passing ships",
    "carpenter": "a person who is skilled in making things out of wood",
    "bridge": "a structure that allows people to cross a river",
    "violin": "a small instrument with four strings that is played with a bow",
    "harbor": "a sheltered place where ships can anchor",
    "lantern": "a light in a case that can be carried",
    "sailor": "a person who works on a ship",
    "shoal": "a place in the sea where the water is shallow",
    "wood": "the hard substance of a tree",
    "ship": "a vessel that carries passengers or freight",
}


def tokenized(base: Path, noun: str, meaning: str) -> dict[str, Any]:
    """One row as prepare-data writes it."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    turns = [{"role": "user", "content": f'Define the noun "{noun}".'}]
    prompt = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    given = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    learned = tokenizer(f"{meaning}<|im_end|>", add_special_tokens=False)["input_ids"]
    return {"id": f"id-{noun}", "input_ids": given + learned, "labels": [-100] * len(given) + learned}


def token_rows(base: Path) -> list[dict[str, Any]]:
    """All nouns as tokenised rows."""
    return [tokenized(base, noun, meaning) for noun, meaning in NOUNS.items()]


def write_dataset(directory: Path, rows: list[dict[str, Any]]) -> Path:
    """Two rows for validation, the others for training."""
    directory.mkdir(parents=True, exist_ok=True)
    polars.DataFrame(rows[2:]).write_parquet(directory / "train.tokens.parquet")
    polars.DataFrame(rows[:2]).write_parquet(directory / "validation.tokens.parquet")
    return directory


def write_text_dataset(directory: Path) -> Path:
    """Rows without tokens, as for training from scratch."""
    directory.mkdir(parents=True, exist_ok=True)
    rows = [
        {"id": f"id-{noun}", "prompt": f'Define the noun "{noun}".', "response": meaning}
        for noun, meaning in NOUNS.items()
    ]
    for name, part in (("train", rows[2:]), ("validation", rows[:2])):
        (directory / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))
    return directory


def parameters(**changes: Any) -> dict[str, Any]:
    """Complete parameters of a short training; keys are replaced."""
    value: dict[str, Any] = {
        "method": "lora",
        "steps": 12,
        "batchSize": 3,
        "learningRate": 0.01,
        "warmupSteps": 2,
        "weightDecay": 0.0,
        "gradientClip": 1.0,
        "seed": 17,
        "threads": 1,
        "maxTokens": 128,
        "lora": {"rank": 4, "alpha": 8, "dropout": 0.1, "targets": "all-linear"},
        "scratch": None,
        "checkpointEvery": 4,
        "validateEvery": 5,
        "validationItems": 2,
        "divergence": {"maxLoss": 50.0, "noProgressSteps": 0},
    }
    return {**value, **changes}


class TrainLab:
    """A base model, a data set, and trainings on them."""

    def __init__(self, lab: JobLab, base: Path, dataset: Path) -> None:
        self.lab = lab
        self.inputs = {"base": lab.publish(base, "base-model"), "dataset": lab.publish(dataset, "dataset")}

    def document(self, values: dict[str, Any], checkpoints: str | None = None) -> dict[str, Any]:
        """A job document; attempts that name the same checkpoints go on from each other."""
        document = self.lab.document("train", values, **self.inputs)
        document["output"]["kind"] = "checkpoint"
        return (
            document if checkpoints is None else {**document, "checkpoints": f"{self.lab.uri}/{checkpoints}"}
        )

    def train(self, checkpoints: str | None = None, **changes: Any) -> Ended:
        """Trains in this process."""
        return self.lab.run_document(self.document(parameters(**changes), checkpoints))

    def start(self, document: dict[str, Any]) -> subprocess.Popen[bytes]:
        """Starts the job in a process of its own."""
        environment = {**os.environ, **self.lab.environment(document), "PYTHONPATH": str(JOBS)}
        return subprocess.Popen([sys.executable, "-m", "windlass_jobs", "train"], env=environment)

    def checkpoint_steps(self, checkpoints: str) -> list[int]:
        """Steps that have a committed training checkpoint."""
        root = Path(f"{self.lab.uri}/{checkpoints}".removeprefix("file://"))
        return sorted(int(path.parts[-3].removeprefix("step-")) for path in root.rglob("manifest.json"))


def dataset_ref(lab: JobLab, directory: Path, rows: list[dict[str, Any]]) -> ArtifactRef:
    """Publishes another data set."""
    return lab.publish(write_dataset(directory, rows), "dataset")


def weights_sha256(ended: Ended) -> str:
    """sha256 of the trained weights."""
    return hashlib.sha256((ended.out / "model.safetensors").read_bytes()).hexdigest()


def curve(ended: Ended) -> list[dict[str, float]]:
    """The loss curve."""
    found: list[dict[str, float]] = json.loads((ended.out / "training.json").read_bytes())["curve"]
    return found
