"""What one model did: its scores, its answers, and the figures made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from windlass_jobs.evaluate.engine_session import Answer, EngineSession, Score, ScoreItem
from windlass_jobs.evaluate.expectations import unmet
from windlass_jobs.evaluate.parameters import Task
from windlass_jobs.evaluate.statistics import percentile, perplexity, tokens_per_second

ITEMS_AT_ONCE = 50


@dataclass(frozen=True)
class TaskOutcome:
    """The answer to a task; `problems` is empty where it has all expected properties."""

    prompt: str
    answer: str
    problems: list[str]


@dataclass(frozen=True)
class Measurement:
    """One model on one data set. `timed`: the answers were made one by one, as a user sees them."""

    scores: list[Score]
    outcomes: list[TaskOutcome]
    samples: list[Answer]
    answers: list[Answer]
    timed: bool

    @property
    def perplexity(self) -> float:
        """Per response token of the held-out items."""
        return perplexity(self.scores)

    @property
    def tokens_per_second(self) -> float | None:
        """Of one user at a time."""
        return tokens_per_second(self.answers) if self.timed else None

    @property
    def task_pass_rate(self) -> float | None:
        """Share of tasks with all properties; None without tasks."""
        if not self.outcomes:
            return None
        return sum(not outcome.problems for outcome in self.outcomes) / len(self.outcomes)

    def latency(self) -> dict[str, float | None]:
        """Milliseconds: first token, and each further token, as median and 95th percentile."""
        timed = [answer for answer in self.answers if answer.first_token_seconds is not None]
        firsts = [(answer.first_token_seconds or 0.0) * 1000 for answer in timed]
        gaps = [_gap_ms(answer) for answer in timed if answer.tokens > 1]
        return {
            "firstTokenMsP50": percentile(firsts, 0.5),
            "firstTokenMsP95": percentile(firsts, 0.95),
            "interTokenMsP50": percentile(gaps, 0.5),
            "interTokenMsP95": percentile(gaps, 0.95),
        }

    def figures(self) -> dict[str, Any]:
        """The three figures that floors and summaries speak of."""
        return {
            "perplexity": self.perplexity,
            "tokensPerSecond": self.tokens_per_second,
            "taskPassRate": self.task_pass_rate,
        }


@dataclass(frozen=True)
class Plan:
    """What every model is asked; `warm_up` is answered once before, unmeasured."""

    items: Sequence[ScoreItem]
    tasks: Sequence[Task]
    sample_prompts: Sequence[str]
    max_new_tokens: int


def measure(session: EngineSession, plan: Plan, *, timed: bool, scored: Callable[[int], None]) -> Measurement:
    """Scores all items (telling `scored` how many are done), then answers tasks and sample prompts."""
    scores: list[Score] = []
    for start in range(0, len(plan.items), ITEMS_AT_ONCE):
        scores.extend(session.score(plan.items[start : start + ITEMS_AT_ONCE]))
        scored(len(scores))
    tasks = plan.tasks if timed else []
    prompts = [*(task.prompt for task in tasks), *plan.sample_prompts]
    if timed and prompts:
        session.generate(prompts[:1], 1)
    answers = session.generate(prompts, plan.max_new_tokens) if prompts else []
    outcomes = [_outcome(task, answer) for task, answer in zip(tasks, answers, strict=False)]
    return Measurement(scores, outcomes, answers[len(tasks) :], answers, timed)


def _outcome(task: Task, answer: Answer) -> TaskOutcome:
    problems = [unmet(expectation, answer.text) for expectation in task.expect]
    return TaskOutcome(task.prompt, answer.text, [problem for problem in problems if problem])


def _gap_ms(answer: Answer) -> float:
    return (answer.seconds - (answer.first_token_seconds or 0.0)) * 1000 / (answer.tokens - 1)
