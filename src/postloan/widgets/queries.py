"""What stands behind a figure: its definition and the query over the contract's tables that gives it."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from postloan.metrics.catalogue import metric
from postloan.metrics.flow_matrix import balances
from postloan.metrics.measure import Sums, measuring
from postloan.metrics.metric import Metric
from postloan.model.label import Label
from postloan.widgets.figures import AGEING
from postloan.widgets.loans import PAGE_ROWS, listing
from postloan.widgets.portfolio import Portfolio, cut, key, with_keys
from postloan.widgets.view import Tab, View

_FLOWS = Label(
    "期初状态的本金余额中，月末处于各状态的份额；离开的贷款保留在分母中",
    "Share of each opening state's balance that is in each state at the month's end; loans that left stay in the"
    " denominator",
)
_VINTAGES = Label(
    "各放款批次中，到该账龄为止曾逾期30天以上的贷款首次超过时的余额 / 该批次放款金额",
    "Of each cohort, balance at the first month-end over 30 days past due, up to that age / amount lent",
)
_LOANS = Label("所列贷款在所选月末的状况", "Positions of the loans listed")


@dataclass(frozen=True, slots=True)
class Query:
    """A definition, where it comes from and SQL that anybody with the book can run."""

    title: Label
    definition: Label
    source: str
    sql: str


def queries(portfolio: Portfolio, view: View) -> tuple[Query, ...]:
    """Return what stands behind the chosen headline figure, and behind what is shown under it."""
    return (_figure(portfolio, view), _SHOWN[view.tab](portfolio, view))


def _figure(portfolio: Portfolio, view: View) -> Query:
    chosen = metric(view.figure)
    return Query(chosen.label, chosen.definition, chosen.source, _measured(portfolio, view, [chosen], []))


def _measured(portfolio: Portfolio, view: View, metrics: list[Metric], by: list[str]) -> str:
    position = portfolio.facts.table("position")
    rows = with_keys(position.filter(position["month_end"] == view.month), "position")
    rows = rows.filter(ibis.literal(True), *cut(rows, view))
    return _sql(measuring(rows, Sums.of(rows, metrics), by))


def _ageing(portfolio: Portfolio, view: View) -> Query:
    metrics = [metric(slug) for slug in AGEING]
    told = Label(*("；".join(m.definition.zh for m in metrics), "; ".join(m.definition.en for m in metrics)))
    sql = _measured(portfolio, view, metrics, [key("bucket")])
    return Query(Label("账龄", "Ageing"), told, "F-06, F-07, F-09", sql)


def _flows(portfolio: Portfolio, view: View) -> Query:
    flow = portfolio.facts.table("flow")
    rows = with_keys(flow.filter(flow["base"] == "month", flow["month_end"] == view.month), "flow")
    rows = rows.mutate(**balances(rows)).filter(ibis.literal(True), *cut(rows, view))
    sums = rows.aggregate(
        by=["from_state", "to_state"],
        n=rows.count(),
        opening=rows["opening"].sum(),
        closing=rows["closing"].sum(),
    )
    return Query(Label("状态流转", "Flows"), _FLOWS, "F-15", _sql(sums))


def _vintages(portfolio: Portfolio, view: View) -> Query:
    rows = portfolio.crossings
    rows = rows.filter(ibis.literal(True), *cut(rows, view, ("branch", "product", "industry", "band")))
    sums = rows.aggregate(
        by=["cohort", "mob"], n=rows.count(), over_30=rows["balance_first_over_30_minor"].sum()
    )
    return Query(Label("放款批次", "Vintages"), _VINTAGES, "F-20", _sql(sums))


def _loans(portfolio: Portfolio, view: View) -> Query:
    sql = _sql(listing(portfolio, view, PAGE_ROWS, (view.page - 1) * PAGE_ROWS))
    return Query(Label("贷款清单", "Loans"), _LOANS, "position", sql)


def _sql(query: ibis.Table) -> str:
    return str(ibis.to_sql(query, dialect="duckdb"))


_SHOWN = {Tab.AGEING: _ageing, Tab.FLOWS: _flows, Tab.VINTAGES: _vintages, Tab.LOANS: _loans}
