"""What is known of a claim beyond its ledger (F-12): findings, impairment, and what the debtor owes elsewhere.

Expressions over whatever engine holds the tables, one row per loan and date, to be set beside the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis

from postloan.engine.past_due import is_decided, is_over

# A quarter is the longest that accounts go without a provision, a year that a credit report is asked for:
# what is older says nothing of the date.
_PROVISION_HOLDS = 3
_REPORT_HOLDS = 12
IMPAIRED = 3  # stage of CAS 22
_LATE = 90
_FINDINGS = {
    "is_technical_delay": "technical_delay",
    "is_purpose_changed": "purpose_changed",
    "is_paid_by_new_debt": "paid_by_new_debt",
    "is_rating_collapsed": "rating_collapse",
    "is_evading": "evasion",
    "is_bankrupt": "bankruptcy",
}


def claims(
    position: ibis.Table,
    finding: ibis.Table,
    provision: ibis.Table,
    other_bank_debt: ibis.Table,
    dates: Sequence[date],
) -> ibis.Table:
    """Return the columns of a claim at ``dates``, one row per loan and date that ``position`` has.

    Args:
        position: With all loans of the customers, since a debtor's debts are added up.
        finding: Counts from ``found_on`` until the day before ``until_on``; without a loan, for all of the customer.
        provision: The latest by the date counts, if it is of the last quarter.
        other_bank_debt: The latest report by the date counts, if it is of the last year.
        dates: Observation dates.

    Returns:
        ``loan_id, month_end``, flags that are false where nothing was found, and shares that are null where
        they cannot be known: no provision or report, no balance, unknown days past due.
    """
    at = position.filter(position.month_end.isin(dates))
    of_loan = _found(at, finding.filter(finding.loan_id.notnull()), "loan_id")
    of_customer = _found(at, finding.filter(finding.loan_id.isnull()), "customer_id")
    held = _held(at, provision)
    owed = _owed(at, other_bank_debt)
    t = at.select("loan_id", "customer_id", "month_end", "balance_minor")
    t = t.left_join(of_loan, ["loan_id", "month_end"]).select(t, *_FINDINGS)
    whole = of_customer.rename({f"{name}_of_all": name for name in _FINDINGS})
    t = t.left_join(whole, ["customer_id", "month_end"]).select(t, *(f"{name}_of_all" for name in _FINDINGS))
    t = t.left_join(held, ["loan_id", "month_end"]).select(t, "stage", "provision_minor")
    t = t.left_join(owed, ["customer_id", "month_end"]).select(t, "over_90_share")
    share = t.provision_minor.cast("float64") / t.balance_minor
    return t.select(
        "loan_id",
        "month_end",
        **{name: t[name].fill_null(False) | t[f"{name}_of_all"].fill_null(False) for name in _FINDINGS},
        is_impaired=t.stage >= IMPAIRED,
        expected_loss_share=ibis.ifelse(t.balance_minor > 0, share, None),
        over_90_share=t.over_90_share,
    )


def _found(at: ibis.Table, finding: ibis.Table, key: str) -> ibis.Table:
    """Return which findings hold on each date for each ``key``: the loans, or the customers as a whole."""
    subjects = at.select(key, "month_end").distinct()
    t = subjects.join(finding.select(key, "finding_kind", "found_on", "until_on"), key)
    now = t.filter(t.found_on <= t.month_end, t.until_on.isnull() | (t.until_on > t.month_end))
    return now.group_by([key, "month_end"]).agg(
        **{name: (now.finding_kind == kind).any() for name, kind in _FINDINGS.items()}
    )


def _held(at: ibis.Table, provision: ibis.Table) -> ibis.Table:
    rows = at.select("loan_id", "month_end").join(
        provision.select("loan_id", "stage", "provision_minor", held_on=provision.month_end), "loan_id"
    )
    return _latest(rows, "loan_id", rows.held_on, _PROVISION_HOLDS, "stage", "provision_minor")


def _owed(at: ibis.Table, other_bank_debt: ibis.Table) -> ibis.Table:
    """Return the share of a customer's debts at all banks that is more than 90 days past due."""
    late = ibis.ifelse(is_over(at, _LATE), at.balance_minor, 0)
    is_known = is_decided(at, _LATE) & at.balance_minor.notnull()
    active = at.mutate(late=late, is_known=is_known).filter(at.status == "active")
    here = active.group_by(["customer_id", "month_end"]).agg(
        owed_here=active.balance_minor.sum(), late_here=active.late.sum(), is_known=active.is_known.all()
    )
    rows = here.join(other_bank_debt.drop("known_on"), "customer_id")
    told = _latest(rows, "customer_id", rows.reported_on, _REPORT_HOLDS, "debt_minor", "over_90_minor")
    t = here.join(told, ["customer_id", "month_end"])
    owed, is_late = t.owed_here + t.debt_minor, t.late_here + t.over_90_minor
    share = ibis.ifelse(t.is_known & (owed > 0), is_late.cast("float64") / owed, None)
    return t.select("customer_id", "month_end", over_90_share=share)


def _latest(rows: ibis.Table, key: str, on: Any, months: int, *names: str) -> ibis.Table:
    """Return ``names`` of the latest row by each date, not older than some months, for each ``key``."""
    rows = rows.mutate(__on=on)
    is_recent = rows["__on"] > rows.month_end - ibis.interval(months=months)
    t = rows.filter(rows["__on"] <= rows.month_end, is_recent)
    return t.group_by([key, "month_end"]).agg(**{name: t[name].argmax(t["__on"]) for name in names})
