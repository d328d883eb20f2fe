"""Names at the ends of lines: direct labels that never overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D

from postloan.report import chart_frame as frame
from postloan.report.chart_frame import MM
from postloan.report.style import GREY, INK

LABEL_WIDTH = 36 * MM


@dataclass(frozen=True, slots=True)
class End:
    """A point to be named right of the axes: position in data, label of one to three lines, colour."""

    x: float
    y: float
    label: str
    colour: str


def last_known(values: Sequence[float]) -> int | None:
    """Return the index of the last value that is not NaN; None if all are."""
    return max((i for i, value in enumerate(values) if not math.isnan(value)), default=None)


def end_label(text: str) -> str:
    """Return a label broken to the room right of the axes."""
    return frame.wrapped(text, LABEL_WIDTH, 3)


def room_for(ends: Sequence[End]) -> float:
    """Return the margin the labels need."""
    lines = [line for end in ends for line in end.label.split("\n")]
    return 12 + max((frame.width_of(line) for line in lines), default=0)


def label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Write each label as near its end's height as it can be, with a hairline from the end to it."""
    width, height = frame.inner(axes)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    wanted = [(end.y - low) / (high - low) * height for end in ends]
    heights = [frame.LINE * (end.label.count("\n") + 1) + 2 for end in ends]
    for end, y, centre in zip(ends, wanted, frame.spread(wanted, heights, height + 6), strict=True):
        xs = [(end.x - left) / (right - left) + 4 / width, 1 + 8 / width]
        ys = [y / height, centre / height]
        axes.add_line(Line2D(xs, ys, transform=axes.transAxes, color=GREY, linewidth=0.4, clip_on=False))
        at = (1 + 10 / width, centre / height)
        axes.text(
            *at,
            end.label,
            transform=axes.transAxes,
            color=_readable(end.colour),
            va="center",
            linespacing=1.15,
        )


def _readable(colour: str) -> str:
    """Return a line's colour darkened for small text."""
    red, green, blue = (0.6 * part + 0.4 * ink for part, ink in zip(to_rgb(colour), to_rgb(INK), strict=True))
    return to_hex((red, green, blue))
