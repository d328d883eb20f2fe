"""Where the balance sits: largest customers, HHI, shares by dimension; restructured and renewed loans."""

from __future__ import annotations

import pandas as pd

from postloan.model.scope import MISSING, divided_by
from postloan.report import reading
from postloan.report.listings import loan_listing
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, fraction, records
from postloan.report.section import (
    Block,
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
from postloan.report.standard_tables import dimension_label, ratio_table

DIMENSIONS = ("product", "branch", "industry", "region")
SPECIAL = ("restructured_rate_balance", "extended_rate_balance", "renewed_rate_balance")
TOP = 10


def concentration(pack: Pack) -> Section:
    """Build the section: top customers, shares and HHI by dimension, restructured and renewed loans."""
    frame, stats = pack.frame("concentration"), pack.frame("concentration_stats")
    blocks: list[Block] = [_largest(pack, frame), _stats(pack, stats)]
    if not (stats["stat"] == "largest_to_capital").any():
        blocks.append(
            Missing(
                "control_total",
                pack.text(
                    "The lender gives no net capital in table “control_total”: the largest customer is not set against capital."
                ),
            )
        )
    blocks += [_shares(pack, frame, by) for by in DIMENSIONS if by != divided_by(pack.head.scope)]
    blocks.append(_chart(pack, frame))
    blocks.append(
        ratio_table(
            pack, "special", pack.text("Restructured, extended and renewed loans"), SPECIAL, Format.MONEY
        )
    )
    blocks.append(
        loan_listing(pack, pack.text("Restructured, extended and renewed loans"), "restructured_loans")
    )
    return Section(
        key="concentration",
        heading=pack.text("Concentration"),
        takeaway=_takeaway(pack, stats),
        blocks=tuple(blocks),
        footnotes=(pack.text("HHI is the sum of squared shares of balance, 1 for a single holder."),),
        metrics=SPECIAL,
    )


def _part(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    return frame[frame["dimension"] == by].sort_values("rank")


def _cells(row: Record) -> tuple[Figure, ...]:
    share = Figure(fraction(row["share"]))
    amounts = [
        Figure(int(row[name])) for name in ("balance_minor", "overdue_balance_minor", "npl_balance_minor")
    ]
    return (Figure(int(row["n"])), amounts[0], share, *amounts[1:])


def _fields(pack: Pack, label: str) -> tuple[Field, ...]:
    return (
        Field("group", label, Format.TEXT),
        Field("loans", pack.text("Loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
        Field("share", pack.text("Share of balance"), Format.PERCENT),
        Field("overdue", pack.label("overdue_balance"), Format.MONEY),
        Field("npl", pack.label("npl_balance"), Format.MONEY),
    )


def _largest(pack: Pack, frame: pd.DataFrame) -> Table:
    part = _part(frame, "customer").head(TOP)
    rows = tuple(Row(f"rank{int(row['rank'])}", (str(row["group"]), *_cells(row))) for row in records(part))
    return Table("customers", pack.text("Ten largest customers"), _fields(pack, pack.text("Customer")), rows)


def _shares(pack: Pack, frame: pd.DataFrame, by: str) -> Table:
    titles = {
        "product": pack.text("Balance by product"),
        "branch": pack.text("Balance by branch"),
        "industry": pack.text("Balance by industry"),
        "region": pack.text("Balance by region"),
    }
    rows = []
    for row in records(_part(frame, by)):
        name = pack.text("(missing)") if row["group"] == MISSING else str(row["group"])
        rows.append(Row(str(row["group"]), (name, *_cells(row))))
    return Table(f"by_{by}", titles[by], _fields(pack, dimension_label(pack, by)), tuple(rows))


def _stats(pack: Pack, stats: pd.DataFrame) -> Table:
    names = {
        "top10": pack.text("Ten largest, share of balance"),
        "hhi": pack.text("HHI"),
        "largest_to_capital": pack.text("Largest customer to net capital"),
    }
    labels = {"customer": pack.text("Customer"), **{by: dimension_label(pack, by) for by in DIMENSIONS}}
    rows = []
    for dimension, part in stats.groupby("dimension", observed=True, dropna=False):
        values = {row["stat"]: Figure(fraction(row["value"])) for row in records(part)}
        cells = tuple(values.get(stat, Figure(None)) for stat in names)
        rows.append(Row(str(dimension), (labels.get(str(dimension), str(dimension)), *cells)))
    fields = (
        Field("dimension", pack.text("Dimension"), Format.TEXT),
        Field("top10", names["top10"], Format.PERCENT),
        Field("hhi", names["hhi"], Format.NUMBER),
        Field("largest_to_capital", names["largest_to_capital"], Format.PERCENT),
    )
    return Table("stats", pack.text("Concentration measures"), fields, tuple(rows))


def _chart(pack: Pack, frame: pd.DataFrame) -> Chart:
    part = _part(frame, "industry").head(12)
    names = tuple(pack.text("(missing)") if g == MISSING else str(g) for g in part["group"])
    return Chart(
        key="industries",
        kind=ChartKind.BARS,
        title=pack.text("Balance by industry"),
        subtitle=pack.text("Share of balance, %"),
        x=names,
        series=(Series(pack.text("Share of balance"), tuple(float(v) for v in part["share"])),),
        format=Format.PERCENT,
    )


def _takeaway(pack: Pack, stats: pd.DataFrame) -> str:
    hit = stats[(stats["dimension"] == "customer") & (stats["stat"] == "top10")]
    share = None if hit.empty or pd.isna(hit["value"].iloc[0]) else float(hit["value"].iloc[0])
    total = reading.figure(pack, "balance", pack.head.as_of)
    return pack.text(
        "The ten largest customers hold {share} of {balance}.",
        share=said(pack, share, Format.PERCENT),
        balance=said(pack, total, Format.MONEY),
    )
