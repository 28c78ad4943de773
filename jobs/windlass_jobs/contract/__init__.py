"""The contract between Windlass and a job (docs/job-contract.md): what stages import, and nothing else."""

from windlass_jobs.contract.artifact import ArtifactRef
from windlass_jobs.contract.checkpoints import CheckpointStore
from windlass_jobs.contract.failure import JobFailure
from windlass_jobs.contract.job import Job
from windlass_jobs.contract.result import StageOutput

__all__ = ["ArtifactRef", "CheckpointStore", "Job", "JobFailure", "StageOutput"]
