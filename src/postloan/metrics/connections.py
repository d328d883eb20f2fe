"""Who hangs together: customers that share a phone, an address, a group, a guarantor, an employer or a machine."""

from __future__ import annotations

from collections import deque
from datetime import date

import ibis
import pandas as pd

from postloan.metrics.facts import Facts
from postloan.metrics.portfolio import is_active
from postloan.metrics.scope import framed
from postloan.model.codes import NPL_CLASSES

MOST = 60  # customers of one net; a larger one is shared by accident: a switchboard, a market
_COMMON = 8  # customers that may share one thing before it says nothing


def links(facts: Facts) -> pd.DataFrame:
    """Return what customers share: ``kind, value, customer_id``, only of values that two to eight of them have."""
    customer, loan = facts.table("customer"), facts.table("loan")
    owner = loan.select("loan_id", customer_id=loan.customer_id.coalesce(loan.loan_id))
    guarantee, collateral = facts.table("guarantee"), facts.table("collateral")
    parts = [
        *(_own(customer, name) for name in ("phone", "address", "group_id", "employer")),
        _of_loan(guarantee, owner, "guarantor", guarantee.guarantor_id),
        _of_loan(guarantee, owner, "guarantor_phone", guarantee.phone),
        _of_loan(collateral, owner, "machine", collateral.frame_no),
    ]
    every = ibis.union(*parts).distinct()
    count = every.group_by(["kind", "value"]).agg(n=every.customer_id.nunique())
    shared = every.semi_join(count.filter(count.n > 1, count.n <= _COMMON), ["kind", "value"])
    return framed(shared.order_by(["kind", "value", "customer_id"]).to_pyarrow())


def _own(customer: ibis.Table, name: str) -> ibis.Table:
    t = customer.filter(customer[name].notnull())
    kind = {"group_id": "group"}.get(name, name)
    return t.select(kind=ibis.literal(kind), value=t[name].cast("string"), customer_id=t.customer_id)


def _of_loan(t: ibis.Table, owner: ibis.Table, kind: str, value: ibis.Value) -> ibis.Table:
    rows = t.mutate(shared=value).filter(lambda r: r.shared.notnull()).join(owner, "loan_id")
    return rows.select(
        kind=ibis.literal(kind), value=rows.shared.cast("string"), customer_id=rows.customer_id
    )


def net_of(shared: pd.DataFrame, customers: list[str]) -> list[str]:
    """Return the customers that hang together with some, these first, then the nearest; at most ``MOST``."""
    by_value = shared.groupby(["kind", "value"])["customer_id"].agg(list)
    beside: dict[str, set[str]] = {}
    for members in by_value:
        for one in members:
            beside.setdefault(one, set()).update(members)
    found, queue = list(dict.fromkeys(customers)), deque(customers)
    while queue and len(found) < MOST:
        for other in sorted(beside.get(queue.popleft(), set()) - set(found)):
            if len(found) < MOST:
                found.append(other)
                queue.append(other)
    return found


def connections(facts: Facts, customers: list[str], as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the net of some customers: what each pair shares, and what each of them owes.

    Returns:
        ``kind, value, customers`` (numbers, separated by spaces), and ``customer_id, is_subject, loans, balance_minor,
        overdue_minor, npl_minor``; who owes nothing at ``as_of`` has 0 loans, an unknown balance is blank.
    """
    shared = links(facts)
    net = net_of(shared, customers)
    within = shared[shared["customer_id"].isin(net)]
    told = (
        within.groupby(["kind", "value"])["customer_id"].agg(lambda ids: " ".join(sorted(ids))).reset_index()
    )
    told = told[told["customer_id"].str.contains(" ")].rename(columns={"customer_id": "customers"})
    position = facts.table("position")
    at = position.filter(position.month_end == ibis.literal(as_of), is_active(position))
    at = at.filter(at.customer_id.isin(net))
    is_npl = at.risk_class.isin(NPL_CLASSES).fill_null(False)
    owed = at.group_by("customer_id").agg(
        loans=at.count(),
        balance_minor=ibis.ifelse(at.balance_minor.isnull().any(), None, at.balance_minor.sum()),
        overdue_minor=ibis.ifelse(at.overdue_minor.isnull().any(), None, at.overdue_minor.sum()),
        npl_minor=ibis.ifelse(is_npl, at.balance_minor, 0).sum(),
    )
    frame = pd.DataFrame({"customer_id": net, "is_subject": [one in customers for one in net]})
    frame = frame.merge(framed(owed.to_pyarrow()), on="customer_id", how="left")
    blank = {"loans": 0, "balance_minor": 0, "overdue_minor": 0, "npl_minor": 0}
    has_loans = frame["loans"].notna()
    return told.reset_index(drop=True), frame.where(has_loans, frame.fillna(blank))
