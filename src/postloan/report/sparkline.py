"""A line the size of a word: the last months of one figure, last point marked, no axes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from postloan.report.style import ALARM, MAIN

WIDTH, HEIGHT, EDGE = 78, 16, 3


def sparkline(values: Sequence[float | None]) -> str:
    """Return ``values``, oldest first, as a small SVG document; unknown months leave a gap.

    The scale is the row's own, from its least to its greatest value: it shows shape, never size. The
    last point is marked if it is known. Blank where nothing is known.
    """
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    step = (WIDTH - 2 * EDGE) / max(1, len(values) - 1)

    def point(i: int, value: float) -> tuple[str, str]:
        height = (value - low) / span if span else 0.5
        return f"{EDGE + i * step:.1f}", f"{HEIGHT - EDGE - height * (HEIGHT - 2 * EDGE):.1f}"

    placed = [None if value is None else point(i, value) for i, value in enumerate(values)]
    runs = [list(run) for is_known, run in groupby(placed, key=lambda at: at is not None) if is_known]
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in (at for at in run if at)) for run in runs)
    last = placed[-1]
    mark = f'<circle cx="{last[0]}" cy="{last[1]}" r="2" fill="{ALARM}"/>' if last else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<path d="{path}" fill="none" stroke="{MAIN}" stroke-width="1.2" stroke-linejoin="round" stroke-linecap="round"/>'
        f"{mark}</svg>"
    )
