"""Cells: rows in the same state are added up first, and what is measured is put together from their sums.

What a metric sums is a tree of conditions over amounts: if active and over 30 days past due the balance, else
0. The amounts are few, and so are the answers to the conditions; the rows are many. So one pass over the rows
sums every amount by the answers, and each condition is then decided once per cell instead of once per row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.operations as ops

_ROWS = "cell_rows"
_LOGIC = (ops.And, ops.Or, ops.Not, ops.Coalesce, ops.IsNull, ops.NotNull)


def condensed(table: ibis.Table, by: Sequence[str], values: Mapping[str, Any]) -> ibis.Table:
    """Return a table whose sums of ``values``, in any grouping by ``by``, are those of the rows of ``table``.

    Args:
        table: Any rows.
        by: Columns of ``table``.
        values: Integer expressions over ``table`` by name.

    Returns:
        ``by`` and the names of ``values``: one row per cell, a value blank where it is for all rows of the
        cell. A cell is a combination of ``by`` and of the answers to the conditions in ``values``.
    """
    plan = _Plan()
    for value in values.values():
        plan.add_amount(value.op())
    cells = table.aggregate(
        by=[*by, *(op.to_expr().name(name) for op, name in plan.answers.items())],
        **{_ROWS: table.count()},
        **{name: op.to_expr().sum() for op, name in plan.amounts.items()},
    )
    found = _Cells(cells, plan)
    return cells.select(*by, **{name: found.amount(value.op()) for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class _Plan:
    """The columns that cells need: answers, which tell them apart, and sums of amounts."""

    answers: dict[Any, str] = field(default_factory=dict)
    amounts: dict[Any, str] = field(default_factory=dict)
    seen: set[Any] = field(default_factory=set)

    def add_amount(self, op: Any) -> None:
        """Take in what the sum of ``op`` over a cell needs."""
        if isinstance(op, ops.Cast) and op.arg.dtype.is_boolean():
            self.add_answer(op.arg)
        elif isinstance(op, ops.IfElse):
            self.add_answer(op.bool_expr)
            self.add_amount(op.true_expr)
            self.add_amount(op.false_null_expr)
        elif not isinstance(op, ops.Literal):
            self.amounts.setdefault(op, f"cell_sum_{len(self.amounts)}")

    def add_answer(self, op: Any) -> None:
        """Take in what the condition ``op`` needs: its parts; codes as they are, for other conditions ask
        about them too; else the answer itself."""
        if op in self.seen:
            return
        self.seen.add(op)
        columns = list(_columns(op))
        if all(column.dtype.is_string() or column.dtype.is_boolean() for column in columns):
            self._keep(columns)
        elif isinstance(op, _LOGIC) and all(part.dtype.is_boolean() for part in _operands(op)):
            for part in _operands(op):
                self.add_answer(part)
        else:
            self._keep([op])

    def _keep(self, found: Iterable[Any]) -> None:
        for op in found:
            self.answers.setdefault(op, f"cell_key_{len(self.answers)}")


@dataclass(frozen=True, slots=True)
class _Cells:
    """Expressions over the cells of a plan."""

    table: ibis.Table
    plan: _Plan
    known: dict[Any, Any] = field(default_factory=dict)

    def amount(self, op: Any) -> Any:
        """Return the sum of ``op`` over the rows of each cell."""
        if op in self.plan.amounts:
            return self.table[self.plan.amounts[op]]
        if isinstance(op, ops.Literal):
            return op.to_expr() * self.table[_ROWS]
        if isinstance(op, ops.Cast):
            return ibis.ifelse(self.answer(op.arg).to_expr(), self.table[_ROWS], 0)
        condition = self.answer(op.bool_expr).to_expr()
        return ibis.ifelse(condition, self.amount(op.true_expr), self.amount(op.false_null_expr))

    def answer(self, op: Any) -> Any:
        """Return the condition ``op`` of each cell, as an operation."""
        if op not in self.known:
            self.known[op] = self._answer(op)
        return self.known[op]

    def _answer(self, op: Any) -> Any:
        if op in self.plan.answers:
            return self.table[self.plan.answers[op]].op()
        if isinstance(op, tuple):
            return tuple(self.answer(part) for part in op)
        if isinstance(op, ops.Node) and not isinstance(op, ops.Literal):
            return type(op)(*(self.answer(part) for part in op.args))
        return op


def _operands(op: Any) -> Iterator[Any]:
    """Yield what an operation works on."""
    for part in op.args:
        yield from part if isinstance(part, tuple) else (part,)


def _columns(op: Any) -> Iterator[Any]:
    """Yield the columns that an expression reads, some more than once."""
    if isinstance(op, ops.Field):
        yield op
    elif isinstance(op, ops.Node):
        for part in _operands(op):
            yield from _columns(part)
