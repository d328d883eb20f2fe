"""How near a row is to another outcome: the boundary next to it, and the steps a scheme names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, nextafter
from typing import Any

import ibis
from sqlglot import exp

from postloan.model.contract import Column, Kind
from postloan.policy.parameter import Value
from postloan.policy.scheme import Scheme
from postloan.policy.truth import Operands
from postloan.policy.verdict import InForce, verdict

# Where the number stands on the right, whether it belongs to the lower side.
_IN_LOWER = {exp.GT: True, exp.LTE: True, exp.GTE: False, exp.LT: False}
_NEAR_ZERO = 1  # distances are compared as shares of the number, of 1 if it is smaller


@dataclass(frozen=True, slots=True)
class Boundary:
    """A number that cuts a column: the last value below the cut and the first above it."""

    parameter: str
    column: str
    below: float
    above: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """Expressions: which boundary, of what column, how far, and what lies beyond; null if none changes it."""

    parameter: Any
    column: Any
    distance: Any
    outcome: Any


def boundaries(
    reasons: Sequence[InForce], columns: Mapping[str, Column], values: Mapping[str, Value]
) -> tuple[Boundary, ...]:
    """Return the boundaries of the reasons' comparisons of a column with a parameter, each once."""
    found = [
        _boundary(node, columns, values)
        for reason in reasons
        for node in reason.reason.condition.comparisons()
        if type(node) in _IN_LOWER
    ]
    return tuple(dict.fromkeys(boundary for boundary in found if boundary is not None))


def _boundary(
    node: exp.Expression, columns: Mapping[str, Column], values: Mapping[str, Value]
) -> Boundary | None:
    column, parameter = node.this.name, node.expression.name
    number = values.get(parameter)
    if column not in columns or not isinstance(number, int | float):
        return None
    is_whole = columns[column].kind is not Kind.FRACTION
    if _IN_LOWER[type(node)]:
        return Boundary(parameter, column, number, number + 1 if is_whole else nextafter(number, inf))
    return Boundary(parameter, column, number - 1 if is_whole else nextafter(number, -inf), number)


def nearest(
    scheme: Scheme, reasons: Sequence[InForce], names: Operands, table: ibis.Table, found: Sequence[Boundary]
) -> Nearest:
    """Return the boundary whose crossing, with all else as it is, changes the outcome, the nearest one."""
    now = verdict(scheme, reasons, names).outcome
    options = []
    for boundary in found:
        value = table[boundary.column]
        beyond = ibis.ifelse(value > boundary.below, boundary.below, boundary.above).cast(value.type())
        then = verdict(scheme, reasons, {**names, boundary.column: beyond}).outcome
        far = (beyond - value).cast("float64")
        share = far.abs() / max(abs(boundary.below), abs(boundary.above), _NEAR_ZERO)
        options.append((boundary, ibis.ifelse(then != now, share, ibis.null("float64")), far, then))
    if not options:
        return Nearest(*(ibis.null(kind) for kind in ("string", "string", "float64", "string")))
    shares = [share for _, share, _, _ in options]
    least = ibis.least(*shares) if len(shares) > 1 else shares[0]

    def of_least(picked: Sequence[Any], kind: str) -> Any:
        pairs = zip(shares, picked, strict=True)
        return ibis.cases(*((share == least, value) for share, value in pairs), else_=ibis.null(kind))

    return Nearest(
        of_least([boundary.parameter for boundary, *_ in options], "string"),
        of_least([boundary.column for boundary, *_ in options], "string"),
        of_least([far for _, _, far, _ in options], "float64"),
        of_least([then for *_, then in options], "string"),
    )


def next_step(
    scheme: Scheme, reasons: Sequence[InForce], names: Operands, table: ibis.Table
) -> tuple[Any, Any]:
    """Return the name of the first declared step that would help, and how many are still to go; else null."""
    now = verdict(scheme, reasons, names).outcome
    steps, counts = [], []
    for key, step in scheme.next_steps.items():
        reached = {column: names[parameter] for column, parameter in step.sets.items()}
        left = (reached[step.counts] - table[step.counts]).cast("int32")
        then = verdict(scheme, reasons, {**names, **reached}).outcome
        helps = ((then == step.becomes) & (now != step.becomes) & (left > 0)).fill_null(False)
        steps.append((helps, ibis.literal(key)))
        counts.append((helps, left))
    if not steps:
        return ibis.null("string"), ibis.null("int32")
    return (
        ibis.cases(*steps, else_=ibis.null("string")),
        ibis.cases(*counts, else_=ibis.null("int32")),
    )
