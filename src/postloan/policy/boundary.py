"""How near a row is to another outcome: what if one input stood on the other side of a number, or a step were taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, nextafter
from typing import Any

import ibis
from sqlglot import exp

from postloan.model.contract import Column, Kind
from postloan.policy.condition import Condition
from postloan.policy.parameter import Value
from postloan.policy.scheme import Scheme
from postloan.policy.truth import Operands
from postloan.policy.verdict import InForce, in_scope

# Where the number stands on the right, whether it belongs to the lower side.
_IN_LOWER: dict[type[exp.Expr], bool] = {exp.GT: True, exp.LTE: True, exp.GTE: False, exp.LT: False}
_LEAST_SCALE = 1


@dataclass(frozen=True, slots=True)
class World:
    """The row as it is but for some columns: what a verdict would be if they were so."""

    key: str
    changes: Mapping[str, Any]

    def differs_for(self, reason: InForce) -> bool:
        """Say whether a reason may hold here where it does not in the row as it is, or the other way round."""
        return not set(self.changes).isdisjoint(reason.names())


NOW = World("now", {})
NO_STEP = {"next_step": ibis.null("string"), "next_count": ibis.null("int32")}


@dataclass(frozen=True, slots=True)
class Boundary:
    """A number that cuts a column: the last value below the cut and the first above it.

    It is one of the rows of its ladder only: those ``within`` its part, ``outside`` of earlier ladders'.
    """

    parameter: str
    column: str
    below: float
    above: float
    within: Condition | None = None
    outside: tuple[Condition, ...] = ()

    def beyond(self, table: ibis.Table) -> Any:
        """Return the nearest value on the other side of the cut."""
        value = table[self.column]
        return ibis.ifelse(value > self.below, self.below, self.above).cast(value.type())

    def distance(self, table: ibis.Table) -> Any:
        """Return how much the column must change to be on the other side; signed."""
        return (self.beyond(table) - table[self.column]).cast("float64")


def boundaries(
    reasons: Sequence[InForce], columns: Mapping[str, Column], values: Mapping[str, Value]
) -> tuple[Boundary, ...]:
    """Return the boundaries of the reasons' comparisons of a column with a parameter, each once."""
    found = [
        _boundary(node, reason, columns, values)
        for reason in reasons
        for node in reason.reason.condition.comparisons()
        if type(node) in _IN_LOWER
    ]
    return tuple(dict.fromkeys(boundary for boundary in found if boundary is not None))


def _boundary(
    node: exp.Expr, reason: InForce, columns: Mapping[str, Column], values: Mapping[str, Value]
) -> Boundary | None:
    column, parameter = node.this.name, node.expression.name
    number = values.get(parameter)
    if column not in columns or not isinstance(number, int | float):
        return None
    is_whole = columns[column].kind is not Kind.FRACTION
    if _IN_LOWER[type(node)]:
        below, above = number, number + 1 if is_whole else nextafter(number, inf)
    else:
        below, above = number - 1 if is_whole else nextafter(number, -inf), number
    return Boundary(parameter, column, below, above, reason.within, reason.outside)


def worlds(scheme: Scheme, found: Sequence[Boundary], names: Operands, table: ibis.Table) -> Iterator[World]:
    """Yield the row as it is, beyond each boundary, and after each step."""
    yield NOW
    for place, boundary in enumerate(found):
        yield World(f"beyond_{place}", {boundary.column: boundary.beyond(table)})
    for key, step in scheme.next_steps.items():
        yield World(f"after_{key}", {column: names[name] for column, name in step.sets.items()})


def nearest(
    table: ibis.Table, found: Sequence[Boundary], names: Operands, outcome: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the columns of the boundary whose crossing alone changes the outcome, the nearest one.

    Distances of different columns are compared as shares of the largest number that cuts the column.

    Args:
        table: Rows with the boundaries' columns.
        found: Candidates.
        names: What names stand for.
        outcome: The outcome in each world, by its key.
    """
    beyond = [outcome[f"beyond_{place}"] for place in range(len(found))]
    scale = {b.column: _scale(b.column, found) for b in found}
    shares = [
        ibis.ifelse(
            in_scope(boundary.within, boundary.outside, names) & (then != outcome[NOW.key]),
            boundary.distance(table).abs() / scale[boundary.column],
            ibis.null("float64"),
        )
        for boundary, then in zip(found, beyond, strict=True)
    ]
    least = ibis.least(*shares) if len(shares) > 1 else shares[0] if shares else ibis.null("float64")

    def chosen(kind: str, picked: Sequence[Any]) -> Any:
        pairs = zip(shares, picked, strict=True)
        cases = [(share == least, value) for share, value in pairs]
        return ibis.cases(*cases, else_=ibis.null(kind)) if cases else ibis.null(kind)

    return {
        "boundary": chosen("string", [boundary.parameter for boundary in found]),
        "boundary_column": chosen("string", [boundary.column for boundary in found]),
        "distance": chosen("float64", [boundary.distance(table) for boundary in found]),
        "boundary_outcome": chosen("string", beyond),
    }


def _scale(column: str, found: Sequence[Boundary]) -> float:
    numbers = (abs(end) for b in found if b.column == column for end in (b.below, b.above))
    return max(_LEAST_SCALE, *numbers)


def next_step(
    scheme: Scheme, names: Operands, table: ibis.Table, outcome: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the columns of the first declared step that would help, and how many are still to go."""
    steps, counts = [], []
    for key, step in scheme.next_steps.items():
        left = (names[step.sets[step.counts]] - table[step.counts]).cast("int32")
        is_new = (outcome[f"after_{key}"] == step.becomes) & (outcome[NOW.key] != step.becomes)
        helps = (is_new & (left > 0)).fill_null(False)
        steps.append((helps, ibis.literal(key)))
        counts.append((helps, left))
    blank, none = ibis.null("string"), ibis.null("int32")
    return {
        "next_step": ibis.cases(*steps, else_=blank) if steps else blank,
        "next_count": ibis.cases(*counts, else_=none) if counts else none,
    }
