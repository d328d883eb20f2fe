"""Laws that hold for every metric there is, on a lender with missing keys and unknown rows."""

from __future__ import annotations

import pandas as pd
import pytest
from lender import AS_OF, GRID, lender

from postloan.metrics import care
from postloan.metrics.catalogue import METRICS, check_names, measured, metric
from postloan.metrics.dimensions import DIMENSIONS
from postloan.metrics.metric import Basis
from postloan.model.fault import Fault
from postloan.model.tables import TABLES

SUMS = ["numerator", "denominator", "n", "unknown"]
FACTS = lender()
LEDGER = tuple(chosen for chosen in METRICS if chosen.table not in care.TABLES)  # what a ledger alone gives
SLUGS = [chosen.slug for chosen in LEDGER]
WHOLE = [d for d in DIMENSIONS if d not in ("bucket", "risk_class", "month_end")]


def totals(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby("metric", observed=True, dropna=False)[SUMS].sum().astype("int64")


DATES = [GRID[-7], AS_OF]
TOTAL = totals(measured(FACTS, SLUGS, DATES))


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_breakdown_adds_up_to_its_total(dimension: str) -> None:
    slugs = [s for s in SLUGS if metric(s).table in DIMENSIONS[dimension].columns]
    parts = totals(measured(FACTS, slugs, DATES, [dimension]))
    assert set(parts.index) == set(slugs)
    pd.testing.assert_frame_equal(parts, TOTAL.loc[parts.index])


def test_two_dimensions_add_up_too() -> None:
    parts = totals(measured(FACTS, SLUGS, DATES, ["branch", "product"]))
    pd.testing.assert_frame_equal(parts, TOTAL.loc[parts.index])


def test_the_lender_tries_every_metric() -> None:
    untried = TOTAL[(TOTAL["n"] == 0) | (TOTAL["numerator"] == 0)]
    assert set(untried.index) <= {"extended_balance", "extended_rate_balance", "extended_rate_count"}


def test_missing_keys_are_a_group_of_their_own() -> None:
    frame = measured(FACTS, ["balance"], [AS_OF], ["branch"])
    assert frame["branch"].isna().sum() == 1
    assert frame["numerator"].notna().all()


def test_loans_that_have_left_make_no_group_of_a_stock() -> None:
    frame = measured(FACTS, ["loans_active", "npl_ratio"], [AS_OF], ["risk_class"])
    assert ((frame["n"] > 0) | (frame["unknown"] > 0)).all()


def test_the_same_metrics_one_by_one_and_all_at_once() -> None:
    some = [
        "npl_ratio",
        "roll_rate_m0_m1",
        "balance",
        "recovery_rate_npl",
        "redefault_rate",
        "over_90_to_npl",
    ]
    together = measured(FACTS, some, [AS_OF], ["product"])
    apart = pd.concat([measured(FACTS, [slug], [AS_OF], ["product"]) for slug in some], ignore_index=True)
    pd.testing.assert_frame_equal(together, apart)


def test_proportions_lie_in_their_intervals_and_others_have_none() -> None:
    frame = measured(FACTS, SLUGS, DATES, ["month_end", "branch"])
    basis = frame["metric"].map({m.slug: m.basis for m in METRICS})
    is_ratio = frame["metric"].map({m.slug: m.denominator is not None for m in METRICS})
    bounded = is_ratio & (basis != Basis.AMOUNT) & (frame["denominator"] > 0)
    inside = frame[bounded]
    assert ((inside["low"] <= inside["value"] + 1e-12) & (inside["value"] <= inside["high"] + 1e-12)).all()
    assert ((inside["low"] >= -1e-12) & (inside["high"] <= 1 + 1e-12)).all()
    assert frame.loc[~bounded, ["low", "high"]].isna().all().all()


def test_a_metric_is_declared_on_a_contract_table_that_has_every_dimension() -> None:
    assert all(chosen.table in TABLES for chosen in METRICS)
    for chosen in LEDGER:
        assert set(WHOLE) <= {s for s, d in DIMENSIONS.items() if chosen.table in d.columns}


def test_the_par_0_alias_is_the_overdue_rate_by_balance() -> None:
    frame = measured(FACTS, ["par_0", "overdue_rate_balance"], [AS_OF]).drop(columns="metric")
    pd.testing.assert_series_equal(frame.iloc[0], frame.iloc[1], check_names=False)


@pytest.mark.parametrize(
    ("slugs", "by", "nearest"),
    [
        (["npl_rato"], [], "did you mean npl_ratio?"),
        (["npl_ratio"], ["brnch"], "did you mean branch?"),
        (["redefault_rate"], ["bucket"], "break them down by branch"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(slugs: list[str], by: list[str], nearest: str) -> None:
    with pytest.raises(Fault) as caught:
        check_names(slugs, by)
    assert nearest in caught.value.mend
    assert caught.value.exit_code == 2
