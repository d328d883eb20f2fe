"""What became known of earlier month-ends only later: the figures then and now, and the loans that moved."""

from __future__ import annotations

from datetime import date

import pandas as pd

from postloan.model.codes import LOAN_STATUS
from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, day, records, whole, written
from postloan.report.section import Block, Cell, Field, Figure, Format, Listing, Row, Section, Table

SHOWN = 20  # loans in the pack itself
_SHEET = "restated_loans"
_ONLY_IN_EXCEL = ("branch",)  # with it the table would need a landscape page


def restatements(pack: Pack) -> Section:
    """Build the section: month-ends as known then and now, the largest loans, all of them in Excel."""
    months, loans = pack.frame("restated_months"), pack.frame("restated_loans")
    until = _until(pack)
    blocks: tuple[Block, ...] = (_months(pack, months), _largest(pack, loans), _listing(pack, loans))
    return Section(
        key="restatements",
        heading=pack.text("Restatements of earlier month-ends"),
        takeaway=_takeaway(pack, months, loans, until),
        blocks=blocks,
        footnotes=(
            pack.text(
                "Then is what was known at the end of {on}, now is what this pack stands on. Payments posted or bounced later, corrected instalments and changed loans move month-ends that were reported before; packs published then stay as they were.",
                on=said(pack, until, Format.DATE),
            ),
        )
        if until
        else (),
    )


def _until(pack: Pack) -> date | None:
    """Return the day of knowledge that this pack is compared with: the month-end before."""
    before = reading.month_before(pack)
    known_at = pack.head.known_at
    return before if before is None or known_at is None else min(before, known_at)


def _takeaway(pack: Pack, months: pd.DataFrame, loans: pd.DataFrame, until: date | None) -> str:
    if until is None:
        return pack.text("There is no earlier month-end that could have been restated.")
    on = said(pack, until, Format.DATE)
    if months.empty:
        return pack.text("No month-end up to {on} looks different from what was known then.", on=on)
    last = day(months["month_end"].iloc[0])
    moved = {row["figure"]: _moved(row) for row in records(months[months["month_end"] == pd.Timestamp(last)])}
    counts = {"loans": loans["loan_id"].nunique(), "n": months["month_end"].nunique()}
    facts = {
        "on": on,
        "last": said(pack, last, Format.DATE),
        "balance": said(pack, moved["balance_minor"], Format.MONEY),
        **{name: said(pack, count, Format.COUNT) for name, count in counts.items()},
    }
    if moved["overdue_minor"] is None:  # a tape need not say what is overdue
        return pack.text(
            "Since {on}, {loans} loans have changed at {n} month-ends; at {last} the balance moved by {balance}.",
            **facts,
        )
    return pack.text(
        "Since {on}, {loans} loans have changed at {n} month-ends; at {last} the balance moved by {balance} and the overdue amount by {overdue}.",
        overdue=said(pack, moved["overdue_minor"], Format.MONEY),
        **facts,
    )


def _moved(row: Record) -> int | None:
    now, then = whole(row["now_minor"]), whole(row["then_minor"])
    return None if now is None or then is None else now - then


def _months(pack: Pack, months: pd.DataFrame) -> Table:
    text = pack.text
    names = {
        "balance_minor": pack.label("balance"),
        "overdue_minor": pack.label("overdue_amount"),
        "over_90_minor": text("Balance over 90 days past due"),
    }
    fields = (
        Field("month", text("Month-end"), Format.DATE),
        Field("figure", text("Figure"), Format.TEXT),
        Field("then", text("As known then"), Format.MONEY),
        Field("now", text("As known now"), Format.MONEY),
        Field("moved", text("Moved"), Format.MONEY),
        Field("loans", text("Loans moved"), Format.COUNT),
    )
    rows = []
    for row in records(months):
        on, figure = day(row["month_end"]), row["figure"]
        amounts = (Figure(whole(row["then_minor"])), Figure(whole(row["now_minor"])))
        moved = Figure(_moved(row), higher_is_worse=None if figure == "balance_minor" else True)
        rows.append(Row(f"{on}-{figure}", (on, names[figure], *amounts, moved, Figure(whole(row["loans"])))))
    title = text("Month-ends as known then and as known now, latest first")
    note = "" if rows else text("No month-end was restated.")
    return Table("months", title, fields, tuple(rows), note)


def _fields(pack: Pack) -> tuple[Field, ...]:
    text = pack.text
    return (
        Field("loan_id", text("Loan"), Format.ID),
        Field("branch", text("Branch"), Format.TEXT),
        Field("month", text("Month-end"), Format.DATE),
        Field("balance_then", text("Balance then"), Format.MONEY),
        Field("balance_now", text("Balance now"), Format.MONEY),
        Field("overdue_then", text("Overdue then"), Format.MONEY),
        Field("overdue_now", text("Overdue now"), Format.MONEY),
        Field("dpd_then", text("Days then"), Format.DAYS),
        Field("dpd_now", text("Days now"), Format.DAYS),
        Field("status", text("Status"), Format.TEXT),
    )


def _cells(pack: Pack, row: Record) -> dict[str, Cell]:
    sides = {"balance": "balance_minor", "overdue": "overdue_minor", "dpd": "dpd"}
    return {
        "loan_id": str(row["loan_id"]),
        "branch": written(row["branch"]),
        "month": day(row["month_end"]),
        **{
            f"{key}_{side}": Figure(whole(row[f"{name}_{side}"]))
            for key, name in sides.items()
            for side in ("then", "now")
        },
        "status": _statuses(pack, row),
    }


def _statuses(pack: Pack, row: Record) -> str:
    """Return the loan's status, both where it changed; a loan that was not there has none."""
    sides = [
        pack.text("not there") if pd.isna(row[name]) else LOAN_STATUS.label(row[name]).text(pack.head.lang)
        for name in ("status_then", "status_now")
    ]
    return " → ".join(dict.fromkeys(sides))


def _largest(pack: Pack, loans: pd.DataFrame) -> Table:
    """Return the loans that moved most, each at the month-end where it did."""
    first = loans.drop_duplicates("loan_id")
    fields = tuple(field for field in _fields(pack) if field.key not in _ONLY_IN_EXCEL)
    rows = tuple(
        Row(str(row["loan_id"]), tuple(_cells(pack, row)[field.key] for field in fields))
        for row in records(first.head(SHOWN))
    )
    note = "" if rows else pack.text("No loan.")
    if len(first) > SHOWN:
        note = pack.text(
            "First {shown} of {all} loans; the full list is in the Excel sheet {sheet}.",
            shown=SHOWN,
            all=f"{len(first):,}",
            sheet=_SHEET,
        )
    title = pack.text("Loans that moved most, each at its largest move")
    return Table("largest", title, fields, rows, note, sheet=_SHEET)


def _listing(pack: Pack, loans: pd.DataFrame) -> Listing:
    rows = tuple(
        tuple(cell.value if isinstance(cell, Figure) else cell for cell in _cells(pack, row).values())
        for row in records(loans)
    )
    return Listing(_SHEET, pack.text("All restated loans and month-ends"), _fields(pack), rows)
