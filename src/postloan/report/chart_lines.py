"""Lines over time, labelled at their ends, and vintage curves from grey to the main colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.lines import Line2D

from postloan.report import chart_frame as frame
from postloan.report.chart_ends import End, end_label, label_ends, last_known, room_for
from postloan.report.chart_frame import MM, Margins
from postloan.report.section import Chart
from postloan.report.style import ALARM, FOURTH, GREY, INK, MAIN, SECOND, THIRD, Style
from postloan.report.text import Text

HEIGHT_MM = 75.0
DIRECT = 5  # up to so many lines are labelled at their ends; more get a legend
LEGEND_COLUMNS = 4
_COLOURS = (MAIN, SECOND, THIRD, FOURTH, ALARM)
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (2.5, 1.2)))
_MARKERS = ("o", "s", "^", "D", "v")
_TARGET_DASH: Any = (0, (4, 3))
_AGES = ("#C3CAD6", GREY, "#5E7FA8", MAIN)  # oldest to newest cohort


def lines(chart: Chart, style: Style) -> str:
    """Draw one line per series; up to five carry their name and last value at their ends."""
    grid = _grid(chart, style)
    direct = len(grid) <= DIRECT
    ends = _ends(chart, style, grid, range(len(grid)), _COLOURS) if direct else []
    ends += _target_end(chart, style)
    top = 8 if direct else 8 + frame.LINE * -(-len(grid) // LEGEND_COLUMNS)
    axes = _axes(chart, style, grid, Margins(0, room_for(ends), top))
    drawn = [_line(axes, values, i) for i, values in enumerate(grid)]
    label_ends(axes, ends)
    if not direct:
        _legend(axes, chart, drawn)
    return frame.svg_of(axes)


def cohorts(chart: Chart, style: Style) -> str:
    """Draw one line per cohort over months on book: old ones grey, the newest in the main colour.

    Three ends are named: the oldest, the newest, and the one that stands highest above the others at
    its age, which has a colour of its own.
    """
    grid = _grid(chart, style)
    known = [i for i, values in enumerate(grid) if last_known(values) is not None]
    shades = LinearSegmentedColormap.from_list("cohorts", _AGES)
    colours = [to_hex(shades(i / max(1, len(grid) - 1))) for i in range(len(grid))]
    worst = max(known, key=lambda i: (_excess(grid, i), i), default=None)
    if worst is not None and worst != known[-1]:
        colours[worst] = SECOND
    named = sorted({known[0], known[-1], worst or 0}) if known else []
    inks = [INK if i == 0 else colour for i, colour in enumerate(colours)]
    ends = _ends(chart, style, grid, named, inks) + _target_end(chart, style)
    axes = _axes(chart, style, grid, Margins(0, room_for(ends)))
    for i, values in enumerate(grid):
        is_told = i in (worst, *known[-1:])
        axes.plot(
            range(len(values)),
            values,
            color=colours[i],
            linewidth=1.9 if is_told else 0.9,
            zorder=3 + is_told,
        )
        if i in named:
            _mark_end(axes, values, colours[i], _MARKERS[named.index(i)])
    label_ends(axes, ends)
    return frame.svg_of(axes)


def _grid(chart: Chart, style: Style) -> list[list[float]]:
    return [[frame.printed(value, chart, style) for value in series.values] for series in chart.series]


def _excess(grid: Sequence[Sequence[float]], i: int) -> float:
    """Return how far a cohort's last value stands above the mean of all cohorts at the same age."""
    at = last_known(grid[i]) or 0
    peers = [values[at] for values in grid if not math.isnan(values[at])]
    return grid[i][at] - sum(peers) / len(peers)


def _ends(
    chart: Chart, style: Style, grid: Sequence[Sequence[float]], chosen: Sequence[int], colours: Sequence[str]
) -> list[End]:
    ends = []
    for i in chosen:
        last = last_known(grid[i])
        if last is not None:
            said = style.text(chart.series[i].values[last], chart.format)
            ends.append(End(last, grid[i][last], end_label(f"{chart.series[i].name} {said}"), colours[i]))
    return ends


def _target_end(chart: Chart, style: Style) -> list[End]:
    if chart.target is None:
        return []
    said = Text(style.lang)("Target {value}", value=style.text(chart.target, chart.format))
    return [End(len(chart.x) - 1, frame.printed(chart.target, chart, style), end_label(said), ALARM)]


def _axes(chart: Chart, style: Style, grid: Sequence[Sequence[float]], margins: Margins) -> Axes:
    target = [] if chart.target is None else [frame.printed(chart.target, chart, style)]
    known = [value for values in grid for value in values if not math.isnan(value)] + target
    low, high = _limits(known)
    left = frame.left_room(low, high, chart.format)
    axes = frame.axes_in(HEIGHT_MM, Margins(left, margins.right, margins.top))
    axes.set_xlim(-0.3, max(len(chart.x) - 1, 0) + 0.15)
    axes.set_ylim(low, high)
    frame.x_axis(axes, chart.x, frame.inner(axes)[0])
    frame.y_axis(axes, chart)
    if low > 0:
        _mark_break(axes)
    for level in target:
        axes.axhline(level, color=ALARM, linewidth=0.9, linestyle=_TARGET_DASH)
    return axes


def _limits(known: Sequence[float]) -> tuple[float, float]:
    """Return the value axis: from zero, unless that would flatten lines that stay far above it."""
    low, high = min(known, default=0.0), max(known, default=0.0)
    if low == high == 0:
        return 0.0, 1.0
    room = (high - low or abs(high)) * 0.08
    if 0 <= low < 0.6 * high:
        return 0.0, high + room
    return low - room, high + room


def _mark_break(axes: Axes) -> None:
    """Mark by a zigzag that the value axis does not start at zero."""
    width, height = frame.inner(axes)
    xs = [x / width for x in (-3, 3, -3, 3)]
    ys = [y / height for y in (2, 4.5, 7, 9.5)]
    axes.add_line(Line2D(xs, ys, transform=axes.transAxes, color=GREY, linewidth=0.9, clip_on=False))


def _line(axes: Axes, values: Sequence[float], i: int) -> Line2D:
    look: dict[str, Any] = {"color": _COLOURS[i % DIRECT], "linewidth": 1.3 if i else 1.7}
    dash = _DASHES[(i + i // DIRECT) % DIRECT]
    (drawn,) = axes.plot(range(len(values)), values, linestyle=dash, **look)
    _mark_lonely(axes, values, _COLOURS[i % DIRECT])
    _mark_end(axes, values, _COLOURS[i % DIRECT], _MARKERS[i % DIRECT])
    return drawn


def _mark_lonely(axes: Axes, values: Sequence[float], colour: str) -> None:
    """Mark points between two gaps, which no line would show."""
    padded = [math.nan, *values, math.nan]
    alone = [i for i in range(len(values)) if math.isnan(padded[i]) and math.isnan(padded[i + 2])]
    axes.plot(alone, [values[i] for i in alone], ".", color=colour, markersize=4)


def _mark_end(axes: Axes, values: Sequence[float], colour: str, marker: str) -> None:
    if (last := last_known(values)) is not None:
        axes.plot([last], [values[last]], marker, color=colour, markersize=4.5, clip_on=False, zorder=5)


def _legend(axes: Axes, chart: Chart, drawn: Sequence[Line2D]) -> None:
    room = frame.WIDTH_MM * MM / LEGEND_COLUMNS - 40
    names = [frame.fitted(series.name, room, frame.SMALL) for series in chart.series]
    place: dict[str, Any] = {"bbox_to_anchor": (0, 1), "borderaxespad": 0}
    look: dict[str, Any] = {
        "ncols": LEGEND_COLUMNS,
        "frameon": False,
        "fontsize": frame.SMALL,
        "handlelength": 2.4,
    }
    axes.legend(drawn, names, loc="lower left", **place, **look)
