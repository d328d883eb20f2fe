"""Contacts: every action with what funnel, records and conduct ask of it. Expressions, one row per action."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import and_
from typing import Any

import ibis

from postloan.model.limits import Dated, Limits
from postloan.model.performed import CONTACT

_SPOKEN = ("call", "robot_call", "on_site")
_VOICE = ("call", "robot_call")
_LETTERS = ("letter", "lawyer_letter")
_RIGHT = ("debtor", "joint")
_OTHERS = ("contact", "other")
_SHEET = ("contact_details", "expected_on", "overdue_reason", "funds_source")
_OF_MACHINES = ("vehicle_place", "hours_worked")


def in_force(limit: Dated, on: Any) -> Any:
    """Return the value of a limit on the day of each row; null before its first."""
    steps = [(on >= ibis.literal(day), ibis.literal(value)) for day, value in reversed(limit)]
    return ibis.cases(*steps, else_=ibis.null("float64")) if steps else ibis.null("float64")


def with_staff(t: ibis.Table, staff: ibis.Table, loan: ibis.Table) -> ibis.Table:
    """Return rows with the branch of their loan, else of their staff member, and with team, department and tier."""
    who = staff.select("staff_id", "department", "team", "staff_tier", staff_branch=staff.branch)
    lent = loan.select("loan_id", loan_branch=loan.branch)
    t = t.left_join(who, "staff_id").drop("staff_id_right").left_join(lent, "loan_id").drop("loan_id_right")
    return t.mutate(branch=t.loan_branch.coalesce(t.staff_branch)).drop("loan_branch", "staff_branch")


def contacts(
    action: ibis.Table,
    staff: ibis.Table,
    loan: ibis.Table,
    collateral: ibis.Table,
    limits: Limits,
    as_of: date,
) -> ibis.Table:
    """Return table ``contact``, one row per action by the end of ``as_of``.

    Args:
        action: What was done; an action without a loan is of all the customer's.
        staff: Who works where.
        loan: Gives the branch.
        collateral: A loan with a frame number has a machine, whose place and hours its call sheets must tell.
        limits: Conduct rules, each from its day on; actions before are not judged.
        as_of: Last day.

    Returns:
        Flags are null where the action does not tell what they need, never false for want of an entry.
    """
    t = action.filter(action.acted_on <= ibis.literal(as_of))
    t = with_staff(t.drop("known_on"), staff, loan)
    machines = collateral.filter(collateral.frame_no.notnull()).select("loan_id").distinct()
    t = t.left_join(machines, "loan_id").mutate(has_machine=lambda j: j.loan_id_right.notnull())
    t = t.drop("loan_id_right")
    t = t.mutate(**_spoken(t))
    t = t.mutate(**_recorded(t), **_judged(t, limits))
    schema = ibis.Schema.from_pyarrow(CONTACT.schema())
    return t.select(**{name: t[name].cast(schema[name].copy(nullable=True)) for name in schema})


def _spoken(t: ibis.Table) -> dict[str, Any]:
    attempt = t.action_channel.isin(_SPOKEN)
    reached = ibis.ifelse(attempt, t.person_reached != "nobody", ibis.null("boolean"))
    return {
        "month": t.acted_on.truncate("M"),
        "is_attempt": attempt,
        "is_answered": reached,
        "is_right_party": ibis.ifelse(attempt, t.person_reached.isin(_RIGHT), ibis.null("boolean")),
        "has_promise": t.action_outcome == "promise",
        "is_letter": t.action_channel.isin(_LETTERS),
    }


def _recorded(t: ibis.Table) -> dict[str, Any]:
    called = (t.action_channel == "call") & t.is_answered.fill_null(False)
    full = reduce(and_, [t[name].notnull() for name in _SHEET])
    machine = reduce(and_, [t[name].notnull() for name in _OF_MACHINES])
    return {
        "is_sheet": called,
        "is_sheet_full": full & (machine | ~t.has_machine),
        "is_recorded": t.recording_id.notnull(),
        "has_proof": t.proof_id.notnull(),
    }


def _judged(t: ibis.Table, limits: Limits) -> dict[str, Any]:
    """Return what conduct rules say of each action; false where nobody was addressed against them."""
    hour = t.acted_at.hour()
    first, until = in_force(limits.night_from, t.acted_on), in_force(limits.night_until, t.acted_on)
    other = t.is_attempt & t.person_reached.isin(_OTHERS).fill_null(False)
    voice = t.action_channel.isin(_VOICE) & t.is_answered.fill_null(False)
    in_day = ibis.window(
        group_by=["customer_id", "acted_on"], order_by=["acted_on", "acted_at", "action_id"], rows=(None, 0)
    )
    nth = voice.cast("int64").sum().over(in_day)
    so_far = ibis.window(
        group_by="customer_id", order_by=["acted_on", "acted_at", "action_id"], rows=(None, -1)
    )
    stopped = (
        ((t.action_outcome == "asked_to_stop") & other).fill_null(False).cast("int64").sum().over(so_far)
    )
    third = ibis.ifelse(other, ~t.is_debtor_unreachable, False)
    return {
        "is_judged": first.notnull(),
        "is_at_night": ((hour >= first) | (hour < until)) & ~t.is_agreed_time.fill_null(False),
        "is_too_often": voice & t.customer_id.notnull() & (nth > in_force(limits.calls_a_day, t.acted_on)),
        "is_third_party": third,
        "is_disclosed": t.is_debt_disclosed.fill_null(False),
        "is_after_stop": other & (stopped > 0).fill_null(False),
    }
