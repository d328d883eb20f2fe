"""The two walks, from opening to closing, closing to 0 (F-52)."""

from __future__ import annotations

from datetime import date

import pandas as pd

from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.section import Field, Figure, Format, Missing, Row, RowKind, Table

LEVELS = ("opening", "closing", "check")


def term_labels(pack: Pack) -> dict[str, str]:
    """Return the name of every walk term."""
    text = pack.text
    return {
        "opening": text("Opening"),
        "fell_overdue": text("Fell due unpaid"),
        "collected": text("Collected"),
        "lent": text("Lent"),
        "repaid": text("Repaid"),
        "waived": text("Waived"),
        "rescheduled": text("Rescheduled"),
        "reclassified": text("Changed by reschedule"),
        "written_off": text("Written off"),
        "sold": text("Sold"),
        "repossessed": text("Repossessed"),
        "unknown": text("Balance became unknown"),
        "closing": text("Closing"),
        "check": text("Difference (must be 0)"),
    }


def walk_table(pack: Pack, walk: str) -> Table | Missing:
    """Return the walk of the last three observation dates, one column each; says so where overdue amounts are not known."""
    frame = pack.frame("walks")
    frame = frame[frame["walk"] == walk]
    if frame.empty:
        return Missing(
            "instalment",
            pack.text(
                "The lender gives neither instalments nor overdue amounts: how the overdue amount moved cannot be known."
            ),
        )
    months = reading.last_months(pack, 3)
    titles = {"overdue": pack.text("Walk of the overdue amount"), "balance": pack.text("Walk of the balance")}
    fields = (
        Field("term", pack.text("Term"), Format.TEXT),
        *(Field(on.isoformat()[:7], pack.style.text(on, Format.MONTH), Format.MONEY) for on in months),
    )
    terms = [term for term in term_labels(pack) if term in set(frame["term"])]
    return Table(
        f"walk_{walk}", titles[walk], fields, tuple(_row(pack, frame, term, months) for term in terms)
    )


def _row(pack: Pack, frame: pd.DataFrame, term: str, months: tuple[date, ...]) -> Row:
    kind = RowKind.TOTAL if term in LEVELS else RowKind.BODY
    return Row(term, (term_labels(pack)[term], *(_amount(frame, term, on) for on in months)), kind)


def _amount(frame: pd.DataFrame, term: str, on: date) -> Figure:
    dates = pd.to_datetime(frame["month_end"]).dt.date
    hit = frame.loc[(frame["term"] == term) & (dates == on), "amount_minor"]
    return Figure(None if hit.empty or pd.isna(hit.iloc[0]) else int(hit.iloc[0]))
