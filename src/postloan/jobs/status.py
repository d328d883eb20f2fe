"""What was delivered and what became of it, as results frames beside the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from postloan.book.store import Book

_PARTS = ("read", "accepted", "quarantined", "ignored")
_COUNTS = [f"{what}_{part}" for what in ("rows", "money") for part in _PARTS]


def data_status(loads: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per file and table of every load, oldest first.

    Returns:
        ``file, table, sha256, encoding``, and ``rows_*`` and ``money_*`` read, accepted, quarantined,
        ignored; money in minor units, missing where the table holds none or a value could not be read.
    """
    columns = ["file", "table", "sha256", "encoding", *_COUNTS]
    frame = pd.DataFrame([[entry[name] for name in columns] for entry in loads], columns=columns)
    text = dict.fromkeys(("file", "table", "sha256", "encoding"), "str")
    return frame.astype({**text, **dict.fromkeys(_COUNTS, "Int64")})


def quarantine_reasons(loads: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return why rows were refused: ``file, reason_zh, reason_en, rows, first_row``, in order of loading."""
    return _told(loads, "reasons")


def load_warnings(loads: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return what was let in with a warning, shaped like ``quarantine_reasons``."""
    return _told(loads, "warnings")


def _told(loads: Sequence[Mapping[str, Any]], what: str) -> pd.DataFrame:
    rows = [
        [entry["file"], reason["reason_zh"], reason["reason"], reason["rows"], reason["first_row"]]
        for entry in loads
        for reason in entry[what]
    ]
    frame = pd.DataFrame(rows, columns=["file", "reason_zh", "reason_en", "rows", "first_row"])
    text = dict.fromkeys(("file", "reason_zh", "reason_en"), "str")
    return frame.astype({**text, "rows": "Int64", "first_row": "Int64"})


# The date by which a table's latest fact is known.
_DATED = {
    "loan": "disbursed_on",
    "payment": "paid_on",
    "loan_event": "event_on",
    "provision": "month_end",
    "control_total": "as_of",
}


def freshness(book: Book, as_of: date) -> pd.DataFrame:
    """Return the latest fact up to ``as_of`` of every table delivered: ``table, last_on, days``.

    ``days`` is how long before ``as_of`` it lies: a report on a month whose payments have not come yet
    shows it. A table without a fact by then has no date.
    """
    rows = []
    for table, column in _DATED.items():
        if book.has(table):
            dates = book.read(table)[column]
            last = pc.max(dates.filter(pc.less_equal(dates, pa.scalar(as_of, pa.date32())))).as_py()
            rows.append([table, last, None if last is None else (as_of - last).days])
    frame = pd.DataFrame(rows, columns=["table", "last_on", "days"])
    return frame.astype({"table": "str", "last_on": "datetime64[s]", "days": "Int64"})
