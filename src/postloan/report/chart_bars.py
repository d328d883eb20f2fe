"""Bars from zero: one series upright or lying, or several stacked with their share over 90 days."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from postloan.model.buckets import BUCKETS
from postloan.report import chart_frame as frame
from postloan.report.chart_frame import MM, Margins
from postloan.report.section import Chart, Format
from postloan.report.style import ALARM, GREY, INK, MAIN, Style, grouped
from postloan.report.text import Text

HEIGHT_MM = 75.0
NAME_WIDTH = 40 * MM
OVER_90 = tuple(bucket.code for bucket in BUCKETS if bucket.from_days > 90)


def bars(chart: Chart, style: Style) -> str:
    """Draw the first series as bars: lying where the names are too long to stand under them."""
    series = chart.series[0] if chart.series else None
    raw = series.values if series else ()
    values = [frame.printed(value, chart, style) for value in raw]
    said = [style.text(value, chart.format) for value in raw]
    room = frame.WIDTH_MM * MM - 50
    names = [frame.plain(name) for name in chart.x]
    fits = all(frame.width_of(name) + 6 <= room / max(1, len(names)) for name in names)
    is_long = max((frame.width_of(name) for name in names), default=0) > 42
    if is_long and not fits and len(names) <= 20:
        return _lying(chart, style, values, said)
    return _upright(chart, style, values, said)


def _upright(chart: Chart, style: Style, values: Sequence[float], said: Sequence[str]) -> str:
    low, high = _limits(values, chart, style)
    axes = frame.axes_in(HEIGHT_MM, Margins(frame.left_room(low, high, chart.format), 8, 14))
    axes.set_ylim(low, high)
    axes.set_xlim(-0.6, len(chart.x) - 0.4)
    drawn = axes.bar(range(len(values)), [_or_zero(value) for value in values], width=0.66, color=MAIN)
    width = frame.inner(axes)[0]
    widest = max((frame.width_of(text, frame.SMALL) for text in said), default=0)
    if widest + 4 >= width / max(1, len(said)):
        said = ["" if i < len(said) - 1 else text for i, text in enumerate(said)]  # room for the last only
    axes.bar_label(drawn, said, padding=2, size=frame.SMALL)
    frame.x_axis(axes, chart.x, width)
    frame.y_axis(axes, chart)
    if low < 0:
        axes.axhline(0, color=GREY, linewidth=0.6)
    if chart.target is not None:
        axes.axhline(
            frame.printed(chart.target, chart, style), color=ALARM, linewidth=0.9, linestyle=(0, (4, 3))
        )
        _say_target(axes, chart, style, 1.0, "right")
    return frame.svg_of(axes)


def _lying(chart: Chart, style: Style, values: Sequence[float], said: Sequence[str]) -> str:
    names = [frame.fitted(name, NAME_WIDTH) for name in chart.x]
    low, high = _limits(values, chart, style)
    left = max(frame.width_of(name) for name in names) + 10
    axes = frame.axes_in(min(95.0, max(70.0, 12 + 5.5 * len(names))), Margins(left, 46, 14))
    axes.set_xlim(low, high)
    axes.set_ylim(len(names) - 0.4, -0.6)
    drawn = axes.barh(range(len(values)), [_or_zero(value) for value in values], height=0.62, color=MAIN)
    axes.bar_label(drawn, said, padding=3, size=frame.SMALL)
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=GREY, linewidth=0.6)
    if chart.target is not None:
        level = frame.printed(chart.target, chart, style)
        axes.axvline(level, color=ALARM, linewidth=0.9, linestyle=(0, (4, 3)))
        _say_target(axes, chart, style, (level - low) / (high - low), "center")
    return frame.svg_of(axes)


def _say_target(axes: Axes, chart: Chart, style: Style, x: float, align: str) -> None:
    said = Text(style.lang)("Target {value}", value=style.text(chart.target, chart.format))
    axes.annotate(
        said,
        (x, 1),
        (0, 3),
        xycoords="axes fraction",
        textcoords="offset points",
        ha=align,
        color=ALARM,
        size=frame.SMALL,
    )


def _limits(values: Sequence[float], chart: Chart, style: Style) -> tuple[float, float]:
    """Return the value axis: bars always start at zero."""
    known = [value for value in values if not math.isnan(value)]
    known += [frame.printed(chart.target, chart, style)] if chart.target is not None else []
    low, high = min([0.0, *known]), max([0.0, *known])
    room = (high - low or 1.0) * 0.06
    return (low - room if low < 0 else 0.0), high + room


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def stacked(chart: Chart, style: Style) -> str:
    """Draw series on top of each other, worst on top and darkest, named at the last bar.

    Where the series are delinquency buckets, each bar carries its share over 90 days.
    """
    grid = [
        [_or_zero(frame.printed(value, chart, style)) for value in series.values] for series in chart.series
    ]
    totals = [sum(column) for column in zip(*grid, strict=True)]
    low, high = _limits(totals, chart, style)
    names = [frame.fitted(series.name, NAME_WIDTH) for series in chart.series]
    right = 16 + max((frame.width_of(name) for name in names), default=0)
    axes = frame.axes_in(HEIGHT_MM, Margins(frame.left_room(low, high, chart.format), right, 22))
    axes.set_ylim(0, high)
    axes.set_xlim(-0.6, len(chart.x) - 0.4)
    shades = colormaps["cividis"]
    colours = [to_hex(shades(0.97 - 0.97 * i / max(1, len(grid) - 1))) for i in range(len(grid))]
    floor = [0.0] * len(chart.x)
    for row, colour in zip(grid, colours, strict=True):
        axes.bar(
            range(len(row)), row, width=0.7, bottom=floor, color=colour, edgecolor="white", linewidth=0.5
        )
        floor = [below + height for below, height in zip(floor, row, strict=True)]
    frame.x_axis(axes, chart.x, frame.inner(axes)[0])
    frame.y_axis(axes, chart)
    _name_layers(axes, grid, names, colours)
    _late_shares(axes, chart, style, totals)
    return frame.svg_of(axes)


def _name_layers(
    axes: Axes, grid: Sequence[Sequence[float]], names: Sequence[str], colours: Sequence[str]
) -> None:
    """Name every layer right of the last bar, with a square of its colour."""
    width, height = frame.inner(axes)
    top = axes.get_ylim()[1]
    wanted, floor = [], 0.0
    for row in grid:
        last = row[-1] if row else 0.0
        wanted.append((floor + last / 2) / top * height)
        floor += last
    for name, colour, y in zip(
        names, colours, frame.spread(wanted, [frame.LINE] * len(names), height + 14), strict=True
    ):
        axes.plot(
            [1 + 3 / width],
            [y / height],
            "s",
            transform=axes.transAxes,
            color=colour,
            markersize=5,
            clip_on=False,
        )
        axes.text(1 + 9 / width, y / height, name, transform=axes.transAxes, va="center", color=INK)


def _late_shares(axes: Axes, chart: Chart, style: Style, totals: Sequence[float]) -> None:
    late = [series.values for series in chart.series if series.name in OVER_90]
    if not late or len(late) == len(chart.series):
        return
    for i, total in enumerate(totals):
        part = sum(_or_zero(frame.printed(values[i], chart, style)) for values in late)
        if total:
            short = grouped(style.scaled(part / total, Format.PERCENT), 0) + "%"
            axes.text(i, total, short, ha="center", va="bottom", size=frame.SMALL)
    said = Text(style.lang)("Above each bar: share more than 90 days past due")
    axes.annotate(
        said,
        (0, 1),
        (0, 12),
        xycoords="axes fraction",
        textcoords="offset points",
        size=frame.SMALL,
        color=INK,
    )
