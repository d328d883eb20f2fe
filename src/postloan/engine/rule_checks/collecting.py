"""Checks of how overdue loans are collected: reasons, plans, the order of steps, evidence."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import ibis

from postloan.engine.rule_checks.finder import (
    Finder,
    Numbers,
    Tables,
    active,
    begin_of_month,
    day,
    found,
    is_open,
    joined,
    number,
    with_flag,
)

_CALLS = ("call", "robot_call")
_MILD = ("sms", "app", "email", "robot_call", "call", "letter")
_STRONG = ("on_site", "third_party", "lawyer_letter")
_LETTERS = ("letter", "lawyer_letter")
# What each cause calls for (P4-6, P5-7, P8-5); of the others the documents say nothing.
MEASURES = {
    "temporary": ("plan", "grace", "extension", "restructuring"),
    "deteriorating": ("restructuring", "asset_disposal", "litigation"),
    "evasion": ("asset_disposal", "litigation"),
}


def _without_reason(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Every overdue customer has a reason: of an open case, or given in an action since the loan fell overdue."""
    late = active(table, as_of)
    late = late.filter(late.dpd > 0)
    case, action = table("collection_case"), table("action")
    of_case = case.filter(is_open(case, as_of), case.overdue_reason.notnull())
    said = action.filter(action.overdue_reason.notnull(), action.acted_on <= day(as_of))
    last = said.group_by("loan_id").agg(reason_given_on=said.acted_on.max())
    t = joined(with_flag(late, of_case, "has_case_reason", "loan_id"), last, "loan_id")
    t = with_flag(t, of_case.filter(of_case.loan_id.isnull()), "has_customer_reason", "customer_id")
    since = (t.month_end - t.dpd.cast("int64").as_interval("D")).cast("date")
    is_told = t.has_case_reason | t.has_customer_reason | (t.reason_given_on >= since).fill_null(False)
    return found(t, "loan_id", t.month_end, ~is_told, "dpd", "overdue_minor")


def _stage_skipped(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Within a month of a loan each stage follows the one before it (S1-1).

    The stages: SMS reminder, first call, SMS for what is overdue, second call, on site. An action through
    another channel is no stage.
    """
    action = table("action")
    t = action.filter(action.acted_on <= day(as_of), action.loan_id.notnull())
    t = t.mutate(month=t.acted_on.truncate("M").cast("date"), is_call=t.action_channel.isin(_CALLS))
    order = ibis.window(
        group_by=["loan_id", "month", "is_call"], order_by=["acted_on", "acted_at", "action_id"]
    )
    nth = ibis.row_number().over(order)
    is_sms, is_reminder = t.action_channel == "sms", (t.action_purpose == "reminder").fill_null(False)
    t = t.mutate(
        stage=ibis.cases(
            (is_sms & is_reminder, 1),
            (is_sms, 3),
            (t.is_call & (nth == 0), 2),
            (t.is_call, 4),
            (t.action_channel == "on_site", 5),
            else_=ibis.null("int8"),
        ).cast("int64")
    )
    t = t.filter(t.stage.notnull())
    begun = t.group_by("loan_id", "month", "stage").agg(stage_before_on=t.acted_on.min())
    begun = begun.mutate(stage=begun.stage + 1)
    both = joined(t.filter(t.stage > 1), begun, "loan_id", "month", "stage")
    is_skipped = both.stage_before_on.isnull() | (both.stage_before_on > both.acted_on)
    return found(both, "action_id", both.acted_on, is_skipped, "stage", "action_channel", "stage_before_on")


def _escalated_early(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Nobody is visited, handed to a third party or warned by a lawyer who was not addressed before (S2-1)."""
    action = table("action")
    t = action.filter(action.acted_on <= day(as_of), action.loan_id.notnull())
    mild = t.filter(t.action_channel.isin(_MILD)).select("loan_id", mild_on="acted_on")
    strong = t.filter(t.action_channel.isin(_STRONG))
    both = strong.select("action_id", "loan_id", "acted_on").join(mild, "loan_id")
    both = both.filter(both.mild_on <= both.acted_on)
    last = both.group_by("action_id").agg(addressed_on=both.mild_on.max())
    t = joined(strong, last, "action_id")
    earliest = (t.acted_on - ibis.interval(days=number(numbers, "look_back_days"))).cast("date")
    is_early = t.addressed_on.isnull() | (t.addressed_on < earliest)
    return found(t, "action_id", t.acted_on, is_early, "action_channel", "addressed_on")


def _without_plan(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Each case that was open when the month began has a plan of its first days (S1-9)."""
    case = table("collection_case")
    t = case.filter(is_open(case, as_of), case.opened_on < begin_of_month(as_of))
    last = as_of.replace(day=number(numbers, "plan_days"))
    is_planned = (t.planned_on >= begin_of_month(as_of)) & (t.planned_on <= day(last))
    broken = ~is_planned.fill_null(False)
    if as_of < last:
        broken = ibis.ifelse(broken, ibis.null("boolean"), broken)  # the days of planning are not over
    return found(t, "case_id", day(as_of), broken, "opened_on", "planned_on")


def _unidentified(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """How a delay was noticed is recorded (S2-1)."""
    case = table("collection_case")
    t = case.filter(case.opened_on <= day(as_of))
    return found(t, "case_id", t.opened_on, t.identified_by.isnull(), "identified_by")


def _unproven_letter(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """A letter is delivered to the debtor personally, and the proof is kept (S2-3)."""
    action = table("action")
    t = action.filter(action.acted_on <= day(as_of), action.action_channel.isin(_LETTERS))
    return found(t, "action_id", t.acted_on, t.proof_id.isnull(), "action_channel", "action_purpose")


def _no_call_on_due_day(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Who has not paid when the due day ends was called on that day (P7-4)."""
    due, action = table("instalment_outcome"), table("action")
    is_unpaid = due.paid_off_on.isnull() | (due.paid_off_on > due.due_on)
    stood = due.superseded_on.isnull() | (due.superseded_on > due.due_on)
    t = due.filter(due.due_on <= day(as_of), is_unpaid, stood)
    t = t.select("loan_id", "due_on").distinct()
    called = action.filter(action.action_channel.isin(_CALLS)).select("loan_id", due_on=action.acted_on)
    t = with_flag(t, called, "is_called", "loan_id", "due_on")
    return found(t, "loan_id", t.due_on, ~t.is_called, "due_on")


def _refusal_without_suit(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Who refuses to pay is sued (P7-6): a suit was decided by the date, after so many days of refusal."""
    case, suit = table("collection_case"), table("legal_case")
    t = case.filter(is_open(case, as_of), case.willingness == "refuses", case.loan_id.notnull())
    t = with_flag(t, suit.filter(suit.decided_on <= day(as_of)), "is_sued", "loan_id")
    days = number(numbers, "refused_days")
    is_due = (t.opened_on + ibis.interval(days=days)).cast("date") < day(as_of)
    return found(t.filter(is_due), "case_id", day(as_of), ~t.is_sued, "opened_on", "willingness")


def _unfit_measure(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """The measure fits the cause (P4-6, P5-7, P8-5); without a measure nothing is said."""
    case = table("collection_case")
    t = case.filter(case.opened_on <= day(as_of), case.overdue_reason.isin(list(MEASURES)))
    fits: list[Any] = [(t.overdue_reason == cause) & t.measure.isin(ways) for cause, ways in MEASURES.items()]
    broken = ibis.ifelse(t.measure.isnull(), ibis.null("boolean"), ~reduce(or_, fits))
    return found(t, "case_id", t.opened_on, broken, "overdue_reason", "measure")


def _grace_out_of_range(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Grace is granted for one month to three (P8-5)."""
    case = table("collection_case")
    t = case.filter(case.opened_on <= day(as_of), case.measure == "grace")
    least, most = (ibis.literal(number(numbers, name)) for name in ("least_months", "most_months"))
    return found(
        t, "case_id", t.opened_on, (t.grace_months < least) | (t.grace_months > most), "grace_months"
    )


def _large_without_plan(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Each large overdue customer has a plan of its own (P6-5): its open case says when it was made."""
    late, case = active(table, as_of), table("collection_case")
    late = late.filter(late.dpd > 0)
    owed = late.group_by("customer_id").agg(overdue_minor=late.overdue_minor.sum(), dpd=late.dpd.max())
    large = owed.filter(owed.overdue_minor >= ibis.literal(number(numbers, "large_minor")))
    planned = case.filter(is_open(case, as_of), case.planned_on <= day(as_of))
    t = with_flag(large, planned, "is_planned", "customer_id")
    return found(t, "customer_id", day(as_of), ~t.is_planned, "dpd", "overdue_minor")


COLLECTING = {
    "overdue_without_reason": Finder(_without_reason, ("collection_case",), is_state=True),
    "stage_skipped": Finder(_stage_skipped, ("action",)),
    "escalated_early": Finder(_escalated_early, ("action",), ("look_back_days",)),
    "case_without_plan": Finder(_without_plan, ("collection_case",), ("plan_days",), is_state=True),
    "case_unidentified": Finder(_unidentified, ("collection_case",)),
    "letter_without_proof": Finder(_unproven_letter, ("action",)),
    "no_call_on_due_day": Finder(_no_call_on_due_day, ("action",)),
    "refusal_without_suit": Finder(
        _refusal_without_suit, ("collection_case", "legal_case"), ("refused_days",), is_state=True
    ),
    "measure_unfit": Finder(_unfit_measure, ("collection_case",)),
    "grace_out_of_range": Finder(_grace_out_of_range, ("collection_case",), ("least_months", "most_months")),
    "large_overdue_without_plan": Finder(
        _large_without_plan, ("collection_case",), ("large_minor",), is_state=True
    ),
}
