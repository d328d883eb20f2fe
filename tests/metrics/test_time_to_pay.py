"""Time to payment: hand-worked cases, and a plain product-limit walk."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from effort import examples
from postloan.metrics.time_to_pay import DAYS, waits


def told(*spells: tuple[int, bool]) -> dict[str, float | int | None]:
    return waits(pd.Series([days for days, _ in spells]), pd.Series([paid for _, paid in spells]))


def test_without_open_ones_it_is_the_plain_share() -> None:
    found = told((5, True), (10, True), (20, True), (40, True))
    assert (found["n"], found["paid"]) == (4, 4)
    assert [found[f"by_{day}"] for day in (7, 15, 30, 60, 180)] == pytest.approx([0.25, 0.5, 0.75, 1, 1])
    assert found["median"] == 10  # by then half have paid


def test_what_is_open_counts_as_long_as_it_was_watched() -> None:
    # Paid on day 5 of four, open at 8, paid on day 10 of two left: 1 − 3/4 · 1/2.
    found = told((5, True), (8, False), (10, True), (20, False))
    assert found["by_7"] == 0.25
    assert abs(float(found["by_15"] or 0) - 0.625) < 1e-12
    assert found["by_30"] is None  # nobody was watched so long


def test_where_nobody_paid_there_is_no_median_and_no_share_beyond() -> None:
    found = told((5, False), (9, False))
    assert (found["median"], found["low"], found["high"]) == (None, None, None)
    assert (found["by_7"], found["by_15"]) == (0.0, None)


def test_a_step_across_the_whole_interval_is_both_of_its_bounds() -> None:
    found = told(*[(5, True)] * 20, *[(20, True)] * 60, *[(40, True)] * 20)
    assert (found["low"], found["median"], found["high"]) == (20, 20, 20)


def test_a_bound_beyond_what_was_seen_is_open() -> None:
    found = told((5, True), (10, True), (20, False), (30, False))
    assert (found["median"], found["high"]) == (10, None)


@settings(max_examples=examples(60, 1000), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=40))
def test_the_bounds_are_those_of_the_library_where_it_gives_any(spells: list[tuple[int, bool]]) -> None:
    found = told(*spells)
    if not any(paid for _, paid in spells):
        return
    curve = SurvfuncRight([days for days, _ in spells], [int(paid) for _, paid in spells])
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = curve.quantile_ci(0.5)
    if np.isfinite(low):
        assert (found["low"], found["high"]) == (low, high if np.isfinite(high) else None)


def test_open_ones_make_it_longer_than_the_paid_alone_say() -> None:
    paid = [(days, True) for days in (3, 6, 9, 12)]
    assert (told(*paid, *[(30, False)] * 5)["by_15"] or 0) < (told(*paid)["by_15"] or 0)


def product_limit(spells: list[tuple[int, bool]], day: int) -> Fraction:
    left = Fraction(1)
    for time in sorted({days for days, paid in spells if paid and days <= day}):
        at_risk = sum(days >= time for days, _ in spells)
        left *= 1 - Fraction(sum(paid and days == time for days, paid in spells), at_risk)
    return 1 - left


@settings(max_examples=examples(60, 1000), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 200), st.booleans()), min_size=1, max_size=30))
def test_the_plain_walk_says_the_same(spells: list[tuple[int, bool]]) -> None:
    found = told(*spells)
    for day in DAYS:
        share = found[f"by_{day}"]
        if share is not None:
            assert abs(float(share) - float(product_limit(spells, day))) < 1e-9
        else:
            assert day > max(days for days, _ in spells)
