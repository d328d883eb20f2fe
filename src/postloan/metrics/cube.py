"""A cube: what metrics sum, by every combination of some columns, computed once and added up ever after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import ibis
import pandas as pd

from postloan.metrics.measure import Sums, figures, measuring, totals
from postloan.metrics.metric import Metric

Keep: TypeAlias = Callable[[str, ibis.Table], ibis.Table]
"""Runs a query and keeps its answer under a name."""


@dataclass(frozen=True, slots=True)
class Cube:
    """Sums by cell; figures of any cut and grouping of the cells are those that ``measure`` gives of the rows.

    Args:
        cells: One row per combination of ``by`` that occurs.
        by: The columns that cells can be cut and grouped by.
        metrics: By slug.
        sums: Which column of ``cells`` holds which part of which metric.
    """

    cells: ibis.Table
    by: tuple[str, ...]
    metrics: dict[str, Metric]
    sums: Sums

    @classmethod
    def of(
        cls, name: str, table: ibis.Table, metrics: Sequence[Metric], by: Sequence[str], keep: Keep
    ) -> Cube:
        """Sum ``metrics`` over ``table`` by the columns ``by``; the cells are kept under ``name``."""
        sums = Sums.of(table, metrics)
        found = measuring(table, sums, by)
        exact = {column: found[column].cast(_type(values)) for column, values in sums.values.items()}
        return cls(keep(name, found.mutate(**exact)), tuple(by), {m.slug: m for m in metrics}, sums)

    def measure(
        self, slugs: Sequence[str], cut: Callable[[ibis.Table], Sequence[Any]], by: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Return what ``measure`` returns of the rows that ``cut`` keeps, given as conditions over the cells."""
        chosen = [self.metrics[slug] for slug in slugs]
        names = {column for metric in chosen for column in self.sums.parts[metric.slug].values()}
        rows = self.cells.filter(*cut(self.cells))
        return figures(totals(rows, by, sorted(names)).to_pyarrow(), chosen, self.sums, by)


def _type(values: Any) -> str:
    """Return the exact type of a sum: squares of balances pass what 64 bits hold."""
    return "decimal(38,0)" if values.type().is_decimal() else "int64"
