"""Lists beside the figures of warnings and care: the ledger, whom data calls a warning for, who was asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.engine.triggers import triggers
from postloan.engine.warnings import largest_loan
from postloan.metrics.facts import Facts
from postloan.metrics.portfolio import is_active
from postloan.metrics.scope import in_scopes, keyed, tidy
from postloan.model.limits import Limits
from postloan.model.scope import product_of

_LEDGER = (
    "warning_id", "customer_id", "loan_id", "branch", "product", "signal_kind", "warning_family", "raised_on",
    "staff_id", "deadline_on", "is_overdue", "is_complete", "is_answered", "is_fitting",
)  # fmt: skip
_MISSING = (
    "customer_id", "loan_id", "branch", "product", "trigger", "rule", "item", "since_on", "change",
)  # fmt: skip
_WARNED_BEFORE = 90  # days before the trigger within which a warning of the ledger stands for it


def cut_to_scopes(t: ibis.Table, scopes: Sequence[str]) -> ibis.Table:
    """Return rows once for ``all`` and for each branch and product asked for."""
    branches = [scope for scope in scopes if product_of(scope) is None]
    products = {scope: product_of(scope) for scope in scopes if product_of(scope) is not None}
    parts = [in_scopes(t, branches)] if branches else []
    parts += [
        t.filter(keyed(t["product"]) == name).mutate(scope=ibis.literal(scope))
        for scope, name in products.items()
    ]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def ledger(warning_state: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the open warnings at ``as_of``, those past their deadline first, then the oldest."""
    t = warning_state.filter(warning_state.month_end == ibis.literal(as_of), warning_state.is_open)
    t = t.select(*_LEDGER).mutate(order=ibis.ifelse(t.is_overdue.fill_null(False), 0, 1))
    rows = cut_to_scopes(t, scopes).select("scope", "order", *_LEDGER)
    return tidy(rows, ["scope", "order", "raised_on", "warning_id"]).drop(columns="order")


def families(warning_state: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return new, open, overdue and closed warnings at ``as_of`` by family and signal (S0-7)."""
    t = warning_state.filter(warning_state.month_end == ibis.literal(as_of))
    rows = cut_to_scopes(t, scopes)
    found = rows.group_by(["scope", "warning_family", "signal_kind"]).agg(
        n_new=rows.is_new.sum(),
        n_open=rows.is_open.sum(),
        n_overdue=(rows.is_open & rows.is_overdue.fill_null(False)).sum(),
        n_closed=rows.is_closed_now.sum(),
    )
    total = found.n_new + found.n_open + found.n_closed
    return tidy(found.filter(total > 0), ["scope", "warning_family", "signal_kind"])


def missing(facts: Facts, as_of: date, scopes: Sequence[str], limits: Limits) -> pd.DataFrame:
    """Return whom data calls a warning for and the ledger has none of (see ``engine.triggers``).

    Customers who owe something at ``as_of`` alone; a warning of the quarter before the trigger, or after it,
    stands for it.
    """
    table = facts.table
    found = triggers(
        table("statement"),
        table("collateral"),
        table("valuation"),
        table("signal"),
        table("loan"),
        limits,
        as_of,
    )
    told = table("warning").select("customer_id", "raised_on")
    both = found.join(told, "customer_id")
    warned = both.filter(both.raised_on >= (both.since_on - ibis.interval(days=_WARNED_BEFORE)).cast("date"))
    silent = found.anti_join(warned.select("customer_id", "trigger").distinct(), ["customer_id", "trigger"])
    at = largest_loan(table("position")).filter(lambda t: t.month_end == ibis.literal(as_of))
    t = silent.join(at.drop("month_end"), "customer_id")
    t = t.mutate(loan_id=t.loan_id.coalesce(t.largest_id)).drop("largest_id")
    lent = table("loan").select("loan_id", "branch", "product")
    t = t.mutate(change=t.now / t.was - 1)
    rows = cut_to_scopes(t.join(lent, "loan_id").select(*_MISSING), scopes).select("scope", *_MISSING)
    return tidy(rows, ["scope", "trigger", ("since_on", "descending"), "customer_id", "loan_id", "item"])


def sample(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return who was asked in the last survey, who answered, and the borrowers they stand for, by product (S0-5, F-40).

    Returns:
        ``scope, product, borrowers, asked, answered, satisfied``; a product nobody was asked of has ``asked`` 0.
    """
    asked = facts.table("survey_state")
    last = asked.filter(asked.month_end == ibis.literal(as_of))
    position = facts.table("position")
    at = position.filter(position.month_end == ibis.literal(as_of), is_active(position))
    borrowers = cut_to_scopes(at.select("customer_id", "branch", "product"), scopes)
    counted = borrowers.group_by(["scope", "product"]).agg(borrowers=borrowers.customer_id.nunique())
    rows = cut_to_scopes(last, scopes)
    told = rows.group_by(["scope", "product"]).agg(
        asked=rows.count(),
        answered=rows.is_answered.sum(),
        satisfied=rows.is_satisfied.fill_null(False).sum(),
    )
    t = counted.left_join(told, ["scope", "product"]).drop("scope_right", "product_right")
    filled = {name: t[name].fill_null(0) for name in ("asked", "answered", "satisfied")}
    return tidy(t.mutate(**filled), ["scope", ("borrowers", "descending"), "product"])
