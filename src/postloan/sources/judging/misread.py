"""Why a text is no number or no date in the declared form: the common reasons, told by the text's shape."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.label import Label
from postloan.sources.judging.numbers import nulled
from postloan.sources.masks import Mask, truth

NOT_A_NUMBER = Label("不是数字", "not a number as declared")
NOT_FINITE = Label("不是有限数", "not a finite number")
SERIAL = Label("是 Excel 日期序号", "day number of a spreadsheet, not a date")
FAR = Label("年份在1950至2099之外", "year outside 1950 to 2099")

# The first shape that fits gives the reason; 1.5万元 is about its unit, not its currency.
_NUMBER_SHAPES = (
    (
        Label("有未声明的千分位", "thousands mark not declared"),
        r"^[+-]?\d{1,3}([,.' ]\d{3})+([.,]\d+)?$",
    ),
    (Label("有未声明的小数点", "decimal mark not declared"), r"^[+-]?\d+,\d+$"),
    (Label("负数写在括号里", "negative number in brackets"), r"^[(（].*\d.*[)）]$"),
    (Label("数字后带单位", "unit behind the number"), r"^[^\d]?[+-]?\d[\d.,]*\s*[百千万亿]"),
    (Label("带百分号", "percent sign"), "^[+-]?[\\d.,]+\\s*[%\\x{2030}]$"),
    (Label("带货币符号", "currency sign"), r"(?i)^([¥￥$€£]|CNY|RMB|USD)\s*[+-]?\d|\d\s*(元|CNY|RMB|USD)$"),
    (
        Label("占位符未声明为空值", "placeholder not declared as blank"),
        r"(?i)^(\W+|n/?a|#n/?a|null|none|nil|无|空)$",
    ),
    (Label("科学计数法", "scientific notation"), r"(?i)^[+-]?\d+(\.\d+)?e[+-]?\d+$"),
    (NOT_FINITE, r"(?i)^[+-]?(nan|inf|infinity)$"),
)
_SERIAL = r"^[2-5]\d{4}(\.\d+)?$"  # 1954 to 2064
# Days that systems write for "none" or "for ever"; 1970-01-01 is second 0 of Unix, 4712-12-31 Oracle's last day.
_STAND_INS = (
    *("0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01"),
    *("2099-12-31", "2999-12-31", "4712-12-31", "9999-12-31"),
)


def _number(day: str) -> int:
    return (date.fromisoformat(day) - date(1970, 1, 1)).days


_FIRST, _LAST = _number("1950-01-01"), _number("2099-12-31")
_ALL_NINES = (9999, 99999, 999999)


def numbers_misread(text: pa.Array, bad: Mask) -> dict[Label, Mask]:
    """Return the reasons why ``bad`` texts are no numbers, each with its rows."""
    return _told_apart(text, bad, _NUMBER_SHAPES, NOT_A_NUMBER)


def dates_misread(text: pa.Array, bad: Mask, formats: tuple[str, ...]) -> dict[Label, Mask]:
    """Return the reasons why ``bad`` texts are no dates, each with its rows."""
    other = Label(f"不是日期（{'、'.join(formats)}）", f"not a date like {' or '.join(formats)}")
    return _told_apart(text, bad, ((SERIAL, _SERIAL),), other)


def without_stand_ins(days: pa.Array) -> tuple[pa.Array, dict[Label, Mask]]:
    """Return the days with null for those that stand for "none", and for years no loan can be of.

    A stand-in is a fault until the mapping declares it in ``blank``: nobody but the lender knows
    whether 2099-12-31 means open-ended or unknown.
    """
    if len(days) == days.null_count:
        return days, {}
    numbers = pc.cast(days, pa.int32())  # days from 1970-01-01: Python has no date before year 1
    low, high = pc.min_max(numbers).as_py().values()
    if low >= _FIRST and high < _LAST and not low <= 0 <= high:
        return days, {}
    bad: dict[Label, Mask] = {}
    for day in _STAND_INS:
        reason = Label(f"占位日期{day}未声明为空值", f"placeholder {day} not declared as blank")
        bad[reason] = _is(numbers, _number(day))
    far = truth(pc.or_(pc.less(numbers, _FIRST), pc.greater(numbers, _LAST)))
    bad[FAR] = far & ~_any(bad)
    return nulled(days, _any(bad)), bad


def all_nines(values: pa.Array) -> dict[Label, Mask]:
    """Return the numbers of days that are nothing but nines, which stands for "unknown"; 999 may be true."""
    return {
        Label(f"占位数{nines}未声明为空值", f"placeholder {nines} not declared as blank"): _is(values, nines)
        for nines in _ALL_NINES
    }


def _told_apart(
    text: pa.Array, bad: Mask, shapes: Iterable[tuple[Label, str]], other: Label
) -> dict[Label, Mask]:
    reasons: dict[Label, Mask] = {}
    rest = bad
    if bad.any():
        for reason, shape in shapes:
            reasons[reason] = rest & truth(pc.match_substring_regex(text, shape))
            rest = rest & ~reasons[reason]
    return {**reasons, other: rest}


def _is(values: pa.Array, one: int) -> Mask:
    return truth(pc.equal(values, one))


def _any(masks: dict[Label, Mask]) -> Mask:
    found: Mask = np.logical_or.reduce(list(masks.values()))
    return found
