"""Turn one source column into one contract column, and say of every row that resists, why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.contract import ARROW_TYPES, Column, Kind
from postloan.model.label import Label
from postloan.sources.dates import to_dates, to_moments
from postloan.sources.judging.misread import (
    NOT_FINITE,
    all_nines,
    dates_misread,
    numbers_misread,
    without_stand_ins,
)
from postloan.sources.judging.numbers import (
    Decimals,
    nulled,
    to_decimals,
    to_fractions,
    to_integers,
    to_minor,
)
from postloan.sources.judging.suspicion import (
    EXACT_TYPE,
    Unsound,
    doubt_dates,
    doubt_fractions,
    doubt_identifiers,
    doubt_marks,
    is_rate,
)
from postloan.sources.judging.width import disguised, plain
from postloan.sources.mapping import UNIT_POWERS, Formats
from postloan.sources.masks import Mask, truth

_FLAGS = {"true": True, "false": False, "1": True, "0": False, "是": True, "否": False, "Y": True, "N": False}
_FRACTION_POWERS = {"fraction": 0, "percent": -2, "permille": -3}

TOO_LARGE = Label("数字过大", "too large")
NOT_WHOLE = Label("不是整数", "not a whole number")
DISGUISED = Label("含全角或不可见字符", "full-width or invisible character")
CONTROL = Label("含控制字符", "control character")
_ZONED = Label(
    "带时区的时间本身不确定日期：请报送日期",
    "a stamp with a time zone has no calendar date of its own: deliver dates",
)
_ZONED_MOMENT = Label(
    "带时区的时间不是本机构的钟面时间", "a stamp with a time zone is not the lender's own clock"
)
_NO_TIME = Label("只有日期，没有时间", "dates without a time of day")
_LOCAL_TIMES = Label("请报送本地时间", "deliver times by the lender's own clock, without a zone")
_FLOATING = Label(
    "浮点数不精确：请报送文本、定点小数或整数",
    "floating point is not exact: deliver text, decimals or whole numbers",
)
_REWRITABLE = (Kind.DATE, Kind.MOMENT, Kind.MONEY, Kind.COUNT, Kind.DAYS, Kind.FRACTION)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is read: formats with defaults filled in, codes, and the currency's exponent."""

    formats: Formats
    codes: dict[str, str] | None
    exponent: int

    def money_shift(self) -> int:
        """Return the power of ten from the written unit to the minor unit (万元 of CNY: 6)."""
        unit = self.formats.money
        return 0 if unit == "minor" else self.exponent + UNIT_POWERS.get(unit or "", 0)


@dataclass(frozen=True, slots=True)
class Converted:
    """A column in the contract's type; null where the source was blank or bad.

    Args:
        values: One per row.
        bad: Rows that could not be read, by reason.
        rewritten: How many values were read only after full-width or invisible characters were made plain.
    """

    values: pa.Array
    bad: dict[Label, Mask] = field(default_factory=dict)
    rewritten: int = 0


def convert(source: pa.Array, column: Column, reading: Reading) -> Converted:
    """Convert a source column, text or already typed. Blank is null, never zero.

    Raises:
        Unsound: where the column cannot be believed as a whole, or its type cannot hold it exactly (money
            in floating point).
    """
    if typed := _typed(source, column, reading):
        return typed
    blank = reading.formats.blank or ()
    text = _text(source, blank)
    if column.kind in (Kind.ID, Kind.TEXT):
        return _plain(text, column)
    # Dates, codes, counts and most amounts repeat: the work is done once per distinct text.
    encoded = text.dictionary_encode()
    written = encoded.dictionary
    ordinary = _text(plain(written), blank) if column.kind in _REWRITABLE else written
    converted = _spread(_CONVERTERS[column.kind](ordinary, column, reading), encoded.indices)
    if ordinary is written:
        return converted
    changed = pa.array(disguised(written) & truth(ordinary.is_valid())).take(encoded.indices)
    return replace(converted, rewritten=pc.sum(changed).as_py() or 0)


def _spread(distinct: Converted, indices: pa.Array) -> Converted:
    """Return the conversion of every row from that of its distinct text; a blank row stays null and good."""
    where = pc.fill_null(indices, 0).to_numpy(zero_copy_only=False)
    written = indices.is_valid().to_numpy(zero_copy_only=False)
    bad = {reason: mask[where] & written for reason, mask in distinct.bad.items() if mask.any()}
    return Converted(distinct.values.take(indices), bad)


def _typed(source: pa.Array, column: Column, reading: Reading) -> Converted | None:
    """Return a typed source that needs no parsing; None where it must go through its text."""
    kind, of = column.kind, source.type
    if kind in (Kind.DATE, Kind.MOMENT) and (pa.types.is_date(of) or pa.types.is_timestamp(of)):
        return _timed(source, kind, reading.formats.blank or ())
    if kind is Kind.MONEY and pa.types.is_integer(of) and reading.money_shift() == 0:
        return Converted(pc.cast(source, pa.int64()))
    if kind is Kind.FLAG and pa.types.is_boolean(of):
        return Converted(source)
    if kind is Kind.FRACTION and pa.types.is_floating(of) and reading.formats.fraction == "fraction":
        values = pc.cast(source, pa.float64())
        if is_rate(column):
            doubt_fractions(values, "fraction")
        infinite = truth(pc.invert(pc.is_finite(values)))
        return Converted(nulled(values, infinite), {NOT_FINITE: infinite})
    if pa.types.is_floating(of) and kind is not Kind.COUNT:
        raise Unsound(_FLOATING, EXACT_TYPE)
    return None


def _timed(source: pa.Array, kind: Kind, blank: tuple[str, ...]) -> Converted:
    """Return typed dates or stamps as days, or as moments; raises Unsound where they do not say which."""
    is_zoned = getattr(source.type, "tz", None) is not None
    if kind is Kind.DATE:
        if is_zoned:
            raise Unsound(_ZONED, EXACT_TYPE)
        return _days(pc.cast(source, pa.date32(), safe=False), blank)
    if is_zoned:
        raise Unsound(_ZONED_MOMENT, _LOCAL_TIMES)
    if pa.types.is_date(source.type):
        raise Unsound(_NO_TIME, _LOCAL_TIMES)
    return _moments(pc.cast(source, pa.timestamp("s"), safe=False))


def _text(source: pa.Array, blank: tuple[str, ...]) -> pa.Array:
    """Return the column as trimmed text, null where it is blank."""
    text = source if pa.types.is_string(source.type) else pc.cast(source, pa.string())
    text = pc.utf8_trim_whitespace(text)
    empty = pc.is_in(text, value_set=pa.array(["", *blank], pa.string()))
    return pc.if_else(empty, pa.scalar(None, pa.string()), text)


def _plain(text: pa.Array, column: Column) -> Converted:
    if column.kind is not Kind.ID:
        return Converted(text)
    doubt_identifiers(text)
    if truth(pc.string_is_ascii(pc.fill_null(text, ""))).all():
        return Converted(text)
    return Converted(text, {DISGUISED: disguised(text)})


def _days(values: pa.Array, blank: tuple[str, ...]) -> Converted:
    """Return typed days with null for the declared blanks and for what stands for one undeclared."""
    if blank:
        empty = pc.is_in(pc.cast(values, pa.string()), value_set=pa.array(blank, pa.string()))
        values = nulled(values, truth(empty))
    return Converted(*without_stand_ins(values))


def _moments(values: pa.Array) -> Converted:
    """Return moments with null on days that stand for "none"."""
    bad = without_stand_ins(pc.cast(values, pa.date32(), safe=False))[1]
    return Converted(nulled(values, np.logical_or.reduce(list(bad.values()))) if bad else values, bad)


def _decimals(text: pa.Array, reading: Reading) -> Decimals:
    doubt_marks(text)
    return to_decimals(text, reading.formats.decimal_mark or ".", reading.formats.thousands_mark)


def _money(text: pa.Array, column: Column, reading: Reading) -> Converted:
    numbers, shift = _decimals(text, reading), reading.money_shift()
    values, long, large = to_minor(numbers, shift)
    many = Label(f"小数超过{shift}位", f"more than {shift} decimals")
    return Converted(values, {**numbers_misread(text, numbers.bad), many: long & ~large, TOO_LARGE: large})


def _whole(text: pa.Array, column: Column, reading: Reading) -> Converted:
    if reading.codes is not None:
        days = {source: int(value) for source, value in reading.codes.items()}
        return _looked_up(text, days, column, "、".join(days), ", ".join(days))
    numbers = _decimals(text, reading)
    values, uneven = to_integers(numbers)
    bad = {**numbers_misread(text, numbers.bad), NOT_WHOLE: uneven}
    if column.kind is Kind.DAYS:
        bad |= (nines := all_nines(values))
        values = nulled(values, np.logical_or.reduce(list(nines.values())))
    return Converted(values, bad)


def _fraction(text: pa.Array, column: Column, reading: Reading) -> Converted:
    unit = reading.formats.fraction or "fraction"
    if unit == "percent":
        text = pc.replace_substring_regex(text, r"\s*%$", "")
    numbers = _decimals(text, reading)
    values = to_fractions(numbers, _FRACTION_POWERS[unit])
    if is_rate(column):
        doubt_fractions(values, unit)
    return Converted(values, numbers_misread(text, numbers.bad))


def _date(text: pa.Array, column: Column, reading: Reading) -> Converted:
    formats = reading.formats.dates or ()
    values, bad = to_dates(text, formats)
    doubt_dates(text, formats, bool(bad.any()))
    days, stand_ins = without_stand_ins(values)
    return Converted(days, {**dates_misread(text, bad, formats), **stand_ins})


def _moment(text: pa.Array, column: Column, reading: Reading) -> Converted:
    formats = reading.formats.dates or ()
    values, bad = to_moments(text, formats)
    doubt_dates(text, formats, bool(bad.any()))
    found = _moments(values)
    return Converted(found.values, {**dates_misread(text, bad, formats), **found.bad})


def _code(text: pa.Array, column: Column, reading: Reading) -> Converted:
    valid = column.codes.values() if column.codes else ()
    known = reading.codes or {code: code for code in valid}
    return _looked_up(text, known, column, "、".join(known), ", ".join(known))


def _flag(text: pa.Array, column: Column, reading: Reading) -> Converted:
    given = reading.codes or {}
    known = {source: code == "true" for source, code in given.items()} or _FLAGS
    return _looked_up(text, known, column, "、".join(known), ", ".join(known))


def _looked_up(
    text: pa.Array, known: dict[str, str] | dict[str, bool] | dict[str, int], column: Column, zh: str, en: str
) -> Converted:
    kind = ARROW_TYPES[column.kind]
    values = pa.array([known.get(value) for value in text.to_pylist()], kind)
    unknown = truth(pc.and_(text.is_valid(), values.is_null()))
    return Converted(values, {Label(f"不在代码表内（{zh}）", f"not one of {en}"): unknown})


_CONVERTERS: dict[Kind, Callable[[pa.Array, Column, Reading], Converted]] = {
    Kind.CODE: _code,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.MONEY: _money,
    Kind.COUNT: _whole,
    Kind.DAYS: _whole,
    Kind.FRACTION: _fraction,
    Kind.FLAG: _flag,
}
