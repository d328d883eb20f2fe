"""The flow matrix: every cell printed, shaded by size, exits set apart from the states they leave."""

from __future__ import annotations

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from postloan.report import chart_frame as frame
from postloan.report.chart_frame import MM, Margins
from postloan.report.section import Chart, Format
from postloan.report.style import GREY, INK, LIGHT, Style, grouped

NAME_WIDTH = 30 * MM
GAP = 0.25  # of a cell, between states and exits
ROW_MM = 6.6


def heat(chart: Chart, style: Style) -> str:
    """Draw series as rows and x as columns; columns that are no row (exits, new) stand apart.

    Cells are shaded by cividis, dark for much, on a root scale since most of a flow stays where it was;
    a zero or unknown cell is left white.
    """
    rows = [series.name for series in chart.series]
    names = [frame.fitted(name, NAME_WIDTH) for name in rows]
    left = 10 + max((frame.width_of(name) for name in names), default=0)
    height = min(95.0, max(70.0, 14 + ROW_MM * len(rows)))
    axes = frame.axes_in(height, Margins(left, 4, 26, 4))
    places = _places(chart, rows)
    axes.set_xlim(-0.5, (places[-1] if places else 0) + 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    known = [abs(value) for series in chart.series for value in series.values if value]
    largest = max(known, default=1.0)
    for y, series in enumerate(chart.series):
        for x, value in enumerate(series.values):
            _cell(axes, (places[x], y), value, largest, _short(value, chart, style))
            if rows[y] == chart.x[x]:
                _outline(axes, places[x], y)
    _heads(axes, chart, names, places)
    return frame.svg_of(axes)


def _places(chart: Chart, rows: list[str]) -> list[float]:
    places, at = [], 0.0
    for i, name in enumerate(chart.x):
        is_border = i > 0 and (name in rows) != (chart.x[i - 1] in rows)
        at += (1 + GAP * is_border) if i else 0
        places.append(at)
    return places


def _cell(axes: Axes, at: tuple[float, int], value: float | None, largest: float, text: str) -> None:
    x, y = at
    fill = (1.0, 1.0, 1.0)
    if value:
        share = (abs(value) / largest) ** 0.5
        fill = colormaps["cividis"](1.0 - 0.95 * share)[:3]
    axes.add_patch(
        Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, facecolor=fill, edgecolor=LIGHT, linewidth=0.4)
    )
    axes.text(x, y, text, ha="center", va="center", size=frame.SMALL, color=ink_on(fill) if value else GREY)


def ink_on(fill: tuple[float, float, float]) -> str:
    """Return white or ink, whichever contrasts more with ``fill`` (WCAG relative luminance)."""
    ink, white = _luminance(to_rgb(INK)), 1.0
    ground = _luminance(fill)
    return INK if (ground + 0.05) / (ink + 0.05) >= (white + 0.05) / (ground + 0.05) else "#FFFFFF"


def _luminance(colour: tuple[float, float, float]) -> float:
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _outline(axes: Axes, x: float, y: int) -> None:
    axes.add_patch(Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, fill=False, edgecolor=INK, linewidth=0.8))


def _short(value: float | None, chart: Chart, style: Style) -> str:
    """Return a cell's text: a share with one decimal and no sign, anything else as it is written elsewhere."""
    if value is None or chart.format is not Format.PERCENT:
        return style.text(value, chart.format)
    if value == 0:
        return "0"
    return grouped(style.scaled(value, Format.PERCENT), 1)


def _heads(axes: Axes, chart: Chart, names: list[str], places: list[float]) -> None:
    axes.spines["bottom"].set_visible(False)
    axes.xaxis.tick_top()
    room = frame.inner(axes)[0] / (places[-1] + 1 if places else 1) - 2
    axes.set_xticks(places, [frame.wrapped(name, room, 2, frame.SMALL) for name in chart.x], size=frame.SMALL)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, pad=3)
