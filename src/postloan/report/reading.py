"""Reading results: from tidy frames to figures, one obvious way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from postloan.report.pack import Pack
from postloan.report.records import Record, fraction, whole
from postloan.report.section import Figure


def figure_of(row: Record, metric: str) -> Figure:
    """Return one measured row as a figure; a plain amount has its numerator as value."""
    numerator, denominator = whole(row["numerator"]), whole(row["denominator"])
    return Figure(
        value=numerator if denominator is None else fraction(row["value"]),
        numerator=numerator,
        denominator=denominator,
        n=whole(row["n"]),
        unknown=whole(row["unknown"]),
        low=fraction(row["low"]),
        high=fraction(row["high"]),
        metric=metric,
    )


def figure(pack: Pack, metric: str, on: date, by: str = "", group: str = "") -> Figure:
    """Return the figure of a metric on a date for a group; unknown (None) where it was not measured."""
    row = pack.measured.get((metric, on, by, group))
    return Figure(None, metric=metric) if row is None else figure_of(row, metric)


def held(pack: Pack, metric: str, on: date, by: str, group: str) -> Figure:
    """Return an amount in a group; a group that nobody is in holds 0 where the dimension was measured."""
    measured = groups(pack, by, on)
    if measured and group not in measured:
        return Figure(0, 0, metric=metric)
    return figure(pack, metric, on, by, group)


def groups(pack: Pack, by: str, on: date) -> list[str]:
    """Return the groups of a dimension on a date, missing keys included, in sorted order."""
    return list(pack.groups.get((by, on), ()))


def trend(pack: Pack, metric: str, months: Sequence[date]) -> tuple[float | None, ...]:
    """Return the values of a metric over ``months``, None where unknown."""
    return tuple(figure(pack, metric, on).value for on in months)


def last_months(pack: Pack, count: int = 13) -> tuple[date, ...]:
    """Return the last ``count`` observation dates, oldest first."""
    return pack.months[-count:]


def month_before(pack: Pack) -> date | None:
    """Return the observation date before ``as_of``, None for a first month."""
    earlier = [on for on in pack.months if on < pack.head.as_of]
    return earlier[-1] if earlier else None


def year_before(pack: Pack) -> date | None:
    """Return the observation date of the same month last year, None if the book is younger."""
    as_of = pack.head.as_of
    same = [on for on in pack.months if (on.year, on.month) == (as_of.year - 1, as_of.month)]
    return same[-1] if same else None


def change(after: Figure, before: Figure, higher_is_worse: bool | None = None) -> Figure:
    """Return after − before, unknown if either is; coloured where a direction is given."""
    moved = after.value - before.value if after.value is not None and before.value is not None else None
    return Figure(moved, metric=after.metric, higher_is_worse=higher_is_worse)


def change_since(pack: Pack, metric: str, since: date | None) -> Figure:
    """Return the change of a metric from ``since`` to ``as_of``; unknown without an earlier date."""
    if since is None:
        return Figure(None, metric=metric)
    now, before = figure(pack, metric, pack.head.as_of), figure(pack, metric, since)
    return change(now, before, pack.is_higher_worse(metric))
