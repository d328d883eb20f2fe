"""Conditions: boolean SQL over documented columns and named parameters, parsed and allow-listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import sqlglot
from pydantic import PlainValidator
from sqlglot import exp
from sqlglot.errors import SqlglotError

from postloan.model.contract import Column, Kind
from postloan.model.misplaced import Misplaced
from postloan.model.nearest import nearest
from postloan.policy.parameter import Parameter, Unit

_COMPARE = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ)
_REASON = (exp.And, exp.Or, exp.Not)
_COUNT = (exp.Add, exp.Sub, exp.Mul)
_ALLOWED = (*_COMPARE, *_REASON, *_COUNT, exp.In, exp.Paren, exp.Column, exp.Identifier)

FLAG = "yes or no"
_OF_KIND = {
    Kind.DAYS: "days",
    Kind.COUNT: "a count",
    Kind.MONEY: "money",
    Kind.FRACTION: "a fraction",
    Kind.FLAG: FLAG,
    Kind.CODE: "text",
    Kind.TEXT: "text",
}
_OF_UNIT = {
    Unit.DAYS: "days",
    Unit.FRACTION: "a fraction",
    Unit.MONEY_MINOR: "money",
    Unit.NAMES: "a list of texts",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as it is written and as it was parsed."""

    text: str
    tree: exp.Expr

    def names(self) -> tuple[str, ...]:
        """Return the names of columns and parameters in it, each once, in the order of the text."""
        found = (node.name for node in self.tree.find_all(exp.Column, bfs=False))
        return tuple(dict.fromkeys(found))

    def comparisons(self) -> Iterator[exp.Expr]:
        """Yield the comparisons in it."""
        yield from self.tree.find_all(*_COMPARE)


def parsed(text: object) -> Condition:
    """Parse a condition; raises ValueError for what is not one, and for a number in it."""
    if isinstance(text, Condition):
        return text
    try:
        tree = sqlglot.parse_one(str(text), dialect="duckdb")
    except SqlglotError as error:
        raise ValueError(f"{text!r} is not a condition: {str(error).splitlines()[0]}") from None
    for node in tree.walk():
        _must_be_allowed(node, str(text))
    return Condition(str(text), tree)


ConditionText = Annotated[Condition, PlainValidator(parsed)]


def _must_be_allowed(node: exp.Expr, text: str) -> None:
    if isinstance(node, exp.Literal):
        if not node.is_string:
            raise Misplaced(
                f"the number {node.name} stands in the condition {text!r}",
                "make it a parameter with unit, source and date, and write its name",
            )
        if not isinstance(node.parent, (exp.EQ, exp.NEQ)):
            raise ValueError(f"{node.sql()} in {text!r} stands where no code is compared")
    elif not isinstance(node, _ALLOWED):
        raise ValueError(f"{node.sql()!r} in {text!r} is not allowed: only comparisons, and, or, not, + - *")
    elif isinstance(node, exp.In) and not isinstance(node.args.get("field"), exp.Column):
        raise ValueError(f"{node.sql()!r}: write `column in parameter`, and the list as a parameter")
    elif isinstance(node, exp.Column) and len(node.parts) != 1:
        raise ValueError(f"{node.sql()!r}: write the column's name alone")


def check(condition: Condition, columns: Mapping[str, Column], parameters: Mapping[str, Parameter]) -> None:
    """Raise ``Misplaced`` where a name does not exist or unlike things are compared."""
    for name in condition.names():
        if name not in columns and name not in parameters:
            raise Misplaced(
                f"{condition.text!r}: there is no column or parameter {name!r}",
                nearest(name, [*columns, *parameters]),
            )
    of_names = {name: _OF_KIND.get(column.kind, "no number") for name, column in columns.items()}
    of_names |= {name: _OF_UNIT.get(parameter.unit, "a count") for name, parameter in parameters.items()}
    try:
        sort = _sort(condition.tree, of_names)
    except ValueError as error:
        raise Misplaced(f"{condition.text!r}: {error}", "compare like with like") from None
    if sort != FLAG:
        raise Misplaced(f"{condition.text!r} is {sort}, not {FLAG}", "compare it with a parameter")
    for node in condition.tree.find_all(exp.Literal):
        _must_be_a_code(node, columns)


def _sort(node: exp.Expr, of_names: Mapping[str, str]) -> str:
    """Return what an expression gives: days, money, yes or no, …; raises ValueError for what does not fit."""
    if isinstance(node, exp.Column):
        return of_names[node.name]
    if isinstance(node, exp.Literal):
        return "text"
    parts = [_sort(part, of_names) for part in node.iter_expressions()]
    if isinstance(node, exp.Paren):
        return parts[0]
    if isinstance(node, exp.In):
        wanted = ["text", "a list of texts"]
    elif isinstance(node, _REASON):
        wanted = [FLAG] * len(parts)
    elif isinstance(node, exp.Mul):  # a share of something is something
        return next((part for part in parts if part != "a fraction"), "a fraction")
    else:
        wanted = [parts[0]] * len(parts)
    if parts != wanted:
        raise ValueError(f"{node.sql()} compares {' with '.join(parts)}")
    return parts[0] if isinstance(node, _COUNT) else FLAG


def _must_be_a_code(literal: exp.Literal, columns: Mapping[str, Column]) -> None:
    others = [part for part in literal.parent.iter_expressions() if part is not literal]  # type: ignore[union-attr]
    column = columns.get(others[0].name)
    if column is None or column.codes is None:
        raise Misplaced(f"{literal.parent.sql()}: only a column of codes is compared with a text", "use one")  # type: ignore[union-attr]
    if literal.name not in column.codes.values():
        raise Misplaced(
            f"{column.name} has no code {literal.name!r}", nearest(literal.name, column.codes.values())
        )
