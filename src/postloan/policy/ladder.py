"""Ladders must be whole: every value on exactly one rung, at every date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from postloan.model.misplaced import Misplaced
from postloan.policy.parameter import Value
from postloan.policy.scheme import Ladder, Path, Rung

# A cut lies just before a number (0) or just after it (1).
_AFTER = {">=": 0, ">": 1, "<": 0, "<=": 1}
_FAR = float("inf")
Cut = tuple[float, int]


def must_be_whole(ladder: Ladder, values: Mapping[str, Value], is_whole: bool, day: date, loc: Path) -> None:
    """Raise ``Misplaced`` where rungs overlap, leave a gap, are empty or lack a number on ``day``.

    Args:
        ladder: Rungs from the lowest range to the highest.
        values: Parameters in force on the day.
        is_whole: The column holds whole numbers, so that nothing lies between 15 and 16.
        day: One on which a bound takes a new value.
        loc: Where the ladder stands in the file.
    """
    spans = [_span(rung, values, is_whole, day, (*loc, "rungs", i)) for i, rung in enumerate(ladder.rungs)]
    for i, (begin, end) in enumerate(spans):
        if begin >= end:
            raise Misplaced(f"on {day} the rung holds no number", "raise its upper bound", (*loc, "rungs", i))
    if spans[0][0] != (-_FAR, 0) or spans[-1][1] != (_FAR, 0):
        raise Misplaced(
            "the first rung has a lower bound or the last an upper one: what lies beyond has no outcome",
            "leave both open",
            (*loc, "rungs"),
        )
    for i, (before, after) in enumerate(pairwise(spans), 1):
        if after[0] != before[1]:
            fault = "leaves a gap after" if after[0] > before[1] else "overlaps"
            raise Misplaced(
                f"on {day} the rung {fault} the one before it",
                f"begin it {'over' if before[1][1] else 'from'} {before[1][0]:g}",
                (*loc, "rungs", i),
            )


def _span(rung: Rung, values: Mapping[str, Value], is_whole: bool, day: date, loc: Path) -> tuple[Cut, Cut]:
    begin, end = (-_FAR, 0), (_FAR, 0)
    for sign, name in rung.bounds().items():
        cut = _cut(sign, values.get(name), is_whole)
        if cut is None:
            raise Misplaced(f"on {day} the parameter {name!r} has no number", "date it earlier", loc)
        if sign in (">", ">="):
            begin = cut
        else:
            end = cut
    return begin, end


def _cut(sign: str, value: Value, is_whole: bool) -> Cut | None:
    if not isinstance(value, int | float):
        return None
    after = _AFTER[sign]
    return (value + after, 0) if is_whole else (value, after)
