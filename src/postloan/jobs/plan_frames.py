"""What a plan says, as results frames beside the metrics: outcomes, who moved and why, targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from postloan.book.store import Book
from postloan.jobs.derived.grading import graded, on_date
from postloan.metrics import outcomes
from postloan.metrics.targets import plan_targets
from postloan.policy.files import Rulebook


def plan_frames(
    plan: Rulebook | None, book: Book, as_of: date, scopes: Sequence[str], measures: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the frames of a plan for all scopes; none without a plan.

    Raises:
        Fault: 2 where nothing was lent by ``as_of``.
    """
    if plan is None:
        return {}
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
            "outcome_labels": outcomes.labels(file.policy for file in plan.files),
        }
    if plan.assessed_by and plan.assessed_by.policy.targets:
        frames["plan_targets"] = plan_targets(measures, plan.assessed_by.policy, as_of, scopes)
    return frames
