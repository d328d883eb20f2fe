"""Statistics: published figures that do not add up, each with its own query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import ibis

from postloan.metrics.metric import Unit
from postloan.model.label import Label

Query: TypeAlias = Callable[[ibis.Table, int | None], ibis.Table]
"""From holdings (``scope, dimension, group, balance_minor``) and net capital to one row per scope and
dimension: ``scope, dimension, numerator, denominator``, both exact integers (int64 or decimal)."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One figure that is no sum over a sum, and what it is called.

    Args:
        slug: The only spelling of its name in code and results.
        label: Its name for readers.
        unit: Unit of the value.
        higher_is_worse: Direction; None where neither is bad.
        definition: What is computed and the awkward cases in words.
        source: Where the definition comes from (F-58, …).
        query: How it is computed from holdings.
        is_of_amounts: Whether numerator and denominator are amounts, which are published with the value.
    """

    slug: str
    label: Label
    unit: Unit
    higher_is_worse: bool | None
    definition: Label
    source: str
    query: Query
    is_of_amounts: bool = True
