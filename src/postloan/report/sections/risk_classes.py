"""The five categories: distribution, migration ratios, and what classification may be late with."""

from __future__ import annotations

import pandas as pd

from postloan.model import codes
from postloan.model.scope import MISSING
from postloan.report import phrases, reading
from postloan.report.pack import Pack
from postloan.report.section import Cell, Field, Figure, Format, Row, RowKind, Section, Table
from postloan.report.sections.flows import EXITS, state_label
from postloan.report.sections.full_classes import full_class_blocks
from postloan.report.standard_tables import ratio_table

QUALITY = ("npl_ratio", "special_mention_ratio", "over_90_to_npl", "npl_formation")
MIGRATION = (
    "migration_rate_normal_loans",
    "migration_rate_normal",
    "migration_rate_special_mention",
    "migration_rate_substandard",
    "migration_rate_doubtful",
)
MIGRATION_MONTHLY = tuple(f"{slug}_monthly" for slug in MIGRATION)


def risk_classes(pack: Pack) -> Section:
    """Build the section: distribution, quality ratios, regulatory and internal migration, class matrix."""
    text = pack.text
    return Section(
        key="risk_classes",
        heading=text("Five categories and migration"),
        takeaway=phrases.rate_sentence(pack, "npl_ratio"),
        blocks=(
            _distribution(pack),
            ratio_table(pack, "quality", text("Asset quality"), QUALITY, Format.MONEY),
            ratio_table(
                pack,
                "migration",
                text("Migration since the year's opening (regulatory)"),
                MIGRATION,
                Format.MONEY,
            ),
            ratio_table(
                pack,
                "migration_monthly",
                text("Migration on the month (internal reading)"),
                MIGRATION_MONTHLY,
                Format.MONEY,
            ),
            _matrix(pack),
            *full_class_blocks(pack),
        ),
        footnotes=(
            text(
                "Classes follow from days past due alone, under policy {policy}, where nothing else is said.",
                policy=pack.head.policy,
            ),
            text("90 days past due is still special mention: substandard is more than 90."),
        ),
        metrics=(*QUALITY, *MIGRATION, *MIGRATION_MONTHLY),
    )


def _distribution(pack: Pack) -> Table:
    on = pack.head.as_of
    text = pack.text
    fields = (
        Field("class", text("Risk class"), Format.TEXT),
        Field("loans", text("Loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
        Field("share", text("Share of balance"), Format.PERCENT),
        Field("month", text("Balance on the month"), Format.MONEY),
        Field("year", text("Balance on the year"), Format.MONEY),
    )
    names = [*codes.RISK_CLASS.values()]
    if MISSING in reading.groups(pack, "risk_class", on):
        names.append(MISSING)
    rows = [_class_row(pack, name, "risk_class", name) for name in names]
    return Table(
        "distribution", text("Loans by risk class"), fields, (*rows, _class_row(pack, "total", "", ""))
    )


def _class_row(pack: Pack, key: str, by: str, group: str) -> Row:
    on = pack.head.as_of
    total = reading.figure(pack, "balance", on)
    balance = reading.held(pack, "balance", on, by, group)
    share = Figure(balance.value / total.value if total.value and balance.value is not None else None)
    changes: list[Cell] = []
    for since in (reading.month_before(pack), reading.year_before(pack)):
        changes.append(
            reading.change(balance, reading.held(pack, "balance", since, by, group))
            if since
            else Figure(None)
        )
    label = (
        pack.text("Total")
        if not by
        else pack.text("Unknown")
        if group == MISSING
        else codes.RISK_CLASS.label(group).text(pack.head.lang)
    )
    kind = RowKind.BODY if by else RowKind.TOTAL
    return Row(
        "unknown" if group == MISSING else key,
        (label, reading.held(pack, "loans_active", on, by, group), balance, share, *changes),
        kind,
    )


def _matrix(pack: Pack) -> Table:
    frame = pack.frame("class_matrix")
    frame = frame[(frame["base"] == "year") & (pd.to_datetime(frame["month_end"]).dt.date == pack.head.as_of)]
    starts = [
        c for c in (*codes.RISK_CLASS.values(), "unknown", "new", *EXITS) if c in set(frame["from_class"])
    ]
    ends = [c for c in (*codes.RISK_CLASS.values(), "unknown", *EXITS) if c in set(frame["to_class"])]
    fields = (
        Field("from", pack.text("From"), Format.TEXT),
        *(Field(end, _label(pack, end), Format.MONEY) for end in ends),
    )
    rows = []
    for start in starts:
        # What has no opening balance enters with what it holds at closing.
        column = "closing_balance_minor" if start in ("new", *EXITS) else "opening_balance_minor"
        part = frame[frame["from_class"] == start]
        amounts = [Figure(int(part.loc[part["to_class"] == end, column].sum())) for end in ends]
        rows.append(Row(start, (_label(pack, start), *amounts)))
    return Table(
        "matrix",
        pack.text("Class matrix since the year's opening, opening balance (new loans: closing balance)"),
        fields,
        tuple(rows),
    )


def _label(pack: Pack, name: str) -> str:
    if name in codes.RISK_CLASS.values():
        return codes.RISK_CLASS.label(name).text(pack.head.lang)
    return state_label(pack, name)
