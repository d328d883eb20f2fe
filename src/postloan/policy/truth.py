"""Conditions as expressions over a table: true, false, or null where a fact is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add, and_, mul, or_, sub
from typing import Any

import ibis
from sqlglot import exp

from postloan.policy.parameter import Value

_NO_LIMIT = 2**31 - 1  # of a range without an upper end


@dataclass(frozen=True, slots=True)
class Range:
    """A number of which only the ends are known; both null where nothing is."""

    low: Any
    high: Any


Operand = Any  # an Ibis value, or a Range
Operands = Mapping[str, Operand]


def operands(table: ibis.Table, values: Mapping[str, Value]) -> dict[str, Operand]:
    """Return what names stand for: columns of ``table``, and the parameters' values.

    A column with ``_low`` and ``_high`` beside it is a range where the column itself is null.
    """
    columns: dict[str, Operand] = {name: table[name] for name in table.columns}
    for name in table.columns:
        if f"{name}_low" in columns and f"{name}_high" in columns:
            columns[name] = _range(table, name)
    return columns | {name: _literal(value) for name, value in values.items()}


def _range(table: ibis.Table, name: str) -> Range:
    low = ibis.coalesce(table[name], table[f"{name}_low"])
    open_end = ibis.ifelse(table[f"{name}_low"].notnull(), _NO_LIMIT, ibis.null("int32"))
    return Range(low, ibis.coalesce(table[name], table[f"{name}_high"], open_end))


def _literal(value: Value) -> Operand:
    return value if isinstance(value, tuple) else ibis.null("int64") if value is None else ibis.literal(value)


def truth(tree: exp.Expr, names: Operands) -> Any:
    """Return the condition ``tree`` as a boolean expression, null where it cannot be known."""
    if isinstance(tree, exp.Paren):
        return truth(tree.this, names)
    if isinstance(tree, exp.Not):
        return ~truth(tree.this, names)
    if isinstance(tree, exp.And | exp.Or):
        join = and_ if isinstance(tree, exp.And) else or_
        return reduce(join, (truth(part, names) for part in (tree.this, tree.expression)))
    if isinstance(tree, exp.In):
        return names[tree.this.name].isin(names[tree.args["field"].name])
    if isinstance(tree, exp.Column):
        return names[tree.name]
    return _COMPARE[type(tree)](_ends(tree.this, names), _ends(tree.expression, names))


def _ends(tree: exp.Expr, names: Operands) -> Range:
    """Return the least and the most that a counting expression may be."""
    if isinstance(tree, exp.Paren):
        return _ends(tree.this, names)
    if isinstance(tree, exp.Literal):
        return _exact(tree.name)
    if isinstance(tree, exp.Column):
        found = names[tree.name]
        return found if isinstance(found, Range) else _exact(found)
    left, right = _ends(tree.this, names), _ends(tree.expression, names)
    if isinstance(tree, exp.Sub):
        return Range(left.low - right.high, left.high - right.low)
    join = _COUNT[type(tree)]
    return Range(join(left.low, right.low), join(left.high, right.high))


def _exact(value: Any) -> Range:
    return Range(value, value)


def _over(left: Range, right: Range) -> Any:
    return _known(left, right, lambda a, b: a > b, lambda a, b: a <= b)


def _from(left: Range, right: Range) -> Any:
    return _known(left, right, lambda a, b: a >= b, lambda a, b: a < b)


def _same(left: Range, right: Range) -> Any:
    if left.low is left.high and right.low is right.high:
        return left.low == right.low
    return _from(left, right) & _from(right, left)


def _known(left: Range, right: Range, surely: Callable[..., Any], surely_not: Callable[..., Any]) -> Any:
    """Return true if it holds for all numbers of both ranges, false if for none, else null."""
    if left.low is left.high and right.low is right.high:
        return surely(left.low, right.low)
    return ibis.cases(
        (surely(left.low, right.high), True), (surely_not(left.high, right.low), False), else_=ibis.null("boolean")
    )  # fmt: skip


_COUNT: dict[type[exp.Expr], Callable[..., Any]] = {exp.Add: add, exp.Mul: mul, exp.Sub: sub}
_COMPARE: dict[type[exp.Expr], Callable[[Range, Range], Any]] = {
    exp.GT: _over,
    exp.GTE: _from,
    exp.LT: lambda left, right: _over(right, left),
    exp.LTE: lambda left, right: _from(right, left),
    exp.EQ: _same,
    exp.NEQ: lambda left, right: ~_same(left, right),
}
