"""The loans behind what is shown: found, sorted and paged by the engine, masked on the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from postloan.metrics.catalogue import metric
from postloan.metrics.portfolio import is_active
from postloan.model.contract import Column
from postloan.model.delivered import CUSTOMER
from postloan.model.derived import POSITION
from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.report.contract_cells import cell_of, field_of
from postloan.report.section import Cell, Field
from postloan.widgets.portfolio import Portfolio, cut, with_keys
from postloan.widgets.view import ATTRIBUTES, Behind, CohortCell, FlowCell, View

PAGE_ROWS = 20
MOST_EXPORTED = 100_000
NAME = CUSTOMER.column("name")
_LISTED = (
    "loan_id",
    "month_end",
    "branch",
    "product",
    "industry",
    "status",
    "balance_minor",
    "overdue_minor",
    "dpd",
    "risk_class",
    "matures_on",
)
SORTED_BY = tuple(POSITION.column(name) for name in _LISTED)  # a name is put beside after paging
COLUMNS: tuple[Column, ...] = (SORTED_BY[0], NAME, *SORTED_BY[1:])


@dataclass(frozen=True, slots=True)
class LoanPage:
    """A page of loans.

    Args:
        ids: Their numbers.
        rows: Their cells, one per ``COLUMNS``; names masked where the notebook is.
        n_loans: How many there are on all pages.
        page: Which it is, from 1; the last one where the view names one beyond.
    """

    ids: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    n_loans: int
    page: int

    @property
    def n_pages(self) -> int:
        """Return how many pages there are, at least one."""
        return max(1, -(-self.n_loans // PAGE_ROWS))


def fields(lang: str) -> tuple[Field, ...]:
    """Return the heads of ``COLUMNS``."""
    return tuple(field_of(column, lang) for column in COLUMNS)


def chosen(portfolio: Portfolio, view: View) -> ibis.Table:
    """Return the positions of the loans that the view lists, unsorted.

    Without a pick, what is active in the month. A picked flow lists what moved, at the closing, with the
    filters as they held at the opening; a picked cohort cell the positions at which its loans were first over.
    """
    if isinstance(view.pick, CohortCell):
        return _crossed(portfolio, view, view.pick)
    position = portfolio.facts.table("position")
    rows = position.filter(position["month_end"] == view.month)
    if isinstance(view.pick, FlowCell):
        return rows.semi_join(_moved(portfolio, view, view.pick), "loan_id")
    rows = with_keys(rows, "position")
    rows = rows.filter(is_active(rows), *cut(rows, view))
    return _counted(rows, view.pick.metric) if isinstance(view.pick, Behind) else rows


def _moved(portfolio: Portfolio, view: View, cell: FlowCell) -> ibis.Table:
    flow = portfolio.facts.table("flow")
    flow = with_keys(flow.filter(flow["base"] == "month", flow["month_end"] == view.month), "flow")
    is_cell = (flow["from_state"] == cell.from_state) & (flow["to_state"] == cell.to_state)
    return flow.filter(is_cell, *cut(flow, view))


def _crossed(portfolio: Portfolio, view: View, cell: CohortCell) -> ibis.Table:
    rows = portfolio.crossings
    cohort = rows["cohort"].truncate("Q" if cell.grain == "quarter" else "M")
    return rows.filter(cohort == cell.cohort, rows["mob"] <= cell.mob, *cut(rows, view, ATTRIBUTES))


def _counted(rows: ibis.Table, slug: str) -> ibis.Table:
    """Keep what the numerator of a metric counts."""
    found = metric(slug)
    return rows.filter(found.population(rows), found.known(rows), found.numerator(rows) != 0)


def listing(portfolio: Portfolio, view: View, limit: int, offset: int = 0) -> ibis.Table:
    """Return the query of some rows of the list: sorted, unknown last, equals by loan number."""
    if view.sort not in _LISTED:
        raise Fault(
            Label(f"不能按 {view.sort} 排序", f"loans cannot be sorted by {view.sort!r}"),
            Label("请点击表头排序", "click the head of a column"),
        )
    rows = chosen(portfolio, view).select(*_LISTED)
    way = (
        rows[view.sort].desc(nulls_first=False)
        if view.is_descending
        else rows[view.sort].asc(nulls_first=False)
    )
    return rows.order_by(way, rows["loan_id"], rows["month_end"]).limit(limit, offset=offset)


def loan_page(portfolio: Portfolio, view: View, *, is_masked: bool) -> LoanPage:
    """Return the page of the view."""
    n_loans = int(chosen(portfolio, view).count().to_pyarrow().as_py())
    page = min(view.page, max(1, -(-n_loans // PAGE_ROWS)))
    ids, rows = _rows(portfolio, view, PAGE_ROWS, (page - 1) * PAGE_ROWS, is_masked=is_masked)
    return LoanPage(ids, rows, n_loans, page)


def all_loans(portfolio: Portfolio, view: View, *, is_masked: bool) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows of all pages, in the order shown; raises Fault for more than ``MOST_EXPORTED``."""
    _, rows = _rows(portfolio, view, MOST_EXPORTED + 1, 0, is_masked=is_masked)
    if len(rows) > MOST_EXPORTED:
        raise Fault(
            Label(
                f"超过 {MOST_EXPORTED:,} 笔，不能导出",
                f"more than {MOST_EXPORTED:,} loans cannot be exported",
            ),
            Label("请先缩小筛选范围", "narrow the filters first"),
        )
    return rows


def _rows(
    portfolio: Portfolio, view: View, limit: int, offset: int, *, is_masked: bool
) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    found = listing(portfolio, view, limit, offset).to_pyarrow().to_pydict()
    names = names_of(portfolio, found["loan_id"])
    columns = [
        names if column is NAME else found[column.name]  # the same order of loans
        for column in COLUMNS
    ]
    cells = [
        _cells(column, values, view.lang, is_masked) for column, values in zip(COLUMNS, columns, strict=True)
    ]
    return tuple(found["loan_id"]), tuple(zip(*cells, strict=True))


def _cells(column: Column, values: Sequence[Any], lang: str, is_masked: bool) -> list[Cell]:
    return [cell_of(column, value, lang, is_masked=is_masked) for value in values]


def names_of(portfolio: Portfolio, loan_ids: Sequence[str]) -> list[str | None]:
    """Return the borrower's name of each loan, unmasked; None where the lender does not give it."""
    loan, customer = portfolio.facts.table("loan"), portfolio.facts.table("customer")
    borrowers = loan.filter(loan["loan_id"].isin(list(loan_ids))).select("loan_id", "customer_id")
    ids = borrowers.to_pyarrow().to_pydict()
    of_loan = dict(zip(ids["loan_id"], ids["customer_id"], strict=True))
    named = customer.filter(customer["customer_id"].isin(sorted(set(filter(None, of_loan.values())))))
    given = named.select("customer_id", "name").to_pyarrow().to_pydict()
    names = dict(zip(given["customer_id"], given["name"], strict=True))
    return [names.get(of_loan.get(loan_id)) for loan_id in loan_ids]
