"""What all charts share: size, theme, measured text, axes, and SVG with the same bytes every time.

Lengths are points (1/72 inch) unless a name says millimetres. Text from data is never read as
formula, never wider than the room given to it, and never left out because a glyph is missing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath
from matplotlib.ticker import FuncFormatter, MaxNLocator

from postloan.report import fonts
from postloan.report.section import Chart, Format
from postloan.report.style import GREY, INK, LIGHT, Style, grouped

WIDTH_MM, MM = 160.0, 72 / 25.4
SIZE, SMALL = 8.0, 7.0
LINE = 10.5  # height of a line of text at SIZE
THEME: Any = {
    "font.family": [fonts.FAMILY],
    "font.size": SIZE,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": LIGHT,
    "grid.linewidth": 0.7,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "postloan",
}
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_DRAWN = re.compile(r' (?:d|x|y)="[^"]*"')
# A word or one Chinese character, with the brackets and stops that may not be torn from it.
_TOKEN = re.compile(
    r"\s+|[（《“「]*(?:[\x21-\x7e\u00c0-\u024f\u2013\u2212]+|.)[）》”」，。、；：％]*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Margins:
    """Room around the axes, in points."""

    left: float
    right: float
    top: float = 8.0
    bottom: float = 20.0


@contextmanager
def theme() -> Iterator[None]:
    """Draw in the pack's look; the settings of the process are put back afterwards."""
    fonts.register()
    with rc_context():
        rcdefaults()
        rcParams.update(THEME)
        yield


def axes_in(height_mm: float, margins: Margins) -> Axes:
    """Return axes of a new figure of the page's width, with spines and ticks out of the way."""
    width, height = WIDTH_MM * MM, height_mm * MM
    canvas = Canvas(figsize=(width / 72, height / 72), dpi=72)
    box = (
        margins.left / width,
        margins.bottom / height,
        (width - margins.left - margins.right) / width,
        (height - margins.bottom - margins.top) / height,
    )
    axes = canvas.add_axes(box)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, pad=4)
    return axes


def svg_of(axes: Axes) -> str:
    """Return the figure of ``axes`` as SVG without date, version or comment, coordinates cut to 0.01."""
    canvas = axes.get_figure(root=True)
    assert canvas is not None
    FigureCanvasSVG(canvas)
    raw = io.StringIO()
    canvas.savefig(
        raw, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
    )
    text = raw.getvalue()
    text = re.sub(
        r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL
    )
    text = _DRAWN.sub(lambda part: _NUMBER.sub(_shorter, part[0]), text)
    return re.sub(r"\s*\n\s*", "\n", text).strip() + "\n"


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


@cache
def width_of(text: str, size: float = SIZE) -> float:
    """Return the printed width of one line of text."""
    prop = FontProperties(family=fonts.FAMILY, size=size)
    return float(TextToPath().get_text_width_height_descent(text, prop, ismath=False)[0])


def plain(text: str) -> str:
    """Return text from data as one printable line."""
    return " ".join(fonts.covered(text)[0].split())


def fitted(text: str, width: float, size: float = SIZE) -> str:
    """Return text as one line no wider than ``width``, cut with "…" where it must be."""
    line = plain(text)
    if width_of(line, size) <= width:
        return line
    while line and width_of(line + "…", size) > width:
        line = line[: max(0, min(len(line) - 1, int(len(line) * 0.9)))]
    return line + "…"


def wrapped(text: str, width: float, lines: int, size: float = SIZE) -> str:
    """Return text broken into at most ``lines`` lines; Chinese breaks anywhere, words stay whole."""
    rows = [""]
    for token in _TOKEN.findall(plain(text)):
        if rows[-1] and width_of((rows[-1] + token).rstrip(), size) > width:
            rows.append("")
        rows[-1] += token if rows[-1] else token.lstrip()
    kept = [row.strip() for row in rows[:lines]]
    if len(rows) > lines:
        kept[-1] += " " + "".join(rows[lines:])
    return "\n".join(fitted(row, width, size) for row in kept)


def spread(wanted: Sequence[float], heights: Sequence[float], top: float) -> list[float]:
    """Return centres as near ``wanted`` as they can be between 0 and ``top`` without overlapping."""
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    placed = [0.0] * len(wanted)
    floor = 0.0
    for i in order:
        placed[i] = max(wanted[i], floor + heights[i] / 2)
        floor = placed[i] + heights[i] / 2
    ceiling = top
    for i in reversed(order):
        placed[i] = min(placed[i], ceiling - heights[i] / 2)
        ceiling = placed[i] - heights[i] / 2
    return placed


def thinned(labels: Sequence[str], room: float) -> list[int]:
    """Return which of evenly spaced labels can be printed in ``room`` without touching; the last always is."""
    if not labels:
        return []
    widest = max(width_of(plain(label)) for label in labels)
    stride = max(1, -(-int((widest + 8) * len(labels)) // max(1, int(room))))
    return sorted(range(len(labels) - 1, -1, -stride))


def x_axis(axes: Axes, labels: Sequence[str], room: float) -> None:
    """Label evenly spaced positions 0, 1, 2 … as densely as can be read."""
    shown = thinned(labels, room)
    axes.set_xticks(shown, [plain(labels[i]) for i in shown])


def y_axis(axes: Axes, chart: Chart) -> None:
    """Grid lines and numbers on the value axis: few, round, and with the decimals their step needs."""
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(axes, value, chart.format)))
    axes.grid(axis="y")


def tick_text(axes: Axes, value: float, form: Format) -> str:
    """Return a number of the value axis, already in the printed unit."""
    ticks = axes.get_yticks()
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
    decimals = next(
        (places for places in range(4) if abs(step * 10**places - round(step * 10**places)) < 1e-6), 4
    )
    return grouped(Decimal(repr(round(float(value), 6))), decimals) + ("%" if form is Format.PERCENT else "")


def printed(value: float | None, chart: Chart, style: Style) -> float:
    """Return a raw value in the printed unit, as a float to be drawn; unknown is NaN, which leaves a gap."""
    return float("nan") if value is None else float(style.scaled(value, chart.format))


def left_room(low: float, high: float, form: Format) -> float:
    """Return the room the numbers of a value axis between ``low`` and ``high`` need."""
    widest = max(
        width_of(grouped(Decimal(repr(float(end))), 1 if abs(high) < 100 else 0)) for end in (low, high)
    )
    return widest + (14 if form is Format.PERCENT else 8) + 6


def inner(axes: Axes) -> tuple[float, float]:
    """Return width and height of the axes."""
    box = axes.get_window_extent()
    return float(box.width), float(box.height)
