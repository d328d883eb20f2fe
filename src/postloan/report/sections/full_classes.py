"""Five categories under all rules beside those by days past due alone: blocks of the section on risk classes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from postloan.model import codes
from postloan.report import reading
from postloan.report.listings import loan_listing, loan_table
from postloan.report.pack import Pack
from postloan.report.records import records, written
from postloan.report.section import Block, Field, Figure, Format, Paragraphs, Row, RowKind, Table

_CLASSES = (*codes.RISK_CLASS.values(), "unknown")


def full_class_blocks(pack: Pack) -> tuple[Block, ...]:
    """Return what all rules of the policy make of the loans; nothing where it has no other rules."""
    if pack.frame("class_rules").empty:
        return ()
    frame = pack.frame("class_reasons").fillna({"risk_class": "unknown", "full_class": "unknown"})
    return (
        _beside(pack, frame),
        _reasons(pack, frame),
        _over_90(pack, frame),
        loan_table(pack, "moved", pack.text("Loans that all rules class otherwise"), "class_moved"),
        *_awaited(pack),
        loan_listing(pack, pack.text("All loans that all rules class otherwise"), "class_moved"),
    )


def _label(pack: Pack, name: str) -> str:
    return pack.text("Unknown") if name == "unknown" else codes.RISK_CLASS.label(name).text(pack.head.lang)


def _loans(frame: pd.DataFrame) -> Figure:
    return Figure(int(frame["loans"].sum()))


def _balance(frame: pd.DataFrame) -> Figure:
    loans, unknown = int(frame["loans"].sum()), int(frame["n_no_balance"].sum())
    known = int(frame["balance_minor"].sum()) if not loans or unknown < loans else None
    return Figure(known, n=loans, unknown=unknown)


def _beside(pack: Pack, frame: pd.DataFrame) -> Table:
    """Set the classes by days past due beside those by all rules."""
    text = pack.text
    fields = (
        Field("class", text("Risk class"), Format.TEXT),
        Field("loans_dpd", text("Loans by days past due"), Format.COUNT),
        Field("balance_dpd", text("Balance by days past due"), Format.MONEY),
        Field("loans_full", text("Loans by all rules"), Format.COUNT),
        Field("balance_full", text("Balance by all rules"), Format.MONEY),
        Field("deviation", text("Deviation of balance"), Format.MONEY),
    )
    rows = [
        _beside_row(name, _label(pack, name), by_dpd, full)
        for name in _CLASSES
        for by_dpd, full in [(frame[frame["risk_class"] == name], frame[frame["full_class"] == name])]
        if name != "unknown" or len(by_dpd) or len(full)
    ]
    total = _beside_row("total", text("Total"), frame, frame, RowKind.TOTAL)
    title = text("By days past due alone and by all rules")
    return Table("full_classes", title, fields, (*rows, total), sheet="class_moved")


def _beside_row(
    key: str, label: str, by_dpd: pd.DataFrame, full: pd.DataFrame, kind: RowKind = RowKind.BODY
) -> Row:
    before, after = _balance(by_dpd), _balance(full)
    deviation = reading.change(after, before)
    return Row(key, (label, _loans(by_dpd), before, _loans(full), after, deviation), kind)


def _reasons(pack: Pack, frame: pd.DataFrame) -> Table:
    """Say which rule puts how many loans where; a loan stands in one row, with all rules that put it there."""
    text = pack.text
    fields = (
        Field("reason", text("Reason"), Format.TEXT),
        Field("from", text("By days past due"), Format.TEXT),
        Field("to", text("By all rules"), Format.TEXT),
        Field("loans", text("Loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
    )
    moved = frame[(frame["class_rules"] != "") | (frame["unassessed"] != "")]
    groups = moved.groupby(["class_rules", "unassessed", "risk_class", "full_class"], sort=True)
    rows = []
    for place, (_, part) in enumerate(groups):
        row = records(part)[0]
        reason = _reason(pack, row["class_rules"], row["unassessed"])
        start, end = _label(pack, row["risk_class"]), _label(pack, row["full_class"])
        rows.append(Row(f"r{place}", (reason, start, end, _loans(part), _balance(part))))
    note = "" if rows else text("All rules give what days past due alone give.")
    title = text("What the other rules change")
    return Table("class_reasons", title, fields, tuple(rows), note, sheet="class_moved")


def _reason(pack: Pack, rules: str, unassessed: str) -> str:
    whys = pack.frame("class_rules").set_index("rule")[pack.head.lang]
    said = [f"{whys[rule]} ({rule})" for rule in rules.split()]
    if unassessed:
        lacking = pack.text(", ").join(dict.fromkeys(whys[rule] for rule in unassessed.split()))
        said.append(pack.text("cannot be assessed: {rules}", rules=lacking))
    return pack.text(", ").join(said)


def _over_90(pack: Pack, frame: pd.DataFrame) -> Table:
    """Set loans over 90 days past due against the non-performing ones (F-13), in both readings."""
    text = pack.text
    fields = (
        Field("item", text("Item"), Format.TEXT),
        Field("by_dpd", text("By days past due"), Format.MONEY),
        Field("full", text("By all rules"), Format.MONEY),
    )
    over = frame[frame["over_90"] == "over"]
    unknown = frame[frame["over_90"] == "unknown"]
    kinds: dict[str, Any] = {
        "over_90": (text("Over 90 days past due"), lambda column: over),
        "npl": (text("Non-performing"), lambda column: _npl(frame, column)),
        "over_90_not_npl": (
            text("Over 90 days past due, not non-performing"),
            lambda column: over.drop(_npl(over, column).index),
        ),
        "npl_not_over_90": (
            text("Non-performing, not over 90 days past due"),
            lambda column: _npl(frame[frame["over_90"] == "under"], column),
        ),
        "npl_unknown": (
            text("Non-performing, days past due unknown"),
            lambda column: _npl(unknown, column),
        ),
    }
    rows = [
        Row(key, (label, _balance(chosen("risk_class")), _balance(chosen("full_class"))))
        for key, (label, chosen) in kinds.items()
    ]
    return Table("over_90", text("Over 90 days past due against non-performing"), fields, tuple(rows))


def _npl(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame[frame[column].isin(codes.NPL_CLASSES)]


def _awaited(pack: Pack) -> tuple[Paragraphs, ...]:
    lang = pack.head.lang
    needs = "needs_zh" if lang == "zh" else "needs_en"
    sentences = tuple(
        pack.text("Not assessed: {rule}; needs {data}.", rule=written(row[lang]), data=written(row[needs]))
        for row in records(pack.frame("class_awaited"))
    )
    return (Paragraphs("class_awaited", sentences, bullets=True),) if sentences else ()
