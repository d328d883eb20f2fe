"""What a plan says of a book at a date: how many subjects have each outcome, who moved, and by which rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
import pyarrow as pa

from postloan.model.scope import ALL, MISSING, product_of
from postloan.policy.policy import Policy

NOT_GRADED = ""  # the outcome of a subject that could not be assessed
_SCHEME = ["scope", "policy", "scheme", "subject"]
_AMOUNTS = ["balance_minor", "overdue_minor"]
_NEAR = ["boundary", "boundary_column", "distance", "boundary_outcome"]


def outcome_rows(
    outcome: Mapping[str, pa.Table], features: Mapping[str, pa.Table], scopes: Sequence[str]
) -> pd.DataFrame:
    """Return outcome rows of one date with where the subject belongs and what is at stake, once for each scope.

    Args:
        outcome: By kind of subject, table ``outcome`` at the date.
        features: By kind of subject, its features at the date.
        scopes: ``all``, branches, products. A customer whose loans lie in several is in the scope ``(missing)``
            of that division.

    Returns:
        ``scope, policy, scheme, subject, subject_id, branch, product, balance_minor, overdue_minor, outcome,
        before, rules, unassessed, is_floor`` and the nearest boundary; ``outcome`` is '' where nothing could be
        said, ``before`` missing where there was no outcome.
    """
    parts = [_rows(table, features[subject], subject) for subject, table in outcome.items()]
    rows = pd.concat(parts, ignore_index=True)
    return pd.concat([_in_scope(rows, scope) for scope in scopes], ignore_index=True)


def _rows(outcome: pa.Table, feature: pa.Table, subject: str) -> pd.DataFrame:
    key = f"{subject}_id"
    kept = ["policy", "scheme", "subject", "subject_id", "rules", "unassessed", "is_floor", *_NEAR]
    rows = outcome.select([*kept, "outcome", "previous_outcome"]).to_pandas()
    rows = rows.rename(columns={"previous_outcome": "before"})
    rows["outcome"] = rows["outcome"].fillna(NOT_GRADED)
    told = (
        feature.select([key, "branch", "product", *_AMOUNTS]).to_pandas().rename(columns={key: "subject_id"})
    )
    told = told.astype(dict.fromkeys(_AMOUNTS, "Int64"))
    found: pd.DataFrame = rows.merge(told, on="subject_id", how="left", validate="many_to_one")
    return found


def _in_scope(rows: pd.DataFrame, scope: str) -> pd.DataFrame:
    product = product_of(scope)
    if scope == ALL:
        chosen = rows
    elif product is not None:
        chosen = rows[rows["product"].fillna(MISSING) == product]
    else:
        chosen = rows[rows["branch"].fillna(MISSING) == scope]
    return chosen.assign(scope=scope)


def by_outcome(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per scope, scheme and outcome: ``n``, amounts, and ``n_before``, those of last month.

    ``n_before`` counts the same subjects by the outcome they had; one that was not there is in none.
    """
    now = _summed(rows, [*_SCHEME, "outcome"])
    earlier = rows.dropna(subset=["before"]).groupby([*_SCHEME, "before"], observed=True, dropna=False).size()
    before = earlier.rename("n_before").rename_axis(index={"before": "outcome"}).reset_index()
    both = now.merge(before, on=[*_SCHEME, "outcome"], how="outer")
    counts = ["n", "n_unknown", "n_before", *_AMOUNTS]
    return _sorted(both.assign(**{name: both[name].fillna(0).astype("Int64") for name in counts}), "outcome")


def by_change(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per scope, scheme, outcome before and now, where they differ: ``n`` and amounts."""
    moved = rows[rows["before"].notna() & (rows["before"] != rows["outcome"])]
    return _sorted(_summed(moved, [*_SCHEME, "before", "outcome"]), "before", "outcome")


def by_rule(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per scope, scheme, outcome and rule that gave it; a subject counts under each of its rules."""
    given = rows.assign(rule=rows["rules"].str.split()).explode("rule").dropna(subset=["rule"])
    return _sorted(_summed(given, [*_SCHEME, "outcome", "rule"]), "outcome", "rule")


def unassessed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per scope, scheme and rule that lacked a fact: ``n`` and amounts."""
    open_ = rows.assign(rule=rows["unassessed"].str.split()).explode("rule").dropna(subset=["rule"])
    return _sorted(_summed(open_, [*_SCHEME, "rule"]), "rule")


def changed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return every subject whose outcome changed since last month, largest balance first, with its reason."""
    moved = rows[rows["before"].notna() & (rows["before"] != rows["outcome"])]
    columns = [
        *_SCHEME,
        "subject_id",
        "branch",
        "before",
        "outcome",
        "rules",
        "unassessed",
        *_AMOUNTS,
        *_NEAR,
    ]
    order = ["scope", "policy", "scheme", "balance_minor", "subject_id"]
    return moved.sort_values(order, ascending=[True, True, True, False, True], ignore_index=True)[columns]


def labels(policies: Iterable[Policy]) -> pd.DataFrame:
    """Return what readers see: ``policy, scheme, kind, key, rank, zh, en`` of policies, their parameters, schemes,
    outcomes and rules.

    ``rank`` is the place of an outcome, best first, and of a scheme in its policy.
    """
    rows = []
    for policy in policies:
        rows.append((policy.policy, "", "policy", "", 0, policy.label.zh, policy.label.en))
        named = policy.parameters.items()
        rows += [(policy.policy, "", "parameter", key, 0, one.label.zh, one.label.en) for key, one in named]
        for place, (name, scheme) in enumerate(policy.schemes.items()):
            told = [("scheme", "", place, scheme.label)]
            told += [
                ("outcome", key, rank, label) for rank, (key, label) in enumerate(scheme.outcomes.items())
            ]
            told += [("rule", part.rule, 0, part.why) for part in scheme.reasons()]
            told += [("rule", part.rule, 0, part.why) for part in (scheme.hold, *scheme.contagion) if part]
            rows += [
                (policy.policy, name, kind, key, rank, label.zh, label.en) for kind, key, rank, label in told
            ]
    columns = ["policy", "scheme", "kind", "key", "rank", "zh", "en"]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(columns[:4], ignore_index=True)


def _summed(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return number of subjects and sums; subjects whose balance is unknown are counted in ``n_unknown``."""
    grouped = rows.assign(n_unknown=rows["balance_minor"].isna()).groupby(keys, observed=True, dropna=False)
    sums = {name: (name, "sum") for name in (*_AMOUNTS, "n_unknown")}
    return grouped.agg(n=("subject_id", "size"), **sums).reset_index()


def _sorted(frame: pd.DataFrame, *keys: str) -> pd.DataFrame:
    return frame.sort_values([*_SCHEME, *keys], ignore_index=True)
