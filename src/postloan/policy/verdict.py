"""The verdict of a scheme on a row: reasons weighed in order, what is unknown never taken for good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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

    def truth(self, names: Operands) -> Any:
        """Return whether it holds; not where the row belongs to another ladder."""
        held = truth(self.reason.condition.tree, names)
        here = [holds(self.within, names)] if self.within else []
        scope = [*here, *(~holds(other, names) for other in self.outside)]
        return ibis.ifelse(reduce(and_, scope), held, False) if scope else held


def holds(condition: Condition, names: Operands) -> Any:
    """Return whether a condition is surely true."""
    return _is_true(truth(condition.tree, names))


def in_force(scheme: Scheme, absent: Iterable[str]) -> tuple[InForce, ...]:
    """Return the reasons of a scheme that count on a day.

    Args:
        scheme: Its ladders go before those after them, where they are in force.
        absent: Parameters that have no value yet on the day: what names them does not count.
    """
    gone = frozenset(absent)
    live = {i: ladder for i, ladder in enumerate(scheme.ladders) if not gone & _names(ladder)}
    return tuple(
        InForce(reason, *_scope(live, reason.branch))
        for reason in scheme.reasons()
        if (not gone.intersection(reason.condition.names()) if reason.branch is None else reason.branch in live)
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
    """Expressions over a row; ids of rules are each followed by a space."""

    outcome: Any
    is_floor: Any
    rules: Any
    unassessed: Any


def verdict(scheme: Scheme, reasons: Sequence[InForce], names: Operands) -> Verdict:
    """Return what a scheme says of a row.

    The first outcome in its order of which a reason holds. A reason that cannot be known leaves the row
    without outcome, or with the least one (``is_floor``), as the rule says; the best outcome is never given
    while another one is open.
    """
    groups = [_weighed(scheme, name, reasons, names) for name in scheme.order()]
    steps, floors, is_open = [], [], ibis.literal(False)
    for group in (group for group in groups if group.reasons):
        is_best = group.outcome == next(iter(scheme.outcomes))
        given = ibis.ifelse(is_open, _NOTHING, group.outcome) if is_best else ibis.literal(group.outcome)
        steps += [(group.is_met, given), (group.is_barred, _NOTHING)]
        floors += [(group.is_met, is_open), (group.is_barred, ibis.literal(False))]
        is_open = is_open | group.is_open
    outcome = ibis.cases(*steps, else_=_NOTHING)
    return Verdict(
        outcome=outcome,
        is_floor=ibis.cases(*floors, else_=ibis.literal(False)) & outcome.notnull(),
        rules=ibis.cases(*((outcome == group.outcome, _ids(group)) for group in groups), else_=""),
        unassessed=_joined(
            (reason.rule, held.isnull())
            for group in groups
            for reason, held in zip(group.reasons, group.truths, strict=True)
        ),
    )


def _weighed(scheme: Scheme, outcome: str, reasons: Sequence[InForce], names: Operands) -> Weighed:
    chosen = [reason for reason in reasons if reason.reason.outcome == outcome]
    truths = [reason.truth(names) for reason in chosen]
    weighed = [(held, reason.reason.unknown) for held, reason in zip(truths, chosen, strict=True)]
    if scheme.requires.get(outcome) == "all" and weighed:
        strictest = max(unknown for _, unknown in weighed)  # "ungraded" bars, "floor" leaves open
        weighed = [(reduce(and_, truths), strictest)]
    return Weighed(
        outcome,
        tuple(reason.reason for reason in chosen),
        tuple(truths),
        _any(_is_true(held) for held, _ in weighed),
        _any(held.isnull() for held, unknown in weighed if unknown == "ungraded"),
        _any(held.isnull() for held, unknown in weighed if unknown == "floor"),
    )


def _ids(group: Weighed) -> Any:
    pairs = zip(group.reasons, group.truths, strict=True)
    return _joined((reason.rule, _is_true(held)) for reason, held in pairs)


def _joined(listed: Iterable[tuple[str, Any]]) -> Any:
    parts = [ibis.ifelse(is_in, f"{rule} ", "") for rule, is_in in listed]
    return reduce(add, parts) if parts else ibis.literal("")


def _is_true(held: Any) -> Any:
    return held.fill_null(False)


def _any(held: Iterable[Any]) -> Any:
    found = list(held)
    return reduce(or_, found) if found else ibis.literal(False)
