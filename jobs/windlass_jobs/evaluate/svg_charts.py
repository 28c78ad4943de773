"""Charts as inline SVG: no script, no fonts, colours from the page's style sheet; same data, same bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, ROW, LABEL_WIDTH = 480, 34, 110
PLOT_HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 220, 46, 14, 14, 30
NAME_HEIGHT = 15


@dataclass(frozen=True)
class Bar:
    """One bar; `tone` is a class of the style sheet."""

    label: str
    value: float
    shown: str
    tone: str


@dataclass(frozen=True)
class Line:
    """One curve of (x, y) points."""

    label: str
    points: Sequence[tuple[float, float]]
    tone: str


def bar_chart(title: str, bars: Sequence[Bar]) -> str:
    """Horizontal bars from zero, each with its figure behind it."""
    finite = [bar.value for bar in bars if math.isfinite(bar.value)]
    scale = (WIDTH - LABEL_WIDTH - 90) / (max(finite, default=0.0) or 1.0)
    rows = [_bar_row(bar, index, scale) for index, bar in enumerate(bars)]
    return _svg(title, len(bars) * ROW + 6, rows)


def _bar_row(bar: Bar, index: int, scale: float) -> str:
    middle = index * ROW + ROW / 2
    length = max(2.0, bar.value * scale) if math.isfinite(bar.value) else WIDTH - LABEL_WIDTH - 90
    name_x, end_x, text_y = LABEL_WIDTH - 10, LABEL_WIDTH + length + 8, f"{middle + 4:.1f}"
    place = f'x="{LABEL_WIDTH}" y="{middle - 10:.1f}" width="{length:.1f}" height="20" rx="4"'
    return (
        f'<text class="label" x="{name_x}" y="{text_y}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect class="{bar.tone}" {place}/>'
        f'<text class="figure" x="{end_x:.1f}" y="{text_y}">{escape(bar.shown)}</text>'
    )


def line_chart(title: str, x_label: str, lines: Sequence[Line]) -> str:
    """Curves over a common x axis, named at their last point."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points if math.isfinite(y)]
    if not xs or not ys:
        return ""
    frame = _Frame(min(xs), max(xs), _floor_nice(min(ys)), max(ys))
    curves = [_curve(frame, line) for line in lines]
    return _svg(title, PLOT_HEIGHT, [*_grid(frame, x_label), *curves, *_names(frame, lines)])


@dataclass(frozen=True)
class _Frame:
    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        share = (value - self.x_low) / ((self.x_high - self.x_low) or 1.0)
        return LEFT + share * (WIDTH - LEFT - RIGHT - 66)

    def y(self, value: float) -> float:
        share = (value - self.y_low) / ((self.y_high - self.y_low) or 1.0)
        return PLOT_HEIGHT - BOTTOM - share * (PLOT_HEIGHT - TOP - BOTTOM)


def _grid(frame: _Frame, x_label: str) -> list[str]:
    right = frame.x(frame.x_high)
    parts = []
    for tick in nice_ticks(frame.y_low, frame.y_high):
        y = frame.y(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    base = PLOT_HEIGHT - BOTTOM
    for tick in nice_ticks(frame.x_low, frame.x_high):
        x = frame.x(tick)
        parts.append(f'<text class="tick" x="{x:.1f}" y="{base + 16}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<text class="tick" x="{right + 12:.1f}" y="{base + 16}">{escape(x_label)}</text>')
    return parts


def _curve(frame: _Frame, line: Line) -> str:
    points = [(frame.x(x), frame.y(y)) for x, y in line.points if math.isfinite(y)]
    if not points:
        return ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle class="{line.tone}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in points)
    return f'<polyline class="curve {line.tone}" points="{path}"/>{dots if len(points) < 40 else ""}'


def _names(frame: _Frame, lines: Sequence[Line]) -> list[str]:
    """Each curve's name at its last point, moved down where names would lie on each other."""
    ends = sorted(
        (frame.y(line.points[-1][1]), line.label) for line in lines if math.isfinite(line.points[-1][1])
    )
    x, lowest, parts = frame.x(frame.x_high) + 8, -math.inf, []
    for y, label in ends:
        lowest = max(y, lowest + NAME_HEIGHT)
        parts.append(f'<text class="figure" x="{x:.1f}" y="{lowest - 4:.1f}">{escape(label)}</text>')
    return parts


def interval_chart(title: str, mean: float, bounds: tuple[float, float], margin: float) -> str:
    """A mean with its confidence interval, zero, and the margin it must not fall below."""
    low, high = bounds
    reach = max(abs(low), abs(high), margin) * 1.25 or 1.0
    height, middle = 96, 44
    parts = []
    # The words stand on either side, because the lines may be a pixel apart.
    for value, word, tone, anchor in (
        (-margin, f"margin {-margin:g}", "margin", "end"),
        (0.0, "equal", "grid", "start"),
    ):
        x = _centred(value, reach)
        parts.append(f'<line class="{tone}" x1="{x:.1f}" x2="{x:.1f}" y1="14" y2="{height - 22}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 6}" text-anchor="{anchor}">{word}</text>')
    left, right, dot = _centred(low, reach), _centred(high, reach), _centred(mean, reach)
    parts.append(f'<line class="interval" x1="{left:.1f}" x2="{right:.1f}" y1="{middle}" y2="{middle}"/>')
    parts.append(f'<circle class="candidate" cx="{dot:.1f}" cy="{middle}" r="6"/>')
    shown = f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"
    parts.append(f'<text class="figure" x="{dot:.1f}" y="{middle - 14}" text-anchor="middle">{shown}</text>')
    return _svg(title, height, parts)


def _centred(value: float, reach: float) -> float:
    return WIDTH / 2 + value / reach * (WIDTH / 2 - 80)


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers within the range, about as many as asked."""
    span = high - low
    if span <= 0:
        return [low]
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 10) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _floor_nice(value: float) -> float:
    return math.floor(value) if value > 0 else value


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    body = "".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )
