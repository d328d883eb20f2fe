"""Sentences about movements, in the words a committee would use, computed from figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.section import Figure, Format

SMALL_SAMPLE = 30  # below this many loans a rate is said with its uncertainty


def said(pack: Pack, value: Figure | float | int | date | None, form: Format) -> str:
    """Return a value as text with its unit, as it stands in a sentence."""
    raw = value.value if isinstance(value, Figure) else value
    written = pack.style.text(raw, form)
    if form is Format.MONEY and raw is not None:
        unit = pack.style.unit(form)
        return pack.text("{amount} {unit}", amount=written, unit=unit)
    return written


def points(value: float | None) -> str:
    """Return a fraction's size in basis points without its sign."""
    return "—" if value is None else f"{abs(value) * 10_000:,.0f}"


def moved(pack: Pack, slug: str, base: str = "month") -> str:
    """Return how a ratio moved on the month or the year, in basis points, or that it cannot be compared."""
    since = reading.month_before(pack) if base == "month" else reading.year_before(pack)
    delta = reading.change_since(pack, slug, since).value
    if delta is None:
        return (
            pack.text("no month to compare with") if base == "month" else pack.text("no year to compare with")
        )
    size = points(delta)
    if size == "0":
        return pack.text("unchanged on the month") if base == "month" else pack.text("unchanged on the year")
    if base == "month":
        return (
            pack.text("up {bp} bp on the month", bp=size)
            if delta > 0
            else pack.text("down {bp} bp on the month", bp=size)
        )
    return (
        pack.text("up {bp} bp on the year", bp=size)
        if delta > 0
        else pack.text("down {bp} bp on the year", bp=size)
    )


def rate_sentence(pack: Pack, slug: str) -> str:
    """Return one statement on a ratio: its level, its movement and how long it has gone that way."""
    now = reading.figure(pack, slug, pack.head.as_of)
    if now.value is None and now.unknown and not now.n:
        return pack.text(
            "{name} cannot be known: the lender does not give what it takes.", name=pack.label(slug)
        )
    if now.value is None:
        return pack.text("{name} cannot be computed: nothing to divide by.", name=pack.label(slug))
    parts = [
        pack.text(
            "{name} is {value}, {moved}",
            name=pack.label(slug),
            value=said(pack, now, Format.PERCENT),
            moved=moved(pack, slug),
        )
    ]
    if run := _run(pack, reading.trend(pack, slug, reading.last_months(pack))):
        parts.append(run)
    if now.n is not None and now.n < SMALL_SAMPLE and now.low is not None:
        parts.append(small_sample(pack, now))
    return pack.text(", ").join(parts) + pack.text(".")


def small_sample(pack: Pack, figure: Figure) -> str:
    """Return the warning that a rate stands on few loans, with its interval."""
    return pack.text(
        "only {n} loans, 95% interval {low}–{high}",
        n=said(pack, figure.n, Format.COUNT),
        low=said(pack, figure.low, Format.PERCENT),
        high=said(pack, figure.high, Format.PERCENT),
    )


def _run(pack: Pack, values: Sequence[float | None]) -> str:
    rising, falling = streak(values, 1), streak(values, -1)
    if rising >= 3:
        return pack.text("the {n}th rise in a row", n=rising)
    return pack.text("the {n}th fall in a row", n=falling) if falling >= 3 else ""


def streak(values: Sequence[float | None], sign: int) -> int:
    """Return how many of the latest month-on-month changes went in the direction of ``sign``."""
    length = 0
    for before, after in reversed(list(pairwise(values))):
        if before is None or after is None or (after - before) * sign <= 0:
            break
        length += 1
    return length
