"""Doubts about a column as a whole: where every value can be read and yet none should be believed."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.contract import Column
from postloan.model.label import Label
from postloan.sources.dates import to_dates
from postloan.sources.masks import truth

# What a spreadsheet makes of a long number: 1.10101E+17. An identifier such as 1E10 has no plus.
_SCIENTIFIC = r"^\d(\.\d+)?E\+\d{2}$"
# A spreadsheet keeps 15 digits; those behind become zeros.
_LONG, _ROUNDED = r"^\d{17,}$", r"^\d{15}0+$"
_LEAST_ROUNDED = 3
_DOT_LAST = r"^[+-]?\d{1,3}(,\d{3})+\.\d+$"
_COMMA_LAST = r"^[+-]?\d{1,3}(\.\d{3})+,\d+$"
_TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$"
_ZONE = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})$"
_LEAST_LOANS = 20
_SMALL, _HUGE = 100, 10**9  # of the currency's major unit


EXACT_TYPE = Label("请将该列以文本或精确类型报送", "deliver the column as text or in an exact type")


class Unsound(Exception):
    """A column that cannot be believed as a whole: what is wrong with it, and how to mend it."""

    def __init__(self, what: Label, mend: Label) -> None:
        super().__init__(what.en)
        self.what = what
        self.mend = mend


def doubt_identifiers(text: pa.Array) -> None:
    """Raise ``Unsound`` for identifiers a spreadsheet has turned into numbers: their last digits are gone."""
    scientific = truth(pc.match_substring_regex(text, _SCIENTIFIC))
    long = truth(pc.match_substring_regex(text, _LONG))
    rounded = truth(pc.match_substring_regex(text, _ROUNDED)) & long
    many = pc.count_distinct(text.filter(pa.array(rounded))).as_py()
    if scientific.any() or (many >= _LEAST_ROUNDED and rounded.sum() * 10 >= long.sum() * 9):
        n = int(scientific.sum() or rounded.sum())
        raise destroyed(n)


def destroyed(n: int) -> Unsound:
    """Return what is said of a column of which ``n`` identifiers are numbers with lost digits."""
    return Unsound(
        Label(
            f"{n}个编号曾在电子表格中作为数字保存，末几位已丢失",
            f"{n} identifiers were numbers in a spreadsheet and have lost their last digits",
        ),
        Label(
            "请将该列设为文本格式后重新导出报送；丢失的位数不予修补",
            "format the column as text and send the file again; lost digits are not repaired",
        ),
    )


def doubt_marks(text: pa.Array) -> None:
    """Raise ``Unsound`` for a column that holds both 1,234.56 and 1.234,56: nobody can read its 1.234."""
    if all(truth(pc.match_substring_regex(text, form)).any() for form in (_DOT_LAST, _COMMA_LAST)):
        raise Unsound(
            Label(
                "小数点不明确：既有 1,234.56 的写法，又有 1.234,56 的写法",
                "ambiguous decimal mark: numbers like 1,234.56 and numbers like 1.234,56",
            ),
            Label(
                "请将该列数字统一为一种写法，并在映射的 `formats` 中声明",
                "write all numbers of the column in one form and declare it in `formats`",
            ),
        )


def doubt_dates(text: pa.Array, formats: tuple[str, ...], bad: bool) -> None:
    """Raise ``Unsound`` for dates whose column holds two readings of the same text.

    Args:
        text: The distinct texts.
        formats: As declared.
        bad: Whether some text is no date in any of them.
    """
    zoned = truth(pc.match_substring_regex(text, _ZONE))
    if zoned.any() and (truth(pc.match_substring_regex(text, _TIME)) & ~zoned).any():
        raise Unsound(
            Label(
                "有的时间带时区，有的不带：不带时区的无法确定日期",
                "times with a zone and times without one: the day of those without is not known",
            ),
            Label(
                "请将该列时间全部写明时区，或只报送日期",
                "write all times of the column with their zone, or deliver dates",
            ),
        )
    for pattern in formats if bad else ():
        other = _swapped(pattern)
        if other is not None and not to_dates(text, (other,))[1].any():
            raise Unsound(
                Label(
                    f"部分日期无法按 {pattern} 读取，但全部可按 {other} 读取：日与月的次序相反",
                    f"not all dates can be read as {pattern}, all can as {other}: "
                    "day and month are in the other order",
                ),
                Label(f"请声明 `dates: ['{other}']`", f"declare `dates: ['{other}']`"),
            )


def is_rate(column: Column) -> bool:
    """Say whether a fraction is a rate of interest, which is never above 1; other ratios may be."""
    return column.name.endswith("_rate")


def doubt_fractions(values: pa.Array, unit: str) -> None:
    """Raise ``Unsound`` for rates declared as fractions of which most are above 1, such as 4.35."""
    n = len(values) - values.null_count
    percent = truth(pc.and_(pc.greater(values, 1), pc.less_equal(values, 100)))
    if unit == "fraction" and percent.sum() * 2 > n:
        example = values.filter(pa.array(percent))[0].as_py()
        raise Unsound(
            Label(
                f"多数利率大于1，例如 {example:g}：像是百分数",
                f"most rates are above 1, such as {example:g}: they look like percent",
            ),
            Label("请在映射中写 `fraction: percent`", "say `fraction: percent` in the mapping"),
        )


def unit_in_doubt(minor: pa.Array, unit: str, exponent: int) -> Label | None:
    """Return a warning where the amounts lent are too small or too large to be in the declared unit.

    The middle loan decides: below 100 yuan it was probably written in 万元, above a billion the
    other way round. Too few loans say nothing.
    """
    if len(minor) - minor.null_count < _LEAST_LOANS:
        return None
    middle = pc.quantile(minor, 0.5)[0].as_py() / 10**exponent
    if unit in ("major", "minor") and 0 < middle < _SMALL:
        return Label(
            "金额过小，疑以万元计", "amounts are small: perhaps in 万元 (ten thousands), check `money`"
        )
    if unit not in ("major", "minor") and middle > _HUGE:
        return Label("金额过大，疑以元计", "amounts are large: perhaps in yuan, check `money`")
    return None


def _swapped(pattern: str) -> str | None:
    """Return a format with day and month exchanged; None where the year goes first: that order is settled."""
    if pattern.startswith("%Y"):
        return None
    return re.sub("%[dm]", lambda found: "%m" if found.group() == "%d" else "%d", pattern)
