"""What was delivered and what became of it, as results frames beside the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

_PARTS = ("read", "accepted", "quarantined", "ignored")
_COUNTS = [f"{what}_{part}" for what in ("rows", "money") for part in _PARTS]


def data_status(loads: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per file and table of every load, oldest first.

    Returns:
        ``file, table, sha256, encoding``, and ``rows_*`` and ``money_*`` read, accepted, quarantined,
        ignored; money in minor units, missing where the table holds none or a value could not be read.
    """
    columns = ["file", "table", "sha256", "encoding", *_COUNTS]
    frame = pd.DataFrame([_row(entry) for entry in loads], columns=columns)
    text = dict.fromkeys(("file", "table", "sha256", "encoding"), "str")
    return frame.astype({**text, **dict.fromkeys(_COUNTS, "Int64")})


def quarantine_reasons(quarantine: pa.Table) -> pd.DataFrame:
    """Return one row per file and reason for which rows were refused: ``file, reason, rows, first_row``."""
    frame = quarantine.select(["file", "row", "reasons"]).to_pandas().explode("reasons")
    grouped = frame.groupby(["file", "reasons"], observed=True, sort=True)["row"].agg(["size", "min"])
    named: pd.DataFrame = grouped.reset_index().set_axis(["file", "reason", "rows", "first_row"], axis="columns")
    return named.astype({"file": "str", "reason": "str", "rows": "Int64", "first_row": "Int64"})


def _row(entry: Mapping[str, Any]) -> list[Any]:
    rows, money = entry["rows"], entry["money"]
    counts = [part.get(name) for part in (rows, money) for name in _PARTS]
    return [entry["file"], entry["table"], entry["sha256"], entry.get("encoding") or "", *counts]
