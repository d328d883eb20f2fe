"""Cells of a CSV file that a spreadsheet may open: text is never a formula there, a number stays a number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# A cell that begins so is a formula, or becomes one when the file is split again; full-width forms too.
_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?\d[\d,. ']*")


def text_cell(text: str) -> str:
    """Return a text with an apostrophe in front where a spreadsheet would take it for a formula.

    >>> [text_cell(text) for text in ("=1+1", "-5", "＠SUM", "甲")]
    ["'=1+1", "'-5", "'＠SUM", '甲']
    """
    return f"'{text}" if text.startswith(_STARTS) else text


def number_cell(text: str) -> str:
    """Return the text of a column of numbers: a number as it is, anything else like a text.

    >>> [number_cell(text) for text in ("-1,234.50", "=1+1")]
    ['-1,234.50', "'=1+1"]
    """
    return text if _NUMBER.fullmatch(text) else text_cell(text)


def csv_bytes(rows: Iterable[Sequence[str | int]]) -> bytes:
    """Return a CSV file that Excel opens as UTF-8: byte order mark, CRLF, quotes where needed."""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\r\n").writerows(rows)
    return sink.getvalue().encode("utf-8-sig")
