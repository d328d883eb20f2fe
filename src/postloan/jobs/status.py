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


def data_status(
    loads: Sequence[Mapping[str, Any]], retries: Sequence[Mapping[str, Any]] = ()
) -> pd.DataFrame:
    """Return one row per file and table of every load, oldest first, with its account as it stands now.

    Rows that later loads released from quarantine are accepted now, rows that newer ones superseded are
    ignored: read = accepted + quarantined + ignored holds on.

    Args:
        loads: The book's ledger.
        retries: What became of quarantined rows since.

    Returns:
        ``file, table, sha256, encoding``, and ``rows_*`` and ``money_*`` read, accepted, quarantined,
        ignored; money in minor units, missing where the table holds none or a value could not be read.
    """
    columns = ["load", "file", "table", "sha256", "encoding", *_COUNTS]
    frame = pd.DataFrame([[entry[name] for name in columns] for entry in loads], columns=columns)
    text = dict.fromkeys(columns[:5], "str")
    frame = frame.astype({**text, **dict.fromkeys(_COUNTS, "Int64")})
    for retry in retries:
        origin = ("load", "origin"), ("file", "file"), ("table", "table")
        mine = pd.Series(True, frame.index)
        for column, name in origin:
            mine &= frame[column] == retry[name]
        frame = _moved(frame, frame.index[mine][0], retry)
    return frame.drop(columns="load")


def _moved(frame: pd.DataFrame, entry: int, retry: Mapping[str, Any]) -> pd.DataFrame:
    """Return the accounts with a retry's rows and money moved out of quarantine."""
    moved = frame.copy()
    given = {"rows": ("released", "superseded"), "money": ("money_released", "money_superseded")}
    for what, (released, superseded) in given.items():
        for part, change in (
            ("accepted", retry[released]),
            ("ignored", retry[superseded]),
            ("quarantined", -retry[released] - retry[superseded]),
        ):
            moved.loc[entry, f"{what}_{part}"] += change
    return moved


def quarantine_reasons(quarantine: pa.Table) -> pd.DataFrame:
    """Return why rows are in quarantine now: ``file, reason_zh, reason_en, rows, first_row``.

    A row with several reasons counts under each. Order: file, then the most frequent.
    """
    held = quarantine.select(["file", "row", "reasons_zh", "reasons"]).to_pylist()
    pairs = [
        [row["file"], zh, en, row["row"]]
        for row in held
        for zh, en in zip(row["reasons_zh"], row["reasons"], strict=True)
    ]
    frame = pd.DataFrame(pairs, columns=["file", "reason_zh", "reason_en", "row"])
    found = frame.groupby(["file", "reason_zh", "reason_en"], as_index=False, observed=True, dropna=False)
    counted = found.agg(rows=("row", "size"), first_row=("row", "min"))
    return _typed(counted.sort_values(["file", "rows", "reason_en"], ascending=[True, False, True]))


def load_warnings(loads: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return what was let in with a warning, shaped like ``quarantine_reasons``, in order of loading."""
    rows = [
        [entry["file"], reason["reason_zh"], reason["reason"], reason["rows"], reason["first_row"]]
        for entry in loads
        for reason in entry["warnings"]
    ]
    return _typed(pd.DataFrame(rows, columns=["file", "reason_zh", "reason_en", "rows", "first_row"]))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    text = dict.fromkeys(("file", "reason_zh", "reason_en"), "str")
    return frame.astype({**text, "rows": "Int64", "first_row": "Int64"}).reset_index(drop=True)


# The date by which a table's latest fact is known.
_DATED = {
    "loan": "disbursed_on",
    "payment": "paid_on",
    "loan_event": "event_on",
    "provision": "month_end",
    "loan_tape": "observed_on",
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
