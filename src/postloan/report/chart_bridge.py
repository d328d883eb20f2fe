"""The waterfall from an opening to a closing level; it closes or it is not drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from matplotlib.axes import Axes

from postloan.report import chart_frame as frame
from postloan.report.chart_frame import Margins
from postloan.report.section import Chart, Format
from postloan.report.style import ALARM, GREY, INK, THIRD, Style, basis_points

HEIGHT_MM = 72.0
CLOSES_WITHIN = 1e-9  # of the larger level


def waterfall(chart: Chart, style: Style) -> str:
    """Draw the first and last x as levels and the rest as steps between them, a rise being harm.

    Levels of a ratio are printed in percent and its steps in basis points. The value axis is left out,
    since every value is printed; where the steps are small against the level its foot is cut and marked.

    Raises:
        ValueError: opening plus steps is not closing, or a value is unknown.
    """
    values = [0.0 if value is None else float(value) for value in chart.series[0].values]
    if None in chart.series[0].values or len(values) < 2:
        raise ValueError(f"{chart.key}: a bridge needs every one of its steps")
    levels = list(accumulate(values[:-1]))
    if abs(levels[-1] - values[-1]) > CLOSES_WITHIN * max(1.0, abs(values[0]), abs(values[-1])):
        raise ValueError(f"{chart.key}: the bridge ends at {levels[-1]} and not at {values[-1]}")
    axes = frame.axes_in(HEIGHT_MM, Margins(6, 6, 10, 30))
    low, high = _limits(levels)
    axes.set_xlim(-0.6, len(values) - 0.4)
    axes.set_ylim(low, high)
    _bars(axes, values, levels, low)
    _print(axes, chart, style, values, levels)
    room = frame.inner(axes)[0] / len(values) - 4
    axes.set_xticks(
        range(len(values)), [frame.wrapped(name, room, 2, frame.SMALL) for name in chart.x], size=frame.SMALL
    )
    axes.set_yticks([])
    if low > 0:
        _mark_cut(axes, len(values))
    return frame.svg_of(axes)


def _limits(levels: Sequence[float]) -> tuple[float, float]:
    low, high = min(levels), max(levels)
    span = high - low or abs(high) or 1.0
    if low > 0 and span < 0.6 * high:
        return max(0.0, low - span * 0.7), high + span * 0.16
    return min(0.0, low - span * 0.16), max(0.0, high + span * 0.16)


def _bars(axes: Axes, values: Sequence[float], levels: Sequence[float], low: float) -> None:
    foot = max(low, 0.0) if low >= 0 else 0.0
    last = len(values) - 1
    for x, level in ((0, levels[0]), (last, levels[-1])):
        axes.bar(x, level - foot, bottom=foot, width=0.62, color=GREY)
    for x in range(1, last):
        rise = values[x] > 0
        axes.bar(
            x,
            values[x],
            bottom=levels[x - 1],
            width=0.62,
            color=ALARM if rise else THIRD,
            hatch="////" if rise else None,
            edgecolor="white",
            linewidth=0,
        )
    for x, level in enumerate(levels):
        axes.plot([x + 0.31, x + 0.69], [level, level], color=INK, linewidth=0.6)


def _print(axes: Axes, chart: Chart, style: Style, values: Sequence[float], levels: Sequence[float]) -> None:
    last = len(values) - 1
    tops = [levels[0], *(max(levels[x - 1], levels[x]) for x in range(1, last)), levels[-1]]
    for x, (value, top) in enumerate(zip(values, tops, strict=True)):
        text = _level(value, chart, style) if x in (0, last) else _step(value, chart, style)
        axes.annotate(
            text, (x, top), (0, 2.5), textcoords="offset points", ha="center", color=INK, size=frame.SIZE
        )


def _level(value: float, chart: Chart, style: Style) -> str:
    return style.text(value, Format.PERCENT if chart.format is Format.BASIS_POINTS else chart.format)


def _step(value: float, chart: Chart, style: Style) -> str:
    if chart.format in (Format.PERCENT, Format.BASIS_POINTS):
        return basis_points(style.scaled(value, Format.BASIS_POINTS), 1)
    return ("+" if value > 0 else "") + style.text(value, chart.format)


def _mark_cut(axes: Axes, count: int) -> None:
    """Cut the foot of both levels by two white strokes: they don't start at zero."""
    width, height = frame.inner(axes)
    bar = width / (count + 0.2)  # the axes begin 0.6 of a bar before the first
    for x in (0, count - 1):
        middle = (x + 0.6) * bar
        for y in (7, 10):
            axes.plot(
                [(middle - 0.32 * bar) / width, (middle + 0.32 * bar) / width],
                [y / height, (y + 4) / height],
                transform=axes.transAxes,
                color="white",
                linewidth=1.4,
            )
