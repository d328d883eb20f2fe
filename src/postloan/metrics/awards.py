"""Rewards, deductions and fines of a plan: what each hangs on, and how much it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.metrics.facts import Facts
from postloan.metrics.scope import in_scopes, tidy
from postloan.model.scope import product_of
from postloan.policy.award import Award
from postloan.policy.parameter import Value
from postloan.policy.policy import Policy

_MILLION = 1_000_000


def awards(plan_targets: pd.DataFrame, policy: Policy, as_of: date) -> pd.DataFrame:
    """Return what the groups get or lose by the targets of the month, for every scope that was judged.

    Returns:
        ``scope, award, rule, zh, en, who_zh, who_en, targets_zh, targets_en, is_met, amount_minor``; a deduction is
        below zero. ``is_met`` is blank where a target cannot be judged and none is missed; ``amount_minor`` where
        that is so, or the policy leaves the amount open.
    """
    values = policy.values(as_of)
    rows = [
        {
            "scope": scope, "award": key, "rule": award.rule, "zh": award.label.zh, "en": award.label.en,
            "who_zh": award.who.zh, "who_en": award.who.en, **_named(policy, award), **_earned(award, told, values),
        }
        for scope, told in plan_targets.groupby("scope", sort=False)
        for key, award in policy.awards.items()
    ]  # fmt: skip
    columns = [
        "scope",
        "award",
        "rule",
        "zh",
        "en",
        "who_zh",
        "who_en",
        "targets_zh",
        "targets_en",
        "is_met",
        "amount_minor",
    ]
    return pd.DataFrame(rows, columns=columns).astype({"is_met": "boolean", "amount_minor": "Int64"})


def _named(policy: Policy, award: Award) -> dict[str, str]:
    labels = [policy.targets[key].label for key in award.targets]
    return {
        "targets_zh": "、".join(label.zh for label in labels),
        "targets_en": ", ".join(label.en for label in labels),
    }


def _earned(award: Award, told: pd.DataFrame, values: dict[str, Value]) -> dict[str, object]:
    met = told.set_index("target")["is_met"].reindex(list(award.targets)).astype("boolean")
    if not met.fillna(True).all():
        lost = _money(values.get(award.missed)) if award.missed else 0
        return {"is_met": False, "amount_minor": None if lost is None else -lost}
    if met.isna().any():
        return {"is_met": None, "amount_minor": None}
    return {"is_met": True, "amount_minor": _money(values.get(award.met))}


def _money(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def fines(facts: Facts, policy: Policy, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the scored inspections of the month that a fine hangs on, and what each costs its unit.

    Returns:
        ``scope, fine, rule, zh, en, inspection_id, branch, inspected_on, rectified_on, score, limit, is_fined,
        amount_minor``; a product has no inspections of its own.
    """
    values = policy.values(as_of)
    inspection = facts.whole().table("inspection")
    t = inspection.filter(
        inspection.inspected_on >= ibis.literal(as_of.replace(day=1)),
        inspection.inspected_on <= ibis.literal(as_of),
        inspection.score.notnull(),
    )
    branches = [scope for scope in scopes if product_of(scope) is None]
    frames = []
    for key, fine in policy.fines.items():
        limit, amount = values.get(fine.under), _money(values.get(fine.amount))
        if not isinstance(limit, int | float) or not branches:
            continue
        found = tidy(
            in_scopes(t.filter(t.inspection_kind == fine.inspection_kind), branches).select(
                "scope", "inspection_id", "branch", "inspected_on", "rectified_on", "score"
            ),
            ["scope", "inspected_on", "inspection_id"],
        )
        # A score is told to the hundredth of a point: compared as a whole number, never as a float.
        is_fined = (found["score"] * _MILLION).round() < round(limit * _MILLION)
        amounts = pd.Series(0, index=found.index, dtype="Int64").mask(
            is_fined, amount if amount is not None else pd.NA
        )
        frames.append(
            found.assign(
                fine=key, rule=fine.rule, zh=fine.label.zh, en=fine.label.en, limit=limit, is_fined=is_fined,
                amount_minor=amounts,
            )
        )  # fmt: skip
    columns = [
        "scope", "fine", "rule", "zh", "en", "inspection_id", "branch", "inspected_on", "rectified_on", "score", "limit",
        "is_fined", "amount_minor",
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
