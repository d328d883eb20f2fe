"""Five categories under all rules of a policy beside those by days past due: who differs, why, and what was not told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import ibis
import pandas as pd
import pyarrow as pa

from postloan.engine.claims import IMPAIRED, claims
from postloan.engine.past_due import is_over
from postloan.jobs.derived.grading import featured, graded_by, on_date
from postloan.metrics.facts import Facts
from postloan.metrics.portfolio import is_active
from postloan.metrics.scope import framed, observation_dates, stacked
from postloan.model.codes import NPL_CLASSES
from postloan.model.scope import ALL, MISSING, product_of
from postloan.policy.files import PolicyFile, Rulebook
from postloan.policy.given import file_given
from postloan.policy.policy import Policy
from postloan.policy.scheme import Scheme

FULL = "risk_class"
_READ = ("position", "instalment_outcome", "loan_event", "provision")
_NO_ROWS = pd.DataFrame({"subject_id": [], "outcome": [], "rules": [], "unassessed": []})
_OF_CUSTOMER = ("finding", "other_bank_debt")
_LISTED = [
    "scope", "loan_id", "customer_id", "branch", "product", "balance_minor", "dpd", "risk_class", "full_class",
    "class_rules",
]  # fmt: skip
_BY = ["risk_class", "full_class", "over_90", "class_rules", "unassessed"]
_LATE = 90  # days, F-13


def full_class_frames(
    facts: Facts, as_of: date, file: PolicyFile, scopes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return what the scheme ``risk_class`` of a policy makes of the active loans at ``as_of`` (F-12, F-13).

    The past and siblings count, so every month of a loan is graded that they can touch, and of its debtor's
    other loans, whatever the scope; what merely lacks a fact is graded at the date; of all others days past due
    alone decide.

    Returns:
        ``class_reasons``: by scope, class by days past due, class by all rules (blank: not assessed), ids of
        the rules that make the difference (blank: none) and of those that lack a fact, and ``over_90`` days
        past due (over, under, unknown): ``loans, balance_minor, n_no_balance``. ``class_moved``: the loans behind the rows that differ, largest first.
        ``class_rules``: what each id means. ``class_awaited``: rules that need data the lender does not give.
        All empty where the policy has no such scheme.
    """
    file = file_given(file, facts.whole().given(as_of))
    scheme = file.policy.schemes.get(FULL)
    loans = _classed(facts, as_of, file) if scheme else _active(facts, as_of).head(0)
    scoped = pd.concat([_scoped(loans, scope) for scope in scopes], ignore_index=True)
    moved = scoped[_differs(scoped["full_class"], scoped["risk_class"])].sort_values(
        ["balance_minor", "loan_id"], ascending=[False, True]
    )
    return {
        "class_reasons": _counted(scoped),
        "class_moved": moved[_LISTED].reset_index(drop=True),
        "class_rules": pd.DataFrame(_whys(scheme), columns=["rule", "zh", "en"], dtype="str"),
        "class_awaited": _awaited(file.policy),
    }


def _active(facts: Facts, as_of: date) -> pd.DataFrame:
    position = facts.whole().table("position")
    at = position.filter(position["month_end"] == as_of, is_active(position))
    rows = at.select(
        "loan_id", "customer_id", "branch", "product", "balance_minor", "dpd", "risk_class",
        over_90=ibis.cases((is_over(at, _LATE), "over"), (~is_over(at, _LATE), "under"), else_="unknown"),
    )  # fmt: skip
    frame = framed(rows.order_by("loan_id").to_pyarrow())
    return frame.assign(full_class=frame["risk_class"], class_rules="", unassessed="")


def _classed(facts: Facts, as_of: date, file: PolicyFile) -> pd.DataFrame:
    loans = _active(facts, as_of)
    only = replace(file, policy=file.policy.model_copy(update={"schemes": {FULL: file.policy.schemes[FULL]}}))
    whole = facts.whole()
    told = _told(whole, as_of)
    dates = observation_dates(whole.table("position"), as_of)
    silent = _silent(whole, as_of).anti_join(told, "loan_id")
    # What only lacks a fact at the date has no past to follow.
    parts = [_outcomes(whole, only, told, dates), _outcomes(whole, only, silent, [as_of])]
    rows = pd.concat([on_date(part, as_of).to_pandas() for part in parts if part is not None] or [_NO_ROWS])
    full = rows.set_index("subject_id")
    at = loans["loan_id"]
    is_graded = at.isin(full.index)
    outcome = at.map(full["outcome"]).where(is_graded, loans["full_class"])
    rules = at.map(full["rules"]).where(is_graded & _differs(outcome, loans["risk_class"]), "")
    unassessed = at.map(full["unassessed"]).where(is_graded, "")
    return loans.assign(full_class=outcome, class_rules=rules, unassessed=unassessed)


def _outcomes(facts: Facts, file: PolicyFile, loans: ibis.Table, dates: Sequence[date]) -> pa.Table | None:
    """Return the outcomes of loans at ``dates``; None where there is no loan."""
    tables = {name: facts.table(name).semi_join(loans, "loan_id").to_pyarrow() for name in _READ}
    if not tables["position"].num_rows:
        return None
    cut = Facts.of(tables | {name: facts.table(name).to_pyarrow() for name in _OF_CUSTOMER})
    held = observation_dates(cut.table("position"), dates[-1])
    found = graded_by(Rulebook.of(file), featured(cut, [on for on in held if on in dates]), near=False)
    return found.outcome.get("loan")


def _differs(one: pd.Series[str], other: pd.Series[str]) -> pd.Series[bool]:
    """Say where two classes differ; two that are both unknown do not."""
    return one.fillna("").ne(other.fillna(""))


def _told(facts: Facts, as_of: date) -> ibis.Table:
    """Return the loans of debtors of whom a loan was ever non-performing, unclassed or restructured, or of whom
    a finding, an impairment or late debt elsewhere was ever told.

    Waits, observation and contagion start from such a loan; it may have left since.
    """
    position = facts.table("position").filter(lambda t: t["month_end"] <= as_of)
    is_plain = (
        position["risk_class"].notnull()
        & position["risk_class"].notin(NPL_CLASSES)
        & ~position["is_restructured"].fill_null(True)
    )
    provision, debt = facts.table("provision"), facts.table("other_bank_debt")
    owner = position.select("loan_id", "customer_id").distinct()
    touched = [
        position.filter(is_active(position), ~is_plain).select("customer_id"),
        facts.table("finding").select("customer_id"),
        owner.semi_join(provision.filter(provision["stage"] >= IMPAIRED), "loan_id").select("customer_id"),
        debt.filter(debt["over_90_minor"] > 0).select("customer_id"),
    ]
    return owner.semi_join(stacked(*touched), "customer_id").select("loan_id")


def _silent(facts: Facts, as_of: date) -> ibis.Table:
    """Return the active loans of which a delivered table should tell something at the date, and does not."""
    position = facts.table("position")
    keys = position.filter(position["month_end"] == as_of, is_active(position))
    finding, provision, debt = (facts.table(name) for name in ("finding", "provision", "other_bank_debt"))
    claim = claims(position, finding, provision, debt, [as_of])
    t = keys.select("loan_id", "customer_kind").join(claim, "loan_id")
    given = facts.given(as_of)
    is_silent = ibis.literal(False)
    if "provision" in given:
        is_silent = is_silent | t["is_impaired"].isnull()
    if "other_bank_debt" in given:
        firm = (t["customer_kind"] != "individual").fill_null(True)
        is_silent = is_silent | (firm & t["over_90_share"].isnull())
    return t.filter(is_silent).select("loan_id")


def _scoped(loans: pd.DataFrame, scope: str) -> pd.DataFrame:
    product = product_of(scope)
    column, wanted = ("branch", scope) if product is None else ("product", product)
    kept = loans if scope == ALL else loans[loans[column].fillna(MISSING) == wanted]
    return kept.assign(scope=scope)


def _counted(scoped: pd.DataFrame) -> pd.DataFrame:
    groups = scoped.assign(no_balance=scoped["balance_minor"].isna()).groupby(
        ["scope", *_BY], dropna=False, sort=True, observed=True
    )
    return groups.agg(
        loans=("loan_id", "size"), balance_minor=("balance_minor", "sum"), n_no_balance=("no_balance", "sum")
    ).reset_index()


def _whys(scheme: Scheme | None) -> Iterator[tuple[str, str, str]]:
    if scheme is None:
        return
    whys = {part.rule: part.why for part in scheme.reasons()}
    whys |= {part.rule: part.why for part in scheme.contagion}
    if scheme.hold:
        whys[scheme.hold.rule] = scheme.hold.why
    yield from ((rule, why.zh, why.en) for rule, why in whys.items())


def _awaited(policy: Policy) -> pd.DataFrame:
    rows = [
        (part.rule, part.what.zh, part.what.en, part.needs.zh, part.needs.en)
        for part in policy.awaits
        if part.scheme == FULL
    ]
    return pd.DataFrame(rows, columns=["rule", "zh", "en", "needs_zh", "needs_en"], dtype="str")
