"""Targets are judged on unrounded values, exactly at the limit; the score in both readings."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.metrics.catalogue import metric
from postloan.metrics.duties import METRICS as DUTY_METRICS
from postloan.metrics.metric import Unit
from postloan.metrics.targets import Judged, by_duty, check_target, plan_targets, score
from postloan.model.fault import Fault
from postloan.policy.files import read_policy
from postloan.policy.policy import Policy

AS_OF = date(2026, 10, 31)
POLICIES = (
    "personal",
    "general",
    "monthly_sprint",
    "manufacturing",
    "consumer",
    "agri",
    "corporate",
    "microloan",
)


def at_most(value: str, limit: str) -> Judged:
    return Judged(Fraction(value), Fraction(limit), is_most=True)


def at_least(value: str, limit: str) -> Judged:
    return Judged(Fraction(value), Fraction(limit), is_most=False)


def measures(*rows: tuple[str, str, str, str, int | None, int | None]) -> pd.DataFrame:
    """Return measured figures: metric, month_end, by, group, numerator, denominator."""
    columns = ["metric", "month_end", "by", "group", "numerator", "denominator"]
    frame = pd.DataFrame(rows, columns=columns).assign(scope="all", n=1, unknown=0)
    kinds = dict.fromkeys(("numerator", "denominator", "n", "unknown"), "Int64")
    return frame.assign(month_end=pd.to_datetime(frame["month_end"])).astype(kinds)


def judged(frame: pd.DataFrame, plan: str) -> pd.DataFrame:
    return plan_targets(frame, read_policy(plan).policy, AS_OF, ["all"]).set_index("target")


def test_a_value_that_prints_as_the_limit_is_judged_unrounded() -> None:
    for numerator, is_met in ((15_000, True), (15_001, False), (14_999, True)):
        found = judged(
            measures(("overdue_rate_balance", "2026-10-31", "", "", numerator, 1_000_000)), "personal"
        )
        assert found.loc["overdue_rate", "is_met"] == is_met


def test_coverage_of_duties_is_a_target_of_the_duties_it_names() -> None:
    """P5-1: 90 of 100 is met, 89 is not; other duties and branches do not count."""
    for done, is_met in ((90, True), (89, False)):
        rows = [
            ("on_site_small", "", done, 100),
            ("on_site_small", "甲支行", 0, 50),
            ("screening", "", 0, 100),
        ]
        told = pd.DataFrame(rows, columns=["duty", "branch", "numerator", "denominator"])
        told = told.assign(scope="all", metric="duty_coverage", n=100, unknown=0)
        kinds = dict.fromkeys(("numerator", "denominator", "n", "unknown"), "Int64")
        found = judged(by_duty(told, AS_OF).astype(kinds), "corporate")
        assert found.loc["checked_small", "is_met"] == is_met
        assert found["is_met"].isna()["checked_large"]  # none fell due


def test_a_target_of_duties_names_them() -> None:
    target = read_policy("corporate").policy.targets["checked_small"]
    check_target(target)
    with pytest.raises(Fault, match="of the duties of one month"):
        check_target(target.model_copy(update={"of": {}}))


def test_an_amount_at_the_limit_meets_it() -> None:
    for amount, is_met in ((49_999_999, False), (50_000_000, True)):
        found = judged(measures(("collected", "2026-10-31", "", "", amount, None)), "monthly_sprint")
        assert found.loc["collected", "is_met"] == is_met
        assert found.loc["collected", "is_money"]


def test_a_quarter_sums_its_months_and_no_other() -> None:
    rows = [
        ("collected", f"2026-{m:02}-28", "", "", amount, None) for m, amount in ((9, 7), (10, 5), (11, 3))
    ]
    assert judged(measures(*rows), "agri").loc["collected", "numerator"] == 5
    november = plan_targets(measures(*rows), read_policy("agri").policy, date(2026, 11, 30), ["all"])
    assert november.set_index("target").loc["collected", "numerator"] == 8


def test_a_target_of_some_groups_sums_these_groups() -> None:
    rows = [("npl_ratio", "2026-10-31", "industry", g, 3, 100) for g in ("制造业", "建筑业")]
    found = judged(measures(*rows, ("npl_ratio", "2026-10-31", "", "", 6, 200)), "manufacturing")
    assert (found.loc["npl_ratio", "numerator"], found.loc["npl_ratio", "denominator"]) == (3, 100)
    assert not found.loc["npl_ratio", "is_met"]


def test_what_is_unknown_is_never_met() -> None:
    found = judged(measures(("overdue_rate_balance", "2026-10-31", "", "", 0, 0)), "personal")
    assert found["is_met"].isna().all()
    assert found["value"].isna().all()
    assert found.loc["satisfaction", "metric"] == "satisfaction_rate"


def test_the_score_in_both_readings() -> None:
    weights = [Fraction(3, 10), Fraction(3, 10), Fraction(1, 5), Fraction(1, 5)]
    parts = [
        at_most("0.012", "0.015"),
        at_least("0.82", "0.85"),
        at_least("0.91", "0.9"),
        at_least("0.98", "1"),
    ]
    found = score(zip(weights, parts, strict=True))
    assert found.pass_fail == 50
    assert float(found.proportional) == pytest.approx(98.54, abs=0.005)
    parts = [at_most("0.03", "0.015"), at_least("0.85", "0.85"), at_least("0.9", "0.9"), at_least("1", "1")]
    found = score(zip(weights, parts, strict=True))
    assert found.pass_fail == 70
    assert found.proportional == 85


def test_a_score_says_how_much_could_be_judged() -> None:
    frame = measures(
        ("npl_ratio", "2026-10-31", "", "", 30, 1000), ("recovery_rate_period", "2026-10-31", "", "", 85, 100)
    )
    found = judged(frame, "general")
    assert found["weight"].sum() == 100
    assert found.loc[found["pass_fail"].notna(), "weight"].sum() == 60
    assert found["pass_fail"].sum() == 30
    assert found["proportional"].sum() == 45


@pytest.mark.parametrize("unknown", [("2026-11-30", None), ("2026-10-31", None)])
def test_a_month_of_which_it_is_not_known_leaves_the_quarter_unknown(unknown: tuple[str, int | None]) -> None:
    months = dict([("2026-10-31", 90_000_000), ("2026-11-30", 90_000_000), unknown])
    rows = measures(*(("collected", on, "", "", amount, None) for on, amount in months.items()))
    found = plan_targets(rows, of("agri"), date(2026, 11, 30), ["all"]).set_index("target")
    assert found.loc["collected", "numerator"] is pd.NA
    assert found.loc["collected", "is_met"] is pd.NA


@pytest.mark.parametrize(
    ("changes", "message", "mend"),
    [
        ({"metric": "npl_ratios"}, "no metric 'npl_ratios'", "npl_ratio"),
        ({"of": {"industri": "agri_industries"}}, "no dimension 'industri'", "industry"),
        ({"period": "quarter"}, "is a ratio", "take an amount"),
    ],
)
def test_what_a_target_cannot_be_measured_by_is_refused(
    changes: dict[str, object], message: str, mend: str
) -> None:
    target = of("agri").targets["npl_ratio"]
    check_target(target)
    with pytest.raises(Fault) as caught:
        check_target(target.model_copy(update=changes))
    assert message in caught.value.what
    assert mend in caught.value.mend


@given(st.fractions(-2, 2), st.fractions(-1, 2), st.booleans())
def test_a_met_target_has_all_of_its_weight_and_no_other_has(
    value: Fraction, limit: Fraction, is_most: bool
) -> None:
    target = Judged(value, limit, is_most)
    share = target.share()
    assert share is not None
    assert 0 <= share <= 1
    assert (share == 1) == target.is_met


def of(name: str) -> Policy:
    return read_policy(name).policy


@pytest.mark.parametrize("name", POLICIES)
def test_every_target_names_a_metric_that_is_measured_in_the_unit_of_its_limit(name: str) -> None:
    duties = {duty.slug: duty for duty in DUTY_METRICS}
    for target in of(name).targets.values():
        if target.metric:
            unit = (duties.get(target.metric) or metric(target.metric)).unit
            limit = of(name).parameters[target.limit].unit.value
            assert {Unit.FRACTION: "fraction", Unit.MONEY: "money_minor", Unit.LOANS: "count"}[unit] == limit


def test_weights_of_a_plan_add_up_to_the_whole() -> None:
    plan = of("general")
    values = plan.values(AS_OF)
    weights = [values[target.weight] for target in plan.targets.values() if target.weight]
    assert sum(Fraction(str(weight)) for weight in weights) == 1
