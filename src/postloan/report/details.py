"""The values behind an exception, in the reader's words: columns by their labels, codes, days and money written out."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from postloan.model.contract import Column, Kind
from postloan.model.tables import TABLES
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.section import Format

_BLANK = "—"
_FLAGS = ("true", "false")


@cache
def _columns() -> dict[str, Column]:
    """Return every column of the contract by name; of several tables the first counts."""
    found: dict[str, Column] = {}
    for table in TABLES.values():
        for column in table.columns:
            found.setdefault(column.name, column)
    return found


def _own_words(pack: Pack) -> dict[str, str]:
    """Return the labels of what checks make up themselves."""
    text = pack.text
    return {
        "stage": text("Stage"),
        "stage_before_on": text("Stage before on"),
        "addressed_on": text("Last addressed on"),
        "place_known_on": text("Whereabouts told on"),
        "n_owners": text("Owners"),
        "n_npl_loans": text("Non-performing loans"),
        "n_disposals": text("Ways of disposal"),
        "has_repayment_note": text("Repayment noted"),
        "has_business_note": text("Business noted"),
        "has_funding_note": text("Funding need noted"),
        "has_feedback": text("Feedback noted"),
        "settled_on": text("Settled on"),
        "lent_again_on": text("Lent again on"),
        "entered_on": text("Entered on"),
        "scheduled_minor": text("Principal of the schedule"),
        "last_observed_on": text("Last observed on"),
        "largest_instalment_minor": text("Largest instalment"),
    }


def detail(pack: Pack, told: str) -> str:
    """Return "name value; name value" as a reader would say it; a name that nobody knows stays as it is."""
    own, known = _own_words(pack), _columns()
    names = sorted({*own, *known}, key=len, reverse=True)
    found = re.split(rf"(?:^|; )({'|'.join(map(re.escape, names))}) ", told)
    pairs = zip(found[1::2], found[2::2], strict=True)
    parts = [
        f"{own.get(name) or known[name].label.text(pack.head.lang)} {_value(pack, name, value)}"
        for name, value in pairs
    ]
    return pack.text("; ").join(parts) if parts else told


def _value(pack: Pack, name: str, value: str) -> str:
    column = _columns().get(name)
    if value == _BLANK:
        return value
    if name.endswith("_minor"):
        return said(pack, int(value), Format.MONEY)
    if name.endswith("_on"):
        return said(pack, date.fromisoformat(value[:10]), Format.DATE)
    if value.lower() in _FLAGS:
        return pack.text("Yes") if value.lower() == "true" else pack.text("No")
    if column is not None and column.kind is Kind.CODE and column.codes is not None:
        return column.codes.label(value).text(pack.head.lang) if value in column.codes.values() else value
    return value
