"""Lists of loans behind the figures: overdue, next maturities, near a boundary, changed terms, written off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd

from postloan.engine.past_due import is_over
from postloan.metrics.facts import Facts
from postloan.metrics.portfolio import is_active
from postloan.metrics.scope import in_scopes, tidy
from postloan.model.buckets import BUCKETS
from postloan.model.codes import RISK_CLASS

CLIFF_DAYS = 5
# Results whose rows are loans with their customer.
LOAN_LISTS = (
    "maturities",
    "cliff",
    "overdue_loans",
    "restructured_loans",
    "written_off_loans",
    "recovered_loans",
)
_RANKS = {name: rank for rank, name in enumerate(RISK_CLASS.values())}
_WHO = ["loan_id", "customer_id", "branch", "product", "officer_id"]
_LOAN = [*_WHO, "balance_minor", "overdue_minor", "dpd", "risk_class"]
_LARGEST_FIRST: list[str | tuple[str, str]] = ["scope", ("balance_minor", "descending"), "loan_id"]


@dataclass(frozen=True, slots=True)
class Boundary:
    """A step into a worse bucket or class, and the first day past due in it.

    ``rank`` is the class's position in the five categories and ``ladder`` the product whose class it is
    ('' for all without a ladder of their own); both None for a bucket.
    """

    code: str
    first_day: int
    rank: int | None
    ladder: str | None


def _boundaries(class_floors: Mapping[str, Mapping[str, int]]) -> tuple[Boundary, ...]:
    """Return the boundaries of the classes, and of buckets M2…M7: M1 begins with the first day overdue."""
    classes = (
        Boundary(name, over + 1, _RANKS[name], ladder)
        for ladder, floors in class_floors.items()
        for name, over in floors.items()
    )
    return (*classes, *(Boundary(bucket.code, bucket.from_days, None, None) for bucket in BUCKETS[2:]))


def _active(facts: Facts, as_of: date) -> ibis.Table:
    position = facts.table("position")
    return position.filter(position["month_end"] == as_of, is_active(position))


def overdue_loans(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return every loan that is overdue at ``as_of``, largest balance first.

    Returns:
        ``scope, loan_id, customer_id, branch, product, officer_id, balance_minor, overdue_minor, dpd,
        risk_class, n_overdue_instalments, worst_dpd``.
    """
    rows = _active(facts, as_of)
    rows = rows.filter(is_over(rows, 0))
    columns = ["scope", *_LOAN, "n_overdue_instalments", "worst_dpd"]
    return tidy(in_scopes(rows, scopes).select(columns), _LARGEST_FIRST)


def cliff(overdue: pd.DataFrame, class_floors: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    """Return the overdue loans that are 1–5 days from a worse bucket or class, largest balance first.

    A loan is listed once, with its nearest boundary; where a bucket and a class begin on the same day,
    with the class. A class that the loan is in or beyond already is no boundary for it.

    Args:
        overdue: The result of ``overdue_loans``.
        class_floors: By product, '' for all others, and risk class: the days past due over which a loan
            is at least in that class.

    Returns:
        The loan columns of ``overdue`` and ``boundary`` (code), ``days_to_boundary``, ``at_stake_minor``
        (its balance).
    """
    overdue = overdue[overdue["dpd"].notna()]  # a range of days has no nearest boundary
    ladder = overdue["product"].where(overdue["product"].isin(list(class_floors)), "")
    state = overdue.assign(rank=overdue["risk_class"].map(_RANKS).fillna(-1), ladder=ladder)
    near = pd.concat([_near(state, step) for step in _boundaries(class_floors)])
    near = near.sort_values(["scope", "loan_id", "days_to_boundary", "is_bucket"], kind="stable")
    first = near.drop_duplicates(["scope", "loan_id"]).sort_values(
        ["scope", "balance_minor", "loan_id"], ascending=[True, False, True], ignore_index=True
    )
    listed = first.assign(at_stake_minor=first["balance_minor"])
    return listed[["scope", *_LOAN, "boundary", "days_to_boundary", "at_stake_minor"]]


def _near(state: pd.DataFrame, step: Boundary) -> pd.DataFrame:
    days = (step.first_day - state["dpd"]).astype("int64")
    is_near = days.between(1, CLIFF_DAYS)
    if step.rank is not None:
        is_near &= (state["rank"] < step.rank) & (state["ladder"] == step.ladder)
    near = state[is_near]
    return near.assign(boundary=step.code, days_to_boundary=days[is_near], is_bucket=step.rank is None)


def maturities(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the active loans that mature after ``as_of`` and by the end of the next calendar month.

    Maturity is the last due date of the schedule in force, else the contract's. Where ``as_of`` lies
    inside a month, the rest of that month is in the list too.

    Returns:
        The loan columns and ``matures_on``, ``matures_in_days``; earliest first.
    """
    until = (pd.Timestamp(as_of) + pd.offsets.MonthBegin(1) + pd.offsets.MonthEnd(1)).date()
    rows = with_maturity(facts, _active(facts, as_of))
    rows = rows.filter(rows["matures_on"] > as_of, rows["matures_on"] <= until)
    frame = tidy(
        in_scopes(rows, scopes).select("scope", *_LOAN, "matures_on"), ["scope", "matures_on", "loan_id"]
    )
    return frame.assign(matures_in_days=(frame["matures_on"] - pd.Timestamp(as_of)).dt.days.astype("Int64"))


def with_maturity(facts: Facts, rows: ibis.Table) -> ibis.Table:
    """Replace ``matures_on`` by the last due date of the schedule in force, where there is one."""
    last = facts.table("instalment").aggregate(
        by=["loan_id", "schedule_no"], last_due_on=lambda t: t["due_on"].max()
    )
    both = rows.left_join(last, ["loan_id", "schedule_no"])
    both = both.mutate(matures_on=both["last_due_on"].fill_null(both["matures_on"]))
    return both.select(*rows.columns)


def restructured_loans(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the active loans whose terms were changed or that renew another, largest balance first.

    Returns:
        The loan columns and the flags ``is_restructured, is_extended, is_renewed``.
    """
    rows = _active(facts, as_of)
    flags = ["is_restructured", "is_extended", "is_renewed"]
    rows = rows.filter(rows["is_restructured"] | rows["is_extended"] | rows["is_renewed"])
    return tidy(in_scopes(rows, scopes).select("scope", *_LOAN, *flags), _LARGEST_FIRST)


def written_off_loans(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the loans written off in the year of ``as_of``, with what came back since, largest first.

    Returns:
        ``scope, loan_id, customer_id, branch, product, officer_id, written_off_on, written_off_minor,
        recovered_ytd_minor``. The day is the event's, else the observation date at which it was gone. One
        written off in an earlier year is not listed, even where cash still comes from it.
    """
    position = facts.table("position")
    rows = position.filter(
        position["month_end"] <= as_of,
        (position["status"] == "written_off") | (position["principal_written_off_minor"] > 0),
    )
    gone = rows.aggregate(
        by=_WHO,
        observed_on=lambda t: t["month_end"].min(),
        written_off_minor=lambda t: t["principal_written_off_minor"].sum(),
    ).filter(lambda t: t["observed_on"] > _opening(as_of))
    events = facts.table("loan_event").filter(
        lambda t: t["event_kind"] == "write_off", lambda t: t["event_on"] <= as_of
    )
    day = events.aggregate(by="loan_id", event_on=lambda t: t["event_on"].max())
    both = gone.left_join(day, "loan_id").left_join(_recovered(facts, as_of), "loan_id")
    listed = both.select(
        *_WHO,
        "written_off_minor",
        written_off_on=both["event_on"].fill_null(both["observed_on"]),
        recovered_ytd_minor=ibis.ifelse(
            both["loan_id"].isin(facts.table("loan_tape")["loan_id"]),
            both["recovered_ytd_minor"],  # a tape does not say what came back
            both["recovered_ytd_minor"].fill_null(0),
        ),
    )
    columns = ["scope", *_WHO, "written_off_on", "written_off_minor", "recovered_ytd_minor"]
    order: list[str | tuple[str, str]] = ["scope", ("written_off_minor", "descending"), "loan_id"]
    return tidy(in_scopes(listed, scopes).select(columns), order)


def recovered_loans(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return every loan that brought cash after write-off in the year of ``as_of``, largest first.

    Returns:
        ``scope, loan_id, customer_id, branch, product, officer_id, recovered_ytd_minor``.
    """
    who = facts.table("recovery").select(*_WHO).distinct()
    rows = who.inner_join(_recovered(facts, as_of), "loan_id")
    rows = rows.filter(rows["recovered_ytd_minor"] != 0).select(*_WHO, "recovered_ytd_minor")
    order: list[str | tuple[str, str]] = ["scope", ("recovered_ytd_minor", "descending"), "loan_id"]
    return tidy(in_scopes(rows, scopes).select("scope", *_WHO, "recovered_ytd_minor"), order)


def _opening(as_of: date) -> date:
    return date(as_of.year, 1, 1) - timedelta(days=1)


def _recovered(facts: Facts, as_of: date) -> ibis.Table:
    recovery = facts.table("recovery")
    rows = recovery.filter(recovery["month_end"] > _opening(as_of), recovery["month_end"] <= as_of)
    return rows.aggregate(by="loan_id", recovered_ytd_minor=lambda t: t["recovered_minor"].sum())
