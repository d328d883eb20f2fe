"""Restatements of a load for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from postloan.jobs.restating import Restatement
from postloan.report.section import Format
from postloan.report.style import Style
from postloan.report.text import Text


def restatement_lines(restated: Restatement, lang: str) -> list[str]:
    """Return what a load changed of covered month-ends: how much, at the last of them, and the largest."""
    text, style = Text(lang), Style(lang, restated.currency, 0)
    told = restated.as_dict()
    lines = []
    if told["loans"]:
        counts = {"loans": told["loans"], "n": len(told["months"])}
        first, last = told["months"][0]["month_end"], told["months"][-1]["month_end"]
        said = text(
            "restated: {loans} loans at {n} month-ends, {first} to {last}", first=first, last=last, **counts
        )
        lines = [said, f"  {last}: {_moved(text, style, told['months'][-1])}"]
        for row in told["largest"]:
            where = text("largest: loan {loan} at {on}", loan=row["loan_id"], on=row["month_end"])
            lines.append(f"  {where}: {_moved(text, style, row)}")
    if told["new_loans"]:
        on = told["covered_until"]
        lines.append(text("{n} loans lent on or before {on} are new to the book", n=told["new_loans"], on=on))
    return lines


def _moved(text: Text, style: Style, row: Mapping[str, Any]) -> str:
    amounts = {name: style.text(row[f"{name}_minor"], Format.MONEY) for name in ("balance", "overdue")}
    return text("balance {balance}, overdue amount {overdue} (after less before)", **amounts)
