"""The one kind of statement a mapping may put to a database: a single query that reads."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import DialectType
from sqlglot.errors import SqlglotError

from postloan.model.fault import Fault

# What it has to say of a statement goes into the fault; beside it, it would print the statement.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

# A common table expression may write (WITH x AS (DELETE …)), a query may lock or make a table (SELECT … INTO).
_WRITES = (exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command)


@dataclass(frozen=True, slots=True)
class Question:
    """A query that was found to be nothing but a query.

    Args:
        name: What the mapping calls the answer.
        statement: As written, without what follows a semicolon at its end.
        is_ordered: Whether it says in which order the rows come.
    """

    name: str
    statement: str
    is_ordered: bool

    @property
    def source(self) -> str:
        """Return the query as a table to select from; it may end in a comment."""
        return f"({self.statement}\n) answer"


def question(name: str, query: str, dialect: DialectType) -> Question:
    """Return the query, or ``SELECT *`` of the table that it names.

    Raises:
        Fault: 2 for anything but one SELECT (or WITH … SELECT) that neither writes nor locks.
    """
    try:
        tokens = sqlglot.tokenize(query, read=dialect)
        trees = sqlglot.parse(query, dialect=dialect)
    except SqlglotError:
        mend = "try it in a client of the database; if that takes it, make it a view and name the view"
        raise Fault(f"{name}: `query` cannot be read as SQL", mend) from None
    parsed = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(parsed) != 1:
        raise Fault(f"{name}: `query` holds {len(parsed)} statements", "give one SELECT, or one table's name")
    tree = parsed[0]
    ends = [token.start for token in tokens if token.token_type.name == "SEMICOLON"]
    statement = query[: ends[0]] if ends else query
    if isinstance(tree, exp.Column):
        return Question(name, f"SELECT * FROM {statement}", is_ordered=False)
    if not isinstance(tree, exp.Query) or tree.find(*_WRITES):
        raise Fault(
            f"{name}: `query` is not one SELECT that only reads", "give a SELECT, or one table's name"
        )
    return Question(name, statement, tree.args.get("order") is not None)
