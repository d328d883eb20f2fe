"""Mix and rate: the effects sum to the change (F-54)."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from postloan.metrics.mix import mix_rate

BEFORE, AS_OF = date(2025, 5, 31), date(2025, 6, 30)


def measures(*rows: tuple[date, str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"scope": "all", "metric": "par_30", "month_end": pd.Timestamp(on), "by": "product", "group": group,
             "numerator": top, "denominator": bottom}
            for on, group, top, bottom in rows
        ]
    )  # fmt: skip


def split(frame: pd.DataFrame) -> pd.DataFrame:
    return mix_rate(frame, ["par_30"], ["product"], AS_OF, {"month": BEFORE}).set_index("group")


def test_worked_example_by_hand() -> None:
    # Weights go from half and half to 0.2 and 0.8, rates from 10 % and 20 % to 10 % and 30 %.
    found = split(
        measures((BEFORE, "a", 10, 100), (BEFORE, "b", 20, 100), (AS_OF, "a", 4, 40), (AS_OF, "b", 48, 160))
    )
    assert found["mix_effect"].to_dict() == pytest.approx({"a": -0.3 * 0.10, "b": 0.3 * 0.25})
    assert found["rate_effect"].to_dict() == pytest.approx({"a": 0.0, "b": 0.65 * 0.10})
    effects = found["mix_effect"].sum() + found["rate_effect"].sum()
    assert effects == pytest.approx(52 / 200 - 30 / 200)


def test_a_new_group_is_all_mix() -> None:
    found = split(measures((BEFORE, "a", 10, 100), (AS_OF, "a", 10, 100), (AS_OF, "new", 30, 100)))
    assert found["mix_effect"].to_dict()["new"] == pytest.approx(0.5 * 0.3)
    assert found["rate_effect"].to_dict()["new"] == 0
    assert found["rate_before"].isna().to_dict() == {"a": False, "new": True}


def test_nothing_is_said_where_there_was_nothing() -> None:
    assert split(measures((AS_OF, "a", 10, 100))).empty
    assert split(measures((BEFORE, "a", 0, 0), (AS_OF, "a", 10, 100))).empty


GROUP = st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)).map(lambda pair: (min(pair), max(pair)))


@settings(max_examples=examples(15, 50), deadline=None)
@given(st.lists(st.tuples(GROUP, GROUP), min_size=1, max_size=8))
def test_effects_sum_to_the_change(groups: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    rows = [
        (on, f"g{place}", *ends[end])
        for place, ends in enumerate(groups)
        for end, on in enumerate((BEFORE, AS_OF))
    ]
    totals = [[sum(ends[end][part] for ends in groups) for part in (0, 1)] for end in (0, 1)]
    found = split(measures(*rows))
    if totals[0][1] and totals[1][1]:
        change = totals[1][0] / totals[1][1] - totals[0][0] / totals[0][1]
        assert found["mix_effect"].sum() + found["rate_effect"].sum() == pytest.approx(change, abs=1e-12)
    else:
        assert found.empty
