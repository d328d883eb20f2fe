"""Which records are totals: a word such as 合计 where a key should be."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.sources.masks import Mask, truth

_WORDS = r"合\s*计|小\s*计|总\s*计|汇\s*总|(?:grand\s+)?total|sub-?\s?total"
# The word, perhaps with a colon, a bracket or the number of records behind it: 合计（共123笔）
_TOTAL = re.compile(rf"\s*(?:{_WORDS})\s*(?:[:：]\s*)?(?:[（(].*|共.*)?", re.IGNORECASE)
_SUBTOTAL = re.compile(r"\s*(?:小\s*计|sub-?\s?total)", re.IGNORECASE)
_LIKELY = "计|汇|(?i:total)"  # cheap: only few of a million values are looked at more closely
_COUNT = re.compile(r"共\s*([\d,]+)\s*[笔条行]")


def is_total(text: str) -> bool:
    """Say whether a field holds a word for a total, and nothing else but a colon or a number of records.

    >>> [is_total(text) for text in ("合 计：", "Sub-total", "合计（共12笔）", "总计划有限公司", "")]
    [True, True, True, False, False]
    """
    return _TOTAL.fullmatch(text) is not None


def is_subtotal(text: str) -> bool:
    """Say whether a total is one of the rows since the last total only.

    >>> [is_subtotal(text) for text in ("小计", "subtotal:", "合计")]
    [True, True, False]
    """
    return _SUBTOTAL.match(text) is not None


def stated_rows(text: str) -> int | None:
    """Return the number of records that a total line states; None where it states none.

    >>> [stated_rows(text) for text in ("合计 共1,204笔", "合计")]
    [1204, None]
    """
    found = _COUNT.search(text)
    return int(found.group(1).replace(",", "")) if found else None


def says_total(values: pa.Array) -> Mask:
    """Return the rows of a column that hold a word for a total, and nothing else (see ``is_total``)."""
    is_said = np.zeros(len(values), dtype=np.bool_)
    if pa.types.is_string(values.type):
        for position in np.flatnonzero(truth(pc.match_substring_regex(values, _LIKELY))):
            is_said[position] = is_total(values[int(position)].as_py())
    return is_said
