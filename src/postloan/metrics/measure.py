"""Measure metrics: all of one table in a single query of integer sums, ratios and intervals afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from statsmodels.stats.proportion import proportion_confint

from postloan.metrics.cells import condensed
from postloan.metrics.metric import Basis, Metric

CONFIDENCE = 0.95
FIGURES = ("numerator", "denominator", "n", "unknown", "value", "low", "high")


@dataclass(frozen=True, slots=True)
class Sums:
    """What a query sums, by column name; the same expression is summed once for all metrics."""

    columns: dict[Any, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, dict[str, str]] = field(default_factory=dict)  # by metric: its parts and their columns

    @classmethod
    def of(cls, table: ibis.Table, metrics: Sequence[Metric]) -> Sums:
        """Return what ``metrics`` sum over ``table``."""
        sums = cls()
        for metric in metrics:
            sums.parts[metric.slug] = _columns(table, metric, sums)
        return sums

    def name(self, values: Any) -> str:
        """Return the column that holds Σ ``values`` as exact decimal text."""
        key = values.op()
        if key not in self.columns:
            column = f"sum_{len(self.columns)}"
            self.columns[key] = column
            self.values[column] = values
        return self.columns[key]


def _columns(table: ibis.Table, metric: Metric, sums: Sums) -> dict[str, str]:
    """Return for each part of ``metric`` the column of the query that holds its sum."""
    about = metric.population(table).fill_null(False)
    known = about & metric.known(table).fill_null(False)
    parts = {
        "n": known.cast("int64"),
        "unknown": (about & ~metric.known(table).fill_null(False)).cast("int64"),
        "numerator": ibis.ifelse(known, metric.numerator(table), 0).cast("int64"),
    }
    if metric.denominator is not None:
        weight = ibis.ifelse(known, metric.denominator(table), 0).cast("int64")
        parts["denominator"] = weight
        if metric.basis is Basis.BALANCE:
            exact = metric.denominator(table).cast("decimal(19,0)")
            parts["squares"] = ibis.ifelse(known, exact * exact, 0)
    return {part: sums.name(values) for part, values in parts.items()}


def _integers(found: pa.Table, column: str | None) -> list[int | None]:
    if column is None:
        return [None] * found.num_rows
    return [int(text) for text in found[column].to_pylist()]


def _value(numerator: int | None, denominator: int | None, is_ratio: bool) -> float:
    if numerator is None or (is_ratio and not denominator):
        return np.nan
    return numerator / denominator if is_ratio and denominator else float(numerator)


def _sizes(metric: Metric, sums: Mapping[str, list[int | None]]) -> np.ndarray:
    """Return how many loans each denominator stands for (F-19): n, or (Σw)²/Σw² where weights are summed."""
    if metric.basis is Basis.COUNT:
        return np.array(sums["n"], dtype="float64")
    pairs = zip(sums["denominator"], sums["squares"], strict=True)
    return np.array([weight * weight / square if weight and square else 0.0 for weight, square in pairs])


def _interval(metric: Metric, value: np.ndarray, sums: Mapping[str, list[int | None]]) -> np.ndarray:
    """Return the 95 % Wilson bounds, two columns, missing where there is no proportion to bound."""
    bounds = np.full((len(value), 2), np.nan)
    if metric.denominator is not None and metric.basis is not Basis.AMOUNT:
        is_known = ~np.isnan(value)
        size = _sizes(metric, sums)[is_known]
        hits = value[is_known] * size
        low, high = proportion_confint(hits, size, alpha=1 - CONFIDENCE, method="wilson")
        # The bound of none is 0 and of all is 1, not what rounding leaves beside them.
        bounds[is_known] = np.column_stack([np.where(hits == 0, 0.0, low), np.where(hits == size, 1.0, high)])
    return bounds


def _numerators(metric: Metric, sums: Mapping[str, list[int | None]]) -> list[int | None]:
    """Return the numerators; an amount of which no row is known, but some exist, is unknown, not 0."""
    if metric.denominator is not None:
        return sums["numerator"]
    rows = zip(sums["numerator"], sums["n"], sums["unknown"], strict=True)
    return [None if not n and unknown else value for value, n, unknown in rows]


def _figures(metric: Metric, groups: pd.DataFrame, sums: dict[str, list[int | None]]) -> pd.DataFrame:
    """Return the rows of one metric: its groups and its figures."""
    is_ratio = metric.denominator is not None
    numerators = _numerators(metric, sums)
    pairs = zip(numerators, sums["denominator"], strict=True)
    value = np.array([_value(top, bottom, is_ratio) for top, bottom in pairs], dtype="float64")
    bounds = _interval(metric, value, sums)
    rows = groups.assign(
        numerator=pd.array(numerators, dtype="Int64"),
        denominator=pd.array(sums["denominator"], dtype="Int64"),
        n=pd.array(sums["n"], dtype="int64"),
        unknown=pd.array(sums["unknown"], dtype="int64"),
        value=value,
        low=bounds[:, 0],
        high=bounds[:, 1],
    )
    rows.insert(0, "metric", metric.slug)
    return rows


def totals(cells: ibis.Table, by: Sequence[str], names: Collection[str]) -> ibis.Table:
    """Return the sums ``names`` of ``cells`` by the columns ``by``, as exact decimal text; of no rows 0."""
    sums = {name: cells[name].sum().cast("decimal(38,0)").coalesce(0).cast("string") for name in names}
    return cells.aggregate(by=list(by), **sums) if by else cells.aggregate(**sums)


def measuring(
    table: ibis.Table, sums: Sums, by: Sequence[str] = (), sets: Sequence[Sequence[str]] | None = None
) -> ibis.Table:
    """Return the query of ``measure``, not run yet: the groups of ``table`` and all ``sums`` of it."""
    cells = condensed(table, by, sums.values)
    return totals(cells if sets is None else _repeated(cells, by, sets), by, sums.values)


def _repeated(cells: ibis.Table, by: Sequence[str], sets: Sequence[Sequence[str]]) -> ibis.Table:
    """Return the cells once for each grouping, with the keys that it leaves out blank."""
    kept = pa.table({f"keeps_{name}": [name in names for names in sets] for name in by})
    pairs = cells.cross_join(ibis.memtable(kept))
    return pairs.mutate(**{name: pairs[f"keeps_{name}"].ifelse(pairs[name], None) for name in by})


def measure(
    table: ibis.Table,
    metrics: Sequence[Metric],
    by: Sequence[str] = (),
    sets: Sequence[Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Measure ``metrics`` on ``table`` in one query, in total or for each group of the columns ``by``.

    A group exists if the table has a row of it, so a breakdown lists groups in which a metric is 0; a
    missing key is a group of its own, so that breakdowns add up to their total. Sums are exact integers.

    Args:
        table: The contract table the metrics are declared on, cut to the rows that matter.
        metrics: At least one metric, all of the same table.
        by: Columns of ``table``; may be empty.
        sets: Several groupings measured in one pass, each some of ``by``; a column that a grouping leaves
            out is missing in its rows, so name missing keys before. None groups by all of ``by``.

    Returns:
        One row per metric and group: ``metric``, the columns of ``by``, then ``numerator``,
        ``denominator`` (missing for plain amounts), ``n`` (rows measured), ``unknown`` (rows that could
        not be), ``value`` (fraction, or the amount itself; NaN for denominator 0) and the 95 % bounds
        ``low``, ``high`` (F-19; missing where the ratio is no proportion). Money in minor units.
    """
    sums = Sums.of(table, metrics)
    return figures(measuring(table, sums, by, sets).to_pyarrow(), metrics, sums, by)


def figures(found: pa.Table, metrics: Sequence[Metric], sums: Sums, by: Sequence[str]) -> pd.DataFrame:
    """Return what ``measure`` returns from the groups and sums found, groups in order, a missing key last."""
    found = found.sort_by([(name, "ascending") for name in by]) if by else found
    groups = pd.DataFrame(found.select(list(by)).to_pandas(), index=range(found.num_rows))
    measured = [
        _figures(
            metric,
            groups,
            {
                part: _integers(found, sums.parts[metric.slug].get(part))
                for part in ("numerator", "denominator", "n", "unknown", "squares")
            },
        )
        for metric in metrics
    ]
    return pd.concat(measured, ignore_index=True)
