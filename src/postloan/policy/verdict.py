"""The verdict of a scheme on a row: reasons weighed in order, what is unknown never taken for good."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add, and_, or_
from typing import Any

import ibis

from postloan.policy.condition import Condition
from postloan.policy.scheme import Ladder, Reason, Scheme
from postloan.policy.truth import Operands, truth

_NOTHING = ibis.null("string")


@dataclass(frozen=True, slots=True)
class InForce:
    """A reason that counts on a day: in its ladder's part of the subjects, outside of earlier ladders'."""

    reason: Reason
    within: Condition | None
    outside: tuple[Condition, ...]

    def names(self) -> set[str]:
        """Return the columns and parameters on which it depends."""
        conditions = (self.reason.condition, *([self.within] if self.within else []), *self.outside)
        return {name for condition in conditions for name in condition.names()}

    def truth(self, names: Operands) -> Any:
        """Return whether it holds; not where the row belongs to another ladder."""
        held = truth(self.reason.condition.tree, names)
        is_scoped = self.within or self.outside
        return ibis.ifelse(in_scope(self.within, self.outside, names), held, False) if is_scoped else held


def in_scope(within: Condition | None, outside: Iterable[Condition], names: Operands) -> Any:
    """Return whether a row belongs to a ladder's part of the subjects, and to none of those ``outside``."""
    here = [holds(within, names)] if within else []
    return reduce(and_, [*here, *(~holds(other, names) for other in outside)], ibis.literal(True))


def holds(condition: Condition, names: Operands) -> Any:
    """Return whether a condition is surely true."""
    return _is_true(truth(condition.tree, names))


def in_force(scheme: Scheme, absent: Iterable[str], on: date) -> tuple[InForce, ...]:
    """Return the reasons of a scheme that count on a day.

    Args:
        scheme: Its ladders go before those after them, where they are in force.
        absent: Parameters that have no value yet on the day: what names them does not count.
        on: The day; a rule with a date of its own counts from there.
    """
    gone = frozenset(absent)
    live = {i: ladder for i, ladder in enumerate(scheme.ladders) if not gone & _names(ladder)}
    return tuple(
        InForce(reason, *_scope(live, reason.branch))
        for reason in scheme.reasons()
        if reason.counts(on)
        and (
            not gone.intersection(reason.condition.names())
            if reason.branch is None
            else reason.branch in live
        )
    )


def _names(ladder: Ladder) -> set[str]:
    bounds = {name for rung in ladder.rungs for name in rung.bounds().values()}
    return bounds | set(ladder.when.names() if ladder.when else ())


def _scope(live: dict[int, Ladder], branch: int | None) -> tuple[Condition | None, tuple[Condition, ...]]:
    if branch is None:
        return None, ()
    earlier = (ladder.when for place, ladder in live.items() if place < branch)
    return live[branch].when, tuple(when for when in earlier if when is not None)


@dataclass(frozen=True, slots=True)
class Weighed:
    """Whether each reason of one outcome holds, and what that says: sure, barred, or left open."""

    outcome: str
    reasons: tuple[Reason, ...]
    truths: tuple[Any, ...]
    is_met: Any
    is_barred: Any  # unknown, and without it nothing after can be said
    is_open: Any  # unknown, and what comes after is the least that can be said


@dataclass(frozen=True, slots=True)
class Verdict:
    """Expressions over a row: what is given, whether worse cannot be ruled out, the ids of the rules that give it
    and of all that cannot be known, each id followed by a space.
    """

    outcome: Any
    is_floor: Any
    rules: Any
    unassessed: Any


def verdict(scheme: Scheme, reasons: Sequence[InForce], truths: Sequence[Any]) -> Verdict:
    """Return what a scheme says of a row, given whether each of its reasons holds there.

    The first outcome in its order of which a reason holds. A reason that cannot be known leaves the row
    without outcome, or with the least one (``is_floor``), as the rule says; the best outcome is never given
    while another one is open.
    """
    groups = [_weighed(scheme, name, reasons, truths) for name in scheme.order()]
    steps, floors, rules, is_open = [], [], [], ibis.literal(False)
    for group in (group for group in groups if group.reasons):
        is_best = group.outcome == next(iter(scheme.outcomes))
        given = ibis.ifelse(is_open, _NOTHING, group.outcome) if is_best else ibis.literal(group.outcome)
        steps += [(group.is_met, given), (group.is_barred, _NOTHING)]
        floors += [(group.is_met, is_open), (group.is_barred, ibis.literal(False))]
        rules += [(group.is_met, _joined(group, _is_true)), (group.is_barred, "")]
        is_open = is_open | group.is_open
    return Verdict(
        outcome=ibis.cases(*steps, else_=_NOTHING) if steps else _NOTHING,
        is_floor=ibis.cases(*floors, else_=ibis.literal(False)) if floors else ibis.literal(False),
        rules=ibis.cases(*rules, else_="") if rules else ibis.literal(""),
        unassessed=reduce(add, (_joined(group, lambda held: held.isnull()) for group in groups)),
    )


def _weighed(scheme: Scheme, outcome: str, reasons: Sequence[InForce], truths: Sequence[Any]) -> Weighed:
    pairs = zip(reasons, truths, strict=True)
    chosen = [(reason.reason, held) for reason, held in pairs if reason.reason.outcome == outcome]
    weighed = [(held, reason.unknown) for reason, held in chosen]
    if scheme.requires.get(outcome) == "all" and weighed:
        strictest = max(unknown for _, unknown in weighed)  # "ungraded" bars, "floor" leaves open
        weighed = [(reduce(and_, (held for held, _ in weighed)), strictest)]
    return Weighed(
        outcome,
        tuple(reason for reason, _ in chosen),
        tuple(held for _, held in chosen),
        _any(_is_true(held) for held, _ in weighed),
        _any(held.isnull() for held, unknown in weighed if unknown == "ungraded"),
        _any(held.isnull() for held, unknown in weighed if unknown == "floor"),
    )


def _joined(group: Weighed, is_in: Callable[[Any], Any]) -> Any:
    pairs = zip(group.reasons, group.truths, strict=True)
    parts = [ibis.ifelse(is_in(held), f"{reason.rule} ", "") for reason, held in pairs]
    return reduce(add, parts, ibis.literal(""))


def _is_true(held: Any) -> Any:
    return held.fill_null(False)


def _any(held: Iterable[Any]) -> Any:
    found = list(held)
    return reduce(or_, found) if found else ibis.literal(False)
