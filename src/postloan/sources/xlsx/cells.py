"""Turn the values of cells into text that says neither more nor less than Excel shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from postloan.model.contract import Kind
from postloan.model.label import Label
from postloan.sources.reading.tape import Effect, Flaw

Cell = str | float | int | bool | date | datetime | time | timedelta

_MOST_EXACT = 1e15  # Excel keeps 15 digits of a number
_MOST_EXACT_CENTS = 1e13
_LONGEST_TEXT = 32_767  # characters that a cell can hold
_FIRST_SOUND_DAY = date(1900, 3, 1)  # Excel has a 29 February 1900, and is a day off before it
_WORDS = (Kind.ID, Kind.TEXT)
_EVERY = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to know about a cell: what it tells against, and what it does there."""

    zh: str
    en: str
    kinds: tuple[Kind, ...] = _EVERY
    effect: Effect = Effect.QUARANTINE

    def flaw(self, column: str, letters: str, positions: NDArray[np.int64]) -> Flaw:
        """Return the flaw of a column; with the row it names the cell."""
        reason = Label(f"{self.zh}（{letters}列）", f"{self.en} (column {letters})")
        return Flaw(column, reason, positions, self.kinds, self.effect)


DESTROYED = Mark(
    "数字超过15位，末几位已被Excel改为0",
    "a number of more than 15 digits, the last of which Excel has lost",
    _WORDS,
    Effect.REFUSE,
)
INEXACT = Mark(
    "数字超过15位，Excel不能精确保存",
    "a number of more than 15 digits, which Excel can't hold exactly",
    tuple(kind for kind in Kind if kind not in _WORDS),
)
NUMBER = Mark(
    "单元格是数字：如有前导零则已丢失",
    "a number in the sheet: leading zeros, if there were any, are lost",
    (Kind.ID,),
    Effect.MENTION,
)
DATED = Mark("被Excel变成了日期", "a date in the sheet: Excel turns 2-1 into one", _WORDS)
TIMED = Mark("是时间而非日期", "a time of day or a duration")
TRUTH = Mark("是逻辑值", "a truth value, not text", _WORDS)
EARLY = Mark("早于1900年3月1日，Excel的日期序号有误", "a date before March 1900, where Excel counts wrongly")
CUT = Mark("文本已达单元格上限，可能被截断", "text as long as a cell can hold, probably cut off")
UNSURE = Mark(
    "同列其他单元格带百分号，此格没有",
    "no percent sign, other cells of the column have one",
    (Kind.FRACTION,),
)


def error_mark(code: str) -> Mark:
    """Return the mark of a cell that holds an error such as #N/A."""
    return Mark(f"单元格错误{code}", f"the cell holds the error {code}")


NO_RESULT = Mark("公式没有保存结果", "a formula without a saved result")


def texts(values: Sequence[Cell]) -> list[str]:
    """Return the cells of a column as text: dates as 2026-01-31, truth values as true and false."""
    if set(map(type, values)) == {str}:
        return list(values)  # type: ignore[arg-type]
    return [_TEXTS[type(value)](value) for value in values]


def n_typed(values: Sequence[Cell]) -> int:
    """Return how many cells hold something that is no text."""
    return len(values) - list(map(type, values)).count(str)


def number_text(value: float) -> str:
    """Return a number as Excel shows it in full: 15 significant digits, no exponent.

    A sheet stores binary floating point. Any number that was typed with up to 15 digits comes back
    exactly; a calculated 1234.5600000000001 is what Excel itself calls 1234.56.
    """
    if value.is_integer() and abs(value) < _MOST_EXACT:
        return str(int(value))
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def percent_text(value: Cell) -> str:
    """Return a number shown as a percentage the way it is shown: 0.045 as 4.5%."""
    if not isinstance(value, float):
        return _TEXTS[type(value)](value)
    return f"{Decimal(number_text(value)).scaleb(2).normalize():f}%"


def marks(values: Sequence[Cell]) -> dict[Mark, NDArray[np.int64]]:
    """Return what there is to know about the cells of a column, with their positions."""
    found: dict[Mark, NDArray[np.int64]] = {}
    types = set(map(type, values))
    if float in types:
        found |= _number_marks(values)
    if bool in types:
        found[TRUTH] = _where(values, lambda v: type(v) is bool)
    if time in types or timedelta in types:
        found[TIMED] = _where(values, lambda v: isinstance(v, (time, timedelta)))
    if date in types or datetime in types:
        found[DATED] = _where(values, lambda v: isinstance(v, date))
        found[EARLY] = _where(values, _is_early)
    if str in types:
        found[CUT] = _where(values, lambda v: type(v) is str and len(v) >= _LONGEST_TEXT)
    return {mark: positions for mark, positions in found.items() if len(positions)}


def _number_marks(values: Sequence[Cell]) -> dict[Mark, NDArray[np.int64]]:
    index = _where(values, lambda v: type(v) is float)
    numbers = np.array([value for value in values if type(value) is float], dtype=np.float64)
    size = np.abs(numbers)
    lost = ~(size < _MOST_EXACT)  # NaN too
    vague = (
        np.array([float(f"{n:.15g}") != n for n in numbers]) if (size >= _MOST_EXACT_CENTS).any() else lost
    )
    inexact = lost | (vague & (size >= _MOST_EXACT_CENTS))
    return {DESTROYED: index[lost], INEXACT: index[inexact], NUMBER: index[~lost]}


def _is_early(value: Cell) -> bool:
    if not isinstance(value, date):
        return False
    day = value.date() if isinstance(value, datetime) else value
    return day < _FIRST_SOUND_DAY


def _where(values: Sequence[Cell], test: Callable[[Any], bool]) -> NDArray[np.int64]:
    return np.fromiter((i for i, value in enumerate(values) if test(value)), dtype=np.int64)


def _stamp(value: datetime) -> str:
    return value.isoformat(" ", "seconds")


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    float: number_text,
    int: str,
    bool: lambda value: "true" if value else "false",
    date: date.isoformat,
    datetime: _stamp,
    time: time.isoformat,
    timedelta: str,
}
