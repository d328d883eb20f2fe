"""What a metric is: a record whose numerator and denominator are integer expressions over one table.

Ratios are sums over sums, so every breakdown adds up to its total. What cannot be summed (HHI, top ten,
medians) is not a metric in this sense and has its own query.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import ibis

from postloan.model.label import Label

Expression: TypeAlias = Callable[[ibis.Table], Any]
"""From the metric's table to a column expression: integer for amounts, boolean for conditions."""


class Basis(StrEnum):
    """What the sums count, and so which interval a ratio has."""

    COUNT = "count"  # numbers of loans: Wilson with n
    BALANCE = "balance"  # share of a weight: Wilson with the effective n (Σw)²/Σw²
    AMOUNT = "amount"  # money, or a ratio that is no proportion: no interval


class Unit(StrEnum):
    """What the value is measured in."""

    FRACTION = "fraction"
    MONEY = "money"  # minor units
    LOANS = "loans"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Metric:
    """One published figure: what is summed, over which rows, out of what, and what it is called.

    Args:
        slug: The only spelling of its name in code, parameters and results.
        label: Its name for readers.
        family: The part of the report it belongs to.
        table: Contract table it is measured on.
        population: Rows it is about.
        known: Rows of the population that can be measured; the others are counted as ``unknown`` and
            are in neither numerator nor denominator.
        numerator: Integer per row.
        denominator: Integer per row; None for a plain amount or count.
        basis: Which interval a ratio has.
        unit: Unit of the value.
        higher_is_worse: Direction; None where neither is bad.
        definition: Numerator, denominator and awkward cases in words.
        source: Where the definition comes from (F-09, …).
    """

    slug: str
    label: Label
    family: str
    table: str
    population: Expression
    known: Expression
    numerator: Expression
    denominator: Expression | None
    basis: Basis
    unit: Unit
    higher_is_worse: bool | None
    definition: Label
    source: str

    def __post_init__(self) -> None:
        if (self.unit is Unit.FRACTION) != (self.denominator is not None):
            raise ValueError(f"{self.slug}: a fraction, and only a fraction, needs a denominator")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to break a metric down, and the expression that gives its group on each table.

    A group is text or a date; null is a key the lender does not give, and stays a group of its own.
    """

    slug: str
    label: Label
    columns: dict[str, Expression]
