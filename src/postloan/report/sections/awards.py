"""Rewards and fines: what hangs on which result, and how much it comes to (P7-11, P2-9)."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, fraction, records, whole
from postloan.report.rows import RowColumn, RowList
from postloan.report.section import Block, Cell, Field, Figure, Format, Row, Section, Table


def awards(pack: Pack) -> Section:
    """Build the section: rewards and deductions by targets, fines by inspections, and what is left open."""
    text = pack.text
    given, fined = records(pack.frame("awards")), records(pack.frame("fines"))
    amounts = [whole(row["amount_minor"]) or 0 for row in given]
    lost = sum(whole(row["amount_minor"]) or 0 for row in fined) - sum(min(amount, 0) for amount in amounts)
    listed = _fines(pack)
    blocks: list[Block] = [_awards(pack, given)] if given else []
    if fined or not given:
        blocks += [listed.table(pack, fined), listed.listing(fined)]
    return Section(
        key="awards",
        heading=text("Rewards and fines"),
        takeaway=text(
            "Rewards come to {gained}, deductions and fines to {lost}.",
            gained=said(pack, sum(max(amount, 0) for amount in amounts), Format.MONEY),
            lost=said(pack, lost, Format.MONEY),
        ),
        blocks=tuple(blocks),
        footnotes=(
            text("Amounts are worked out by the plan; nothing is paid or booked by this report."),
            text("Undefined: the document names no amount and the lender has set none."),
        ),
    )


def _awards(pack: Pack, rows: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("who", text("Who"), Format.TEXT),
        Field("award", text("Reward or deduction"), Format.TEXT),
        Field("rule", text("Rule"), Format.ID),
        Field("targets", text("Targets it hangs on"), Format.TEXT),
        Field("met", text("Met"), Format.VERDICT),
        Field("amount", text("Amount"), Format.MONEY),
        Field("note", text("Note"), Format.TEXT),
    )
    return Table(
        "awards", text("Rewards and deductions"), fields, tuple(_award_row(pack, row) for row in rows)
    )


def _award_row(pack: Pack, row: Record) -> Row:
    lang, is_met, amount = pack.head.lang, fraction(row["is_met"]), whole(row["amount_minor"])
    if is_met is None:
        note = pack.text("Cannot be judged")
    else:
        note = pack.text("Undefined") if amount is None else ""
    cells: tuple[Cell, ...] = (
        str(row[f"who_{lang}"]), str(row[lang]), str(row["rule"]), str(row[f"targets_{lang}"]),
        None if is_met is None else bool(is_met), Figure(amount), note,
    )  # fmt: skip
    return Row(str(row["award"]), cells)


def _fines(pack: Pack) -> RowList:
    text = pack.text
    columns = (
        RowColumn("branch", text("Branch"), Format.TEXT),
        RowColumn("inspected_on", text("Inspected on"), Format.DATE),
        RowColumn(pack.head.lang, text("Fine"), Format.TEXT),
        RowColumn("rule", text("Rule"), Format.ID),
        RowColumn("score", text("Score"), Format.PERCENT),
        RowColumn("limit", text("Limit"), Format.PERCENT),
        RowColumn("amount_minor", text("Amount"), Format.MONEY),
        RowColumn("rectified_on", text("Rectified on"), Format.DATE),
        RowColumn("inspection_id", text("Inspection"), Format.ID, is_on_page=False),
    )
    return RowList(
        "fines", text("Inspections of the month and their fines"), columns, ("fine", "inspection_id")
    )
