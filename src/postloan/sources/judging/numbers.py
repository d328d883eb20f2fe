"""Numbers from text, exactly: money never passes through floating point, nothing is rounded."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from postloan.sources.masks import Mask, truth

_DIGITS = 18  # of int64, whatever the digits are
_PARTS = r"^(?P<sign>[+-]?)(?P<whole>\d+)(?:\.(?P<fraction>\d+))?$"


@dataclass(frozen=True, slots=True)
class Decimals:
    """Numbers taken apart, one per row; null where the text is none.

    Args:
        sign: "-" or "".
        whole: Digits before the decimal mark, no leading zeros.
        fraction: Digits behind it, no trailing zeros.
        bad: Rows that hold something, but no number in the declared form (1e3, NaN, ￥5, 1.234,5).
    """

    sign: pa.Array
    whole: pa.Array
    fraction: pa.Array
    bad: Mask


def to_decimals(text: pa.Array, decimal_mark: str, thousands_mark: str | None) -> Decimals:
    """Take numbers apart; a thousands mark must stand where thousands are."""
    parts = pc.extract_regex(_plain(text, decimal_mark, thousands_mark), _PARTS)
    sign = pc.replace_substring(pc.struct_field(parts, "sign"), "+", "")
    whole = pc.utf8_ltrim(pc.struct_field(parts, "whole"), "0")
    fraction = pc.utf8_rtrim(pc.fill_null(pc.struct_field(parts, "fraction"), ""), "0")
    return Decimals(sign, whole, fraction, truth(pc.and_(text.is_valid(), parts.is_null())))


def to_minor(numbers: Decimals, shift: int) -> tuple[pa.Array, Mask, Mask]:
    """Return int64 of number × 10^shift, the rows with too many decimals, and those too large.

    1.005 with shift 2 has too many decimals: it is refused, never rounded; 1.500 is exact.
    """
    valid = numbers.whole.is_valid()
    long = truth(pc.and_(valid, pc.greater(pc.utf8_length(numbers.fraction), shift)))
    large = truth(pc.greater(pc.utf8_length(numbers.whole), _DIGITS - shift))
    padded = pc.utf8_rpad(numbers.fraction, shift, "0")
    text = pc.binary_join_element_wise(numbers.sign, "0", numbers.whole, padded, "")
    readable = pc.if_else(pa.array(long | large), pa.scalar(None, pa.string()), text)
    return pc.cast(readable, pa.int64()), long, large


def to_integers(numbers: Decimals) -> tuple[pa.Array, Mask]:
    """Return int32 and the rows that are no whole number or too large for one."""
    values, long, large = to_minor(numbers, 0)
    limit = 2**31 - 1
    wide = truth(pc.greater(pc.abs(values), limit))
    bad = long | large | wide
    return pc.cast(nulled(values, bad), pa.int32()), bad


def to_fractions(numbers: Decimals, power: int) -> pa.Array:
    """Return float64 of number × 10^power, correctly rounded: 4.35 % is the double nearest 0.0435."""
    text = pc.binary_join_element_wise(
        numbers.sign, "0", numbers.whole, ".", numbers.fraction, f"0e{power}", ""
    )
    return pc.cast(text, pa.float64())


def exact_sum(values: pa.Array | pa.ChunkedArray) -> int:
    """Return the sum of int64 values as an unbounded integer; null counts nothing."""
    high = pc.sum(pc.shift_right(values, 32)).as_py() or 0
    low = pc.sum(pc.bit_wise_and(values, 0xFFFFFFFF)).as_py() or 0
    return int(high) * 2**32 + int(low)


def nulled(values: pa.Array, bad: Mask) -> pa.Array:
    """Return the values with null where ``bad``."""
    return pc.if_else(pa.array(bad), pa.scalar(None, values.type), values) if bad.any() else values


def _plain(text: pa.Array, decimal_mark: str, thousands_mark: str | None) -> pa.Array:
    """Return numbers with "." and no thousands mark; a misplaced one stays and so is refused."""
    if thousands_mark is not None:
        grouped = pc.match_substring_regex(
            text, rf"^[+-]?\d{{1,3}}([{thousands_mark}]\d{{3}})+([{decimal_mark}]\d+)?$"
        )
        text = pc.if_else(grouped, pc.replace_substring(text, thousands_mark, ""), text)
    if decimal_mark != ".":
        # A point that is not the decimal mark must not become one.
        text = pc.replace_substring(pc.replace_substring(text, ".", "?"), decimal_mark, ".")
    return text
