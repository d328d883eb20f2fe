"""Vintages: how much of what each cohort was lent has gone bad, by months on book (F-20, F-21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from itertools import product

import ibis
import numpy as np
import pandas as pd

from postloan.engine.past_due import is_decided, is_over, least
from postloan.metrics.facts import Facts
from postloan.metrics.metric import Expression
from postloan.metrics.scope import in_scopes, observation_dates, tidy

THRESHOLDS = (30, 60, 90)  # over, strictly
MONTHLY_COHORTS = 24
_CELL = ["scope", "grain", "cohort", "mob"]
_MONTHS = {"month": 1, "quarter": 3}
CURVES = tuple(product(THRESHOLDS, ("ever", "current"), ("amount", "count")))
_SUMMED = {
    "n", "amount", "unseen",
    *(f"unknown_{days}" for days in THRESHOLDS),
    *(f"{view}_{days}_{basis}" for days, view, basis in CURVES),
}  # fmt: skip


def vintage(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the vintage curves: over 30/60/90, ever and current, by amount and by count.

    MOB 0 is the month of disbursement, MOB k its k-th month-end after (F-20). The denominator is the
    whole cohort from ``loan``: loans that left, or whose days past due are unknown, stay in it. ``ever``
    sums the outstanding principal at the first month-end over the threshold, so it never falls;
    ``current`` the principal over the threshold at that very month-end. A cell that not all loans of
    the cohort have reached by ``as_of`` is missing, never 0: an ``as_of`` inside a month is not a
    month-end, and a quarter is as old as its last month. Neither is there a 0 in a cell of which no loan
    was in the lender's month-end tape yet, or any more.

    Args:
        facts: Needs ``loan`` and ``position``.
        as_of: Observation date.
        scopes: ``all`` and branches.

    Returns:
        ``scope, grain, cohort, mob, threshold, view, basis, numerator, denominator, n, unknown, value``:
        the last 24 monthly cohorts and, where there are more, all cohorts by quarter. ``cohort`` is the
        first day of the month or quarter, ``n`` its number of loans, ``unknown`` those of which it was
        never known, or not surely, whether they are over the threshold, or those not in the tape where
        they are more. Amounts in minor units.
    """
    return curves(vintage_sums(facts, as_of, {"branch": lambda t: t["branch"]}), as_of, scopes)


@dataclass(frozen=True, slots=True)
class VintageSums:
    """What curves are put together from; each adds up over its keys.

    Args:
        lent: By cohort: loans ``n``, ``amount`` lent and ``unknown_30``, …
        unseen: By cohort and ``mob``: loans of a month-end tape that no report of it covers.
        hits: By cohort and ``mob``: loans and principal gone bad, a column for each curve.
    """

    lent: ibis.Table
    unseen: ibis.Table
    hits: ibis.Table

    def map(self, change: Callable[[str, ibis.Table], ibis.Table]) -> VintageSums:
        """Return the three tables changed, each under its name."""
        return VintageSums(*(change(f.name, getattr(self, f.name)) for f in fields(self)))


def vintage_sums(facts: Facts, as_of: date, keys: Mapping[str, Expression]) -> VintageSums:
    """Return what ``curves`` needs, by cohort and the columns ``keys``, given as expressions over ``position``."""
    position = facts.table("position").mutate(
        **{name: key(facts.table("position")) for name, key in keys.items()}
    )
    reached = [on for on in observation_dates(position, as_of) if _is_month_end(on)]
    # A row without months on book belongs to a loan without a disbursement date, which is in no cohort.
    aged = position.filter(lambda t: t["month_end"].isin(reached), lambda t: t["mob"].notnull())
    cell = [*keys, "cohort", "mob"]
    return VintageSums(
        _lent(facts.table("loan"), position, as_of, list(keys)),
        _unseen(facts.table("loan_tape"), aged, cell),
        _hits(aged, cell),
    )


def curves(
    sums: VintageSums, as_of: date, scopes: Sequence[str], chosen: Sequence[tuple[int, str, str]] = CURVES
) -> pd.DataFrame:
    """Return the curves ``chosen`` (threshold, view, basis) as ``vintage`` does; scopes need the key ``branch``."""
    lent, unseen, hits = (_in_scopes(table, scopes) for table in (sums.lent, sums.unseen, sums.hits))
    spine = _with_unseen(_spine(lent, as_of), unseen.astype({"mob": "int64"}).set_index(_CELL))
    found = hits.astype({"mob": "int64"}).set_index(_CELL)
    return pd.concat([_curve(spine, found, *curve) for curve in chosen], ignore_index=True)


def _in_scopes(sums: ibis.Table, scopes: Sequence[str]) -> pd.DataFrame:
    """Add sums up by scope and cell, monthly and quarterly."""
    keys = ["scope", *(name for name in ("cohort", "mob") if name in sums.columns)]
    names = [name for name, kind in sums.schema().items() if name in _SUMMED]
    query = in_scopes(sums, scopes).aggregate(
        by=keys, **{name: lambda t, name=name: t[name].sum().cast("int64").fill_null(0) for name in names}
    )
    return _grains(tidy(query, keys), names)


def _unseen(tape: ibis.Table, position: ibis.Table, cell: Sequence[str]) -> ibis.Table:
    """Return by cell the loans of a month-end tape that no report of it covers."""
    rows = position.semi_join(tape, "loan_id")
    rows = rows.filter(rows["status"] == "active", rows["observed_on"].isnull())
    return rows.aggregate(by=list(cell), unseen=lambda t: t.count())


def _with_unseen(spine: pd.DataFrame, unseen: pd.DataFrame) -> pd.DataFrame:
    cells = pd.MultiIndex.from_frame(spine[_CELL])
    counts = unseen["unseen"].reindex(cells).fillna(0).astype("int64").to_numpy()
    is_seen = pd.Series(counts, index=spine.index) < spine["n"]
    return spine.assign(unseen=counts, is_reached=spine["is_reached"] & is_seen)


def _is_month_end(on: date) -> bool:
    return (on + timedelta(days=1)).day == 1


def _month_number(dates: pd.Series) -> pd.Series:
    number: pd.Series = dates.dt.year * 12 + dates.dt.month
    return number


def _lent(loan: ibis.Table, position: ibis.Table, as_of: date, keys: Sequence[str]) -> ibis.Table:
    """Return loans and amount lent by cohort."""
    unknown = {f"unknown_{days}": f"known_{days}" for days in THRESHOLDS}
    known = _known(position, keys)
    lent = loan.filter(loan["disbursed_on"] <= as_of).left_join(known, "loan_id")
    given = {
        name: ibis.coalesce(*(lent[at] for at in (f"of_{name}", name) if at in lent.columns)) for name in keys
    }
    lent = lent.select(
        "principal_minor",
        cohort=lent["disbursed_on"].truncate("M"),
        **given,
        **{name: ~lent[at].fill_null(False) for name, at in unknown.items()},
    )
    return lent.aggregate(
        by=[*keys, "cohort"],
        n=lambda t: t.count(),
        amount=lambda t: t["principal_minor"].sum(),
        **{name: lent[name].sum() for name in unknown},
    )


def _known(position: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Return by loan its keys, and whether it was known if it is over each threshold, at every date before it was.

    A date at which nothing is known of a loan does not count; one at which a range leaves it open does.
    """
    was = {}
    for days in THRESHOLDS:
        decided = is_decided(position, days)
        is_open = least(position).notnull() & ~decided
        was_over = position[f"first_over_{days}_on"].notnull().any()
        was[f"known_{days}"] = decided.any() & (was_over | ~is_open.any())
    return position.aggregate(by="loan_id", **was, **{f"of_{name}": position[name].max() for name in keys})


def _grains(months: pd.DataFrame, sums: list[str]) -> pd.DataFrame:
    """Add the quarterly roll-up below the monthly rows."""
    keys = [key for key in _CELL if key in months.columns or key == "grain"]
    quarters = months.assign(cohort=months["cohort"].dt.to_period("Q").dt.start_time, grain="quarter")
    both = pd.concat([months.assign(grain="month"), quarters.astype({"cohort": months["cohort"].dtype})])
    return both.groupby(keys, observed=True, dropna=False, as_index=False)[sums].sum()


def _spine(lent: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return every cell of the triangles, reached or not."""
    chosen = lent[_is_shown(lent)]
    last = as_of.year * 12 + as_of.month - (0 if _is_month_end(as_of) else 1)
    age = last - _month_number(chosen["cohort"]) - chosen["grain"].map(_MONTHS).astype("int64") + 1
    oldest = age.groupby([chosen["scope"], chosen["grain"]], observed=True).transform("max")
    chosen = chosen.assign(age=age, width=np.maximum(oldest, 0).astype("int64") + 1)
    cells = chosen.loc[chosen.index.repeat(chosen["width"])]
    mob = cells.groupby(level=0, observed=True).cumcount()
    return (
        cells.assign(mob=mob, is_reached=mob <= cells["age"])
        .drop(columns=["age", "width"])
        .reset_index(drop=True)
    )


def _is_shown(lent: pd.DataFrame) -> pd.Series:
    """Keep the last monthly cohorts, and the quarters of a scope that has more months than those."""
    is_month = lent["grain"] == "month"
    months = lent[is_month].groupby("scope", observed=True)["cohort"]
    rank = months.rank(ascending=False, method="dense").reindex(lent.index)
    count = lent["scope"].map(months.nunique())
    shown: pd.Series = (is_month & (rank <= MONTHLY_COHORTS)) | (~is_month & (count > MONTHLY_COHORTS))
    return shown


def _hits(position: ibis.Table, cell: Sequence[str]) -> ibis.Table:
    """Return loans and principal gone bad in each cell, a column for each curve, in one pass.

    For ``ever`` a loan counts in the cell of its first month-end over the threshold.
    """
    is_active = position["status"] == "active"
    amounts = {}
    for days in THRESHOLDS:
        first = position[f"first_over_{days}_on"] == position["month_end"]
        for view, hit, balance in (
            ("ever", first, position[f"balance_first_over_{days}_minor"]),
            ("current", is_over(position, days) & is_active, position["balance_minor"]),
        ):
            is_hit = hit.fill_null(False)
            amounts[_name(days, view, "count")] = is_hit.cast("int64")
            amounts[_name(days, view, "amount")] = ibis.ifelse(is_hit, balance, 0)
    rows = position.select(*cell, **amounts)
    return rows.aggregate(by=list(cell), **{name: rows[name].sum().fill_null(0) for name in amounts})


def _name(threshold: int, view: str, basis: str) -> str:
    return f"{view}_{threshold}_{basis}"


def _curve(spine: pd.DataFrame, hits: pd.DataFrame, threshold: int, view: str, basis: str) -> pd.DataFrame:
    cells = pd.MultiIndex.from_frame(spine[_CELL])
    bad = pd.Series(
        hits[_name(threshold, view, basis)].reindex(cells).fillna(0).astype("int64").to_numpy(),
        index=spine.index,
    )
    if view == "ever":
        bad = bad.groupby([spine[key] for key in _CELL[:3]], observed=True, dropna=False).cumsum()
    numerator = bad.astype("Int64").where(spine["is_reached"])
    denominator = spine["amount"] if basis == "amount" else spine["n"]
    is_known = spine["is_reached"] & (denominator > 0)
    value = (bad / denominator.where(is_known)).astype("Float64").to_numpy("float64", na_value=np.nan)
    return pd.DataFrame(dict(_columns(spine, threshold, view, basis, numerator, denominator, value)))


def _columns(
    spine: pd.DataFrame, threshold: int, view: str, basis: str, *figures: object
) -> Iterator[tuple[str, object]]:
    """Yield the columns of the result in order."""
    yield from ((key, spine[key]) for key in _CELL)
    yield from (("threshold", threshold), ("view", view), ("basis", basis))
    numerator, denominator, value = figures
    yield from (("numerator", numerator), ("denominator", denominator), ("n", spine["n"]))
    unknown = np.maximum(spine[f"unknown_{threshold}"], spine["unseen"])
    yield from (("unknown", unknown), ("value", value))
