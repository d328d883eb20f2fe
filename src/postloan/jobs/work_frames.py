"""What staff did, as results frames: the tables of work are made once, and measured for all scopes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.engine.case_months import case_months, handover_days
from postloan.engine.contacts import contacts
from postloan.engine.promises import promise_states
from postloan.metrics import performance
from postloan.metrics.facts import Facts
from postloan.metrics.time_to_pay import time_to_pay
from postloan.model.scope import ALL, product_of
from postloan.policy.policy import Policy
from postloan.policy.work import limits


def work_frames(facts: Facts, as_of: date, policy: Policy, scopes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the frames of collection work; none where the lender delivers no actions.

    Args:
        facts: Of the book at ``as_of``.
        as_of: Last day; the month it lies in is reported on.
        policy: Its rules of work.
        scopes: ``all``, branches, products.
    """
    assert policy.work is not None  # the caller checks
    if "action" not in facts.whole().given(as_of):
        return {}
    products = [scope for scope in scopes if product_of(scope) is not None]
    others = [scope for scope in scopes if scope not in products]
    found = [_frames(facts.whole(), as_of, policy, others)] if others else []
    for scope in products:
        frames = _frames(facts.whole().of_product(str(product_of(scope))), as_of, policy, [ALL])
        found.append({name: frame.assign(scope=scope) for name, frame in frames.items()})
    return {name: pd.concat([frames[name] for frames in found], ignore_index=True) for name in found[0]}


def _frames(facts: Facts, as_of: date, policy: Policy, scopes: Sequence[str]) -> dict[str, pd.DataFrame]:
    tables = work_tables(facts, as_of, policy)
    return {
        "work_measures": performance.work_measures(tables, as_of, scopes),
        "conduct_breaches": performance.breaches(tables["contact"], as_of, scopes),
        "open_promises": performance.open_promises(tables["promise_state"], as_of, scopes),
        "time_to_pay": time_to_pay(facts, as_of, scopes),
        "deferrals_beyond": performance.deferrals_beyond(tables["promise_state"], as_of, scopes),
    }


def work_tables(facts: Facts, as_of: date, policy: Policy) -> dict[str, ibis.Table]:
    """Return ``contact, promise_state, case_month, handover_day``, each computed once."""
    assert policy.work is not None
    judged_by = limits(policy.work, policy.parameters)
    table, connection = facts.table, facts.connection
    staff, loan = table("staff"), table("loan")

    def kept(name: str, rows: ibis.Table) -> ibis.Table:
        return connection.create_table(f"_{name}", rows.to_pyarrow(), overwrite=True)

    contact = kept("contact", contacts(table("action"), staff, loan, table("collateral"), judged_by, as_of))
    promises = promise_states(
        table("promise"), table("payment"), table("instalment_outcome"), loan, staff, judged_by, as_of
    )
    cases = case_months(
        table("collection_case"),
        table("assignment"),
        table("flow"),
        contact,
        table("loan_event"),
        staff,
        as_of,
    )
    return {
        "contact": contact,
        "promise_state": kept("promise_state", promises),
        "case_month": kept("case_month", cases),
        "handover_day": kept(
            "handover_day", handover_days(table("handover"), contact, staff, judged_by, as_of)
        ),
    }
