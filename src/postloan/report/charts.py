"""Charts as SVG: one drawing per kind, the same bytes for the same record.

Title and subtitle are not drawn; they stand around the chart as text that can be searched. Text inside
is drawn as paths, so a chart looks the same wherever it is opened. Colour never stands alone: lines
differ by dash and are labelled at their ends, steps carry their sign, cells their value.
"""

from __future__ import annotations

from collections.abc import Callable

from postloan.report.chart_bars import bars, stacked
from postloan.report.chart_bridge import waterfall
from postloan.report.chart_frame import theme
from postloan.report.chart_heat import heat
from postloan.report.chart_lines import cohorts, lines
from postloan.report.section import Chart, ChartKind
from postloan.report.style import Style

_KINDS: dict[ChartKind, Callable[[Chart, Style], str]] = {
    ChartKind.LINES: lines,
    ChartKind.BARS: bars,
    ChartKind.STACKED: stacked,
    ChartKind.HEAT: heat,
    ChartKind.WATERFALL: waterfall,
    ChartKind.COHORTS: cohorts,
}


def chart_svg(chart: Chart, style: Style) -> str:
    """Return ``chart`` as an SVG document, 160 mm wide and 70 to 95 mm high, its text at 8 pt.

    Unknown values (None) leave a gap. A chart without any value is drawn as empty axes.

    Raises:
        ValueError: a series is not as long as the x axis, or a bridge does not close.
    """
    for series in chart.series:
        if len(series.values) != len(chart.x):
            raise ValueError(
                f"{chart.key}: {series.name} has {len(series.values)} values for {len(chart.x)} on x"
            )
    with theme():
        return _KINDS[chart.kind](chart, style)
