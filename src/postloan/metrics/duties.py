"""Duties measured: how many were due, on time, late or missed, by duty and branch (F-43, F-45); and what is ahead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.metrics.measure import FIGURES, measure
from postloan.metrics.metric import Basis, Metric, Unit
from postloan.metrics.portfolio import one
from postloan.metrics.scope import keyed, tidy
from postloan.metrics.watching import cut_to_scopes
from postloan.model.duty import Duty
from postloan.model.label import Label

_TABLE, _FAMILY = "duty", "duties"
_ACTION = (
    "duty", "subject_id", "due_on", "duty_state", "loan_id", "customer_id", "branch", "product", "staff_id",
)  # fmt: skip

ON_TIME = Metric(
    "duty_on_time_rate", Label("按时完成率", "Done on time"), _FAMILY, _TABLE,
    lambda t: t.duty_state != "not_due", lambda t: ibis.literal(True),
    lambda t: (t.duty_state == "done").cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
    Label("按时完成的事项 / 本月到期的事项", "Duties done by their deadline / duties that fell due in the month"), "F-45",
)  # fmt: skip
COVERAGE = Metric(
    "duty_coverage", Label("完成率", "Done at all"), _FAMILY, _TABLE,
    lambda t: t.duty_state != "not_due", lambda t: ibis.literal(True),
    lambda t: t.duty_state.isin(["done", "late"]).cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
    Label("已完成的事项（含逾期完成）/ 本月到期的事项；每个对象单独计，多做不抵少做", "Duties done, late ones too / duties that fell due in the month; each subject counts for itself"), "F-43",
)  # fmt: skip
METRICS = (ON_TIME, COVERAGE)


def duty_measures(duty: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Measure the duties that fell due in the month of ``as_of``, by duty, branch, and both.

    Returns:
        ``scope, metric, duty, branch`` and the figures of ``measure``; '' stands for all duties or branches.
    """
    parts = [_measured(duty, as_of, scope) for scope in scopes]
    return pd.concat(parts, ignore_index=True)[["scope", "metric", "duty", "branch", *FIGURES]]


def _measured(duty: ibis.Table, as_of: date, scope: str) -> pd.DataFrame:
    rows = cut_to_scopes(duty.filter(duty.month == ibis.literal(as_of.replace(day=1))), [scope])
    rows = rows.mutate(by_branch=keyed(rows.branch))
    sets: list[list[str]] = [[], ["duty"], ["by_branch"], ["duty", "by_branch"]]
    frame = measure(rows, METRICS, ["duty", "by_branch"], sets).rename(columns={"by_branch": "branch"})
    return frame.fillna({"duty": "", "branch": ""}).assign(scope=scope)


def duty_counts(duty: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Count duties by duty: of this month by state, still undone from before, and due in the month ahead.

    Returns:
        ``scope, duty, n_done, n_late, n_missed, n_left, n_before, n_ahead``; ``n_left`` are those of the month
        that are not due yet.
    """
    month = as_of.replace(day=1)
    rows = cut_to_scopes(duty, scopes)
    now, state = rows.month == ibis.literal(month), rows.duty_state
    counts = {
        "n_done": now & (state == "done"),
        "n_late": now & (state == "late"),
        "n_missed": now & (state == "missed"),
        "n_left": now & (state == "not_due"),
        "n_before": (rows.month < ibis.literal(month)) & (state == "missed"),
        "n_ahead": rows.month > ibis.literal(month),
    }
    found = rows.group_by(["scope", "duty"]).agg(**{name: held.sum() for name, held in counts.items()})
    return tidy(found, ["scope", "duty"])


def actions(duty: ibis.Table, scopes: Sequence[str]) -> pd.DataFrame:
    """Return what is still to be done: missed and not yet due, the earliest deadline first."""
    t = duty.filter(duty.duty_state.isin(["missed", "not_due"])).select(*_ACTION)
    rows = cut_to_scopes(t, scopes).select("scope", *_ACTION)
    first = ["scope", "due_on", "duty", "subject_id"]
    return tidy(rows, [*first, *(name for name in _ACTION if name not in first)])


def duty_labels(duties: Iterable[Duty], given: Iterable[str]) -> pd.DataFrame:
    """Return what each duty is, in the policy's order, and the table without which it cannot be judged.

    Returns:
        ``duty, zh, en, rule, missing``; ``missing`` is '' where all its tables are delivered.
    """
    tables = set(given)
    rows = [
        (duty.name, duty.label.zh, duty.label.en, duty.rule, " ".join(sorted(set(duty.tables()) - tables)))
        for duty in duties
    ]
    return pd.DataFrame(rows, columns=["duty", "zh", "en", "rule", "missing"], dtype="str")
