"""A stage that does nothing: one small file, different for each stage key, so that no run reuses another's."""

from windlass_jobs.contract import Job, StageOutput

SCORES = {"perplexity": 1.0, "tokensPerSecond": 1.0, "taskPassRate": None}
VERDICT = {"verdict": "pass", "reasons": [], "candidate": SCORES, "base": None, "incumbent": None}


def run(job: Job) -> StageOutput:
    """Writes the stage key."""
    (job.out / "stage-key.txt").write_text(job.stage_key)
    return StageOutput({}, dict(VERDICT) if job.stage == "evaluate" else {}, {}, {})
