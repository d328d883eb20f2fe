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
_AMOUNTS = ("balance", "overdue", "over_90")
_SHEET = "restated_loans"


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
    last = records(months)[0]
    moves = {name: _change(last, name) for name in ("balance", "overdue")}
    return pack.text(
        "Since {on}, {loans} loans have changed at {n} month-ends; at {last} the balance moved by {balance} and the overdue amount by {overdue}.",
        on=on,
        loans=said(pack, loans["loan_id"].nunique(), Format.COUNT),
        n=said(pack, len(months), Format.COUNT),
        last=said(pack, day(last["month_end"]), Format.DATE),
        **{name: said(pack, move, Format.MONEY) for name, move in moves.items()},
    )


def _change(row: Record, name: str) -> int:
    return int(row[f"{name}_minor_now"]) - int(row[f"{name}_minor_then"])


def _months(pack: Pack, months: pd.DataFrame) -> Table:
    text = pack.text
    heads = {
        "balance": (text("Balance then"), text("Balance now"), text("Balance moved")),
        "overdue": (text("Overdue amount then"), text("Overdue amount now"), text("Overdue amount moved")),
        "over_90": (text("Over 90 days then"), text("Over 90 days now"), text("Over 90 days moved")),
    }
    fields = [
        Field("month", text("Month-end"), Format.DATE),
        Field("loans", text("Loans moved"), Format.COUNT),
    ]
    for name in _AMOUNTS:
        for side, head in zip(("then", "now", "moved"), heads[name], strict=True):
            fields.append(Field(f"{name}_{side}", head, Format.MONEY))
    rows = []
    for row in records(months):
        cells: list[Cell] = [day(row["month_end"]), Figure(whole(row["loans"]))]
        for name in _AMOUNTS:
            sides = [Figure(whole(row[f"{name}_minor_{side}"])) for side in ("then", "now")]
            cells += [*sides, Figure(_change(row, name), higher_is_worse=name != "balance" or None)]
        rows.append(Row(day(row["month_end"]).isoformat(), tuple(cells)))
    title = text("Month-ends as known then and as known now, latest first")
    return Table(
        "months", title, tuple(fields), tuple(rows), "" if rows else text("No month-end was restated.")
    )


def _fields(pack: Pack) -> tuple[Field, ...]:
    text = pack.text
    return (
        Field("loan_id", text("Loan"), Format.ID),
        Field("branch", text("Branch"), Format.TEXT),
        Field("product", text("Product"), Format.TEXT),
        Field("month", text("Month-end"), Format.DATE),
        Field("n_months", text("Month-ends moved"), Format.COUNT),
        Field("balance_then", text("Balance then"), Format.MONEY),
        Field("balance_now", text("Balance now"), Format.MONEY),
        Field("overdue_then", text("Overdue amount then"), Format.MONEY),
        Field("overdue_now", text("Overdue amount now"), Format.MONEY),
        Field("dpd_then", text("Days past due then"), Format.DAYS),
        Field("dpd_now", text("Days past due now"), Format.DAYS),
        Field("status", text("Status then and now"), Format.TEXT),
    )


def _cells(pack: Pack, row: Record) -> tuple[Cell, ...]:
    return (
        str(row["loan_id"]),
        written(row["branch"]),
        written(row["product"]),
        day(row["month_end"]),
        Figure(whole(row["n_months"])),
        *(
            Figure(whole(row[f"{n}_minor_{side}"]))
            for n in ("balance", "overdue")
            for side in ("then", "now")
        ),
        *(Figure(whole(row[f"dpd_{side}"])) for side in ("then", "now")),
        _statuses(pack, row),
    )


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
    rows = tuple(Row(str(row["loan_id"]), _cells(pack, row)) for row in records(first.head(SHOWN)))
    note = "" if rows else pack.text("No loan.")
    if len(first) > SHOWN:
        note = pack.text(
            "First {shown} of {all} loans; the full list is in the Excel sheet {sheet}.",
            shown=SHOWN,
            all=f"{len(first):,}",
            sheet=_SHEET,
        )
    title = pack.text("Loans that moved most, each at its largest move")
    return Table("largest", title, _fields(pack), rows, note, sheet=_SHEET)


def _listing(pack: Pack, loans: pd.DataFrame) -> Listing:
    rows = tuple(
        tuple(cell.value if isinstance(cell, Figure) else cell for cell in _cells(pack, row))
        for row in records(loans)
    )
    return Listing(_SHEET, pack.text("All restated loans and month-ends"), _fields(pack), rows)
