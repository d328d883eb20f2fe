"""Calendar dates and moments from text, by declared formats, as written.

A date drops the time or zone behind it; a moment keeps the time and takes no zone: it is the lender's clock.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_DIRECTIVES = {
    "%Y": r"(?P<year>\d{4})",
    "%m": r"(?P<month>\d{1,2})",
    "%d": r"(?P<day>\d{1,2})",
    "%H": r"(?P<hour>\d{1,2})",
    "%M": r"(?P<minute>\d{2})",
    "%S": r"(?P<second>\d{2})",
    "%f": r"\d{1,9}",
    "%z": r"(?:Z|[+-]\d{2}:?\d{2})",
}
_TOKEN = re.compile(r"%.")


def to_dates(text: pa.Array, formats: tuple[str, ...]) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Return date32 values and which rows are no date (such as 2026-02-30) in any of ``formats``.

    Null stays null and is not bad.
    """
    days = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[D]")
    for pattern in formats:
        found = _read(text, pattern)
        days = np.where(np.isnat(days), found, days)
    values = pa.array(days, type=pa.date32(), mask=np.isnat(days))
    bad = pc.and_(text.is_valid(), values.is_null()).to_numpy(zero_copy_only=False)
    return values, bad


def to_moments(text: pa.Array, formats: tuple[str, ...]) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Return moments to the second and which rows are none (such as 24:00:00) in any of ``formats``."""
    moments = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[s]")
    for pattern in formats:
        found = _read(text, pattern).astype("datetime64[s]") + _time_of_day(text, pattern)
        moments = np.where(np.isnat(moments), found, moments)
    values = pa.array(moments, type=pa.timestamp("s"), mask=np.isnat(moments))
    bad = pc.and_(text.is_valid(), values.is_null()).to_numpy(zero_copy_only=False)
    return values, bad


def unreadable_format(pattern: str) -> str | None:
    """Return what is wrong with a date format; None if it can be read."""
    tokens = _TOKEN.findall(pattern)
    if unknown := [token for token in tokens if token not in _DIRECTIVES]:
        return f"date format {pattern}: {unknown[0]} is unknown; it takes {' '.join(_DIRECTIVES)}"
    if [token for token in ("%Y", "%m", "%d") if tokens.count(token) != 1]:
        return f"date format {pattern} needs %Y, %m and %d once each"
    return None


def without_time(pattern: str) -> str | None:
    """Return what keeps a date format from being one of moments; None if it is one."""
    tokens = _TOKEN.findall(pattern)
    if [token for token in ("%H", "%M") if tokens.count(token) != 1]:
        return f"format {pattern} has no time of day: it needs %H and %M, such as '%Y-%m-%d %H:%M:%S'"
    if "%z" in tokens:
        return f"format {pattern} has a zone: deliver times by the lender's own clock"
    return None


def ambiguous(formats: tuple[str, ...]) -> str | None:
    """Return a sentence if one text could be two dates (03/04/2026 as %d/%m/%Y and %m/%d/%Y)."""
    shapes: dict[str, str] = {}
    for pattern in formats:
        shape = re.sub("%[md]", "%_", pattern)
        if shape in shapes:
            return f"{shapes[shape]} and {pattern} can read the same text as different dates; keep one"
        shapes[shape] = pattern
    return None


def _read(texts: pa.Array, pattern: str) -> NDArray[np.datetime64]:
    parts = pc.extract_regex(texts, _regex(pattern))
    matched = parts.is_valid().to_numpy(zero_copy_only=False)
    year, month, day = (_number(parts, name, matched) for name in ("year", "month", "day"))
    first = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    dates = first.astype("datetime64[D]") + (day - 1)
    # Adding days past the month's end would land in the next month: 30 February is no date.
    real = matched & (month >= 1) & (month <= 12) & (day >= 1) & (dates.astype("datetime64[M]") == first)
    return np.where(real, dates, np.datetime64("NaT"))


def _time_of_day(texts: pa.Array, pattern: str) -> NDArray[np.timedelta64]:
    """Return the time behind each date; not a time where an hour, minute or second does not exist."""
    parts = pc.extract_regex(texts, _regex(pattern))
    matched = parts.is_valid().to_numpy(zero_copy_only=False)
    given = {parts.type.field(place).name for place in range(parts.type.num_fields)}
    hour, minute, second = (
        _number(parts, name, matched) if name in given else np.zeros(len(texts), np.int64)
        for name in ("hour", "minute", "second")
    )
    seconds = ((hour * 60 + minute) * 60 + second).astype("timedelta64[s]")
    return np.where((hour < 24) & (minute < 60) & (second < 60), seconds, np.timedelta64("NaT"))


def _number(parts: pa.Array, name: str, matched: NDArray[np.bool_]) -> NDArray[np.int64]:
    numbers = pc.cast(pc.fill_null(pc.struct_field(parts, name), "0"), pa.int64())
    return np.where(matched, numbers.to_numpy(zero_copy_only=False), 0)


def _regex(pattern: str) -> str:
    """Return the regular expression of a format; digits that touch must have their full width."""
    expression, end = "", 0
    for token in _TOKEN.finditer(pattern):
        part = _DIRECTIVES[token.group()]
        touches = (token.start() == end and end > 0) or _TOKEN.match(pattern, token.end()) is not None
        expression += re.escape(pattern[end : token.start()])
        expression += part.replace("{1,2}", "{2}") if touches else part
        end = token.end()
    return f"^{expression}{re.escape(pattern[end:])}$"
