"""A plan's targets judged on unrounded values (X3), and the score of those that carry a weight (P6-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pandas as pd

from postloan.metrics.catalogue import check_names, metric
from postloan.metrics.duties import METRICS as DUTY_METRICS
from postloan.metrics.metric import Unit
from postloan.model.fault import Fault
from postloan.policy.parameter import Value
from postloan.policy.policy import Policy
from postloan.policy.target import Target

BY_DUTY = "duty"
_PARTS = ("numerator", "denominator", "n", "unknown")


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure beside its limit; exact. ``is_met`` is None where the figure is unknown."""

    value: Fraction | None
    limit: Fraction
    is_most: bool

    @property
    def is_met(self) -> bool | None:
        """Say whether the figure keeps the limit, which itself is kept."""
        if self.value is None:
            return None
        return self.value <= self.limit if self.is_most else self.value >= self.limit

    def share(self) -> Fraction | None:
        """Return how much of the target is reached, at most 1: value over limit, or limit over value."""
        if self.value is None:
            return None
        if self.is_met:
            return Fraction(1)
        if self.is_most:
            return max(self.limit, Fraction(0)) / self.value if self.value else Fraction(0)
        return max(self.value, Fraction(0)) / self.limit if self.limit else Fraction(0)


@dataclass(frozen=True, slots=True)
class Score:
    """Weights and points in hundredths of the whole: what could be judged, and what it earned in both readings."""

    weight: Fraction
    judged: Fraction
    pass_fail: Fraction
    proportional: Fraction


def score(parts: Iterable[tuple[Fraction, Judged | None]]) -> Score:
    """Return the score of weighted targets; None stands for one whose data are not there yet.

    ``pass_fail`` gives the weight of a target that is met and nothing else, ``proportional`` the reached share
    of it. What cannot be judged earns nothing and is not in ``judged``.
    """
    weight = judged = passed = shared = Fraction(0)
    for part, target in parts:
        weight += part
        if target is None or target.value is None:
            continue
        judged += part
        passed += part if target.is_met else 0
        shared += part * (target.share() or 0)
    return Score(*(100 * sum_ for sum_ in (weight, judged, passed, shared)))


def check_target(target: Target) -> None:
    """Raise Fault 2 with the nearest name for a metric or dimension that does not exist, or a ratio over a quarter."""
    if target.metric is None:
        return
    if target.metric in {duty.slug for duty in DUTY_METRICS}:
        _check_duties(target)
        return
    check_names([target.metric], list(target.of))
    if target.period == "quarter" and metric(target.metric).unit is Unit.FRACTION:
        raise Fault(
            f"{target.metric} is a ratio, which months of a quarter do not add up to",
            "take an amount, or leave out period",
        )


def _check_duties(target: Target) -> None:
    """Raise Fault 2 where a target of duties is not cut to some of them, or is of more than a month."""
    if list(target.of) != [BY_DUTY] or target.period != "month":
        raise Fault(
            f"a target on {target.metric} is of the duties of one month",
            f"name them with `of: {{ {BY_DUTY}: … }}`",
        )


def by_duty(duty_measures: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return measured duties in the shape of the measures: those of all branches, by duty."""
    rows = duty_measures[(duty_measures["branch"] == "") & (duty_measures["duty"] != "")]
    on = pd.Series(pd.Timestamp(as_of), index=rows.index).astype("datetime64[ms]")
    return rows.assign(month_end=on, by=BY_DUTY, group=rows["duty"]).drop(columns=["duty", "branch"])


def plan_targets(measures: pd.DataFrame, policy: Policy, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Judge the targets of a plan for every scope.

    Args:
        measures: Measured metrics with ``scope, metric, month_end, by, group`` and their figures.
        policy: Its targets, with the limits in force at ``as_of``.
        as_of: Observation date; a quarter is its calendar quarter so far.
        scopes: ``all``, branches, products.

    Returns:
        One row per scope and target in the policy's order: ``scope, target, rule, zh, en, metric, needs_zh,
        needs_en, numerator, denominator, n, unknown, value, is_most, limit, is_money, is_met, weight,
        pass_fail, proportional``. Money in minor units; a figure that is not there is unknown, and so is
        ``is_met``.
    """
    values = policy.values(as_of)
    rows = [
        {"scope": scope, "target": key, **_row(target, _sums(measures, target, values, as_of, scope), values)}
        for scope in scopes
        for key, target in policy.targets.items()
        if values.get(target.limit) is not None
    ]
    columns = ["scope", "target", "rule", "zh", "en", "metric", "needs_zh", "needs_en", *_PARTS, "value"]
    columns += ["is_most", "limit", "is_money", "is_met", "weight", "pass_fail", "proportional"]
    kinds = dict.fromkeys(_PARTS, "Int64") | {"is_met": "boolean", "is_most": "bool", "is_money": "bool"}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def _sums(
    measures: pd.DataFrame, target: Target, values: Mapping[str, Value], as_of: date, scope: str
) -> dict[str, int | None]:
    rows = measures[(measures["scope"] == scope) & (measures["metric"] == target.metric)]
    months = rows["month_end"].dt.to_period("M")
    now = pd.Period(as_of, "M")
    of_period = (
        months == now
        if target.period == "month"
        else (months.dt.quarter == now.quarter) & (months.dt.year == now.year)
    )
    rows = rows[of_period & (rows["month_end"] <= pd.Timestamp(as_of))]
    (by, names), *_ = [*target.of.items(), ("", "")]
    listed = values.get(names)
    rows = rows[(rows["by"] == by) & (rows["group"].isin(listed if isinstance(listed, tuple) else [""]))]
    # One month or group of which it is not known leaves the whole unknown.
    return {
        part: int(rows[part].sum()) if len(rows) and rows[part].notna().all() else None for part in _PARTS
    }


def _row(target: Target, sums: Mapping[str, int | None], values: Mapping[str, Value]) -> dict[str, object]:
    judged = _judged(target, sums, values)
    weight = _exact(values.get(target.weight)) if target.weight else None
    scored = score([(weight, judged)]) if weight is not None else None
    is_known = judged is not None and judged.value is not None
    return {
        "rule": target.rule, "zh": target.label.zh, "en": target.label.en, "metric": target.metric or "",
        "needs_zh": target.needs.zh if target.needs else "", "needs_en": target.needs.en if target.needs else "",
        **sums, "value": float(judged.value) if judged and judged.value is not None else None,
        "is_most": target.at_most is not None, "limit": float(_exact(values[target.limit]) or 0),
        "is_money": sums["denominator"] is None and sums["numerator"] is not None,
        "is_met": judged.is_met if judged else None,
        "weight": float(scored.weight) if scored else None,
        "pass_fail": float(scored.pass_fail) if scored and is_known else None,
        "proportional": float(scored.proportional) if scored and is_known else None,
    }  # fmt: skip


def _judged(target: Target, sums: Mapping[str, int | None], values: Mapping[str, Value]) -> Judged | None:
    limit = _exact(values[target.limit])
    if target.metric is None or limit is None:
        return None
    top, bottom = sums["numerator"], sums["denominator"]
    if top is None or bottom == 0 or not sums["n"]:
        return Judged(None, limit, target.at_most is not None)
    return Judged(Fraction(top, bottom or 1), limit, target.at_most is not None)


def _exact(value: Value) -> Fraction | None:
    return Fraction(str(value)) if isinstance(value, int | float) else None
