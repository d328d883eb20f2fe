"""An audit of the monthly review: its figures once more, in plain pandas, without its engine or metrics.

Rates and flows are taken anew from ``loan_month``; who borrowed what, and the first instalments, from the
delivered files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from postloan.book.store import Book
from postloan.jobs.demo import demo
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.load import load
from postloan.metrics.facts import Facts
from postloan.metrics.monthly import monthly_results

MAPPING = Path(__file__).parents[1] / "params/sources/demo.yaml"
AS_OF = pd.Timestamp(2026, 10, 31)
MONTH_BEFORE = pd.Timestamp(2026, 9, 30)
YEAR_BEFORE = pd.Timestamp(2025, 10, 31)
OPENINGS = {"month": MONTH_BEFORE, "year": pd.Timestamp(2025, 12, 31)}
FLOORS = {"special_mention": 0, "substandard": 90, "doubtful": 270, "loss": 360}
NPL_OVER = FLOORS["substandard"]
LOANS = 400
EXACT = 1e-12


@dataclass(frozen=True)
class Audit:
    """The results under audit and what they are checked against.

    ``months`` is every row of loan_month with ``branch``, ``product``, ``customer``, ``cohort`` and ``lent``
    of ``loans``, which is read from the delivered file; ``active`` are its rows of active loans.
    """

    results: dict[str, pd.DataFrame]
    folder: Path
    loans: pd.DataFrame
    months: pd.DataFrame
    outcomes: pd.DataFrame

    @property
    def active(self) -> pd.DataFrame:
        return self.months[self.months["status"] == "active"]

    def at(self, on: pd.Timestamp) -> pd.DataFrame:
        return self.active[self.active["month_end"] == on].set_index("loan_id")

    def value(self, slug: str, on: pd.Timestamp = AS_OF) -> float:
        """Return the total the review gives for a metric."""
        rows = self.results["measures"].query("scope == 'all' and by == '' and metric == @slug")
        return float(rows.set_index("month_end")["value"][on])


@pytest.fixture(scope="session")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    folder = tmp_path_factory.mktemp("audit")
    demo(folder / "files", loans=LOANS, seed=3)
    load(MAPPING, folder / "files", folder / "book")
    facts = open_facts(Book.open(folder / "book"), AS_OF.date())
    results = monthly_results(
        facts, AS_OF.date(), scopes=["all"], class_floors={"": FLOORS}, capital_minor=10**12
    )
    loans = delivered_loans(folder / "files/loan.csv.gz")
    rows = frame(facts, "loan_month").merge(loans, on="loan_id", how="left")
    outcomes = frame(facts, "instalment_outcome")
    return Audit(results, folder / "files", loans, rows, outcomes)


def frame(facts: Facts, name: str) -> pd.DataFrame:
    """Return a derived table with its days as timestamps."""
    rows: pd.DataFrame = facts.table(name).to_pyarrow().to_pandas(date_as_object=False)
    return rows


def delivered_loans(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path, encoding="gb18030", dtype="str")
    rows = rows[rows["借据号"].str.contains(r"\d$", na=False)].drop_duplicates("借据号")
    lent_on = pd.to_datetime(rows["放款日"]).astype("datetime64[ns]")
    return pd.DataFrame(
        {
            "loan_id": rows["借据号"],
            "customer": rows["客户号"].fillna(rows["借据号"]),
            "branch": rows["机构"].fillna("(missing)"),
            "product": rows["产品"].fillna("(missing)"),
            "lent": (pd.to_numeric(rows["放款金额(元)"]) * 100).round().astype("int64"),
            "lent_on": lent_on,
            "cohort": lent_on.dt.to_period("M").dt.to_timestamp(),
        }
    )


def share(part: pd.Series, whole: pd.Series) -> float:
    return float(whole[part].sum() / whole.sum()) if whole.sum() else float("nan")


@pytest.mark.parametrize("on", [AS_OF, MONTH_BEFORE, YEAR_BEFORE])
def test_stocks(audit: Audit, on: pd.Timestamp) -> None:
    loans = audit.at(on)
    balance, dpd = loans["balance_minor"], loans["dpd"]
    expected = {
        "balance": float(balance.sum()),
        "overdue_rate_balance": share(dpd > 0, balance),
        "overdue_rate_amount": loans["overdue_minor"].sum() / balance.sum(),
        "overdue_rate_count": float((dpd > 0).mean()),
        "par_30": share(dpd > 30, balance),
        "over_60_rate_count": float((dpd > 60).mean()),
        "npl_ratio": share(dpd > NPL_OVER, balance),
        "special_mention_ratio": share((dpd > 0) & (dpd <= NPL_OVER), balance),
    }
    assert {slug: audit.value(slug, on) for slug in expected} == pytest.approx(expected, rel=EXACT)
    assert expected["par_30"] > 0


def ends(audit: Audit, base: str) -> pd.DataFrame:
    """Return the loans active at the opening, where they stood, and where they stand or how they left."""
    opening, closing = audit.at(OPENINGS[base]), audit.at(AS_OF)
    last = audit.months.sort_values("month_end").groupby("loan_id")["status"].last()
    ids = opening.index
    state = closing["bucket"].reindex(ids).map("M{:.0f}".format, na_action="ignore")
    return pd.DataFrame(
        {
            "before": opening["bucket"].map("M{:.0f}".format),
            "after": state.fillna(last.reindex(ids)),
            "opening": opening["balance_minor"],
            "closing": closing["balance_minor"].reindex(ids).fillna(0),
            "dpd_before": opening["dpd"],
            "dpd_after": closing["dpd"].reindex(ids),
        }
    )


def test_roll_rates_keep_exits_in_the_denominator(audit: Audit) -> None:
    moves = ends(audit, "month")
    for before, after in (("M0", "M1"), ("M1", "M2"), ("M2", "M3"), ("M3", "M4")):
        start = moves[moves["before"] == before]
        expected = share(start["after"] == after, start["opening"])
        slug = f"roll_rate_{before}_{after}".lower()
        assert audit.value(slug) == pytest.approx(expected, rel=EXACT, nan_ok=True)
    assert audit.value("roll_rate_m0_m1") > 0


def test_the_flow_matrix_holds_every_loan_once(audit: Audit) -> None:
    matrix = audit.results["flow_matrix"]
    matrix = matrix[matrix["month_end"] == AS_OF].set_index(["from_state", "to_state"])
    counted = ends(audit, "month").groupby(["before", "after"])["opening"].agg(["size", "sum"])
    stayed = matrix[matrix.index.get_level_values("from_state").str.startswith("M") & (matrix["n"] > 0)]
    assert stayed["n"].to_dict() == counted["size"].to_dict()
    assert stayed["opening_balance_minor"].to_dict() == counted["sum"].to_dict()
    assert matrix["closing_balance_minor"].sum() == audit.at(AS_OF)["balance_minor"].sum()


def test_migration_of_performing_loans_from_the_years_opening(audit: Audit) -> None:
    moves = ends(audit, "year")
    started = moves[moves["dpd_before"] <= NPL_OVER]
    # Nothing is capitalised in this book, so that opening less decrease is what is left at closing.
    expected = started.loc[started["dpd_after"] > NPL_OVER, "closing"].sum() / started["closing"].sum()
    assert audit.value("migration_rate_normal_loans") == pytest.approx(expected, rel=EXACT)
    assert expected > 0


@pytest.mark.parametrize("base", OPENINGS)
def test_the_npl_bridge_spans_the_two_ratios_and_drills_to_loans(audit: Audit, base: str) -> None:
    bridge = audit.results["npl_bridge"].query("base == @base").set_index("term")
    bp = bridge["bp"].astype("float64")
    assert bp.drop("closing_ratio").sum() == pytest.approx(bp["closing_ratio"], abs=1e-9)
    for term, on in (("opening_ratio", OPENINGS[base]), ("closing_ratio", AS_OF)):
        loans = audit.at(on)
        expected = share(loans["dpd"] > NPL_OVER, loans["balance_minor"]) * 10_000
        assert bp[term] == pytest.approx(expected, rel=EXACT)
    drilled = audit.results["npl_bridge_loans"].query("base == @base")
    sums = drilled.groupby("term")["amount_minor"].sum()
    terms = bridge["amount_minor"].drop(["opening_ratio", "loan_growth", "closing_ratio"])
    assert sums.reindex(terms.index).fillna(0).to_dict() == terms.to_dict()


@pytest.mark.parametrize("threshold", [30, 60, 90])
def test_vintages_divide_by_the_whole_cohort_and_stay_blank_ahead(audit: Audit, threshold: int) -> None:
    curves = audit.results["vintage"]
    over = audit.active[audit.active["dpd"] > threshold].sort_values("month_end")
    lent = audit.loans[audit.loans["lent_on"] <= AS_OF].groupby("cohort")["lent"].sum()
    bad = {
        "ever": triangle(over.drop_duplicates("loan_id")).cumsum(axis="columns"),
        "current": triangle(over),
    }
    chosen = (curves["grain"] == "month") & (curves["basis"] == "amount")
    for view, sums in bad.items():
        shown = curves[chosen & (curves["view"] == view) & (curves["threshold"] == threshold)]
        values = shown.pivot(index="cohort", columns="mob", values="value")
        cohorts = pd.DatetimeIndex(values.index)
        age = (AS_OF.year - cohorts.year) * 12 + AS_OF.month - cohorts.month
        expected = sums.div(lent, axis="index").reindex(index=values.index, columns=values.columns)
        is_reached = values.columns.to_numpy()[None, :] <= age.to_numpy()[:, None]
        pd.testing.assert_frame_equal(
            values, expected.fillna(0).where(is_reached), check_names=False, rtol=EXACT
        )
        assert values.max().max() > 0


def triangle(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the balance of ``rows`` by cohort and months on book, every month of the book a column."""
    sums = rows.pivot_table(index="cohort", columns="mob", values="balance_minor", aggfunc="sum")
    return sums.reindex(columns=range(48)).fillna(0)


def test_first_payment_default_of_matured_first_instalments(audit: Audit) -> None:
    rates = audit.results["fpd"].query("nth == 1 and x_days == 30 and basis == 'count'")
    total = rates[rates["cohort"].isna()].iloc[0]
    latest = audit.outcomes.groupby("loan_id")["schedule_no"].transform("max")
    is_replaced = (audit.outcomes["superseded_on"] <= audit.outcomes["due_on"]) & (
        audit.outcomes["schedule_no"] < latest
    )
    first = audit.outcomes[~is_replaced].sort_values(["due_on", "schedule_no", "instalment_no"])
    first = first.drop_duplicates("loan_id").set_index("loan_id")
    first = first[first["due_on"] + pd.Timedelta(days=30) <= AS_OF]
    is_late = first["worst_dpd"] > 30
    assert (total["numerator"], total["denominator"]) == (is_late.sum(), len(first))
    assert total["numerator"] > 0

    events = pd.read_parquet(audit.folder / "loan_event.parquet")
    is_moved = events["event_kind"].isin(["reschedule", "extension", "pause", "waiver"])
    plain = first[~first.index.isin(events.loc[is_moved, "loan_id"])]
    unpaid = plain["due_minor"] > paid_within(audit.folder, plain["due_on"] + pd.Timedelta(days=30))
    assert is_late[plain.index].to_dict() == unpaid.to_dict()


def paid_within(folder: Path, until: pd.Series) -> pd.Series:
    """Return what stood of each loan's payments up to its day, refunds taken off."""
    rows = pd.read_parquet(folder / "payment.parquet")
    rows = rows[rows["payment_id"].str.contains(r"\d$")].drop_duplicates("payment_id")
    bounced = rows.loc[rows["payment_kind"] == "reversal", "reverses_id"]
    rows = rows[~rows["payment_id"].isin(bounced) & (rows["payment_kind"] != "reversal")]
    in_time = pd.to_datetime(rows["paid_on"]) <= rows["loan_id"].map(until)
    signed = rows["amount_minor"].where(rows["payment_kind"] != "refund", -rows["amount_minor"])
    return signed[in_time].groupby(rows["loan_id"]).sum().reindex(until.index, fill_value=0)


def test_recovery_rates(audit: Audit) -> None:
    opening = audit.at(OPENINGS["month"])
    now = audit.months[audit.months["month_end"] == AS_OF].set_index("loan_id")
    late = opening["overdue_minor"].sum() + now["fell_overdue_minor"].sum()
    expected = now["overdue_collected_minor"].sum() / late
    assert audit.value("recovery_rate_period") == pytest.approx(expected, rel=EXACT)
    for slug, over in (("opening", 0), ("30plus", 30)):
        owing = opening[opening["dpd"] > over]
        received = now["received_minor"].reindex(owing.index).sum()
        expected = received / owing["overdue_minor"].sum()
        assert audit.value(f"recovery_rate_{slug}") == pytest.approx(expected, rel=EXACT)


def test_walks_close_on_the_stocks(audit: Audit) -> None:
    for name, stock in (("overdue", "overdue_minor"), ("balance", "balance_minor")):
        steps = audit.results["walks"]
        steps = steps[steps["walk"] == name]
        steps = steps.pivot_table(index="month_end", columns="term", values="amount_minor", aggfunc="sum")
        stocks = audit.active.groupby("month_end")[stock].sum()
        terms = steps.drop(columns=["opening", "closing", "check"]).sum(axis="columns")
        assert (steps["closing"] == stocks.reindex(steps.index)).all()
        assert (steps["opening"] == stocks.shift(1).reindex(steps.index)).all()
        assert (steps["opening"] + terms == steps["closing"]).all()
        assert (steps["check"] == 0).all()


def test_mix_and_rate_add_up_to_the_change(audit: Audit) -> None:
    split = audit.results["mix_rate"].query("by == 'product' and metric == 'par_30' and base == 'month'")
    effects = split["mix_effect"].sum() + split["rate_effect"].sum()
    change = audit.value("par_30") - audit.value("par_30", MONTH_BEFORE)
    assert effects == pytest.approx(change, abs=EXACT)


def test_concentration(audit: Audit) -> None:
    loans = audit.at(AS_OF)
    stats = audit.results["concentration_stats"].set_index(["dimension", "stat"])["value"]
    for dimension in ("customer", "product", "branch"):
        held = loans.groupby(dimension)["balance_minor"].sum().sort_values(ascending=False)
        shares = held / held.sum()
        assert stats[dimension, "hhi"] == pytest.approx((shares**2).sum(), rel=EXACT)
        assert stats[dimension, "top10"] == pytest.approx(shares.head(10).sum(), rel=EXACT)
    largest = loans.groupby("customer")["balance_minor"].sum().max()
    assert stats["customer", "largest_to_capital"] == pytest.approx(largest / 10**12, rel=EXACT)


def test_the_cliff_lists_both_kinds_of_boundary(audit: Audit) -> None:
    first_days = np.array([31, 61, 91, 121, 151, 181, 271, 361])
    overdue = audit.at(AS_OF).query("dpd > 0")["dpd"]
    ahead = {loan_id: first_days - dpd for loan_id, dpd in overdue.items()}
    expected = {
        loan_id: int(days[days >= 1].min())
        for loan_id, days in ahead.items()
        if ((days >= 1) & (days <= 5)).any()
    }
    listed = audit.results["cliff"].set_index("loan_id")["days_to_boundary"]
    assert listed.to_dict() == expected


def test_write_offs_of_the_year_are_those_of_the_files(audit: Audit) -> None:
    events = pd.read_parquet(audit.folder / "loan_event.parquet")
    day = pd.to_datetime(events["event_on"])
    is_this_year = (events["event_kind"] == "write_off") & (day > OPENINGS["year"]) & (day <= AS_OF)
    listed = audit.results["written_off_loans"]
    assert set(listed["loan_id"]) == set(events.loc[is_this_year, "loan_id"])
    assert listed["written_off_minor"].sum() == audit.value("written_off_year")
