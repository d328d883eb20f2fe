"""What was delivered and what became of it, as results frames beside the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

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
    rows = [
        [entry["file"], reason["reason_zh"], reason["reason"], reason["rows"], reason["first_row"]]
        for entry in loads
        for reason in entry["reasons"]
    ]
    frame = pd.DataFrame(rows, columns=["file", "reason_zh", "reason_en", "rows", "first_row"])
    text = dict.fromkeys(("file", "reason_zh", "reason_en"), "str")
    return frame.astype({**text, "rows": "Int64", "first_row": "Int64"})
