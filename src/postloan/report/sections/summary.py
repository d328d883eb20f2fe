"""The page that answers "how are we doing": figures against targets, what moved and why, what to decide."""

from __future__ import annotations

from postloan.report import findings, reading
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.section import Cell, Field, Format, Paragraphs, Row, Section, Table
from postloan.report.sections.data_status import as_reported
from postloan.report.sections.npl_bridge import waterfall
from postloan.report.standard_tables import change_label

# Each amount with the number of loans behind it.
SCALE = {"balance": "loans_active", "overdue_balance": "loans_overdue", "npl_balance": "loans_npl"}
HEADLINE = (
    "overdue_rate_balance",
    "par_30",
    "npl_ratio",
    "over_90_to_npl",
    "roll_rate_m0_m1",
    "cure_rate",
    "recovery_rate_period",
    "provision_coverage",
)


def summary(pack: Pack) -> Section:
    """Build the one-page summary."""
    return Section(
        key="summary",
        heading=pack.text("Summary"),
        takeaway=_takeaway(pack),
        blocks=(
            Paragraphs("findings", findings.findings(pack), bullets=True),
            _headline(pack),
            _scale(pack),
            waterfall(pack, "month"),
            _decisions(pack),
        ),
        footnotes=as_reported(pack),
        metrics=(*SCALE, *SCALE.values(), *HEADLINE),
    )


def _takeaway(pack: Pack) -> str:
    return pack.text(
        "{balance} outstanding in {n} loans; {overdue} of it overdue, {npl} non-performing.",
        balance=said(pack, reading.figure(pack, "balance", pack.head.as_of), Format.MONEY),
        n=said(pack, reading.figure(pack, "loans_active", pack.head.as_of), Format.COUNT),
        overdue=said(pack, reading.figure(pack, "overdue_rate_balance", pack.head.as_of), Format.PERCENT),
        npl=said(pack, reading.figure(pack, "npl_ratio", pack.head.as_of), Format.PERCENT),
    )


def limit_text(pack: Pack, slug: str) -> str:
    """Return a target as text, ≤ or ≥ and its number; a dash where none is set."""
    target = pack.targets.get(slug)
    if target is None:
        return "—"
    sign, bound = ("≤", target.at_most) if target.at_most is not None else ("≥", target.at_least)
    return f"{sign}{said(pack, bound, Format.PERCENT)}"


def _headline(pack: Pack) -> Table:
    text = pack.text
    fields = (
        Field("name", text("Indicator"), Format.TEXT),
        Field("value", text("This month"), Format.PERCENT),
        Field("target", text("Target"), Format.TEXT),
        Field("met", text("Met"), Format.VERDICT),
        Field("month", change_label(pack, "month"), Format.BASIS_POINTS),
        Field("year", change_label(pack, "year"), Format.BASIS_POINTS),
        Field("trend", text("13 months"), Format.TREND),
    )
    shown = [slug for slug in HEADLINE if slug in pack.definitions]
    return Table(
        "headline", text("Headline figures"), fields, tuple(_headline_row(pack, slug) for slug in shown)
    )


def _headline_row(pack: Pack, slug: str) -> Row:
    now = reading.figure(pack, slug, pack.head.as_of)
    target = pack.targets.get(slug)
    cells: tuple[Cell, ...] = (
        pack.label(slug),
        now,
        limit_text(pack, slug),
        target.is_met(now.value) if target else None,
        reading.change_since(pack, slug, reading.month_before(pack)),
        reading.change_since(pack, slug, reading.year_before(pack)),
        reading.trend(pack, slug, reading.last_months(pack)),
    )
    return Row(slug, cells)


def _scale(pack: Pack) -> Table:
    text = pack.text
    fields = (
        Field("name", text("Amount"), Format.TEXT),
        Field("value", text("This month"), Format.MONEY),
        Field("loans", text("Loans"), Format.COUNT),
        Field("month", change_label(pack, "month"), Format.MONEY),
        Field("year", change_label(pack, "year"), Format.MONEY),
        Field("trend", text("13 months"), Format.TREND),
    )
    rows = tuple(_scale_row(pack, slug, count) for slug, count in SCALE.items())
    return Table("scale", text("Scale"), fields, rows)


def _scale_row(pack: Pack, slug: str, count: str) -> Row:
    on = pack.head.as_of
    changes = [
        reading.change_since(pack, slug, since)
        for since in (reading.month_before(pack), reading.year_before(pack))
    ]
    trend = reading.trend(pack, slug, reading.last_months(pack))
    figures = (reading.figure(pack, slug, on), reading.figure(pack, count, on))
    return Row(slug, (pack.label(slug), *figures, *changes, trend))


def _decisions(pack: Pack) -> Table:
    text = pack.text
    fields = (
        Field("matter", text("To decide"), Format.TEXT),
        Field("owner", text("Owner"), Format.TEXT),
        Field("deadline", text("By"), Format.TEXT),
    )
    rows = tuple(
        Row(f"matter{position}", (matter, "", ""))
        for position, matter in enumerate(findings.matters(pack), 1)
    )
    note = "" if rows else text("No limit is broken and no exception is an error.")
    return Table("decisions", text("For decision"), fields, rows, note)
