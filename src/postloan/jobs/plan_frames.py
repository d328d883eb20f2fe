"""What a plan says, as results frames beside the metrics: outcomes, who moved and why, targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from postloan.book.store import Book
from postloan.engine.unpaid_days import penalty, unpaid_days
from postloan.jobs.derived.grading import graded, on_date
from postloan.metrics import outcomes
from postloan.metrics.awards import awards, fines
from postloan.metrics.facts import Facts
from postloan.metrics.targets import plan_targets
from postloan.policy.files import Rulebook
from postloan.policy.given import given
from postloan.policy.policy import Policy

_PENALTY = [
    "scope", "policy", "subject_id", "branch", "product", "balance_minor", "overdue_minor", "unpaid_minor_days",
    "penalty_minor", "label_zh", "label_en", "note_zh", "note_en",
]  # fmt: skip


def plan_frames(
    plan: Rulebook | None,
    book: Book,
    facts: Facts,
    as_of: date,
    scopes: Sequence[str],
    measures: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Return the frames of a plan for all scopes; none without a plan.

    Args:
        plan: What grades and sets targets.
        book: What outcomes are kept beside.
        facts: Of the book at ``as_of``.
        as_of: Observation date.
        scopes: ``all``, branches, products.
        measures: Measured metrics, which targets are judged by.

    Raises:
        Fault: 2 where nothing was lent by ``as_of``.
    """
    if plan is None:
        return {}
    plan = given(plan, facts.whole().given(as_of))
    found = graded(book, as_of, plan)
    outcome = {subject: on_date(table, as_of) for subject, table in found.outcome.items()}
    features = {subject: on_date(found.tables[f"{subject}_feature"], as_of) for subject in outcome}
    frames = {}
    if outcome:
        rows = outcomes.outcome_rows(outcome, features, scopes)
        frames = {
            "outcomes": outcomes.by_outcome(rows),
            "outcome_changes": outcomes.by_change(rows),
            "outcome_rules": outcomes.by_rule(rows),
            "outcome_unassessed": outcomes.unassessed(rows),
            "outcome_changed": outcomes.changed(rows),
            "penalties": _penalties(plan, facts, as_of, rows),
            "outcome_labels": outcomes.labels(file.policy for file in plan.files),
        }
    if plan.assessed_by and plan.assessed_by.policy.targets:
        frames["plan_targets"] = plan_targets(measures, plan.assessed_by.policy, as_of, scopes)
    frames |= _money(plan, facts, as_of, scopes, frames)
    return frames


def _money(
    plan: Rulebook, facts: Facts, as_of: date, scopes: Sequence[str], frames: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return rewards and fines of the policy whose targets are the lender's; none where it has neither."""
    policy = plan.assessed_by.policy if plan.assessed_by else None
    if policy is None or not (policy.awards or policy.fines):
        return {}
    told = frames.get("plan_targets", pd.DataFrame({"scope": [], "target": [], "is_met": []}))
    return {"awards": awards(told, policy, as_of), "fines": fines(facts, policy, as_of, scopes)}


def _penalties(plan: Rulebook, facts: Facts, as_of: date, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the loans that a policy with a penalty charges, the largest first (S4-7).

    Returns:
        ``scope, policy, subject_id, branch, product, balance_minor, overdue_minor, unpaid_minor_days,
        penalty_minor, label_zh, label_en, note_zh, note_en``; no rows where no policy has a penalty.
    """
    charged = {file.policy.policy: file.policy for file in plan.files if file.policy.penalty}
    loans = rows[(rows["subject"] == "loan") & rows["policy"].isin(list(charged))]
    loans = loans.drop_duplicates(["scope", "subject_id"])
    if charged:
        days = unpaid_days(facts.table("instalment_outcome"), facts.table("payment_allocation"), as_of)
        found = days.to_pyarrow().to_pandas().rename(columns={"loan_id": "subject_id"})
        loans = loans.merge(found, on="subject_id", how="inner")
    priced = [_priced(loans[loans["policy"] == name], policy, as_of) for name, policy in charged.items()]
    return pd.concat(priced, ignore_index=True) if priced else pd.DataFrame(columns=_PENALTY)


def _priced(loans: pd.DataFrame, policy: Policy, as_of: date) -> pd.DataFrame:
    assert policy.penalty is not None  # chosen for it
    rate = policy.values(as_of).get(policy.penalty.rate)
    if not isinstance(rate, int | float):
        return pd.DataFrame(columns=_PENALTY)
    amounts = [penalty(int(days), rate) for days in loans["unpaid_minor_days"]]
    told = {
        "label_zh": policy.penalty.label.zh, "label_en": policy.penalty.label.en,
        "note_zh": policy.penalty.note.zh, "note_en": policy.penalty.note.en,
    }  # fmt: skip
    priced = loans.assign(penalty_minor=pd.array(amounts, dtype="Int64"), **told)
    priced = priced[priced["penalty_minor"] > 0]
    order = ["scope", "penalty_minor", "subject_id"]
    return priced.sort_values(order, ascending=[True, False, True], ignore_index=True)[_PENALTY]
