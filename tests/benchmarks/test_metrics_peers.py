"""Whoever is timed on metrics finds the same figures, but for the differences that are named."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks import metrics_peers as peers
from benchmarks import metrics_sql as sql
from benchmarks.metrics import STOCKS, additive, all_flows, all_vintages
from benchmarks.metrics_lender import facts_in, positions_and_flows
from postloan.metrics.facts import Facts

LOANS = 1_500
BY = ["month_end", "branch", "product"]
BUCKETS = [f"M{i}" for i in range(peers.MAX_BUCKET + 1)]


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lender")
    positions_and_flows(folder, LOANS)
    return folder


@pytest.fixture(scope="module")
def facts(lender: Path) -> Facts:
    return facts_in(lender)


def keyed(rows: pd.DataFrame) -> pd.DataFrame:
    filled = rows.assign(**{key: rows[key].astype("str").fillna("(missing)") for key in BY})
    return filled.set_index(BY).sort_index()


def stays(facts: Facts) -> dict[str, pd.DataFrame]:
    """Return our counts of loans with known days past due at both ends, by month: opening × closing."""
    flows = all_flows(facts)
    assert isinstance(flows, pd.DataFrame)
    known = flows[flows["from_state"].isin(BUCKETS) & flows["to_state"].isin(BUCKETS)]
    matrices = known.pivot_table(
        index=["month_end", "from_state"], columns="to_state", values="n", aggfunc="sum", fill_value=0
    )
    return {
        str(on.date()): matrices.loc[on].reindex(index=BUCKETS, columns=BUCKETS, fill_value=0)
        for on in matrices.index.get_level_values(0).unique()
    }


def test_sql_by_hand_has_every_stock_of_the_catalogue() -> None:
    assert set(sql.RECORDS) == {metric.slug for metric in STOCKS}


def test_sql_by_hand_gives_our_sums(facts: Facts) -> None:
    ours = additive(facts)
    assert isinstance(ours, pd.DataFrame)
    theirs = keyed(facts.connection.con.execute(sql.ADDITIVE).to_arrow_table().to_pandas())
    for slug, rows in ours.groupby("metric", observed=True):
        figures = keyed(rows)
        for part in ("numerator", "denominator", "n", "unknown"):
            name = f"{slug}_{part}"
            if name in theirs:
                found = figures[part].fillna(0).astype("int64").rename(name)
                pd.testing.assert_series_equal(found, theirs[name].astype("int64"))


def test_roll_rate_analysis_gives_our_matrices_without_loans_that_leave(lender: Path, facts: Facts) -> None:
    pytest.importorskip("roll_rate_analysis", reason="roll-rate-analysis is not installed")
    ours = stays(facts)
    months = [path.parent.name.removeprefix("month_end=") for path in peers.month_files(lender)]
    found: list[Any] = peers.roll_rate(lender, lender)()  # type: ignore[assignment]
    assert len(found) == len(months) - 1 > 20
    for (_, after), matrix in zip(pairwise(months), found, strict=True):
        assert matrix.drop("from_state").to_numpy().tolist() == ours[after].to_numpy().tolist()


def test_cranalytics_gives_our_curves_over_90_days(lender: Path, facts: Facts) -> None:
    pytest.importorskip("cranalytics", reason="cranalytics is not installed")
    curves = all_vintages(facts)
    assert isinstance(curves, pd.DataFrame)
    ours = curves[
        (curves["grain"] == "month") & (curves["threshold"] == 90) & (curves["view"] == "ever")
        & (curves["basis"] == "amount") & (curves["mob"] > 0)
    ].dropna(subset=["numerator"])  # fmt: skip
    found: Any = peers.cranalytics(lender, lender)()
    theirs = found.set_index(["vintage_date", "month_on_book"])["cumulative_charge_off_amount"]
    same = theirs.loc[pd.MultiIndex.from_frame(ours[["cohort", "mob"]])]
    assert same.astype("int64").to_list() == ours["numerator"].astype("int64").to_list()
    assert len(same) > 100
