"""Headline figures and ageing of a view, from the cube: every figure with what it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import pandas as pd

from postloan.metrics.catalogue import metric
from postloan.metrics.metric import Basis, Metric, Unit
from postloan.model.buckets import BUCKET_CODES
from postloan.model.scope import MISSING
from postloan.report.records import Record, fraction, records, whole
from postloan.report.section import Figure, Format
from postloan.widgets.portfolio import HEADLINE, Portfolio, cut, key
from postloan.widgets.view import View

AGEING = ("loans_active", "balance", "overdue_amount")


@dataclass(frozen=True, slots=True)
class Headline:
    """One headline figure now and at the date before; ``before`` is None where there is none to compare with."""

    metric: Metric
    now: Figure
    before: Figure | None

    @property
    def format(self) -> Format:
        """Return how the value is written."""
        return value_format(self.metric)

    @property
    def sums(self) -> Format:
        """Return how numerator and denominator are written."""
        return Format.COUNT if self.metric.basis is Basis.COUNT else Format.MONEY


def value_format(chosen: Metric) -> Format:
    """Return how a metric's value is written."""
    formats = {
        Unit.FRACTION: Format.PERCENT,
        Unit.MONEY: Format.MONEY,
        Unit.LOANS: Format.COUNT,
        Unit.COUNT: Format.COUNT,
    }
    return formats[chosen.unit]


def figure_of(row: Record, chosen: Metric) -> Figure:
    """Return a measured row as a figure. A plain amount keeps its exact integer."""
    is_ratio = chosen.unit is Unit.FRACTION
    return Figure(
        value=fraction(row["value"]) if is_ratio else whole(row["numerator"]),
        numerator=whole(row["numerator"]),
        denominator=whole(row["denominator"]),
        n=whole(row["n"]),
        unknown=whole(row["unknown"]),
        low=fraction(row["low"]),
        high=fraction(row["high"]),
        metric=chosen.slug,
        higher_is_worse=chosen.higher_is_worse,
    )


def headline(portfolio: Portfolio, view: View) -> tuple[Headline, ...]:
    """Return the headline figures of the loans that the filters keep."""
    earlier = [on for on in portfolio.months if on < view.month][-1:]
    frame = portfolio.stocks.measure(
        HEADLINE, lambda t: [t["month_end"].isin([*earlier, view.month]), *cut(t, view)], ["month_end"]
    )
    found = {(row["metric"], _day(row["month_end"])): row for row in records(frame)}
    return tuple(
        Headline(
            chosen,
            _found(found, chosen, view.month),
            _found(found, chosen, earlier[0]) if earlier else None,
        )
        for chosen in map(metric, HEADLINE)
    )


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()


def _found(found: dict[tuple[str, date], Record], chosen: Metric, on: date) -> Figure:
    """Return a figure; of no loan at all, an amount is 0 and a ratio has no value."""
    row = found.get((chosen.slug, on))
    if row is not None:
        return figure_of(row, chosen)
    is_ratio = chosen.unit is Unit.FRACTION
    return Figure(None if is_ratio else 0, 0, 0 if is_ratio else None, 0, 0, metric=chosen.slug)


@dataclass(frozen=True, slots=True)
class Age:
    """One bucket: loans, balance, its share of all balance, overdue amount."""

    bucket: str
    loans: Figure
    balance: Figure
    share: Figure
    overdue: Figure


def ageing(portfolio: Portfolio, view: View) -> tuple[Age, ...]:
    """Return the buckets in order, all of them, and what cannot be placed last where there is such."""
    by = key("bucket")
    frame = portfolio.stocks.measure(AGEING, lambda t: _at(t, view), [by])
    found = {(row["metric"], row[by]): figure_of(row, metric(row["metric"])) for row in records(frame)}
    total = sum(_whole(found.get(("balance", bucket))) for bucket in (*BUCKET_CODES, MISSING))
    unplaced = found.get(("loans_active", MISSING), Figure(0)).value
    buckets = (*BUCKET_CODES, *([MISSING] if unplaced else []))
    return tuple(_age(found, bucket, total) for bucket in buckets)


def _at(cells: ibis.Table, view: View) -> list[Any]:
    return [cells["month_end"] == view.month, *cut(cells, view)]


def _whole(figure: Figure | None) -> int:
    return int(figure.value or 0) if figure else 0


def _age(found: dict[tuple[str, str], Figure], bucket: str, total: int) -> Age:
    loans, balance, overdue = (found.get((slug, bucket), Figure(0, n=0, unknown=0)) for slug in AGEING)
    known = None if balance.value is None else int(balance.value)
    value = known / total if known is not None and total else None
    share = Figure(value, known, total, balance.n, balance.unknown)
    return Age(bucket, loans, balance, share, overdue)
