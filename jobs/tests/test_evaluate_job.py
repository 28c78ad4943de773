"""The stage evaluate on a tiny engine, and the page it writes."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.job_lab import Ended
from tests.openvino_lab import OpenVinoLab
from windlass_jobs.contract.artifact import ArtifactRef
from windlass_jobs.evaluate.svg_charts import Bar, Line, bar_chart, line_chart, nice_ticks

PARAMETERS: dict[str, Any] = {
    "runtime": "openvino",
    "maxItems": 35,
    "maxNewTokens": 6,
    "sampleAnswers": 2,
    "tasks": [
        {"prompt": "ships", "expect": [{"kind": "length", "minChars": 0, "maxChars": 500}]},
        {
            "prompt": "tower",
            "expect": [{"kind": "contains", "text": "no model says <this>", "ignoreCase": True}],
        },
    ],
    "floors": {"maxPerplexity": None, "minTokensPerSecond": None, "minTaskPassRate": 0.5},
    "compare": {
        "against": "incumbent",
        "margin": 0.05,
        "confidence": 0.95,
        "minItems": 30,
        "resamples": 200,
        "seed": 17,
    },
}


@pytest.fixture(scope="module")
def training(built: OpenVinoLab, tmp_path_factory: pytest.TempPathFactory) -> ArtifactRef:
    directory = tmp_path_factory.mktemp("training")
    curve = [
        {"step": 0, "validation_loss": 5.0},
        {"step": 1, "train_loss": 4.0},
        {"step": 2, "train_loss": 3.0},
    ]
    (directory / "training.json").write_text(json.dumps({"schema": "windlass.training/v1", "curve": curve}))
    return built.jobs.publish(directory, "checkpoint")


@pytest.fixture(scope="module")
def full(built: OpenVinoLab, training: ArtifactRef) -> Ended:
    """Evaluated beside the base and an equal incumbent."""
    parameters = {**PARAMETERS, "training": {"uri": training.uri, "digest": training.digest}}
    return evaluate(built, parameters, base=built.checkpoint, incumbent=built.engine)


def evaluate(built: OpenVinoLab, parameters: dict[str, Any], **others: ArtifactRef) -> Ended:
    ended = built.jobs.run("evaluate", parameters, engine=built.engine, dataset=built.dataset, **others)
    assert ended.exit_code == 0, ended.result
    return ended


def test_an_engine_equal_to_the_live_one_passes(full: Ended) -> None:
    summary = full.result["summary"]
    assert summary["verdict"] == "pass"
    assert summary["comparison"] == {"against": "incumbent", "meanDelta": 0, "low": 0, "high": 0, "items": 35}
    assert summary["candidate"]["taskPassRate"] == 0.5
    assert summary["candidate"]["perplexity"] == summary["incumbent"]["perplexity"]
    assert summary["base"]["perplexity"] == pytest.approx(summary["candidate"]["perplexity"], rel=0.1)
    assert summary["base"]["tokensPerSecond"] is None
    assert full.result["metrics"]["candidate_perplexity"] == summary["candidate"]["perplexity"]


def test_every_item_is_listed_with_the_scores_of_each_model(full: Ended) -> None:
    rows = full.rows("items.jsonl")
    assert [row["id"] for row in rows] == [f"test-{index}" for index in range(35)]
    assert set(rows[0]) == {"id", "candidate", "base", "incumbent"}
    assert rows[0]["candidate"] == rows[0]["incumbent"]
    assert rows[0]["candidate"]["tokens"] > 0 > rows[0]["candidate"]["log_likelihood"]


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(full: Ended) -> None:
    page = (full.out / "report.html").read_text(encoding="utf-8")
    seen = Tags(page)
    assert not {"script", "link", "img", "iframe"} & seen.names
    assert "http" not in page
    assert seen.names >= {"svg", "table", "style"}
    assert "no model says &lt;this&gt;" in page
    assert "Loss while training" in page
    assert "Answers side by side" in page


def test_progress_says_which_model_is_scored(full: Ended) -> None:
    messages = [line["message"] for line in full.progress]
    assert "candidate: 35/35 items scored" in messages
    assert "base: 35/35 items scored" in messages


def test_too_few_items_leave_the_verdict_to_a_person(built: OpenVinoLab) -> None:
    summary = evaluate(built, {**PARAMETERS, "maxItems": 5}).result["summary"]
    assert summary["verdict"] == "inconclusive"
    assert summary["reasons"][0] == "only 5 held-out items, 30 are needed to judge"
    assert summary["base"] is None
    assert summary["incumbent"] is None
    assert summary["comparison"] is None


def test_a_missed_floor_is_a_verdict_not_a_failed_job(built: OpenVinoLab) -> None:
    floors = {"maxPerplexity": 1.5, "minTokensPerSecond": None, "minTaskPassRate": None}
    summary = evaluate(built, {**PARAMETERS, "floors": floors, "tasks": []}).result["summary"]
    assert summary["verdict"] == "fail"
    assert "wanted at most 1.5" in summary["reasons"][0]
    assert summary["candidate"]["taskPassRate"] is None


def test_an_unknown_runtime_is_bad_configuration(built: OpenVinoLab) -> None:
    parameters = {**PARAMETERS, "runtime": "abacus"}
    ended = built.jobs.run("evaluate", parameters, engine=built.engine, dataset=built.dataset)
    assert ended.exit_code == 64
    assert "openvino" in ended.failure["message"]


def test_a_row_without_its_fields_is_named(built: OpenVinoLab, tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text('{"id": "a", "prompt": "x", "response": "y"}\n{"id": "b"}\n')
    dataset = built.jobs.publish(tmp_path, "dataset")
    ended = built.jobs.run("evaluate", PARAMETERS, engine=built.engine, dataset=dataset)
    assert ended.exit_code == 65
    assert ended.failure["details"] == {"file": "test.jsonl", "row": 2, "field": "prompt"}


def test_charts_are_the_same_for_the_same_data_and_hold_no_nan() -> None:
    bars = [Bar("a <b>", 2.0, "2", "candidate"), Bar("c", float("inf"), "∞", "base")]
    lines = [Line("train", [(0, 1.0), (1, float("nan")), (2, 0.5)], "candidate")]
    assert bar_chart("t", bars) == bar_chart("t", bars)
    assert "a &lt;b&gt;" in bar_chart("t", bars)
    assert "nan" not in line_chart("t", "step", lines)
    assert line_chart("t", "step", []) == ""


def test_ticks_are_round_numbers_within_the_range() -> None:
    assert nice_ticks(0, 60) == [0, 20, 40, 60]
    assert nice_ticks(3, 4.6) == [3, 3.5, 4, 4.5]
    assert nice_ticks(2, 2) == [2]


class Tags(HTMLParser):
    """Names of the elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.names.add(tag)
