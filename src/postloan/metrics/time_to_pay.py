"""How long it takes until money comes: Kaplan–Meier, what is still open censored (F-35)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import NormalDist

import ibis
import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight

from postloan.metrics.facts import Facts
from postloan.metrics.scope import framed, in_scopes, keyed

DAYS = (7, 15, 30, 60, 90, 180)
_YEARS = 2  # of cases and due dates looked at: older habits say little of today's
_WIDTH = NormalDist().inv_cdf(0.975)  # standard errors either side: 95 % of a normal
_NOISE = 1e-9


def spells(facts: Facts, as_of: date) -> ibis.Table:
    """Return what waits, or waited, for money: ``kind, branch, product, days, is_paid``.

    - ``case``: from the day a collection case opened to the day it closed.
    - ``overdue``: from the due day of an instalment that was not paid on it to the day it was paid off.

    What is open at ``as_of`` has the days until then and is not paid; begun in the last two years.
    """
    on = ibis.literal(as_of)
    since = ibis.literal(as_of.replace(year=as_of.year - _YEARS, day=1))
    loan = facts.table("loan").select("loan_id", "branch", "product")
    case = facts.table("collection_case")
    cases = case.filter(case.loan_id.notnull(), case.opened_on <= on, case.opened_on >= since)
    cases = cases.select("loan_id", kind=ibis.literal("case"), begun=cases.opened_on, ended=cases.closed_on)
    plan = facts.table("instalment_outcome")
    late = plan.filter(plan.due_on < on, plan.due_on >= since, plan.superseded_on.isnull())
    late = late.filter(late.paid_off_on.isnull() | (late.paid_off_on > late.due_on))
    late = late.select("loan_id", kind=ibis.literal("overdue"), begun=late.due_on, ended=late.paid_off_on)
    nullable = {"loan_id": "string", "kind": "string", "begun": "date", "ended": "date"}
    both = ibis.union(cases.cast(nullable), late.cast(nullable))
    t = both.inner_join(loan, "loan_id")
    is_paid = (t.ended <= on).fill_null(False)
    end = ibis.ifelse(is_paid, t.ended, on)
    return t.select(
        "kind", "branch", "product", days=end.delta(t.begun, unit="day").cast("int64"), is_paid=is_paid
    )


def time_to_pay(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return how long it takes by scope, in total and by product.

    Returns:
        ``scope, kind, group`` ('' for all), ``n, paid, median, low, high`` (days; blank where half are not yet paid, or
        the bound lies beyond what was seen) and ``by_7`` … ``by_180``: the share paid within so many days, blank
        beyond the longest wait seen.
    """
    rows = in_scopes(spells(facts, as_of), scopes)
    rows = rows.mutate(group=keyed(rows["product"])).select("scope", "kind", "group", "days", "is_paid")
    frame = framed(rows.to_pyarrow())
    columns = ["scope", "kind", "group", "n", "paid", "median", "low", "high", *(f"by_{day}" for day in DAYS)]
    found = [
        {"scope": scope, "kind": kind, "group": group, **waits(part["days"], part["is_paid"])}
        for (scope, kind), whole in frame.groupby(["scope", "kind"], sort=True)
        for group, part in [("", whole), *whole.groupby("group", sort=True)]
    ]
    return pd.DataFrame(found, columns=columns)


def waits(days: pd.Series[int], is_paid: pd.Series[bool]) -> dict[str, float | int | None]:
    """Return the Kaplan–Meier figures of one group.

    The median's bounds invert the log-log test (Brookmeyer and Crowley, Biometrics 1982); where one step jumps across
    the whole interval, both are the day of that step.
    """
    time = days.to_numpy(dtype="float64")
    paid = is_paid.to_numpy(dtype="bool")
    curve = SurvfuncRight(time, paid.astype("int64"))
    # By the first day on which half have paid; the product of steps is not exactly a half where it should be.
    median = _first(curve.surv_times, curve.surv_prob <= 0.5 + _NOISE)
    far = _from_half(curve)
    low, high = _first(curve.surv_times, far >= -_WIDTH), _first(curve.surv_times, far > _WIDTH)
    shares = {f"by_{day}": _share_by(curve, day, time.max()) for day in DAYS}
    figures = {"median": median, "low": low, "high": high, **shares}
    return {
        "n": len(time),
        "paid": int(paid.sum()),
        **figures,
    }


def _from_half(curve: SurvfuncRight) -> np.ndarray:
    """Return how many standard errors the curve lies past a half at each step, on the log-log scale."""
    survival, half = curve.surv_prob, np.log(np.log(2))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = -curve.surv_prob_se / (survival * np.log(survival))
        far = (np.log(-np.log(survival)) - half) / error
    return np.where(survival > 0, far, np.inf)


def _first(times: np.ndarray, where: np.ndarray) -> float | None:
    """Return the first of the times at which it holds; None where it never does."""
    return float(times[where][0]) if where.any() else None


def _share_by(curve: SurvfuncRight, day: int, longest: float) -> float | None:
    """Return the share paid within ``day`` days; None beyond the longest wait, unless nobody waits any more."""
    somebody_waits = not len(curve.surv_prob) or curve.surv_prob[-1] > 0
    if day > longest and somebody_waits:
        return None
    place = np.searchsorted(curve.surv_times, day, side="right") - 1
    return 0.0 if place < 0 else float(1 - curve.surv_prob[place])
