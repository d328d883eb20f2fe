"""Can the figures be trusted: what was read, what was refused, and does it tie to the ledger."""

from __future__ import annotations

import pandas as pd
from babel.numbers import get_currency_precision

from postloan.model.codes import CONTROL_ITEM
from postloan.model.tables import TABLES
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, day, records, whole
from postloan.report.section import Block, Cell, Field, Figure, Format, Missing, Row, Section, Table


def data_status(pack: Pack) -> Section:
    """Build the section: files with their row accounts, reasons for refusal, reconciliation."""
    files = pack.frame("data_status")
    blocks: list[Block] = [_files(pack, files), _freshness(pack), *_told(pack), *_reconciliation(pack)]
    return Section(
        key="data_status",
        heading=pack.text("Data status and reconciliation"),
        takeaway=_takeaway(pack, files),
        blocks=tuple(blocks),
        footnotes=(
            *as_reported(pack),
            pack.text(
                "Read = accepted + quarantined + ignored, in every file. The accounts are of the whole lender, whatever the scope."
            ),
            *_known_at(pack),
        ),
    )


def _known_at(pack: Pack) -> tuple[str, ...]:
    known_at = pack.head.known_at
    if known_at is None:
        return ()
    on = said(pack, known_at, Format.DATE)
    return (
        pack.text(
            "The figures stand on what the lender knew by {on}; the accounts are of everything loaded.", on=on
        ),
    )


def as_reported(pack: Pack) -> tuple[str, ...]:
    """Return the sentence that figures from a month-end tape are of the lender's last report; none without one."""
    told = [row for row in records(pack.frame("freshness")) if row["table"] == "loan_tape"]
    if not told or whole(told[0]["days"]) is None:
        return ()
    return (
        pack.text(
            "Loans in a month-end tape are shown as the lender last reported them, on {day}; nothing is carried further.",
            day=said(pack, day(told[0]["last_on"]), Format.DATE),
        ),
    )


def _takeaway(pack: Pack, files: pd.DataFrame) -> str:
    counts = {
        name: int(files[f"rows_{name}"].sum()) for name in ("read", "accepted", "quarantined", "ignored")
    }
    return pack.text(
        "Of {read} rows read, {accepted} were accepted, {quarantined} quarantined and {ignored} ignored.",
        **{name: said(pack, value, Format.COUNT) for name, value in counts.items()},
    )


def _files(pack: Pack, files: pd.DataFrame) -> Table:
    text = pack.text
    fields = (
        Field("file", text("File"), Format.TEXT),
        Field("table", text("Table"), Format.TEXT),
        Field("read", text("Rows read"), Format.COUNT),
        Field("accepted", text("Accepted"), Format.COUNT),
        Field("quarantined", text("Quarantined"), Format.COUNT),
        Field("ignored", text("Ignored"), Format.COUNT),
        Field("money_read", text("Amount read"), Format.MONEY),
        Field("money_accepted", text("Amount accepted"), Format.MONEY),
    )
    rows = []
    for position, row in enumerate(records(files), 1):
        counts = [Figure(int(row[f"rows_{n}"])) for n in ("read", "accepted", "quarantined", "ignored")]
        money = [Figure(whole(row[f"money_{n}"])) for n in ("read", "accepted")]
        label = TABLES[row["table"]].label.text(pack.head.lang)
        rows.append(Row(f"{position}-{row['table']}", (str(row["file"]), label, *counts, *money)))
    return Table("files", text("Files and their row accounts"), fields, tuple(rows))


def _freshness(pack: Pack) -> Table:
    text = pack.text
    fields = (
        Field("table", text("Table"), Format.TEXT),
        Field("last", text("Latest fact"), Format.DATE),
        Field("days", text("Before the as-of date"), Format.DAYS),
    )
    rows = []
    for row in records(pack.frame("freshness")):
        days = whole(row["days"])
        last = None if days is None else day(row["last_on"])
        rows.append(Row(row["table"], (TABLES[row["table"]].label.text(pack.head.lang), last, Figure(days))))
    return Table("freshness", text("How far the data reaches"), fields, tuple(rows))


def _told(pack: Pack) -> tuple[Table, Table]:
    """Return why rows were refused, and what was let in with a warning."""
    text = pack.text
    refused, warned = pack.frame("quarantine_reasons"), pack.frame("load_warnings")
    return (
        _reasons(pack, "reasons", text("Reasons for quarantine"), refused, text("No row was refused.")),
        _reasons(pack, "warnings", text("Warnings at loading"), warned, text("No warning.")),
    )


def _reasons(pack: Pack, key: str, title: str, frame: pd.DataFrame, none: str) -> Table:
    fields = (
        Field("file", pack.text("File"), Format.TEXT),
        Field("reason", pack.text("Reason"), Format.TEXT),
        Field("rows", pack.text("Rows"), Format.COUNT),
        Field("first", pack.text("First at row"), Format.COUNT),
    )
    rows = []
    for position, row in enumerate(records(frame), 1):
        counts = (Figure(int(row["rows"])), Figure(whole(row["first_row"])))
        rows.append(Row(f"reason{position}", (row["file"], row[f"reason_{pack.head.lang}"], *counts)))
    return Table(key, title, fields, tuple(rows), "" if rows else none)


def _reconciliation(pack: Pack) -> list[Block]:
    frame = pack.frame("reconciliation")
    if frame.empty:
        return [
            Missing(
                "control_total",
                pack.text(
                    "The lender gives no table “control_total”: the book cannot be tied to the ledger, so the pack stays a draft."
                ),
            )
        ]
    text = pack.text
    fields = (
        Field("item", text("Item"), Format.TEXT),
        Field("as_of", text("As of"), Format.DATE),
        Field("unit", text("Unit"), Format.TEXT),
        Field("ledger", text("Ledger"), Format.NUMBER),
        Field("book", text("Book"), Format.NUMBER),
        Field("difference", text("Difference"), Format.NUMBER),
        Field("ties", text("Ties"), Format.VERDICT),
    )
    return [
        Table(
            "reconciliation",
            text("Book against control totals"),
            fields,
            tuple(_tie_row(pack, row) for row in records(frame)),
        )
    ]


def _tie_row(pack: Pack, row: Record) -> Row:
    item, on = str(row["item"]), day(row["as_of"])
    is_rows = item == "rows"
    # Exact to the cent: a total printed in 万元 could hide a difference.
    scale = 1 if is_rows else 10 ** get_currency_precision(pack.head.currency)
    amounts = [_scaled(row[name], scale) for name in ("ledger", "book", "difference")]
    cells: tuple[Cell, ...] = (
        CONTROL_ITEM.label(item).text(pack.head.lang),
        on,
        pack.text("rows") if is_rows else pack.head.currency,
        *amounts,
        None if amounts[2].value is None else amounts[2].value == 0,
    )
    return Row(f"{item}-{on}", cells)


def _scaled(value: object, scale: int) -> Figure:
    minor = whole(value)
    return Figure(None if minor is None else minor / scale)
