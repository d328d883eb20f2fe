"""The catalogue: every metric there is, found by slug and measured wherever its table is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.metrics import care, classification, delinquency, flows, portfolio, provisions, recovery
from postloan.metrics.dimensions import DIMENSIONS, with_dimensions
from postloan.metrics.facts import Facts
from postloan.metrics.measure import measure
from postloan.metrics.metric import Metric
from postloan.model.fault import Fault
from postloan.model.nearest import nearest

METRICS: tuple[Metric, ...] = (
    *portfolio.METRICS,
    *delinquency.METRICS,
    *classification.METRICS,
    *flows.METRICS,
    *recovery.METRICS,
    *provisions.METRICS,
    *care.METRICS,
)
_BY_SLUG = {metric.slug: metric for metric in METRICS}
if len(_BY_SLUG) != len(METRICS):
    raise ValueError("two metrics have the same slug")


def unknown_name(kind: str, name: str, names: Collection[str]) -> Fault:
    """Return the fault for a name that does not exist, with the nearest one that does."""
    return Fault(f"no {kind} {name!r}", nearest(name, names))


def metric(slug: str) -> Metric:
    """Return the metric ``slug``; raises Fault with the nearest name where there is none."""
    if slug not in _BY_SLUG:
        raise unknown_name("metric", slug, _BY_SLUG)
    return _BY_SLUG[slug]


def check_names(slugs: Sequence[str], by: Sequence[str]) -> None:
    """Raise Fault with the nearest name for an unknown metric or dimension, or one a metric does not have."""
    for slug in by:
        if slug not in DIMENSIONS:
            raise unknown_name("dimension", slug, DIMENSIONS)
    for slug in slugs:
        _check_dimensions(metric(slug).table, by)


def _check_dimensions(name: str, by: Sequence[str]) -> None:
    missing = [slug for slug in by if name not in DIMENSIONS[slug].columns]
    if missing:
        having = [slug for slug, dimension in DIMENSIONS.items() if name in dimension.columns]
        raise Fault(f"metrics of {name} have no {missing[0]!r}", f"break them down by {', '.join(having)}")


def _dimension_table(facts: Facts, name: str, on: Sequence[date], by: Sequence[str]) -> ibis.Table:
    table = facts.table(name)
    return with_dimensions(table.filter(table.month_end.isin(list(on))), name, by)


def measured(facts: Facts, slugs: Sequence[str], on: Sequence[date], by: Sequence[str] = ()) -> pd.DataFrame:
    """Measure metrics by slug, whatever their tables, over the observation dates ``on`` taken together.

    Put ``month_end`` in ``by`` to have each date apart; without it a stock over several dates makes no sense.

    Returns:
        What ``measure`` returns, in the order of ``slugs``, without the groups of a breakdown that no row
        of the metric's population falls into. Raises Fault for an unknown metric or dimension.
    """
    check_names(slugs, by)
    chosen = [metric(slug) for slug in dict.fromkeys(slugs)]
    frames = [
        measure(_dimension_table(facts, name, on, by), [m for m in chosen if m.table == name], by)
        for name in dict.fromkeys(m.table for m in chosen)
    ]
    order = {m.slug: place for place, m in enumerate(chosen)}
    frame = pd.concat(frames, ignore_index=True)
    if by:
        frame = frame[(frame["n"] > 0) | (frame["unknown"] > 0)]
    return frame.sort_values("metric", key=lambda names: names.map(order), kind="stable", ignore_index=True)
