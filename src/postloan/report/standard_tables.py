"""Tables that several sections share: a list of ratios with their changes, a breakdown by a dimension."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from postloan.model import codes
from postloan.model.scope import MISSING
from postloan.model.tables import TABLES
from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.records import Record
from postloan.report.section import Cell, Field, Figure, Format, Paragraphs, Row, RowKind, Table


def group_label(pack: Pack, by: str, group: str) -> str:
    """Return what a reader sees for a group: data as it is, codes and missing keys by their label."""
    if group == MISSING:
        return pack.text("(missing)")
    if by == "risk_class":
        return codes.RISK_CLASS.label(group).text(pack.head.lang)
    if by == "customer_kind":
        return codes.CUSTOMER_KIND.label(group).text(pack.head.lang)
    return group


def dimension_label(pack: Pack, by: str) -> str:
    """Return the column head for a dimension, from the contract."""
    from postloan.model.derived import POSITION

    return POSITION.column(by).label.text(pack.head.lang)


def not_judged(pack: Pack, labels: Iterable[Record]) -> tuple[Paragraphs, ...]:
    """Return which duties or checks cannot be judged, and what is not delivered; nothing where all can.

    Args:
        pack: Gives the language.
        labels: Rows with the name in both languages, and ``missing``: tables by name, '' for none.
    """
    sentences = tuple(
        pack.text(
            "Cannot be judged: {duty}; not delivered: {tables}.",
            duty=row[pack.head.lang],
            tables=pack.text(", ").join(
                TABLES[name].label.text(pack.head.lang) for name in str(row["missing"]).split()
            ),
        )
        for row in labels
        if row["missing"]
    )
    return (Paragraphs("not_judged", sentences, bullets=True),) if sentences else ()


def change_label(pack: Pack, base: str) -> str:
    """Return the head of a change column: on the month or on the year."""
    return pack.text("On the month") if base == "month" else pack.text("On the year")


def ratio_row(pack: Pack, slug: str) -> Row:
    """Return one ratio with n, interval, both changes and thirteen months."""
    now = reading.figure(pack, slug, pack.head.as_of)
    cells: tuple[Cell, ...] = (
        pack.label(slug),
        now,
        Figure(now.numerator, metric=slug),
        Figure(now.denominator, metric=slug),
        Figure(now.n, metric=slug),
        interval(pack, now),
        reading.change_since(pack, slug, reading.month_before(pack)),
        reading.change_since(pack, slug, reading.year_before(pack)),
        reading.trend(pack, slug, reading.last_months(pack)),
    )
    return Row(slug, cells)


def interval(pack: Pack, figure: Figure) -> str:
    """Return the 95 % interval as text, blank where none applies."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = (pack.style.text(bound, Format.PERCENT) for bound in (figure.low, figure.high))
    return f"{low}–{high}"


def ratio_table(
    pack: Pack, key: str, title: str, slugs: Sequence[str], parts: Format, note: str = ""
) -> Table:
    """Return ratios as rows. ``parts`` is the format of numerator and denominator (money or count).

    Loans that could not be measured are told in the note.
    """
    fields = (
        Field("name", pack.text("Indicator"), Format.TEXT),
        Field("value", pack.text("This month"), Format.PERCENT),
        Field("numerator", pack.text("Numerator"), parts),
        Field("denominator", pack.text("Denominator"), parts),
        Field("n", pack.text("Loans"), Format.COUNT),
        Field("interval", pack.text("95% interval"), Format.TEXT),
        Field("month", change_label(pack, "month"), Format.BASIS_POINTS),
        Field("year", change_label(pack, "year"), Format.BASIS_POINTS),
        Field("trend", pack.text("13 months"), Format.TREND),
    )
    told = pack.text("; ").join(part for part in (note, _unknown_note(pack, slugs)) if part)
    return Table(key, title, fields, tuple(ratio_row(pack, slug) for slug in slugs), told)


def _unknown_note(pack: Pack, slugs: Sequence[str]) -> str:
    unknown = max(reading.figure(pack, slug, pack.head.as_of).unknown or 0 for slug in slugs)
    if not unknown:
        return ""
    count = pack.style.text(unknown, Format.COUNT)
    return pack.text("{n} loans cannot be measured and are in neither numerator nor denominator.", n=count)


def breakdown_table(pack: Pack, key: str, title: str, by: str, slugs: Sequence[str], note: str = "") -> Table:
    """Return ratios by the groups of a dimension, largest balance first, and the total set apart.

    The first columns are the number of loans and their balance; the last is the change of the first
    ratio on the month.
    """
    on = pack.head.as_of
    names = sorted(
        reading.groups(pack, by, on),
        key=lambda group: -(reading.figure(pack, "balance", on, by, group).value or 0),
    )
    fields = (
        Field("group", dimension_label(pack, by), Format.TEXT),
        Field("loans", pack.text("Loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
        *(Field(slug, pack.label(slug), Format.PERCENT) for slug in slugs),
        Field("month", change_label(pack, "month"), Format.BASIS_POINTS),
    )
    rows = [_breakdown_row(pack, by, group, slugs) for group in names]
    total = _breakdown_row(pack, "", "", slugs)
    return Table(key, title, fields, (*rows, total), note, heat=tuple(slugs[:1]))


def _breakdown_row(pack: Pack, by: str, group: str, slugs: Sequence[str]) -> Row:
    on, before = pack.head.as_of, reading.month_before(pack)
    figures = [reading.figure(pack, slug, on, by, group) for slug in ("loans_active", "balance", *slugs)]
    earlier = reading.figure(pack, slugs[0], before, by, group) if before else Figure(None)
    label = group_label(pack, by, group) if by else pack.text("Total")
    kind = RowKind.BODY if by else RowKind.TOTAL
    return Row(
        group or "total",
        (label, *figures, reading.change(figures[2], earlier, pack.is_higher_worse(slugs[0]))),
        kind,
    )
