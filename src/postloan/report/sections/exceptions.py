"""What does not fit: records that contradict each other or lack what a reviewer needs."""

from __future__ import annotations

import pandas as pd

from postloan.report.details import detail
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import records, written
from postloan.report.section import Cell, Field, Figure, Format, Listing, Row, Section, Table

SHOWN = 3


def exceptions(pack: Pack) -> Section:
    """Build the section: exceptions by rule with examples, the full list in Excel."""
    frame = pack.frame("exceptions")
    return Section(
        key="exceptions",
        heading=pack.text("Exceptions"),
        takeaway=pack.text(
            "{n} exceptions under {rules} rules, {errors} of them errors.",
            n=said(pack, len(frame), Format.COUNT),
            rules=said(pack, frame["rule"].nunique(), Format.COUNT),
            errors=said(pack, int((frame["severity"] == "error").sum()), Format.COUNT),
        ),
        blocks=(_by_rule(pack, frame), _listing(pack, frame)),
        footnotes=(pack.text("Exceptions are figures' fine print: the loans stay in every figure."),),
    )


def _severity(pack: Pack, value: str) -> str:
    return pack.text("Error") if value == "error" else pack.text("Warning")


def _by_rule(pack: Pack, frame: pd.DataFrame) -> Table:
    text = pack.text
    fields = (
        Field("rule", text("Rule"), Format.TEXT),
        Field("severity", text("Severity"), Format.TEXT),
        Field("count", text("Cases"), Format.COUNT),
        Field("examples", text("Examples"), Format.TEXT),
    )
    rows = []
    for rule, part in frame.groupby("rule", observed=True, dropna=False, sort=True):
        label = str(part[f"label_{pack.head.lang}"].iloc[0])
        examples = text(", ").join(str(key) for key in part["subject_id"].head(SHOWN))
        cells: tuple[Cell, ...] = (
            label,
            _severity(pack, str(part["severity"].iloc[0])),
            Figure(len(part)),
            examples,
        )
        rows.append(Row(str(rule), cells))
    note = "" if rows else text("No exception.")
    return Table("by_rule", text("Exceptions by rule"), fields, tuple(rows), note, sheet="exceptions_list")


def _listing(pack: Pack, frame: pd.DataFrame) -> Listing:
    text = pack.text
    fields = (
        Field("rule", text("Rule"), Format.TEXT),
        Field("severity", text("Severity"), Format.TEXT),
        Field("subject", text("Record"), Format.ID),
        Field("detail", text("Values"), Format.TEXT),
    )
    rows = tuple(
        (
            str(row[f"label_{pack.head.lang}"]),
            _severity(pack, row["severity"]),
            written(row["subject_id"]),
            detail(pack, written(row["detail"])),
        )
        for row in records(frame)
    )
    return Listing("exceptions_list", text("All exceptions"), fields, rows)
