"""A tiny checkpoint taken through convert and build-engine once for all tests of the runtime openvino."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.job_lab import Ended, JobLab
from tests.tiny_llama import save_tiny_dataset, save_tiny_llama
from windlass_jobs.contract.artifact import ArtifactRef

BUILD: dict[str, Any] = {
    "runtime": "openvino",
    "quantization": "int8",
    "maxInputTokens": 128,
    "maxOutputTokens": 32,
    "parity": {"items": 8, "maxPerplexityRatio": 1.1},
}


@dataclass(frozen=True)
class OpenVinoLab:
    """Artifacts to build from, and the engine built from them."""

    jobs: JobLab
    checkpoint: ArtifactRef
    dataset: ArtifactRef
    weights: ArtifactRef
    engine: ArtifactRef

    def build(self, parameters: dict[str, Any], **inputs: ArtifactRef) -> Ended:
        """One more build; inputs may be replaced."""
        named = {"checkpoint": self.checkpoint, "dataset": self.dataset, "weights": self.weights, **inputs}
        return self.jobs.run("build-engine", parameters, **named)


def build_tiny_engine(root: Path) -> OpenVinoLab:
    """Runs both stages through the entry point, as a runner does."""
    jobs = JobLab(root)
    checkpoint = jobs.publish(save_tiny_llama(root / "llama"), "checkpoint")
    dataset = jobs.publish(save_tiny_dataset(root / "dataset"), "dataset")
    weights = ref_of(jobs.run("convert", {"runtime": "openvino"}, checkpoint=checkpoint))
    inputs = {"checkpoint": checkpoint, "dataset": dataset, "weights": weights}
    engine = ref_of(jobs.run("build-engine", BUILD, **inputs))
    return OpenVinoLab(jobs, checkpoint, dataset, weights, engine)


def ref_of(ended: Ended) -> ArtifactRef:
    """The artifact of a job that succeeded."""
    assert ended.exit_code == 0, ended.result
    return ArtifactRef(ended.out.as_uri(), ended.digest)


def path_of(ref: ArtifactRef) -> Path:
    """Where a directory store keeps the artifact."""
    return Path(ref.uri.removeprefix("file://"))
