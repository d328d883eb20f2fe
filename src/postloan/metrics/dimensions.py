"""Dimensions: the ways to break a figure down, and what each means on a stock and on a flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

from postloan.metrics.metric import Dimension, Expression
from postloan.model.label import Label

_TABLES = ("position", "flow", "cure", "recovery")
_CARE = (
    "warning_state", "deterioration", "survey_state", "complaint_state", "borrower_month", "matured", "file_state",
)  # fmt: skip


def _column(name: str) -> Expression:
    return lambda t: t[name]


def _bucket(t: ibis.Table) -> Any:
    return "M" + t.bucket.cast("string")


def _attribute(slug: str, zh: str, en: str, tables: Sequence[str] = _TABLES) -> Dimension:
    return Dimension(slug, Label(zh, en), {table: _column(slug) for table in tables})


_ALL = (
    _attribute("branch", "机构", "Branch", (*_TABLES, *_CARE)),
    _attribute("product", "产品", "Product", (*_TABLES, *_CARE)),
    _attribute("industry", "行业", "Industry"),
    _attribute("region", "地区", "Region"),
    _attribute("customer_kind", "客户类型", "Customer kind"),
    _attribute("officer_id", "客户经理", "Officer"),
    _attribute("cohort", "放款批次", "Cohort"),
    _attribute("month_end", "月末", "Month end", (*_TABLES, *_CARE)),
    Dimension("bucket", Label("逾期阶段", "Bucket"), {"position": _bucket, "flow": _column("from_state")}),
    Dimension(
        "risk_class",
        Label("五级分类", "Risk class"),
        {"position": _column("risk_class"), "flow": _column("from_risk_class")},
    ),
)
DIMENSIONS = {dimension.slug: dimension for dimension in _ALL}


def with_dimensions(table: ibis.Table, name: str, by: Sequence[str]) -> ibis.Table:
    """Return the contract table ``name`` with one column per dimension slug of ``by``.

    A flow's bucket and class are those at opening. Raises KeyError where the table has no such dimension.
    """
    return table.mutate(**{slug: DIMENSIONS[slug].columns[name](table) for slug in by})
