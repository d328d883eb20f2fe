"""Charts: the same bytes every time, nothing from outside, nothing overlapping, and bridges that close."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import report_samples
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colormaps, rcParams

from postloan.report.chart_frame import fitted, spread, theme, thinned, width_of, wrapped
from postloan.report.chart_heat import ink_on
from postloan.report.charts import chart_svg
from postloan.report.section import Chart, ChartKind, Format, Series
from postloan.report.sparkline import sparkline
from postloan.report.style import Style

STYLE = Style("zh", "CNY", 4)
MONTHS = report_samples.MONTHS
NASTY = (
    "$x_{$ \\frac",
    "<script>window.pwned=1</script>",
    "𠮷田\u202e支行",
    report_samples.LONG_NAME,
    "_hidden",
)
STATES = ("M0", "M1", "M2", "结清", "核销")
RATES = (0.02, 0.021, None, 0.03, *(0.025 + i / 1000 for i in range(9)))


def series(
    names: tuple[str, ...], values: tuple[float | None, ...], step: float = 0.002
) -> tuple[Series, ...]:
    return tuple(
        Series(name, tuple(None if value is None else value + i * step for value in values))
        for i, name in enumerate(names)
    )


def bridge(closing: float = 0.0145) -> Chart:
    x = ("期初不良率", "新增不良", "收回", "期末不良率")
    return Chart(
        "w",
        ChartKind.WATERFALL,
        "t",
        "s",
        x,
        (Series("", (0.0142, 0.0009, -0.0006, closing)),),
        Format.PERCENT,
    )


CHARTS = {
    "lines": Chart("l", ChartKind.LINES, "t", "s", MONTHS, series(NASTY, RATES), Format.PERCENT, target=0.03),
    "legend": Chart("l", ChartKind.LINES, "t", "s", MONTHS, series((*NASTY, "六"), RATES), Format.PERCENT),
    "bars": Chart("b", ChartKind.BARS, "t", "s", MONTHS, series(("a",), (10**9,) * 13), Format.MONEY),
    "lying": Chart(
        "b",
        ChartKind.BARS,
        "t",
        "s",
        NASTY,
        series(("a",), (0.1, None, -0.01, 0.03, 0.0)),
        Format.PERCENT,
        target=0.05,
    ),
    "stacked": Chart(
        "s", ChartKind.STACKED, "t", "s", MONTHS, series(("M1", "M4", "M7"), (10**9,) * 13, 0), Format.MONEY
    ),
    "heat": Chart(
        "h",
        ChartKind.HEAT,
        "t",
        "s",
        STATES,
        series(STATES[:3], (0.9, 0.05, 0.0, None, 0.05)),
        Format.PERCENT,
    ),
    "waterfall": bridge(),
    "cohorts": Chart("c", ChartKind.COHORTS, "t", "s", MONTHS, series(NASTY, RATES), Format.PERCENT),
}
EMPTY: dict[ChartKind, Chart] = {
    kind: Chart("e", kind, "t", "s", ("a", "b"), (Series("n", (None, None)),), Format.PERCENT)
    for kind in ChartKind
    if kind is not ChartKind.WATERFALL
}


@pytest.mark.parametrize("name", CHARTS)
def test_same_bytes_and_self_contained(name: str) -> None:
    svg = chart_svg(CHARTS[name], STYLE)
    assert svg == chart_svg(CHARTS[name], STYLE)
    assert "<text" not in svg
    assert "<script" not in svg
    assert not re.search(r"20\d\d-\d\d-\d\dT|matplotlib\.org|<!--|<image", svg)
    assert set(re.findall(r'(?:href|src)="([^#][^"]*)', svg)) == set()
    assert len(svg) < 100_000


@pytest.mark.parametrize("name", CHARTS)
def test_size_on_the_page(name: str) -> None:
    root = ElementTree.fromstring(chart_svg(CHARTS[name], STYLE))
    width, height = (float(root.attrib[side].removesuffix("pt")) * 25.4 / 72 for side in ("width", "height"))
    assert width == pytest.approx(160)
    assert 70 <= round(height, 3) <= 95


@pytest.mark.parametrize("kind", EMPTY)
def test_nothing_known_is_no_error(kind: ChartKind) -> None:
    assert chart_svg(EMPTY[kind], STYLE).startswith("<svg")


def test_the_process_keeps_its_own_settings() -> None:
    before = dict(rcParams)
    chart_svg(CHARTS["lines"], STYLE)
    assert dict(rcParams) == before


def test_a_bridge_that_does_not_close_is_refused() -> None:
    with pytest.raises(ValueError, match="the bridge ends at"):
        chart_svg(bridge(0.0146), STYLE)


def test_a_bridge_with_an_unknown_step_is_refused() -> None:
    chart = Chart(
        "w", ChartKind.WATERFALL, "t", "s", ("a", "b", "c"), (Series("", (0.1, None, 0.1)),), Format.PERCENT
    )
    with pytest.raises(ValueError, match="needs every one of its steps"):
        chart_svg(chart, STYLE)


def test_a_series_of_another_length_is_refused() -> None:
    chart = Chart("l", ChartKind.LINES, "t", "s", ("a", "b"), (Series("n", (1.0,)),), Format.PERCENT)
    with pytest.raises(ValueError, match="n has 1 values for 2 on x"):
        chart_svg(chart, STYLE)


def test_alternative_text() -> None:
    assert CHARTS["lines"].alternative() == "t s"


@given(
    st.lists(st.tuples(st.floats(-50, 250), st.sampled_from([10.5, 21.0, 31.5])), min_size=1, max_size=5),
)
def test_labels_never_overlap(labels: list[tuple[float, float]]) -> None:
    wanted, heights = zip(*labels, strict=True)
    placed = spread(wanted, heights, 200.0)
    edges = sorted((y - h / 2, y + h / 2) for y, h in zip(placed, heights, strict=True))
    assert edges[0][0] >= -1e-9
    assert edges[-1][1] <= 200 + 1e-9
    assert all(low[1] <= high[0] + 1e-9 for low, high in pairwise(edges))


@pytest.mark.parametrize("text", [*NASTY, "Portfolio at risk over 30 days", ""])
def test_text_never_grows_beyond_its_room(text: str) -> None:
    with theme():
        assert width_of(fitted(text, 60)) <= 60
        lines = wrapped(text, 60, 2).split("\n")
        assert len(lines) <= 2
        assert max(width_of(line) for line in lines) <= 60


def test_words_stay_whole_and_chinese_breaks_anywhere() -> None:
    with theme():
        assert wrapped("Closing NPL ratio", 50, 2) == "Closing NPL\nratio"
        assert wrapped("收回抵押物", 30, 2) == "收回抵\n押物"


def test_the_last_date_is_always_shown() -> None:
    with theme():
        shown = thinned(MONTHS, 200)
    assert shown[-1] == len(MONTHS) - 1
    assert 1 < len(shown) < len(MONTHS)


@pytest.mark.parametrize("share", [i / 20 for i in range(21)])
def test_text_on_heat_has_contrast(share: float) -> None:
    fill = colormaps["cividis"](share)[:3]
    assert contrast(fill, ink_on(fill)) >= 3.5


def contrast(fill: tuple[float, float, float], ink: str) -> float:
    levels = sorted(luminance(rgb) for rgb in (fill, tuple(int(ink[i : i + 2], 16) / 255 for i in (1, 3, 5))))
    return (levels[1] + 0.05) / (levels[0] + 0.05)


def luminance(rgb: tuple[float, ...]) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_a_sparkline_marks_its_last_point_and_leaves_gaps() -> None:
    svg = sparkline((0.1, 0.2, None, 0.3))
    assert svg.count("M") == 2
    assert svg.count("<circle") == 1
    assert "<circle" not in sparkline((0.1, None))
    assert sparkline((None, None)) == ""
    assert sparkline((0.0, 0.0)) == sparkline((5.0, 5.0))
