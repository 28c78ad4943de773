"""`report.html`: the report document as one page that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from windlass_jobs.evaluate.svg_charts import Bar, Line, bar_chart, interval_chart, line_chart

Report = Mapping[str, Any]
NAMES = {"candidate": "candidate", "incumbent": "live now", "base": "base model"}


def html_report(report: Report) -> str:
    """The page; all text from data is escaped."""
    style = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
    verdict = escape(report["verdict"])
    body = "".join(
        (_cards(report), _reasons(report), _charts(report), _answers(report), _tasks(report), _origin(report))
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evaluation: {verdict}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head><body><main>"
        f'<header><h1>Evaluation</h1><span class="badge {verdict}">{verdict}</span></header>'
        f'<p class="sub">{report["items"]} held-out items · engine runtime {escape(report["runtime"])}</p>'
        f"{body}</main></body></html>\n"
    )


def models_of(report: Report) -> list[tuple[str, Mapping[str, Any]]]:
    """Those of candidate, live and base that were measured, in this order."""
    return [(key, report[key]) for key in NAMES if report[key] is not None]


def _cards(report: Report) -> str:
    candidate, others = report["candidate"], models_of(report)[1:]
    cards = [
        _card(
            "perplexity (lower is better)", _figure(candidate["perplexity"]), _beside(others, "perplexity")
        ),
        _card(
            "tokens per second, one user",
            _figure(candidate["tokensPerSecond"]),
            _beside(others, "tokensPerSecond"),
        ),
        _card("tasks passed", _share(candidate["taskPassRate"]), _beside(others, "taskPassRate")),
        _card("first token, median", _milliseconds(candidate["latency"]["firstTokenMsP50"]), ""),
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(label: str, value: str, beside: str) -> str:
    return f'<div class="card"><span>{label}</span><b>{value}</b><small>{beside}</small></div>'


def _beside(others: Sequence[tuple[str, Mapping[str, Any]]], key: str) -> str:
    shown = _share if key == "taskPassRate" else _figure
    return " · ".join(
        f"{NAMES[name]} {shown(model[key])}" for name, model in others if model[key] is not None
    )


def _reasons(report: Report) -> str:
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in report["reasons"])
    return f"<section><h2>Why</h2><ul>{reasons}</ul></section>"


def _charts(report: Report) -> str:
    charts = [
        _perplexity(report),
        _speed(report),
        _loss(report["training"]),
        _latency(report),
        _comparison(report),
    ]
    shown = "".join(f"<section><h2>{title}</h2>{svg}</section>" for title, svg in charts if svg)
    keys = "".join(f'<span><i class="{name}"></i>{NAMES[name]}</span>' for name, _ in models_of(report))
    return f'<p class="legend">{keys}</p><div class="grid-2">{shown}</div>'


def _loss(training: Mapping[str, Any] | None) -> tuple[str, str]:
    title = "Loss while training"
    if training is None:
        return title, ""
    curves = [("validation", "validation_loss", "candidate"), ("train", "train_loss", "incumbent")]
    lines = [
        Line(label, [(point["step"], point[key]) for point in training["curve"] if key in point], tone)
        for label, key, tone in curves
    ]
    return title, line_chart(title, "step", [line for line in lines if line.points])


def _perplexity(report: Report) -> tuple[str, str]:
    title = "Perplexity on the test split (lower is better)"
    return title, bar_chart(title, _bars(report, "perplexity"))


def _speed(report: Report) -> tuple[str, str]:
    title = "Tokens per second, one user"
    bars = _bars(report, "tokensPerSecond")
    return title, bar_chart(title, bars) if bars else ""


def _bars(report: Report, key: str) -> list[Bar]:
    present = [(name, model[key]) for name, model in models_of(report) if model[key] is not None]
    return [Bar(NAMES[name], float(value), _figure(value), name) for name, value in present]


def _latency(report: Report) -> tuple[str, str]:
    title = "Latency in milliseconds"
    words = {"firstTokenMs": "first token", "interTokenMs": "next token"}
    bars = [
        Bar(f"{word} p{rank}", value, _milliseconds(value), name)
        for key, word in words.items()
        for rank in (50, 95)
        for name, model in models_of(report)
        if (value := model["latency"][f"{key}P{rank}"]) is not None
    ]
    return title, bar_chart(title, bars) if bars else ""


def _comparison(report: Report) -> tuple[str, str]:
    compared = report["comparison"]
    if compared is None or not math.isfinite(compared["meanDelta"]):
        return "", ""
    title = f"Log-likelihood per token against {NAMES[compared['against']]} (right is better)"
    bounds = (compared["low"], compared["high"])
    return title, interval_chart(title, compared["meanDelta"], bounds, report["margin"])


def _answers(report: Report) -> str:
    if not report["samples"]:
        return ""
    names = [name for name, _ in models_of(report)]
    rows = [
        [_cell(sample["prompt"], "prompt"), *(_cell(sample[name] or "", "wide") for name in names)]
        for sample in report["samples"]
    ]
    wanted = [_cell(sample["reference"] or "", "wide") for sample in report["samples"]]
    heads = ["prompt", *(NAMES[name] for name in names), "in the test split"]
    return _table(
        "Answers side by side", heads, ([*row, last] for row, last in zip(rows, wanted, strict=True))
    )


def _tasks(report: Report) -> str:
    if not report["tasks"]:
        return ""
    rows = (
        [_cell(task["prompt"], "prompt"), _cell(task["answer"], "wide"), _outcome(task["problems"])]
        for task in report["tasks"]
    )
    return _table("Tasks", ["prompt", "answer", "expected properties"], rows)


def _outcome(problems: Sequence[str]) -> str:
    if not problems:
        return '<td><span class="ok">✓ all met</span></td>'
    return f'<td><span class="not-ok">✗ {escape("; ".join(problems))}</span></td>'


def _origin(report: Report) -> str:
    rows = (
        [_cell(name), f"<td><code>{escape(digest)}</code></td>"] for name, digest in report["sources"].items()
    )
    return _table("Made from", ["artifact", "digest"], rows)


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return (
        f'<section><h2>{title}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}" if math.isfinite(value) else "∞"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"
