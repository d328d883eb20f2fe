"""What came back: the five named recovery rates, write-offs, and cash after write-off (F-30)."""

from __future__ import annotations

from postloan.report import phrases, reading
from postloan.report.listings import loan_listing, loan_table
from postloan.report.pack import Pack
from postloan.report.records import Record, day, records
from postloan.report.section import (
    Chart,
    ChartKind,
    Field,
    Figure,
    Format,
    Missing,
    Row,
    Section,
    Series,
    Table,
)
from postloan.report.standard_tables import change_label, ratio_table

RATES = ("recovery_rate_period", "recovery_rate_opening", "recovery_rate_30plus", "recovery_rate_npl")
POOL_AGES = (0, 1, 2, 3, 4, 5, 6, 9, 12)  # months after entry
AMOUNTS = (
    "collected",
    "written_off",
    "written_off_year",
    "post_write_off_recoveries",
    "post_write_off_recoveries_year",
)


def recoveries(pack: Pack) -> Section:
    """Build the section: recovery rates side by side, amounts, static pools and written-off loans."""
    text = pack.text
    return Section(
        key="recoveries",
        heading=text("Recoveries and write-offs"),
        takeaway=phrases.rate_sentence(pack, "recovery_rate_period"),
        blocks=(
            *_rates(pack),
            _amounts(pack),
            *_pools(pack),
            loan_table(pack, "written_off", text("Loans written off this year"), "written_off_loans"),
            loan_listing(pack, text("Loans written off this year"), "written_off_loans"),
            loan_listing(pack, text("Loans with cash after write-off this year"), "recovered_loans"),
        ),
        footnotes=(
            text("Guarantor advances, write-offs, reschedules and refunds are not recoveries."),
            text("The opening rate can exceed 100% when later instalments are paid too; it is not capped."),
        ),
        metrics=(*RATES, *AMOUNTS),
    )


def _rates(pack: Pack) -> tuple[Chart | Table | Missing, ...]:
    """Return rates as chart and table, or that there is no cash to measure them with."""
    now = [reading.figure(pack, slug, pack.head.as_of) for slug in RATES[:3]]
    if any(figure.unknown for figure in now) and not any(figure.n for figure in now):
        return (
            Missing("payment", pack.text("The lender gives no payments: what came back cannot be known.")),
        )
    title = pack.text("Recovery rates, each with its own denominator")
    return _chart(pack), ratio_table(pack, "rates", title, RATES, Format.MONEY)


def _chart(pack: Pack) -> Chart:
    months = reading.last_months(pack)
    slugs = ("recovery_rate_period", "recovery_rate_30plus")
    return Chart(
        key="rates",
        kind=ChartKind.LINES,
        title=phrases.rate_sentence(pack, "recovery_rate_30plus"),
        subtitle=pack.text("Cash received on overdue amounts, % of overdue amount, by month"),
        x=tuple(pack.style.text(on, Format.MONTH) for on in months),
        series=tuple(Series(pack.label(slug), reading.trend(pack, slug, months)) for slug in slugs),
        format=Format.PERCENT,
    )


def _amounts(pack: Pack) -> Table:
    fields = (
        Field("name", pack.text("Indicator"), Format.TEXT),
        Field("value", pack.text("This month"), Format.MONEY),
        Field("month", change_label(pack, "month"), Format.MONEY),
        Field("year", change_label(pack, "year"), Format.MONEY),
    )
    rows = []
    for slug in AMOUNTS:
        now = reading.figure(pack, slug, pack.head.as_of)
        changes = [
            reading.change_since(pack, slug, since)
            for since in (reading.month_before(pack), reading.year_before(pack))
        ]
        rows.append(Row(slug, (pack.label(slug), now, *changes)))
    return Table("amounts", pack.text("Amounts"), fields, tuple(rows))


def _pool_figure(row: Record | None) -> Figure:
    return Figure(None) if row is None else reading.figure_of(row, "recovery_rate_static_pool")


def _pools(pack: Pack) -> tuple[Table, ...]:
    """Return the table of static pools; none where nothing of any pool can be measured."""
    frame = pack.frame("static_pool")
    if len(frame) and not frame["n"].any():
        return ()
    ages = [k for k in POOL_AGES if k in set(frame["k"])]
    fields = (
        Field("pool", pack.text("Entered overdue in"), Format.MONTH),
        Field("entry", pack.text("Overdue at entry"), Format.MONEY),
        *(Field(f"k{k}", pack.text("By month {k}", k=k), Format.PERCENT) for k in ages),
    )
    rows = []
    found = {(day(row["pool"]), int(row["k"])): row for row in records(frame)}
    for pool in sorted({pool for pool, _ in found}):
        reached = {k: found[pool, k] for k in ages if (pool, k) in found}
        cells = [_pool_figure(reached.get(k)) for k in ages]
        entry = Figure(int(next(iter(reached.values()))["denominator"]))
        rows.append(Row(pool.isoformat()[:7], (pool, entry, *cells)))
    title = pack.text("Static pools: cumulative cash from loans that entered overdue in a month")
    return (Table("static_pool", title, fields, tuple(rows), heat=tuple(f"k{k}" for k in ages)),)
