"""Tidy frames as rows of plain values: what is missing is None, never NaN in a figure."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias

import pandas as pd

Record: TypeAlias = dict[str, Any]
"""One row of a tidy frame, by column name; a missing value is None, NaN or NaT."""


def records(frame: pd.DataFrame) -> list[Record]:
    """Return the rows of a frame in order."""
    names = [str(name) for name in frame.columns]
    columns = [frame[name].tolist() for name in frame.columns]  # many times faster than to_dict("records")
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def whole(value: Any) -> int | None:
    """Return a count or an amount, None where it is missing."""
    return None if pd.isna(value) else int(value)


def fraction(value: Any) -> float | None:
    """Return a ratio, None where it is missing."""
    return None if pd.isna(value) else float(value)


def written(value: Any) -> str:
    """Return data as text, a dash where it is missing."""
    return "—" if pd.isna(value) else str(value)


def day(value: Any) -> date:
    """Return a stored date as a date."""
    return pd.Timestamp(value).date()
