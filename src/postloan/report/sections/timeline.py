"""What happened: days past due month by month, who paid, and every event in order."""

from __future__ import annotations

import pandas as pd

from postloan.model import codes, work_codes
from postloan.model.contract import CodeList
from postloan.model.tables import TABLES
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, day, records, whole
from postloan.report.rows import RowColumn, RowList
from postloan.report.section import Block, Chart, ChartKind, Format, Section, Series

_CODES: dict[str, CodeList] = {
    "payment": codes.PAYER,
    "loan_event": codes.EVENT_KIND,
    "action": work_codes.ACTION_CHANNEL,
    "visit": work_codes.VISIT_KIND,
    "inspection": work_codes.INSPECTION_KIND,
    "signal": work_codes.SIGNAL_KIND,
    "warning": work_codes.SIGNAL_KIND,
    "finding": work_codes.FINDING_KIND,
    "legal_step": work_codes.LEGAL_STEP,
    "disposal_plan": work_codes.DISPOSAL_KIND,
    "maturity_decision": work_codes.MATURITY_DECISION,
    "position": codes.RISK_CLASS,
}


def timeline(pack: Pack) -> Section:
    """Build the section: two pictures over the same months, and the list of events."""
    text = pack.text
    months = records(pack.frame("subject_months"))
    blocks: list[Block] = [_worst(pack, months), _owed(pack, months)]
    if "subject_events" in pack.frames:
        found = records(pack.frame("subject_events"))
        blocks += [_payments(pack, months, found), *_events(pack, found)]
    worst = max((whole(row["dpd"]) or 0 for row in months), default=0)
    return Section(
        key="timeline",
        heading=text("What happened"),
        takeaway=text(
            "At month-ends of the last three years the worst loan was at most {dpd} days past due.",
            dpd=said(pack, worst, Format.COUNT),
        ),
        blocks=tuple(blocks),
        footnotes=(
            text("Days past due are those at month-ends; between them a loan may have been paid up."),
        ),
    )


def _x(pack: Pack, months: list[Record]) -> tuple[str, ...]:
    return tuple(pack.style.text(day(row["month_end"]), Format.MONTH) for row in months)


def _value(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]


def _worst(pack: Pack, months: list[Record]) -> Chart:
    text = pack.text
    return Chart(
        key="dpd",
        kind=ChartKind.LINES,
        title=text("Days past due of the worst loan"),
        subtitle=text("At month-ends"),
        x=_x(pack, months),
        series=(Series(text("Days past due"), tuple(_value(row["dpd"]) for row in months)),),
        format=Format.DAYS,
    )


def _owed(pack: Pack, months: list[Record]) -> Chart:
    text = pack.text
    series = (
        Series(pack.label("balance"), tuple(_value(row["balance_minor"]) for row in months)),
        Series(pack.label("overdue_amount"), tuple(_value(row["overdue_minor"]) for row in months)),
    )
    return Chart(
        key="owed", kind=ChartKind.LINES, title=text("What was owed, and overdue"),
        subtitle=text("At month-ends, {unit}", unit=pack.style.unit(Format.MONEY)), x=_x(pack, months), series=series,
        format=Format.MONEY,
    )  # fmt: skip


def _payments(pack: Pack, months: list[Record], found: list[Record]) -> Chart:
    """Stack what came in by month and payer."""
    text = pack.text
    marks = [day(row["month_end"]).isoformat()[:7] for row in months]
    paid = [row for row in found if row["table"] == "payment" and whole(row["amount_minor"])]
    payers = [code for code in codes.PAYER.codes if any(_payer(row) == code.value for row in paid)]
    series = tuple(
        Series(
            payer.label.text(pack.head.lang),
            tuple(
                float(
                    sum(
                        row["amount_minor"]
                        for row in paid
                        if _payer(row) == payer.value and day(row["on"]).isoformat()[:7] == mark
                    )
                )
                for mark in marks
            ),
        )
        for payer in payers
    )
    none = Series(codes.PAYER.label("borrower").text(pack.head.lang), tuple(0.0 for _ in marks))
    return Chart(
        key="payments", kind=ChartKind.STACKED, title=text("Who paid"),
        subtitle=text("By month, {unit}; bounced payments are not taken off", unit=pack.style.unit(Format.MONEY)),
        x=_x(pack, months), series=series or (none,), format=Format.MONEY,
    )  # fmt: skip


def _payer(row: Record) -> str:
    return str(row["code"]) if isinstance(row["code"], str) else "borrower"


def _events(pack: Pack, found: list[Record]) -> tuple[Block, ...]:
    text, lang = pack.text, pack.head.lang
    rows = [row | {"place": place, "what": _what(row, lang)} for place, row in enumerate(found)]

    def event(name: str) -> str:
        return text("Change of class") if name == "position" else TABLES[name].label.text(lang)

    columns = (
        RowColumn("on", text("Date"), Format.DATE),
        RowColumn("table", text("Event"), Format.TEXT, event),
        RowColumn("what", text("What"), Format.TEXT),
        RowColumn("amount_minor", text("Amount"), Format.MONEY),
        RowColumn("loan_id", text("Loan"), Format.ID),
    )
    listed = RowList("subject_events", text("Events, the latest first"), columns, ("place",))
    return listed.table(pack, rows), listed.listing(rows)


def _what(row: Record, lang: str) -> str | None:
    known = _CODES.get(row["table"])
    if known is None or not isinstance(row["code"], str):
        return None
    return known.label(row["code"]).text(lang) if row["code"] in known.values() else row["code"]
