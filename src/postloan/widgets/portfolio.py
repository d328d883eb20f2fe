"""A book opened for exploring: what figures add up from is summed once, loans stay where they are stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from postloan.metrics.catalogue import metric
from postloan.metrics.cube import Cube
from postloan.metrics.dimensions import DIMENSIONS
from postloan.metrics.facts import Facts
from postloan.metrics.flow_matrix import balances
from postloan.metrics.metric import Expression
from postloan.metrics.scope import keyed, observation_dates
from postloan.metrics.vintage import VintageSums, vintage_sums
from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.model.nearest import nearest
from postloan.model.scope import MISSING
from postloan.widgets.bands import band
from postloan.widgets.view import ATTRIBUTES, FILTERS, View

MONTHS = 24  # that can be looked at
HEADLINE = (
    "loans_active",
    "balance",
    "overdue_amount",
    "overdue_rate_balance",
    "overdue_rate_count",
    "par_30",
    "par_90",
    "npl_ratio",
    "special_mention_ratio",
)


def key(name: str) -> str:
    """Return the column that holds the group of each row in a filter."""
    return f"by_{name}"


def with_keys(table: ibis.Table, name: str, filters: Sequence[str] = FILTERS) -> ibis.Table:
    """Return the contract table ``name`` with a text column for each filter, missing keys named."""
    groups = {
        by: band(table) if by == "band" else keyed(DIMENSIONS[by].columns[name](table)) for by in filters
    }
    return table.mutate(**{key(by): group for by, group in groups.items()})


def cut(table: ibis.Table, view: View, filters: Sequence[str] = FILTERS) -> list[Any]:
    """Return the conditions that the filters of a view put on a table that has their columns."""
    return [table[key(by)] == value for by in filters if (value := getattr(view, by)) is not None]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The facts of a book, and what is summed from them.

    Args:
        facts: Needs position, flow and loan; instalments, payments and names where the lender gives them.
        as_of: The last date.
        months: Dates that can be looked at, the latest last.
        stocks: ``HEADLINE`` by date and filter.
        flows: Loans and balances by date, state at opening and closing, and filter.
        vintages: What vintage curves are put together from, by attribute.
        crossings: Positions at the first month-end over 30 days past due: the loans behind vintages.
        groups: What each filter can be set to.
    """

    facts: Facts
    as_of: date
    months: tuple[date, ...]
    stocks: Cube
    flows: ibis.Table
    vintages: VintageSums
    crossings: ibis.Table
    groups: dict[str, tuple[str, ...]]

    def check(self, view: View) -> View:
        """Return ``view``; raises Fault for a month or group that the book does not have."""
        if view.month not in self.months:
            raise _unknown("month_end", view.month.isoformat(), [on.isoformat() for on in self.months])
        for by in FILTERS:
            value = getattr(view, by)
            if value is not None and value not in self.groups[by]:
                raise _unknown(by, value, self.groups[by])
        metric(view.figure)
        return view


def _unknown(by: str, value: str, offered: Sequence[str]) -> Fault:
    named = DIMENSIONS[by].label if by in DIMENSIONS else Label("金额段", "Amount band")
    near = nearest(value, offered)
    return Fault(
        Label(f"账簿中没有这个{named.zh}：{value}", f"the book has no {named.en.lower()} {value!r}"),
        Label(f"请从下拉列表中选择（{near}）", near),
    )


def open_portfolio(facts: Facts, as_of: date) -> Portfolio:
    """Sum what exploring needs over the last ``MONTHS`` dates; a minute for millions of loans, then quick.

    Raises:
        Fault: 2 where there is no position at ``as_of``.
    """
    facts.connection.raw_sql("SET parquet_metadata_cache = true")  # stored tables never change
    whole = facts.table("position")
    months = tuple(observation_dates(whole, as_of)[-MONTHS:])
    if not months:
        raise Fault(f"nothing was lent by {as_of}", "choose a later date")
    position = with_keys(whole.filter(whole["month_end"].isin(months)), "position")
    stocks = Cube.of(
        "explore_stocks",
        position,
        [metric(slug) for slug in HEADLINE],
        ["month_end", *map(key, FILTERS)],
        _keep(facts),
    )
    return Portfolio(
        facts=facts,
        as_of=as_of,
        months=months,
        stocks=stocks,
        flows=_keep(facts)("explore_flows", _flows(facts, months)),
        vintages=_vintages(facts, as_of),
        crossings=_keep(facts)("explore_crossings", _crossings(with_keys(whole, "position"))),
        groups={by: _groups(stocks.cells, by) for by in FILTERS},
    )


def _keep(facts: Facts) -> Callable[[str, ibis.Table], ibis.Table]:
    def keep(name: str, query: ibis.Table) -> ibis.Table:
        return facts.connection.create_table(name, query)

    return keep


def _flows(facts: Facts, months: Sequence[date]) -> ibis.Table:
    flow = facts.table("flow")
    rows = with_keys(flow.filter(flow["base"] == "month", flow["month_end"].isin(months)), "flow")
    rows = rows.mutate(**balances(rows))
    return rows.aggregate(
        by=["month_end", *map(key, FILTERS), "from_state", "to_state"],
        n=rows.count(),
        opening=rows["opening"].sum().cast("int64"),
        closing=rows["closing"].sum().cast("int64"),
    )


def _vintages(facts: Facts, as_of: date) -> VintageSums:
    keys = {key(by): band if by == "band" else _keyed(by) for by in ATTRIBUTES}
    sums = vintage_sums(facts, as_of, keys)
    return sums.map(lambda name, query: _keep(facts)(f"explore_vintage_{name}", query))


def _keyed(by: str) -> Expression:
    return lambda t: keyed(DIMENSIONS[by].columns["position"](t))


def _crossings(position: ibis.Table) -> ibis.Table:
    return position.filter(position["first_over_30_on"] == position["month_end"], position["mob"].notnull())


def _groups(cells: ibis.Table, by: str) -> tuple[str, ...]:
    """Return what occurs, what is missing last."""
    found = cells.select(key(by)).distinct().to_pyarrow()[key(by)].to_pylist()
    return tuple(sorted(found, key=lambda group: (group == MISSING, group)))
