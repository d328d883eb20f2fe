"""Why a ratio moved: groups that weigh more or less, and groups whose own ratio changed (F-54)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

_KEYS = ["scope", "metric", "by", "group"]


def mix_rate(
    measures: pd.DataFrame,
    metrics: Sequence[str],
    dimensions: Sequence[str],
    as_of: date,
    bases: Mapping[str, date],
) -> pd.DataFrame:
    """Split the change of each ratio, Δ = Σ Δw · r̄ + Σ w̄ · Δr, over the groups of each dimension.

    w is a group's share of the denominator, r its ratio, a bar the mean of both dates. A group that is
    there on one date only has no ratio on the other; it is given the one it has, so that its whole part
    is mix. Nothing is returned where the total has no denominator at either date.

    Args:
        measures: Measured metrics with ``scope, metric, month_end, by, group, numerator, denominator``,
            broken down at ``as_of`` and at the dates of ``bases``.
        metrics: Slugs of ratios.
        dimensions: Values of ``by``.
        as_of: Later date.
        bases: Earlier dates by the name of the comparison (``month``, ``year``).

    Returns:
        ``scope, metric, base, by, group, weight_before, weight_after, rate_before, rate_after,
        mix_effect, rate_effect``, fractions; the effects of all groups sum to the change of the ratio.
    """
    is_chosen = measures["metric"].isin(list(metrics)) & measures["by"].isin(list(dimensions))
    chosen = measures[is_chosen]
    after = _parts(chosen, as_of)
    frames = [_split(_parts(chosen, on), after, base) for base, on in bases.items()]
    columns = ["scope", "metric", "base", "by", "group", "weight_before", "weight_after"]
    columns += ["rate_before", "rate_after", "mix_effect", "rate_effect"]
    if not frames:
        return pd.DataFrame(columns=columns)
    both = pd.concat(frames, ignore_index=True)[columns]
    return both.sort_values(["scope", "metric", "base", "by", "group"], ignore_index=True)


def _parts(chosen: pd.DataFrame, on: date) -> pd.DataFrame:
    rows = chosen[chosen["month_end"] == pd.Timestamp(on)]
    return rows.set_index(_KEYS)[["numerator", "denominator"]].astype("float64")


def _split(before: pd.DataFrame, after: pd.DataFrame, base: str) -> pd.DataFrame:
    both = before.merge(
        after, how="outer", left_index=True, right_index=True, suffixes=("_before", "_after")
    ).fillna(0.0)
    for end in ("before", "after"):
        weight, top = both[f"denominator_{end}"], both[f"numerator_{end}"]
        whole = weight.groupby(level=_KEYS[:3], observed=True, dropna=False).transform("sum")
        both[f"weight_{end}"] = weight / whole.where(whole > 0)
        both[f"rate_{end}"] = top / weight.where(weight > 0)
    both = both.dropna(subset=["weight_before", "weight_after"])
    start = both["rate_before"].fillna(both["rate_after"]).fillna(0.0)
    end_rate = both["rate_after"].fillna(both["rate_before"]).fillna(0.0)
    both["mix_effect"] = (both["weight_after"] - both["weight_before"]) * (start + end_rate) / 2
    both["rate_effect"] = (both["weight_after"] + both["weight_before"]) * (end_rate - start) / 2
    return both.assign(base=base).reset_index()
