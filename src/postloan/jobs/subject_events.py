"""Everything that happened to some loans and their customers, in one list: who paid, who called, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import pandas as pd

from postloan.metrics.facts import Facts
from postloan.metrics.scope import framed, stacked

# Table, its day or moment, the code that says what happened, and the amount, if it has one.
_EVENTS: Mapping[str, tuple[str, str | None, str | None]] = {
    "payment": ("paid_on", "payer", "amount_minor"),
    "loan_event": ("event_on", "event_kind", "amount_minor"),
    "action": ("acted_on", "action_channel", None),
    "promise": ("made_on", None, "amount_minor"),
    "visit": ("visited_on", "visit_kind", None),
    "inspection": ("inspected_on", "inspection_kind", None),
    "signal": ("observed_on", "signal_kind", None),
    "warning": ("raised_on", "signal_kind", None),
    "finding": ("found_on", "finding_kind", None),
    "complaint": ("received_at", None, None),
    "legal_case": ("decided_on", None, "claimed_minor"),
    "legal_step": ("done_on", "legal_step", None),
    "sighting": ("seen_on", None, None),
    "tow": ("towed_on", None, None),
    "disposal_plan": ("planned_on", "disposal_kind", "target_minor"),
    "maturity_decision": ("decided_on", "maturity_decision", None),
}


def events(facts: Facts, chosen: ibis.Table, as_of: date, since: date) -> pd.DataFrame:
    """Return what happened from ``since`` to ``as_of``, the latest first.

    Returns:
        ``on, table, code, amount_minor, loan_id``; a change of the risk class has table ``position`` and the new class
        as its code.
    """
    position = facts.table("position")
    at = position.semi_join(chosen, "loan_id")
    customers = at.select("customer_id").distinct()
    legal = facts.table("legal_case").semi_join(chosen, "loan_id").select("legal_case_id", "loan_id")
    parts = [_part(facts.table(name), name, chosen, customers, legal) for name in _EVENTS]
    parts.append(_classes(at))
    rows = stacked(*parts)
    rows = rows.filter(rows.on <= ibis.literal(as_of), rows.on >= ibis.literal(since))
    return framed(rows.order_by([ibis.desc("on"), "table", "loan_id", "code", "amount_minor"]).to_pyarrow())


def _part(
    t: ibis.Table, name: str, chosen: ibis.Table, customers: ibis.Table, legal: ibis.Table
) -> ibis.Table:
    day, code, amount = _EVENTS[name]
    if name == "legal_step":
        t = t.join(legal, "legal_case_id")
    elif "customer_id" in t.columns:
        own = t.semi_join(customers, "customer_id")
        t = (
            own
            if "loan_id" not in t.columns
            else own.filter(own.loan_id.isnull() | own.loan_id.isin(chosen.loan_id))
        )
    else:
        t = t.semi_join(chosen, "loan_id")
    blank: Any = ibis.null("string")
    return t.select(
        on=t[day].cast("date"),
        table=ibis.literal(name),
        code=t[code].cast("string") if code else blank,
        amount_minor=t[amount].cast("int64") if amount else ibis.null("int64"),
        loan_id=t.loan_id.cast("string") if "loan_id" in t.columns else blank,
    )


def _classes(at: ibis.Table) -> ibis.Table:
    before = ibis.window(group_by="loan_id", order_by="month_end")
    t = at.mutate(last=at.risk_class.lag().over(before))
    changed = t.filter(t.risk_class.notnull(), t["last"].notnull(), t.risk_class != t["last"])
    return changed.select(
        on=changed.month_end,
        table=ibis.literal("position"),
        code=changed.risk_class,
        amount_minor=changed.balance_minor,
        loan_id=changed.loan_id,
    )
