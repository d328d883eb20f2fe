"""One subject: its loans, its months, how it stands beside its peers, and what sets a segment apart."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from postloan.engine.past_due import is_over
from postloan.metrics.catalogue import metric
from postloan.metrics.facts import Facts
from postloan.metrics.measure import measure
from postloan.metrics.portfolio import is_active
from postloan.metrics.scope import framed, keyed, observation_dates
from postloan.model.subject import COLUMNS, Subject

COMPARED = (
    "overdue_rate_balance",
    "par_30",
    "par_90",
    "npl_ratio",
    "over_30_rate_count",
    "over_90_rate_count",
)
DRIVEN_BY = ("product", "branch", "industry", "region", "customer_kind", "officer_id", "cohort")
_OVER = 30
_MONTHS = 36
_LOAN = (
    "loan_id", "customer_id", "branch", "product", "principal_minor", "balance_minor", "overdue_minor", "dpd",
    "risk_class", "status", "matures_on", "officer_id",
)  # fmt: skip


def subject_loans(facts: Facts, subject: Subject, as_of: date) -> ibis.Table:
    """Return the loan numbers of a subject, as they stand at ``as_of``; none where it names nobody."""
    position = facts.table("position")
    t = position.filter(position.month_end == ibis.literal(as_of))
    for key, values in subject.parts:
        if key == "group":
            customer = facts.table("customer")
            members = customer.filter(customer.group_id.isin(values)).select("customer_id")
            t = t.semi_join(members, "customer_id")
        elif key == "cohort":
            t = t.filter(t.cohort.strftime("%Y-%m").isin(values))
        else:
            t = t.filter(t[COLUMNS.get(key, key)].isin(values))
    return t.select("loan_id")


def loans(facts: Facts, chosen: ibis.Table, as_of: date) -> pd.DataFrame:
    """Return the loans of a subject at ``as_of``, the largest overdue amounts first."""
    position = facts.table("position")
    t = position.filter(position.month_end == ibis.literal(as_of)).semi_join(chosen, "loan_id").select(*_LOAN)
    order = [ibis.desc(t.overdue_minor), ibis.desc(t.balance_minor), t.loan_id]
    return framed(t.order_by(order).to_pyarrow())


def months(facts: Facts, chosen: ibis.Table, as_of: date) -> pd.DataFrame:
    """Return the last months of a subject: ``month_end, loans, balance_minor, overdue_minor, dpd, overdue_loans``.

    ``dpd`` is that of the worst loan; amounts are blank where one of the loans has none.
    """
    position = facts.table("position")
    dates = observation_dates(position, as_of)[-_MONTHS:]
    t = position.filter(position.month_end.isin(dates), is_active(position)).semi_join(chosen, "loan_id")
    found = t.group_by("month_end").agg(
        loans=t.count(),
        balance_minor=ibis.ifelse(t.balance_minor.isnull().any(), None, t.balance_minor.sum()),
        overdue_minor=ibis.ifelse(t.overdue_minor.isnull().any(), None, t.overdue_minor.sum()),
        dpd=t.dpd.max(),
        overdue_loans=is_over(t, 0).fill_null(False).sum(),
    )
    return framed(found.order_by("month_end").to_pyarrow())


def peers(facts: Facts, subject: Subject, chosen: ibis.Table, as_of: date) -> ibis.Table:
    """Return the loans a subject is compared with: of a segment all others, else those of the same products."""
    position = facts.table("position")
    at = position.filter(position.month_end == ibis.literal(as_of))
    others = at.anti_join(chosen, "loan_id")
    if not subject.is_segment:
        others = others.semi_join(at.semi_join(chosen, "loan_id").select("product"), "product")
    return others.select("loan_id")


def comparison(facts: Facts, subject: Subject, chosen: ibis.Table, as_of: date) -> pd.DataFrame:
    """Measure a subject and its peers at ``as_of`` and a year before, with their intervals (F-19).

    Returns:
        ``side`` (subject, peers), ``month_end``, ``metric`` and the figures of ``measure``.
    """
    position = facts.table("position")
    dates = observation_dates(position, as_of)
    year = [on for on in dates if (on.year, on.month) == (as_of.year - 1, as_of.month)]
    metrics = [metric(slug) for slug in COMPARED]
    parts = []
    for side, cut in (("subject", chosen), ("peers", peers(facts, subject, chosen, as_of))):
        rows = position.filter(position.month_end.isin([*year, as_of])).semi_join(cut, "loan_id")
        parts.append(measure(rows, metrics, ["month_end"]).assign(side=side))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(month_end=pd.to_datetime(frame["month_end"]).astype("datetime64[ms]"))


def drivers(facts: Facts, subject: Subject, chosen: ibis.Table, as_of: date) -> pd.DataFrame:
    """Rank the groups of a segment in which more loans are over 30 days past due than in the rest of it.

    Each group is tested against the other loans of the segment (Fisher's exact test), all tests together by
    Benjamini and Hochberg: ``q`` is the share of false findings among those at least as striking. Loans whose
    days past due are unknown are left out.

    Returns:
        ``by, group, loans, over, rate, low, high, rest_rate, excess`` (loans over 30 days beyond what the rest's
        rate would give), ``q``; most excess first.
    """
    position = facts.table("position")
    t = position.filter(position.month_end == ibis.literal(as_of), is_active(position)).semi_join(
        chosen, "loan_id"
    )
    t = t.mutate(is_late=is_over(t, _OVER)).filter(lambda r: r.is_late.notnull())
    fixed = {COLUMNS.get(key, key) for key, _ in subject.parts}
    parts = [_grouped(t, name) for name in DRIVEN_BY if name not in fixed]
    frame = pd.concat([part for part in parts if len(part) > 1] or parts[:1], ignore_index=True)
    return (
        _tested(frame)
        if len(frame)
        else frame.assign(rate=[], low=[], high=[], rest_rate=[], excess=[], q=[])
    )


def _grouped(t: ibis.Table, name: str) -> pd.DataFrame:
    group = t.cohort.strftime("%Y-%m") if name == "cohort" else t[name]
    rows = t.mutate(group=keyed(group))
    found = rows.group_by("group").agg(loans=rows.count(), over=rows.is_late.sum())
    return (
        framed(found.order_by("group").to_pyarrow())
        .astype({"loans": "int64", "over": "int64"})
        .assign(by=name)
    )


def _tested(frame: pd.DataFrame) -> pd.DataFrame:
    whole = frame.groupby("by")[["loans", "over"]].transform("sum")
    rest_loans, rest_over = whole["loans"] - frame["loans"], whole["over"] - frame["over"]
    tables = zip(
        frame["over"], frame["loans"] - frame["over"], rest_over, rest_loans - rest_over, strict=True
    )
    p = [fisher_exact([[a, b], [c, d]], alternative="greater").pvalue for a, b, c, d in tables]
    low, high = proportion_confint(frame["over"], frame["loans"], alpha=0.05, method="wilson")
    rest_rate = np.where(rest_loans > 0, rest_over / rest_loans.where(rest_loans > 0), np.nan)
    found = frame.assign(
        rate=frame["over"] / frame["loans"],
        low=low,
        high=high,
        rest_rate=rest_rate,
        excess=frame["over"] - frame["loans"] * rest_rate,
        q=multipletests(p, method="fdr_bh")[1],
    )
    return found.sort_values(["excess", "by", "group"], ascending=[False, True, True], ignore_index=True)
