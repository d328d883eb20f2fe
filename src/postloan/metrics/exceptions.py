"""Exceptions: records that contradict each other, or lack what a reviewer needs, by rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import ibis
import pandas as pd

from postloan.engine.past_due import is_over
from postloan.metrics.facts import Facts
from postloan.metrics.lists import with_maturity
from postloan.metrics.portfolio import is_active
from postloan.metrics.scope import in_scopes, stacked, tidy
from postloan.model.contract import Severity
from postloan.model.label import Label

Find: TypeAlias = Callable[[Facts, date], ibis.Table]
"""From facts and date to the offending records: ``subject_id, branch, detail``."""


@dataclass(frozen=True, slots=True)
class ExceptionRule:
    """One kind of exception: which table it is about, how grave, what it is called, how it is found."""

    slug: str
    table: str
    severity: Severity
    label: Label
    find: Find


def exceptions(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return every record that breaks a rule of ``EXCEPTION_RULES``; the loans stay in every figure.

    Args:
        facts: Needs ``position``, ``loan``, ``instalment``, ``payment``, ``loan_event`` and ``loan_tape``; a
            table the lender does not give has no exceptions.
        as_of: Observation date.
        scopes: ``all`` and branches.

    Returns:
        ``scope, severity, rule, table, subject_id, label_zh, label_en, detail``, errors first. ``detail``
        names the columns that matter with their values, dates in ISO form, money in minor units.
    """
    parts = [
        rule.find(facts, as_of).select(
            "subject_id",
            "branch",
            "detail",
            rule=ibis.literal(rule.slug),
            severity=ibis.literal(rule.severity.value),
            table=ibis.literal(rule.table),
            label_zh=ibis.literal(rule.label.zh),
            label_en=ibis.literal(rule.label.en),
        )
        for rule in EXCEPTION_RULES
    ]
    columns = ["scope", "severity", "rule", "table", "subject_id", "label_zh", "label_en", "detail"]
    found = in_scopes(stacked(*parts), scopes).select(columns)
    return tidy(found, ["scope", "severity", "rule", "subject_id", "detail"])


def _said(table: ibis.Table, *names: str) -> Any:
    """Return "name value; name value" as text, a blank value as a dash."""
    text = ibis.literal("")
    for place, name in enumerate(names):
        text = text + (f"; {name} " if place else f"{name} ") + table[name].cast("string").fill_null("—")
    return text


def _found(rows: ibis.Table, subject: str, *names: str) -> ibis.Table:
    return rows.select("branch", subject_id=rows[subject], detail=_said(rows, *names))


def _lent(facts: Facts, as_of: date) -> ibis.Table:
    loan = facts.table("loan")
    return loan.filter(loan["disbursed_on"] <= as_of)


def _active(facts: Facts, as_of: date) -> ibis.Table:
    position = facts.table("position")
    return position.filter(position["month_end"] == as_of, is_active(position))


def _payment_before_disbursement(facts: Facts, as_of: date) -> ibis.Table:
    loan = facts.table("loan").select("loan_id", "branch", "disbursed_on")
    paid = facts.table("payment").inner_join(loan, "loan_id")
    early = paid.filter(paid["paid_on"] <= as_of, paid["paid_on"] < paid["disbursed_on"])
    return _found(early, "payment_id", "loan_id", "paid_on", "disbursed_on")


def _schedule_differs(facts: Facts, as_of: date) -> ibis.Table:
    first = facts.table("instalment").filter(lambda t: t["schedule_no"] == 1)
    planned = first.aggregate(by="loan_id", scheduled_minor=lambda t: t["principal_minor"].sum())
    both = _lent(facts, as_of).inner_join(planned, "loan_id")
    return _found(
        both.filter(both["scheduled_minor"] != both["principal_minor"]),
        "loan_id", "principal_minor", "scheduled_minor",
    )  # fmt: skip


def _no_schedule(facts: Facts, as_of: date) -> ibis.Table:
    rows = _active(facts, as_of)
    planned, taped = facts.table("instalment"), facts.table("loan_tape")
    bare = rows.filter(rows["loan_id"].notin(planned["loan_id"]), rows["loan_id"].notin(taped["loan_id"]))
    return _found(bare, "loan_id", "principal_minor")


def _reported(facts: Facts, as_of: date) -> ibis.Table:
    """Return the lender's reports of open loans on which figures up to ``as_of`` stand, with what came of them."""
    position = facts.table("position").select(
        "loan_id", "branch", "status", "month_end", "observed_on", seen_dpd="dpd"
    )
    rows = position.filter(position["month_end"] <= as_of, is_active(position))
    return rows.inner_join(facts.table("loan_tape"), ["loan_id", "observed_on"])


def _code_differs(facts: Facts, as_of: date) -> ibis.Table:
    """Find reports whose code means other days past due than their date or their number of days gives."""
    rows = _reported(facts, as_of)
    differs = (rows["seen_dpd"] < rows["dpd_low"]) | (rows["seen_dpd"] > rows["dpd_high"])
    said = rows.filter(differs.fill_null(False)).select(
        "branch", "loan_id", "observed_on", "paid_through_on", "status_code", "dpd_low", "dpd_high", dpd="seen_dpd"
    ).distinct()  # fmt: skip
    names = ("observed_on", "paid_through_on", "dpd", "status_code", "dpd_low", "dpd_high")
    return _found(said, "loan_id", *names)


def _disappeared(facts: Facts, as_of: date) -> ibis.Table:
    """Find loans that the lender's tapes have stopped to report without saying how they left."""
    tape = facts.table("loan_tape")
    last = tape.filter(tape["observed_on"] <= as_of).aggregate(
        by="loan_id", last_observed_on=lambda t: t["observed_on"].max()
    )
    rows = _active(facts, as_of)
    gone = rows.filter(rows["observed_on"].isnull()).inner_join(last, "loan_id")
    return _found(gone, "loan_id", "last_observed_on", "principal_minor")


def _matured_with_balance(facts: Facts, as_of: date) -> ibis.Table:
    rows = with_maturity(facts, _active(facts, as_of))
    open_still = rows.filter(rows["matures_on"] < as_of, rows["balance_minor"] > 0)
    return _found(open_still, "loan_id", "matures_on", "balance_minor", "dpd")


def _past_contract(facts: Facts, as_of: date) -> ibis.Table:
    """Find loans that run on under their first schedule, so that nothing explains why they still do."""
    rows = _active(facts, as_of)
    is_as_agreed = (rows["schedule_no"].fill_null(1) == 1) & ~rows["is_extended"].fill_null(False)
    later = rows.filter(rows["matures_on"] < as_of, rows["dpd"] == 0, is_as_agreed)
    return _found(later, "loan_id", "matures_on", "balance_minor", "schedule_no")


def _lacks(column: str, *names: str, overdue_only: bool = False) -> Find:
    """Find active loans without ``column`` in a book where some loans have it."""

    def find(facts: Facts, as_of: date) -> ibis.Table:
        rows = _active(facts, as_of)
        given = rows.filter(rows[column].notnull()).aggregate(n_given=lambda t: t.count())
        lacking = rows.filter(rows[column].isnull()).cross_join(given)
        lacking = lacking.filter(lacking["n_given"] > 0)
        return _found(lacking.filter(is_over(lacking, 0)) if overdue_only else lacking, "loan_id", *names)

    return find


def _distress_not_said(facts: Facts, as_of: date) -> ibis.Table:
    loan = facts.table("loan").select("loan_id", "branch")
    events = facts.table("loan_event").inner_join(loan, "loan_id")
    silent = events.filter(
        events["event_kind"].isin(["reschedule", "extension"]),
        events["event_on"] <= as_of,
        events["is_distressed"].isnull(),
    )
    return _found(silent, "event_id", "loan_id", "event_kind", "event_on")


def _negative_credit(facts: Facts, as_of: date) -> ibis.Table:
    rows = _active(facts, as_of)
    return _found(rows.filter(rows["credit_minor"] < 0), "loan_id", "credit_minor")


def _large_credit(facts: Facts, as_of: date) -> ibis.Table:
    """Find money paid ahead that would pay the largest instalment of the schedule in force."""
    plan = facts.table("instalment")
    due = sum(
        (plan[f"{part}_minor"].fill_null(0) for part in ("interest", "fee", "penalty")),
        plan["principal_minor"],
    )
    largest = plan.mutate(due=due).aggregate(
        by=["loan_id", "schedule_no"], largest_instalment_minor=lambda t: t["due"].max()
    )
    rows = _active(facts, as_of).inner_join(largest, ["loan_id", "schedule_no"])
    large = rows.filter(rows["credit_minor"] > 0, rows["credit_minor"] >= rows["largest_instalment_minor"])
    return _found(large, "loan_id", "credit_minor", "largest_instalment_minor", "balance_minor")


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
EXCEPTION_RULES: tuple[ExceptionRule, ...] = (
    ExceptionRule(
        "loan_without_schedule", "loan", _WARNING,
        Label("存续贷款没有还款计划，逾期无法判断", "Active loan without a schedule: its arrears cannot be known"),
        _no_schedule,
    ),
    ExceptionRule(
        "negative_credit", "position", _ERROR,
        Label("预存余额为负", "Credit is negative"), _negative_credit,
    ),
    ExceptionRule(
        "payment_before_disbursement", "payment", _WARNING,
        Label("还款日早于放款日", "Paid before the loan was disbursed"), _payment_before_disbursement,
    ),
    ExceptionRule(
        "schedule_differs_from_principal", "instalment", _WARNING,
        Label("还款计划本金之和不等于放款金额", "Principal of the schedule is not the principal lent"), _schedule_differs,
    ),
    ExceptionRule(
        "matured_with_balance", "position", _WARNING,
        Label("已到期仍有余额", "Matured with a balance still open"), _matured_with_balance,
    ),
    ExceptionRule(
        "current_past_maturity", "position", _WARNING,
        Label("超过合同到期日、未逾期且未重新约定或展期", "Past its contractual maturity, not overdue and never rescheduled"),
        _past_contract,
    ),
    ExceptionRule(
        "loan_disappeared", "loan_tape", _WARNING,
        Label("月末台账不再列示且未说明如何退出，状况未知", "No longer in the month-end tape and never closed: its state is unknown"),
        _disappeared,
    ),
    ExceptionRule(
        "tape_code_differs", "loan_tape", _WARNING,
        Label("月末台账的状态代码与逾期天数不符", "Status code of the month-end tape means other days past due"), _code_differs,
    ),
    ExceptionRule(
        "loan_without_branch", "loan", _WARNING,
        Label("贷款没有机构", "Loan without a branch"), _lacks("branch", "product", "balance_minor"),
    ),
    ExceptionRule(
        "overdue_without_officer", "loan", _WARNING,
        Label("逾期贷款没有客户经理", "Overdue loan without an officer"),
        _lacks("officer_id", "dpd", "balance_minor", overdue_only=True),
    ),
    ExceptionRule(
        "reschedule_without_reason", "loan_event", _WARNING,
        Label("重新约定或展期未注明是否因困难", "Reschedule or extension that does not say whether it was distress"),
        _distress_not_said,
    ),
    ExceptionRule(
        "large_credit", "position", _WARNING,
        Label("预存余额足够一期以上，未核实", "Credit would pay a whole instalment, unresolved"), _large_credit,
    ),
)  # fmt: skip
