"""Promises: which were kept, what open ones should bring, and which went beyond authority (F-34, S1-3)."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import day, records, whole
from postloan.report.section import Field, Figure, Format, Listing, Row, RowKind, Section, Table
from postloan.report.work_reading import BY, Work, head_of, staff_table, totals_table

_RATES = (
    "promise_kept_rate", "promise_kept_value", "promise_broken_rate", "promise_incomplete_rate", "beyond_authority_rate",
)  # fmt: skip
_BY_STAFF = ("promise_kept_value", "promise_broken_rate", "promise_kept_rate")
_MOST = 20


def promises(pack: Pack) -> Section:
    """Build the section: outcomes of promises due, expected cash of open ones, deferrals beyond authority."""
    work, text = Work(pack), pack.text
    takeaway = text(
        "{kept} of {due} promises due were kept, {value} by amount.",
        kept=said(pack, work.figure("promise_kept_rate"), Format.PERCENT),
        due=said(pack, work.figure("promises_due"), Format.COUNT),
        value=said(pack, work.figure("promise_kept_value"), Format.PERCENT),
    )
    tables = [
        staff_table(
            work, by, text("Promises by {dimension}", dimension=head_of(pack, by)), by, _BY_STAFF, "quarter"
        )
        for by in BY
    ]
    return Section(
        key="promises",
        heading=text("Promises"),
        takeaway=takeaway,
        blocks=(
            totals_table(work, "rates", text("What became of promises"), _RATES),
            _expected(pack),
            *tables,
            _beyond(pack),
            _beyond_listing(pack),
        ),
        footnotes=(
            text("By staff over the last three months: in one month a collector has few promises."),
            text("A guarantor's advance keeps no promise of the borrower."),
        ),
        metrics=("promises_due", *_RATES),
    )


def _expected(pack: Pack) -> Table:
    text = pack.text
    fields = (
        Field("week", text("Week from"), Format.DATE),
        Field("n", text("Open promises"), Format.COUNT),
        Field("amount", text("Promised"), Format.MONEY),
        Field("paid", text("Paid so far"), Format.MONEY),
    )
    found = records(pack.frame("open_promises"))
    rows = [
        Row(
            str(day(row["week"])),
            (day(row["week"]), *(Figure(whole(row[k])) for k in ("n", "amount_minor", "paid_minor"))),
        )
        for row in found
    ]
    sums = [sum(whole(row[key]) or 0 for row in found) for key in ("n", "amount_minor", "paid_minor")]
    total = Row("total", (text("Total"), *(Figure(value) for value in sums)), RowKind.TOTAL)
    note = "" if rows else text("No promise is open.")
    return Table("expected", text("Cash expected of open promises"), fields, (*rows, total), note)


def _fields(pack: Pack) -> tuple[Field, ...]:
    text = pack.text
    return (
        Field("promise_id", text("Promise"), Format.ID),
        Field("staff_id", text("Staff number"), Format.ID),
        Field("branch", text("Branch"), Format.TEXT),
        Field("loan_id", text("Loan"), Format.ID),
        Field("made_on", text("Made on"), Format.DATE),
        Field("pay_by_on", text("Pay by"), Format.DATE),
        Field("amount", text("Promised"), Format.MONEY),
    )


def _beyond_rows(pack: Pack) -> list[tuple[object, ...]]:
    return [
        (
            str(row["promise_id"]), str(row["staff_id"] or "—"), str(row["branch"] or "—"), str(row["loan_id"]),
            day(row["made_on"]), day(row["pay_by_on"]), whole(row["amount_minor"]),
        )
        for row in records(pack.frame("deferrals_beyond"))
    ]  # fmt: skip


def _beyond(pack: Pack) -> Table:
    found = _beyond_rows(pack)
    rows = tuple(Row(str(cells[0]), (*cells[:-1], Figure(cells[-1]))) for cells in found[:_MOST])  # type: ignore[arg-type]
    note = pack.text(
        "First {shown} of {all}; all are in the Excel sheet {sheet}.",
        shown=_MOST,
        all=len(found),
        sheet="deferrals_beyond",
    )
    title = pack.text("Deferrals beyond authority, last three months")
    return Table(
        "beyond",
        title,
        _fields(pack),
        rows,
        note if len(found) > _MOST else "" if rows else pack.text("None."),
        sheet="deferrals_beyond",
    )


def _beyond_listing(pack: Pack) -> Listing:
    title = pack.text("Deferrals beyond authority, last three months")
    return Listing("deferrals_beyond", title, _fields(pack), tuple(_beyond_rows(pack)))
