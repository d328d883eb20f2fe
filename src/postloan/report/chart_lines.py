"""Lines over time, labelled at their ends, and vintage curves from grey to the main colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.lines import Line2D

from postloan.report import chart_frame as frame
from postloan.report.chart_frame import MM, Margins
from postloan.report.section import Chart, Series
from postloan.report.style import ALARM, FOURTH, GREY, MAIN, SECOND, THIRD, Style
from postloan.report.text import Text

HEIGHT_MM = 75.0
LABEL_WIDTH = 36 * MM
DIRECT = 5  # up to so many lines are labelled at their ends; more get a legend
_COLOURS = (MAIN, SECOND, THIRD, FOURTH, ALARM)
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (2.5, 1.2)))
_MARKERS = ("o", "s", "^", "D", "v")


def lines(chart: Chart, style: Style) -> str:
    """Draw one line per series; up to five carry their name and last value at their ends."""
    direct = len(chart.series) <= DIRECT
    names = [_end_label(series, chart, style) for series in chart.series] if direct else []
    right = 12 + max((_block_width(name) for name in names), default=0)
    axes = _axes(chart, style, right, 8 if direct else 8 + frame.LINE * -(-len(chart.series) // 4))
    drawn = [_line(axes, chart, style, i) for i in range(len(chart.series))]
    _finish(axes, chart, style)
    if direct:
        _label_ends(axes, chart, style, names)
    else:
        _legend(axes, chart, drawn)
    return frame.svg_of(axes)


def _line(axes: Axes, chart: Chart, style: Style, i: int) -> Line2D:
    values = [frame.printed(value, chart, style) for value in chart.series[i].values]
    colour, dash = _COLOURS[i % 5], _DASHES[(i + i // 5) % 5]
    (drawn,) = axes.plot(
        range(len(values)), values, color=colour, linestyle=dash, linewidth=1.3 if i else 1.7
    )
    _lonely(axes, values, colour)
    _end(axes, values, colour, _MARKERS[i % 5])
    return drawn


def cohorts(chart: Chart, style: Style) -> str:
    """Draw one line per cohort over months on book: old ones grey, the newest in the main colour.

    Three ends are named: the oldest, the newest and the worst.
    """
    shades = LinearSegmentedColormap.from_list("cohorts", ["#C3CAD6", GREY, "#5E7FA8", MAIN])
    last = len(chart.series) - 1
    named = _telling(chart)
    names = [_end_label(series, chart, style) if i in named else "" for i, series in enumerate(chart.series)]
    axes = _axes(chart, style, 12 + max((_block_width(name) for name in names), default=0), 8)
    colours = [to_hex(shades(i / last if last else 1.0)) for i in range(last + 1)]
    for i, series in enumerate(chart.series):
        values = [frame.printed(value, chart, style) for value in series.values]
        axes.plot(range(len(values)), values, color=colours[i], linewidth=2.0 if i == last else 1.0)
        if i in named:
            _end(axes, values, colours[i], "o" if i == last else "s")
    _finish(axes, chart, style)
    _label_ends(axes, chart, style, names, colours)
    return frame.svg_of(axes)


def _telling(chart: Chart) -> set[int]:
    known = [i for i, series in enumerate(chart.series) if any(value is not None for value in series.values)]
    if not known:
        return set()
    worst = max(known, key=lambda i: max(value for value in chart.series[i].values if value is not None))
    return {known[0], known[-1], worst}


def _axes(chart: Chart, style: Style, right: float, top: float) -> Axes:
    low, high = _limits(chart, style)
    left = frame.left_room(low, high, chart.format)
    axes = frame.axes_in(HEIGHT_MM, Margins(left, right, top))
    axes.set_xlim(-0.3, max(len(chart.x) - 1, 0) + 0.15)
    axes.set_ylim(low, high)
    return axes


def _limits(chart: Chart, style: Style) -> tuple[float, float]:
    """Return the value axis: from zero, unless that would flatten lines that stay far above it."""
    raw = [value for series in chart.series for value in series.values if value is not None]
    known = [
        frame.printed(value, chart, style) for value in [*raw, *([chart.target] if chart.target else [])]
    ]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = (high - low or abs(high) or 1.0) * 0.08
    if low >= 0 and low < 0.6 * high:
        return 0.0, high + room
    if low == high == 0:
        return 0.0, 1.0
    return low - room, high + room


def _finish(axes: Axes, chart: Chart, style: Style) -> None:
    width = frame.inner(axes)[0]
    frame.x_axis(axes, chart.x, width)
    frame.y_axis(axes, chart)
    if axes.get_ylim()[0] > 0:
        _mark_break(axes)
    if chart.target is not None:
        level = frame.printed(chart.target, chart, style)
        axes.axhline(level, color=ALARM, linewidth=0.9, linestyle=(0, (4, 3)))
        said = Text(style.lang)("Target {value}", value=style.text(chart.target, chart.format))
        axes.annotate(
            said,
            (0, level),
            (2, 2),
            textcoords="offset points",
            xycoords=("axes fraction", "data"),
            color=ALARM,
            size=frame.SMALL,
        )


def _mark_break(axes: Axes) -> None:
    """Mark by a zigzag that the value axis does not start at zero."""
    width, height = frame.inner(axes)
    xs = [x / width for x in (-3, 3, -3, 3)]
    ys = [y / height for y in (2, 4.5, 7, 9.5)]
    axes.add_line(Line2D(xs, ys, transform=axes.transAxes, color=GREY, linewidth=0.9, clip_on=False))


def _lonely(axes: Axes, values: Sequence[float], colour: str) -> None:
    """Mark points between two gaps, which no line would show."""
    padded = [math.nan, *values, math.nan]
    alone = [
        i - 1 for i in range(1, len(padded) - 1) if math.isnan(padded[i - 1]) and math.isnan(padded[i + 1])
    ]
    axes.plot(alone, [values[i] for i in alone], ".", color=colour, markersize=4)


def _end(axes: Axes, values: Sequence[float], colour: str, marker: str) -> None:
    if (last := _last(values)) is not None:
        axes.plot([last], [values[last]], marker, color=colour, markersize=4.5, clip_on=False, zorder=5)


def _last(values: Sequence[float]) -> int | None:
    return max((i for i, value in enumerate(values) if not math.isnan(value)), default=None)


def _end_label(series: Series, chart: Chart, style: Style) -> str:
    known = [value for value in series.values if value is not None]
    value = style.text(known[-1] if known else None, chart.format)
    return frame.wrapped(f"{series.name} {value}", LABEL_WIDTH, 3)


def _block_width(label: str) -> float:
    return max((frame.width_of(line) for line in label.split("\n")), default=0.0)


def _label_ends(
    axes: Axes, chart: Chart, style: Style, names: Sequence[str], colours: Sequence[str] = _COLOURS
) -> None:
    """Write each name right of its line's end, moved apart where ends are close, with a hairline to it."""
    width, height = frame.inner(axes)
    low, high = axes.get_ylim()
    ends = []
    for i, series in enumerate(chart.series):
        values = [frame.printed(value, chart, style) for value in series.values]
        if names[i] and (last := _last(values)) is not None:
            ends.append((i, last, (values[last] - low) / (high - low) * height))
    heights = [frame.LINE * (names[i].count("\n") + 1) + 2 for i, _, _ in ends]
    placed = frame.spread([y for _, _, y in ends], heights, height + 6)
    left, right = axes.get_xlim()
    for (i, last, y), centre in zip(ends, placed, strict=True):
        x = (last - left) / (right - left)
        hair = [(x + 4 / width, y / height), (1 + 8 / width, centre / height)]
        axes.add_line(
            Line2D(
                *zip(*hair, strict=True), transform=axes.transAxes, color=GREY, linewidth=0.4, clip_on=False
            )
        )
        axes.text(
            1 + 10 / width,
            centre / height,
            names[i],
            transform=axes.transAxes,
            color=colours[i],
            va="center",
            linespacing=1.15,
        )


def _legend(axes: Axes, chart: Chart, drawn: Sequence[Line2D]) -> None:
    room = (frame.WIDTH_MM * MM - 40) / 4 - 30
    names = [frame.fitted(series.name, room, frame.SMALL) for series in chart.series]
    axes.legend(
        drawn,
        names,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=4,
        frameon=False,
        fontsize=frame.SMALL,
        borderaxespad=0,
        handlelength=2.4,
    )
