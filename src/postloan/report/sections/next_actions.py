"""The action list: what is still to be done, by whom and until when; and what became of this month's list."""

from __future__ import annotations

from postloan.model.duty import DUTY_STATE
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import records, whole
from postloan.report.rows import RowColumn, RowList
from postloan.report.section import Field, Figure, Format, Row, RowKind, Section, Table
from postloan.report.sections.duties import Told

_ROUTINE = "reminder"  # sent by a machine: in the counts, not on anybody's list


def next_actions(pack: Pack) -> Section:
    """Build the section: actions with owner and deadline, overdue ones first; the full list in Excel."""
    text, told = pack.text, Told(pack)
    found = [row for row in records(pack.frame("duty_actions")) if row["duty"] != _ROUTINE]
    late = sum(row["duty_state"] == "missed" for row in found)
    ownerless = sum(not isinstance(row["staff_id"], str) for row in found)
    listed = _list(pack, told)
    return Section(
        key="next_actions",
        heading=text("Action list"),
        takeaway=text(
            "{n} actions are to be done, {late} of them overdue; {ownerless} have no owner.",
            n=said(pack, len(found), Format.COUNT),
            late=said(pack, late, Format.COUNT),
            ownerless=said(pack, ownerless, Format.COUNT),
        ),
        blocks=(_became(told), listed.table(pack, found), listed.listing(found)),
        footnotes=(text("Reminders that a machine sends are counted with the duties and not listed here."),),
    )


def _became(told: Told) -> Table:
    """Say what became of what was to be done this month."""
    text = told.pack.text
    fields = (
        Field("duty", text("Duty"), Format.TEXT),
        Field("listed", text("On the list"), Format.COUNT),
        Field("done", text("On time"), Format.COUNT),
        Field("late", text("Late"), Format.COUNT),
        Field("missed", text("Missed"), Format.COUNT),
        Field("left", text("Not yet due"), Format.COUNT),
    )
    names = ("n_done", "n_late", "n_missed", "n_left")
    rows, sums = [], [0] * len(names)
    for duty in told.labels:
        counts = [whole(told.counts[duty][name]) or 0 for name in names] if duty in told.counts else []
        if sum(counts):
            sums = [one + other for one, other in zip(sums, counts, strict=True)]
            rows.append(Row(duty, (told.label(duty), Figure(sum(counts)), *(Figure(n) for n in counts))))
    total = Row("total", (text("Total"), Figure(sum(sums)), *(Figure(n) for n in sums)), RowKind.TOTAL)
    return Table("became", text("What became of this month's list"), fields, (*rows, total))


def _list(pack: Pack, told: Told) -> RowList:
    text = pack.text

    def state(name: str) -> str:
        return DUTY_STATE.label(name).text(pack.head.lang)

    columns = (
        RowColumn("due_on", text("Due on"), Format.DATE),
        RowColumn("duty", text("Duty"), Format.TEXT, told.label),
        RowColumn("subject_id", text("Subject"), Format.ID),
        RowColumn("branch", text("Branch"), Format.TEXT),
        RowColumn("staff_id", text("Owner"), Format.ID),
        RowColumn("duty_state", text("State"), Format.TEXT, state),
        RowColumn("customer_id", text("Customer"), Format.ID, is_on_page=False),
        RowColumn("loan_id", text("Loan"), Format.ID, is_on_page=False),
        RowColumn("product", text("Product"), Format.TEXT, is_on_page=False),
    )
    return RowList(
        "next_actions",
        text("To be done, the earliest deadline first"),
        columns,
        ("duty", "subject_id", "due_on"),
    )
