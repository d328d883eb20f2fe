"""Checks of who looks after customers and how: owners, plans for bad debtors, visits, contact data."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_

import ibis

from postloan.engine.rule_checks.finder import Finder, Numbers, Tables, active, day, found, joined, number
from postloan.model.codes import NPL_CLASSES

_VISIT_FIELDS = ("repayment_note", "business_note", "funding_note", "feedback")
_ENTERPRISES = ("company", "micro")


def _owners(table: Tables, as_of: date) -> ibis.Table:
    """Return who is responsible for a customer on the day."""
    t = table("ownership")
    return t.filter(t.from_on <= day(as_of), t.until_on.isnull() | (t.until_on >= day(as_of)))


def _not_one_owner(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Exactly one person is first responsible for each enterprise that owes something (P1-1)."""
    lent = active(table, as_of)
    t = lent.filter(lent.customer_kind.isin(_ENTERPRISES)).select("customer_id").distinct()
    own = _owners(table, as_of)
    t = joined(t, own.group_by("customer_id").agg(n_owners=own.staff_id.nunique()), "customer_id")
    t = t.mutate(n_owners=t.n_owners.fill_null(0))
    return found(t, "customer_id", day(as_of), t.n_owners != 1, "n_owners")


def _bad_debtors(table: Tables, as_of: date) -> ibis.Table:
    t = active(table, as_of)
    bad = t.filter(t.risk_class.isin(NPL_CLASSES))
    return bad.group_by("customer_id").agg(n_npl_loans=bad.count())


def _npl_with_business(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Customers with non-performing loans belong to the departments that work on them (P2-3)."""
    departments = numbers["departments"]
    assert isinstance(departments, tuple)  # held by the policy
    own = _owners(table, as_of)
    # Of several owners one elsewhere is enough; the customer is looked at once.
    of_customer = own.group_by("customer_id").agg(
        is_elsewhere=(~own.department.isin(departments)).max(), department=own.department.max()
    )
    t = _bad_debtors(table, as_of).join(of_customer, "customer_id")
    return found(t, "customer_id", day(as_of), t.is_elsewhere, "department")


def _not_one_disposal(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Each customer with non-performing loans has one plan with one way of disposal (P2-4); the latest counts."""
    plan = table("disposal_plan")
    known = plan.filter(plan.planned_on <= day(as_of))
    latest = known.group_by("customer_id").agg(planned_on=known.planned_on.max())
    last = known.semi_join(latest, ["customer_id", "planned_on"])
    kinds = last.group_by("customer_id").agg(n_disposals=last.disposal_kind.nunique())
    t = joined(_bad_debtors(table, as_of), kinds, "customer_id")
    t = t.mutate(n_disposals=t.n_disposals.fill_null(0))
    return found(t, "customer_id", day(as_of), t.n_disposals != 1, "n_npl_loans", "n_disposals")


def _blank_visit(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """The record of a visit tells repayment, business, funding need and what the customer said (S0-4)."""
    visit = table("visit")
    t = visit.filter(visit.visited_on <= day(as_of))
    is_blank = reduce(or_, [t[name].isnull() for name in _VISIT_FIELDS])
    t = t.mutate(**{f"has_{name}": t[name].notnull() for name in _VISIT_FIELDS})
    return found(t, "visit_id", t.visited_on, is_blank, *(f"has_{name}" for name in _VISIT_FIELDS))


def _unverified_visit(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """What a visit found is verified afterwards (S4-6)."""
    visit = table("visit")
    t = visit.filter(visit.visited_on <= day(as_of))
    is_verified = (t.verified_on >= t.visited_on).fill_null(False) & (t.verified_on <= day(as_of)).fill_null(
        False
    )
    return found(t, "visit_id", t.visited_on, ~is_verified, "visited_on", "verified_on")


def _stale_contact(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Contact details of who owes something were confirmed not too long ago (S2-4)."""
    t = table("customer").semi_join(active(table, as_of), "customer_id")
    oldest = (ibis.literal(as_of) - ibis.interval(days=number(numbers, "fresh_days"))).cast("date")
    return found(t, "customer_id", day(as_of), t.contact_updated_on < oldest, "contact_updated_on")


CUSTOMERS = {
    "not_one_owner": Finder(_not_one_owner, ("ownership",), is_state=True),
    "npl_with_business": Finder(_npl_with_business, ("ownership",), ("departments",), is_state=True),
    "npl_without_one_disposal": Finder(_not_one_disposal, ("disposal_plan",), is_state=True),
    "visit_with_blanks": Finder(_blank_visit, ("visit",)),
    "visit_unverified": Finder(_unverified_visit, ("visit",)),
    "contact_data_stale": Finder(_stale_contact, ("customer",), ("fresh_days",), is_state=True),
}
