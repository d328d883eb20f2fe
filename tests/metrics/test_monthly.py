"""All results of the monthly review: scopes add up, breakdowns add up, frames are complete."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from lender import AS_OF, GRID, tables

from postloan.metrics.catalogue import METRICS, measured
from postloan.metrics.facts import Facts
from postloan.metrics.monthly import compared_dates, monthly_results

SCOPES = ("all", "东城支行", "西城支行", "(missing)")
FLOORS = {"": {"special_mention": 0, "substandard": 90, "doubtful": 270, "loss": 360}}
FACTS = Facts.of(tables())
RESULTS = monthly_results(FACTS, AS_OF, scopes=SCOPES, class_floors=FLOORS, capital_minor=10**12)
MEASURES = RESULTS["measures"]
SUMS = ["numerator", "denominator", "n", "unknown"]
KEYS = ["metric", "month_end", "by", "group"]


def known_sums(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sum up the parts of every figure; an amount that no part knows is 0 here."""
    return frame.groupby(keys, observed=True, dropna=False)[SUMS].sum().astype("int64").sort_index()


def test_branches_and_loans_without_one_add_up_to_the_lender() -> None:
    is_all = MEASURES["scope"] == "all"
    pd.testing.assert_frame_equal(known_sums(MEASURES[~is_all], KEYS), known_sums(MEASURES[is_all], KEYS))


@pytest.mark.parametrize(
    "by", ["branch", "product", "industry", "region", "customer_kind", "bucket", "risk_class"]
)
def test_every_breakdown_adds_up_to_its_total_in_every_scope(by: str) -> None:
    keys = ["scope", "metric", "month_end"]
    parts = known_sums(MEASURES[MEASURES["by"] == by], keys)
    totals = known_sums(MEASURES[MEASURES["by"] == ""], keys)
    assert not parts.empty
    pd.testing.assert_frame_equal(parts, totals.loc[parts.index])


def test_one_pass_over_all_breakdowns_gives_what_each_query_alone_gives() -> None:
    slugs = [metric.slug for metric in METRICS if metric.table == "position"]
    alone = measured(FACTS, slugs, [AS_OF], ["product"]).fillna({"product": "(missing)"})
    chosen = MEASURES[
        (MEASURES["scope"] == "all") & (MEASURES["by"] == "product") & MEASURES["metric"].isin(slugs)
    ]
    chosen = chosen[chosen["month_end"] == pd.Timestamp(AS_OF)]
    columns = [*SUMS, "value", "low", "high"]
    expected = alone.set_index(["metric", "product"])[columns].sort_index()
    found = chosen.set_index(["metric", "group"])[columns].sort_index()
    pd.testing.assert_frame_equal(found, expected, check_names=False, check_index_type=False)


def test_states_are_broken_down_over_all_months_and_other_dimensions_where_compared() -> None:
    dates = MEASURES.groupby("by", observed=True)["month_end"].nunique()
    assert dates["bucket"] == dates["risk_class"] == dates[""] == len(GRID)
    assert dates["product"] == 2  # this lender has no year before


def test_comparisons_are_with_the_month_before_and_the_same_month_last_year() -> None:
    dates = [date(2024, 6, 30), date(2024, 7, 31), date(2025, 5, 31), date(2025, 6, 15)]
    assert compared_dates(dates, date(2025, 6, 15)) == {"month": date(2025, 5, 31), "year": date(2024, 6, 30)}
    assert compared_dates(dates[-1:], date(2025, 6, 15)) == {}


def test_every_frame_starts_with_its_scope() -> None:
    for name, frame in RESULTS.items():
        assert name == "definitions" or frame.columns[0] == "scope", name
        assert name == "definitions" or set(frame["scope"]) <= set(SCOPES), name


def test_the_bridge_ends_where_the_ratio_stands() -> None:
    bridge = RESULTS["npl_bridge"].query("term == 'closing_ratio' and base == 'month'").set_index("scope")
    ratio = MEASURES[(MEASURES["metric"] == "npl_ratio") & (MEASURES["by"] == "")]
    ratio = ratio[ratio["month_end"] == pd.Timestamp(AS_OF)].set_index("scope")
    assert bridge["amount_minor"].to_dict() == ratio["numerator"].to_dict()
    assert (bridge["bp"] / 10_000).to_dict() == pytest.approx(ratio["value"].to_dict())


def test_mix_and_rate_explain_the_change_of_the_measured_ratio() -> None:
    split = RESULTS["mix_rate"]
    effects = split.assign(effect=split["mix_effect"] + split["rate_effect"])
    summed = effects.groupby(["scope", "metric", "by"], observed=True)["effect"].sum().reset_index()
    total = MEASURES[MEASURES["by"] == ""].set_index(["scope", "metric"])
    now, before = (total[total["month_end"] == pd.Timestamp(on)]["value"] for on in (AS_OF, GRID[-2]))
    change = (now - before).rename("change")
    both = summed.merge(change, left_on=["scope", "metric"], right_index=True)
    assert len(both) == len(summed) > 0
    assert both["effect"].to_list() == pytest.approx(both["change"].to_list(), abs=1e-12)


def test_every_measured_metric_is_defined_once() -> None:
    definitions = RESULTS["definitions"]
    assert definitions["slug"].is_unique
    assert set(MEASURES["metric"]) <= set(definitions["slug"])
    assert {"hhi", "recovery_rate_static_pool", "fpd_30_count"} <= set(definitions["slug"])


def test_the_same_facts_give_the_same_frames() -> None:
    again = monthly_results(FACTS, AS_OF, scopes=SCOPES, class_floors=FLOORS, capital_minor=10**12)
    assert list(again) == list(RESULTS)
    for name, frame in RESULTS.items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_no_cash_after_write_off_is_0_only_where_the_lender_records_such_cash() -> None:
    slugs = ["post_write_off_recoveries", "post_write_off_recoveries_year"]
    totals = MEASURES[MEASURES["metric"].isin(slugs) & (MEASURES["by"] == "")]
    records_cash = FACTS.has("recovery")
    expected = len(slugs) * len(SCOPES) * len(GRID) if records_cash else 0
    assert len(totals) == expected
    assert totals["numerator"].notna().all()
    silent = {**tables(), "recovery": FACTS.table("recovery").limit(0).to_pyarrow()}
    frame = monthly_results(Facts.of(silent), AS_OF, scopes=SCOPES, class_floors=FLOORS)["measures"]
    assert not frame["metric"].isin(slugs).any()
