"""First-payment default: loans whose first, second or third instalment went late (F-22)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd

from postloan.metrics.facts import Facts
from postloan.metrics.measure import measure
from postloan.metrics.metric import Basis, Metric, Unit
from postloan.metrics.scope import in_scopes, stacked
from postloan.model.label import Label

NTHS = (1, 2, 3)
DAYS = (0, 7, 30)  # over, strictly
_BASES = {"count": Basis.COUNT, "amount": Basis.BALANCE}


def _every_row(table: ibis.Table) -> Any:
    return ibis.literal(True)


def _weight(basis: str) -> Callable[[ibis.Table], Any]:
    return lambda t: t["principal_minor"] if basis == "amount" else ibis.literal(1)


def _defaulted(days: int, basis: str) -> Callable[[ibis.Table], Any]:
    return lambda t: ibis.ifelse(t["worst_dpd"] > days, _weight(basis)(t), 0)


def _matured(as_of: date, days: int) -> Callable[[ibis.Table], Any]:
    """Loans whose days have passed; one whose schedule is unknown is in it, so that it can be counted."""
    return lambda t: t["due_on"].isnull() | (t["due_on"] <= as_of - timedelta(days=days))


def _metric(as_of: date, days: int, basis: str) -> Metric:
    zh, en = {"count": ("户数", "loans"), "amount": ("金额", "amount lent")}[basis]
    return Metric(
        slug=f"fpd_{days}_{basis}",
        label=Label(f"首逾{days}天以上（{zh}）", f"First-payment default over {days} days, by {en}"),
        family="vintage",
        table="instalment_outcome",
        population=_matured(as_of, days),
        known=lambda t: t["worst_dpd"].notnull(),
        numerator=_defaulted(days, basis),
        denominator=_weight(basis),
        basis=_BASES[basis],
        unit=Unit.FRACTION,
        higher_is_worse=True,
        definition=Label(
            f"首期逾期超过{days}天的贷款{zh} ÷ 首期应还日后{days}天已过的贷款{zh}；第二、三期同理",
            f"Loans ({en}) whose first instalment was over {days} days late ÷ loans whose first due date "
            f"plus {days} days has passed; likewise for the second and third",
        ),
        source="F-22",
    )


def fpd_metrics(as_of: date) -> dict[tuple[int, str], Metric]:
    """Return the metrics by days and basis (``count``, ``amount``) for an observation date."""
    return {(days, basis): _metric(as_of, days, basis) for days in DAYS for basis in _BASES}


def fpd(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return first-, second- and third-payment default over 0, 7 and 30 days, by cohort and in all.

    The n-th instalment is the n-th that fell due: one that a new schedule replaced on or before its due
    date is passed over. A loan settled before is in the denominator as paid. Only matured instalments
    count (due date + x ≤ ``as_of``). A loan without any instalment is ``unknown``.

    Args:
        facts: Needs ``loan`` and ``instalment_outcome``.
        as_of: Observation date.
        scopes: ``all`` and branches.

    Returns:
        ``scope, cohort, nth, x_days, basis, numerator, denominator, n, unknown, value, low, high``;
        ``cohort`` is the first day of the month of disbursement, missing for all cohorts together.
        Amounts are those lent, in minor units; bounds are Wilson 95 % (effective n for amounts).
    """
    metrics = fpd_metrics(as_of)
    loans = in_scopes(_nth_instalments(facts, as_of), scopes)
    keys = {metric.slug: key for key, metric in metrics.items()}
    by_cohort = measure(loans, list(metrics.values()), ["scope", "cohort", "nth"])
    in_all = measure(loans, list(metrics.values()), ["scope", "nth"])
    cohort = pd.to_datetime(by_cohort["cohort"]).astype("datetime64[ms]")
    none = pd.Series(pd.NaT, index=in_all.index, dtype="datetime64[ms]")
    rows = pd.concat([in_all.assign(cohort=none), by_cohort.assign(cohort=cohort)], ignore_index=True)
    named = rows.assign(
        x_days=[keys[slug][0] for slug in rows["metric"]], basis=[keys[slug][1] for slug in rows["metric"]]
    )
    order = ["scope", "cohort", "nth", "x_days", "basis"]
    figures = ["numerator", "denominator", "n", "unknown", "value", "low", "high"]
    return named[[*order, *figures]].sort_values(order, na_position="first", ignore_index=True)


def _nth_instalments(facts: Facts, as_of: date) -> ibis.Table:
    """Return one row per disbursed loan and n: its n-th instalment that fell due, blank without a schedule."""
    loan = facts.table("loan")
    lent = loan.filter(loan["disbursed_on"] <= as_of).select(
        "loan_id", "branch", "principal_minor", cohort=loan["disbursed_on"].truncate("M")
    )
    due = _due(facts.table("instalment_outcome"))
    bare = lent.filter(lent["loan_id"].notin(due["loan_id"]))
    unknown = [
        bare.mutate(
            nth=ibis.literal(nth, type="int64"),
            due_on=ibis.null("date"),
            worst_dpd=ibis.null("int32"),
        )
        for nth in NTHS
    ]
    known = lent.inner_join(due.filter(due["nth"] <= max(NTHS)), "loan_id")
    columns = ["branch", "cohort", "principal_minor", "nth", "due_on", "worst_dpd"]
    return stacked(*(part.select(columns) for part in (known, *unknown)))


def _due(outcome: ibis.Table) -> ibis.Table:
    """Number the instalments of each loan in the order in which they fell due, from 1."""
    latest = outcome.group_by("loan_id").mutate(last_schedule=lambda t: t["schedule_no"].max())
    stood = latest.filter(
        latest["superseded_on"].isnull()
        | (latest["superseded_on"] > latest["due_on"])
        | (latest["schedule_no"] == latest["last_schedule"])
    )
    order = [stood["due_on"], stood["schedule_no"], stood["instalment_no"]]
    window = ibis.window(group_by="loan_id", order_by=order)
    return stood.select(
        "loan_id", "due_on", "worst_dpd", nth=(ibis.row_number().over(window) + 1).cast("int64")
    )
