"""Rule checks measured: of the records looked at, how many break the rule; and which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.metrics.measure import FIGURES, measure
from postloan.metrics.metric import Basis, Metric, Unit
from postloan.metrics.portfolio import one
from postloan.metrics.scope import keyed, tidy
from postloan.metrics.watching import cut_to_scopes
from postloan.model.checked import RuleCheck
from postloan.model.label import Label

_BREACH = (
    "rule_check", "subject_id", "happened_on", "loan_id", "customer_id", "branch", "product", "staff_id", "detail",
)  # fmt: skip

BREACH_RATE = Metric(
    "rule_breach_rate", Label("违反比例", "Share broken"), "rule_checks", "rule_check",
    lambda t: ibis.literal(True), lambda t: t.is_broken.notnull(),
    lambda t: t.is_broken.cast("int64"), one, Basis.COUNT, Unit.FRACTION, True,
    Label("违反制度的记录 / 本月（状态类为观察日）检查的记录；无法判断的不计入，单独列示", "Records that break the rule / records of the month, or at the date, that were looked at; those that do not tell are counted apart"), "S0-12",
)  # fmt: skip


METRICS = (BREACH_RATE,)


def check_measures(rows: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Measure the checks of the month of ``as_of``, by check, and by check and branch.

    Returns:
        ``scope, metric, rule_check, branch`` and the figures of ``measure``; ``branch`` '' stands for all.
    """
    parts = [_measured(rows, as_of, scope) for scope in scopes]
    return pd.concat(parts, ignore_index=True)[["scope", "metric", "rule_check", "branch", *FIGURES]]


def _measured(rows: ibis.Table, as_of: date, scope: str) -> pd.DataFrame:
    t = cut_to_scopes(_of_month(rows, as_of), [scope])
    t = t.mutate(by_branch=keyed(t.branch))
    sets = [["rule_check"], ["rule_check", "by_branch"]]
    frame = measure(t, METRICS, ["rule_check", "by_branch"], sets)
    return frame.rename(columns={"by_branch": "branch"}).fillna({"branch": ""}).assign(scope=scope)


def _of_month(rows: ibis.Table, as_of: date) -> ibis.Table:
    return rows.filter(rows.happened_on >= ibis.literal(as_of.replace(day=1)))


def check_history(rows: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Count what broke each rule in the eleven months before: ``scope, rule_check, n_before``.

    Of how things stand only the present is known: such a check has no row.
    """
    t = cut_to_scopes(
        rows.filter(rows.happened_on < ibis.literal(as_of.replace(day=1)), rows.is_broken), scopes
    )
    return tidy(t.group_by(["scope", "rule_check"]).agg(n_before=t.count()), ["scope", "rule_check"])


def check_breaches(rows: ibis.Table, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return what breaks a rule in the month of ``as_of``, or at the date: by check, the newest first."""
    t = _of_month(rows.filter(rows.is_broken), as_of).select(*_BREACH)
    order: list[str | tuple[str, str]] = [
        "scope", "rule_check", ("happened_on", "descending"), "subject_id", "detail",
    ]  # fmt: skip
    return tidy(cut_to_scopes(t, scopes).select("scope", *_BREACH), order)


def check_labels(
    checks: Sequence[RuleCheck], missing: Mapping[str, str], states: Sequence[str]
) -> pd.DataFrame:
    """Return what each check is, in the policies' order: ``rule_check, zh, en, rule, is_state, missing``.

    Args:
        checks: Each name counts once, as it is first told.
        missing: By name, the tables without which it cannot be judged; '' where all are delivered.
        states: Names of those that tell how things stand.
    """
    rows = {
        check.name: (
            check.name,
            check.label.zh,
            check.label.en,
            check.rule,
            check.name in states,
            missing[check.name],
        )
        for check in reversed(checks)
    }
    columns = ["rule_check", "zh", "en", "rule", "is_state", "missing"]
    return pd.DataFrame(list(reversed(rows.values())), columns=columns).astype(
        {name: "str" for name in columns if name != "is_state"} | {"is_state": "boolean"}
    )
