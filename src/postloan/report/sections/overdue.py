"""How much is overdue, on every basis, where, and how the overdue amount moved."""

from __future__ import annotations

from postloan.model.scope import divided_by
from postloan.report import phrases, reading
from postloan.report.pack import Pack
from postloan.report.section import Chart, ChartKind, Format, Section, Series
from postloan.report.standard_tables import breakdown_table, ratio_table
from postloan.report.walk_tables import walk_table

BALANCE_RATES = (
    "overdue_rate_balance",
    "par_7",
    "par_30",
    "par_60",
    "par_90",
    "par_180",
    "par_30_with_restructured",
)
COUNT_RATES = ("overdue_rate_count", "over_30_rate_count", "over_60_rate_count", "over_90_rate_count")
AMOUNT_RATES = ("overdue_rate_amount", "overdue_rate_1104")
BREAKDOWN = ("overdue_rate_balance", "par_30", "par_90", "npl_ratio")
DIMENSIONS = ("branch", "product", "industry", "region")


def overdue(pack: Pack) -> Section:
    """Build the section: overdue rates on four bases, PAR ladder, breakdowns, walk of the amount."""
    text = pack.text
    dimensions = [by for by in DIMENSIONS if by != divided_by(pack.head.scope)]
    return Section(
        key="overdue",
        heading=text("Overdue"),
        takeaway=phrases.rate_sentence(pack, "overdue_rate_balance"),
        blocks=(
            _chart(pack),
            ratio_table(
                pack,
                "balance_rates",
                text("Overdue and portfolio at risk, by balance"),
                BALANCE_RATES,
                Format.MONEY,
            ),
            ratio_table(
                pack, "amount_rates", text("Overdue amount against balance"), AMOUNT_RATES, Format.MONEY
            ),
            ratio_table(pack, "count_rates", text("Overdue, by number of loans"), COUNT_RATES, Format.COUNT),
            *(breakdown_table(pack, f"by_{by}", _title(pack, by), by, BREAKDOWN) for by in dimensions),
            walk_table(pack, "overdue"),
            walk_table(pack, "balance"),
        ),
        footnotes=(
            text(
                "A loan counts with its whole balance once any instalment is overdue; an instalment is overdue from the day after its due date."
            ),
        ),
        metrics=(*BALANCE_RATES, *AMOUNT_RATES, *COUNT_RATES),
    )


def _title(pack: Pack, by: str) -> str:
    titles = {
        "branch": pack.text("Overdue by branch"),
        "product": pack.text("Overdue by product"),
        "industry": pack.text("Overdue by industry"),
        "region": pack.text("Overdue by region"),
    }
    return titles[by]


def _chart(pack: Pack) -> Chart:
    months = reading.last_months(pack)
    slugs = ("overdue_rate_balance", "par_30", "par_90")
    return Chart(
        key="trend",
        kind=ChartKind.LINES,
        title=phrases.rate_sentence(pack, "par_30"),
        subtitle=pack.text("Share of balance, %, last {n} months", n=len(months)),
        x=tuple(pack.style.text(on, Format.MONTH) for on in months),
        series=tuple(Series(pack.label(slug), reading.trend(pack, slug, months)) for slug in slugs),
        format=Format.PERCENT,
    )
