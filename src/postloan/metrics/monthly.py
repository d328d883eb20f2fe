"""All results of the monthly review, for all scopes at once: one frame per question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import ibis
import pandas as pd

from postloan.metrics import bridge, care, flow_matrix, lists
from postloan.metrics.catalogue import METRICS
from postloan.metrics.concentration import STATISTICS, concentration, concentration_stats
from postloan.metrics.defined import defined
from postloan.metrics.dimensions import DIMENSIONS
from postloan.metrics.exceptions import exceptions
from postloan.metrics.facts import Facts
from postloan.metrics.fpd import fpd, fpd_metrics
from postloan.metrics.measure import measure
from postloan.metrics.mix import mix_rate
from postloan.metrics.scope import keyed, observation_dates
from postloan.metrics.static_pool import RECOVERY_RATE_STATIC_POOL, static_pools
from postloan.metrics.vintage import vintage
from postloan.metrics.walks import walks
from postloan.model.scope import ALL, product_of

MONTHS = 13
BREAKDOWNS = ("branch", "product", "industry", "region", "customer_kind")
STATE_BREAKDOWNS = ("bucket", "risk_class")  # few groups, wanted over all months
EXPLAINED = ("overdue_rate_balance", "par_30", "npl_ratio")
EXPLAINED_BY = ("product", "branch", "industry", "region")
_FIGURES = ["numerator", "denominator", "n", "unknown", "value", "low", "high"]


def scoped_results(
    facts: Facts,
    as_of: date,
    *,
    scopes: Sequence[str],
    class_floors: Mapping[str, Mapping[str, int]],
    capital_minor: int | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the frames of ``monthly_results`` for scopes of any kind.

    The lender and its branches are computed in one go, each product on the facts cut to it.
    """
    results = partial(monthly_results, class_floors=class_floors, capital_minor=capital_minor)
    products = {scope: name for scope in scopes if (name := product_of(scope)) is not None}
    others = [scope for scope in scopes if scope not in products]
    found = [results(facts, as_of, scopes=others)] if others else []
    for scope, name in products.items():
        frames = results(facts.of_product(name), as_of, scopes=[ALL])
        found.append({key: _renamed(frame, scope) for key, frame in frames.items()})
    return {name: _joined([frames[name] for frames in found]) for name in found[0]}


def _renamed(frame: pd.DataFrame, scope: str) -> pd.DataFrame:
    return frame.assign(scope=scope) if "scope" in frame else frame


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if "scope" in frames[0] else frames[0]


def monthly_results(
    facts: Facts,
    as_of: date,
    *,
    scopes: Sequence[str],
    class_floors: Mapping[str, Mapping[str, int]],
    capital_minor: int | None = None,
) -> dict[str, pd.DataFrame]:
    """Return every frame of the monthly review, computed once for all scopes.

    Args:
        facts: The book at ``as_of``: position, flow, cure, recovery, loan, instalment,
            instalment_outcome, payment, loan_event and what else the lender gives.
        as_of: Observation date.
        scopes: ``all`` and the branches wanted (``(missing)`` for loans without one).
        class_floors: By product, '' for all others, and risk class: the days past due over which a
            loan is at least in that class (``policy.floors``).
        capital_minor: Net capital; None where the lender does not give it.

    Returns:
        Frames by name; the first column of each is ``scope``, but for ``definitions``. Money in minor
        units, ratios as fractions, a missing value is unknown and never 0.
    """
    dates = observation_dates(facts.table("position"), as_of)
    months = dates[-MONTHS:]
    compared = compared_dates(dates, as_of)
    measures = measured(facts, scopes, months, [*compared.values(), as_of])
    bridge_loans = bridge.npl_bridge_loans(facts, as_of, scopes)
    overdue = lists.overdue_loans(facts, as_of, scopes)
    return {
        "measures": measures,
        "flow_matrix": flow_matrix.flow_matrix(facts, months, scopes),
        "class_matrix": flow_matrix.class_matrix(facts, months, scopes),
        "npl_bridge": bridge.npl_bridge(facts, as_of, scopes, bridge_loans),
        "npl_bridge_loans": bridge_loans,
        "vintage": vintage(facts, as_of, scopes),
        "fpd": fpd(facts, as_of, scopes),
        "walks": walks(facts, as_of, scopes, MONTHS),
        "static_pool": static_pools(facts, as_of, scopes),
        "concentration": concentration(facts, as_of, scopes),
        "concentration_stats": concentration_stats(facts, as_of, scopes, capital_minor),
        "mix_rate": mix_rate(measures, EXPLAINED, EXPLAINED_BY, as_of, compared),
        "maturities": lists.maturities(facts, as_of, scopes),
        "cliff": lists.cliff(overdue, class_floors),
        "overdue_loans": overdue,
        "restructured_loans": lists.restructured_loans(facts, as_of, scopes),
        "written_off_loans": lists.written_off_loans(facts, as_of, scopes),
        "recovered_loans": lists.recovered_loans(facts, as_of, scopes),
        "exceptions": exceptions(facts, as_of, scopes),
        "definitions": definitions(as_of),
    }


def compared_dates(dates: Sequence[date], as_of: date) -> dict[str, date]:
    """Return the dates that ``as_of`` is compared with: ``month`` before and same month last ``year``.

    A date that the book does not reach back to is left out.
    """
    earlier = [on for on in dates if on < as_of]
    last_year = [on for on in earlier if (on.year, on.month) == (as_of.year - 1, as_of.month)]
    return {
        **({"month": earlier[-1]} if earlier else {}),
        **({"year": last_year[-1]} if last_year else {}),
    }


def measured(
    facts: Facts, scopes: Sequence[str], months: Sequence[date], broken_down: Sequence[date]
) -> pd.DataFrame:
    """Measure the whole catalogue by scope and date, in total and by dimension.

    Totals, and breakdowns by bucket and risk class, are of all ``months``; the other dimensions of the
    dates ``broken_down``. Every breakdown adds up to its total, loans without a key included.

    Returns:
        ``scope, metric, month_end, by, group`` and the figures of ``measure``; ``by`` and ``group`` are
        '' for a total.
    """
    tables = dict.fromkeys(metric.table for metric in METRICS)
    parts = [
        _measured_table(facts, name, scopes, months, broken_down)
        for name in tables
        if name not in care.TABLES or facts.whole().has(name)  # what nobody delivers is not measured
    ]
    order = ["scope", "metric", "month_end", "by", "group"]
    frame = pd.concat(parts, ignore_index=True)[[*order, *_FIGURES]]
    frame = frame.assign(month_end=pd.to_datetime(frame["month_end"]).astype("datetime64[ms]"))
    if facts.whole().has("recovery"):
        frame = pd.concat([frame, _nothing_came(frame, scopes, months)], ignore_index=True)
    return frame.sort_values(order, ignore_index=True)


def _nothing_came(frame: pd.DataFrame, scopes: Sequence[str], months: Sequence[date]) -> pd.DataFrame:
    """Return totals of 0 for the scopes and dates at which no cash came after write-off.

    The table ``recovery`` has rows only where money moved. This is for a lender known to record such cash:
    of one that never did, nothing is said.
    """
    slugs = [metric.slug for metric in METRICS if metric.table == "recovery"]
    keys = ["scope", "metric", "month_end"]
    grid = pd.MultiIndex.from_product([scopes, slugs, pd.to_datetime(list(months)).as_unit("ms")], names=keys)
    known = pd.MultiIndex.from_frame(frame.loc[(frame["by"] == "") & frame["metric"].isin(slugs), keys])
    nothing = grid.difference(known).to_frame(index=False)
    nothing = nothing.assign(by="", group="", numerator=0, n=0, unknown=0, value=0.0)
    return nothing.reindex(columns=frame.columns).astype(frame.dtypes.to_dict())


def _measured_table(
    facts: Facts, name: str, scopes: Sequence[str], months: Sequence[date], broken_down: Sequence[date]
) -> pd.DataFrame:
    """Measure the metrics of one table in one pass over its rows."""
    table = facts.table(name)
    dimensions = [by for by in (*STATE_BREAKDOWNS, *BREAKDOWNS) if name in DIMENSIONS[by].columns]
    keyed_rows = table.mutate(
        scope=keyed(table["branch"]),
        **{f"by_{by}": _group(table, name, by, broken_down) for by in dimensions},
    )
    rows = keyed_rows.filter(keyed_rows["month_end"].isin(list(months)))
    groupings = [[], *([f"by_{by}"] for by in dimensions)]
    sets = [["month_end", *scope, *grouping] for scope in ([], ["scope"]) for grouping in groupings]
    keys = ["month_end", "scope", *(f"by_{by}" for by in dimensions)]
    metrics = [metric for metric in METRICS if metric.table == name]
    return named(measure(rows, metrics, keys, sets), dimensions, scopes)


def _group(table: ibis.Table, name: str, by: str, broken_down: Sequence[date]) -> ibis.Value:
    """Return the row's group in a dimension, missing keys named; '' where the date is not broken down."""
    group = keyed(DIMENSIONS[by].columns[name](table))
    if by in STATE_BREAKDOWNS:
        return group
    return ibis.ifelse(table["month_end"].isin(list(broken_down)), group, "")


def named(frame: pd.DataFrame, dimensions: Sequence[str], scopes: Sequence[str]) -> pd.DataFrame:
    """Turn the key columns of the groupings into ``scope, by, group``; keep the scopes asked for."""
    by = pd.Series("", index=frame.index)
    group = pd.Series("", index=frame.index)
    for name in dimensions:
        is_grouped = frame[f"by_{name}"].notna()
        by = by.mask(is_grouped, name)
        group = group.mask(is_grouped, frame[f"by_{name}"])
    scope = frame["scope"].fillna(ALL)
    is_wanted = scope.isin(list(scopes)) & ((by == "") | (group != ""))
    return frame.assign(scope=scope, by=by, group=group)[is_wanted]


def definitions(as_of: date) -> pd.DataFrame:
    """Return what every figure means: ``defined`` of the catalogue and the statistics beside it."""
    return defined((*METRICS, RECOVERY_RATE_STATIC_POOL, *fpd_metrics(as_of).values(), *STATISTICS))
