"""The planted truths come out: by plain pandas on the delivered files, and by the pack's own metrics."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from postloan.book.store import Book
from postloan.jobs.demo import demo
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.duty_frames import duty_frames
from postloan.jobs.load import load
from postloan.jobs.reconciliation import net_capital, reconciliation
from postloan.jobs.watch_frames import with_watch_tables
from postloan.jobs.work_frames import work_frames, work_tables
from postloan.metrics.catalogue import measured
from postloan.metrics.facts import Facts
from postloan.metrics.vintage import vintage
from postloan.policy.files import read_policy

MAPPING = Path(__file__).parents[1] / "params/sources/demo.yaml"
AS_OF = date(2026, 10, 31)
BEFORE, AFTER = date(2026, 1, 31), date(2026, 7, 31)
EVER_MOB = 6


@dataclass(frozen=True)
class Delivery:
    """The delivered files as a reader would open them, and the truth beside them."""

    folder: Path
    loans: pd.DataFrame
    customers: pd.DataFrame
    instalments: pd.DataFrame
    payments: pd.DataFrame
    events: pd.DataFrame
    truths: dict[str, Any]


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    folder = tmp_path_factory.mktemp("demo")
    demo(folder)
    truths = json.loads((folder / "truth.json").read_text("utf-8"))["truths"]
    return Delivery(
        folder=folder,
        loans=_text(folder / "loan.csv.gz", "借据号"),
        customers=_text(folder / "customer.csv.gz", "客户号"),
        instalments=pq.read_table(folder / "instalment.parquet").to_pandas(),
        payments=_stood(pq.read_table(folder / "payment.parquet").to_pandas()),
        events=pq.read_table(folder / "loan_event.parquet").to_pandas(),
        truths={truth["name"]: truth for truth in truths},
    )


def _text(path: Path, key: str) -> pd.DataFrame:
    rows = pd.read_csv(path, encoding="gb18030", dtype="str")
    return rows[rows[key].str.contains(r"\d$", na=False)].drop_duplicates(key)


def _stood(payments: pd.DataFrame) -> pd.DataFrame:
    """Return the payments that stood, refunds negative, without dirt."""
    payments = payments[payments["payment_id"].str.contains(r"\d$")].drop_duplicates("payment_id")
    bounced = payments["reverses_id"].dropna()
    payments = payments[~payments["payment_id"].isin(bounced) & (payments["payment_kind"] != "reversal")]
    signed = payments["amount_minor"].where(payments["payment_kind"] != "refund", -payments["amount_minor"])
    return payments.assign(amount_minor=signed.astype("int64"))


@pytest.fixture(scope="module")
def loans(delivery: Delivery) -> pd.DataFrame:
    """One row per disbursed loan whose plan never changed, with industry and region as reports take them."""
    of_customer = delivery.customers.set_index("客户号")
    moved = delivery.events[delivery.events["event_kind"].isin(["reschedule", "extension", "pause"])][
        "loan_id"
    ]
    loans = delivery.loans[delivery.loans["放款日"].notna() & ~delivery.loans["借据号"].isin(moved)]
    return pd.DataFrame(
        {
            "loan_id": loans["借据号"],
            "branch": loans["机构"],
            "industry": loans["投向行业"].fillna(loans["客户号"].map(of_customer["行业"])),
            "region": loans["地区"].fillna(loans["客户号"].map(of_customer["地区"])),
            "cohort": loans["放款日"].str[:7].str.replace("/", "-"),
        }
    ).set_index("loan_id")


def unpaid(delivery: Delivery, loans: pd.DataFrame, on: date, days: int) -> pd.Series:
    """Say of each loan whether something has been unpaid for ``days`` or more days at ``on``."""
    parts = [f"{part}_minor" for part in ("principal", "interest", "fee")]
    latest = (pd.Timestamp(on) - pd.Timedelta(days=days)).date()
    plan = delivery.instalments[delivery.instalments["due_on"] <= latest]
    due = plan.groupby("loan_id")[parts].sum().sum(axis="columns")
    paid = delivery.payments[delivery.payments["paid_on"] <= on].groupby("loan_id")["amount_minor"].sum()
    behind = due.reindex(loans.index, fill_value=0) > paid.reindex(loans.index, fill_value=0)
    return behind


def share_overdue(delivery: Delivery, loans: pd.DataFrame, on: date) -> tuple[float, float]:
    """Return the share of loans overdue in the shocked cell and elsewhere, of loans still with us."""
    left = delivery.events[
        (delivery.events["event_on"] <= on)
        & delivery.events["event_kind"].isin(["write_off", "sale", "repossession"])
    ]["loan_id"]
    early = delivery.payments[
        (delivery.payments["payment_kind"] == "early_settlement") & (delivery.payments["paid_on"] <= on)
    ]["loan_id"]
    lent = loans[(loans["cohort"] <= f"{on:%Y-%m}") & ~loans.index.isin(left) & ~loans.index.isin(early)]
    ends = delivery.instalments.groupby("loan_id")["due_on"].max().reindex(lent.index)
    behind = unpaid(delivery, lent, on, 1)
    lent, behind = lent[behind | (ends > on)], behind[behind | (ends > on)]
    where = delivery.truths["shock"]["where"]
    cell = (lent["industry"] == where["industry"]) & (lent["region"] == where["region"])
    return float(behind[cell].mean()), float(behind[~cell].mean())


def test_plain_pandas_sees_the_shock(delivery: Delivery, loans: pd.DataFrame) -> None:
    assert delivery.truths["shock"]["from_month"] == "2026-02"
    cell_before, others_before = share_overdue(delivery, loans, BEFORE)
    cell_after, others_after = share_overdue(delivery, loans, AFTER)
    assert cell_before < 2 * others_before
    assert cell_after > 2 * cell_before
    assert cell_after > 3 * others_after
    assert others_after < 1.5 * others_before


def test_plain_pandas_sees_the_vintage(delivery: Delivery, loans: pd.DataFrame) -> None:
    truth = delivery.truths["bad_vintage"]
    hits = pd.Series(False, index=loans.index)
    for cohort in truth["cohorts"]:
        mine = loans["cohort"] == cohort
        for mob in range(EVER_MOB + 1):
            month_end = (pd.Period(cohort, "M") + mob).to_timestamp(how="end").date()
            hits |= mine & unpaid(delivery, loans, month_end, 30)
    quarter = loans[loans["cohort"].isin(truth["cohorts"])]
    is_bad = quarter["branch"] == truth["where"]["branch"]
    bad, others = hits[quarter.index][is_bad].mean(), hits[quarter.index][~is_bad].mean()
    assert bad > 2 * others
    assert bad > 0.04


@pytest.fixture(scope="module")
def book(delivery: Delivery, tmp_path_factory: pytest.TempPathFactory) -> Book:
    root = tmp_path_factory.mktemp("book")
    load(MAPPING, delivery.folder, root)
    return Book.open(root)


@pytest.fixture(scope="module")
def facts(book: Book) -> Facts:
    return open_facts(book, AS_OF)


def test_the_truth_file_is_never_loaded(book: Book) -> None:
    loaded = json.dumps(book.loads(), ensure_ascii=False)
    assert "customer.csv.gz" in loaded
    assert "truth" not in loaded


def test_every_row_is_kept_or_accounted_for(book: Book) -> None:
    entries = {entry["table"]: entry for entry in book.loads()}
    assert entries["loan"]["rows_accepted"] == 20_000
    assert entries["payment"]["rows_quarantined"] > 0
    assert entries["payment"]["rows_ignored"] > 0


def test_control_totals_tie(book: Book, facts: Facts) -> None:
    control = book.read("control_total").to_pandas()
    found = reconciliation(control, facts, AS_OF, ["all"])
    assert set(found["item"]) == {"rows", "principal", "balance", "overdue_amount", "payments"}
    assert (found["difference"] == 0).all()
    assert (net_capital(control, AS_OF) or 0) > 0


def test_metrics_see_the_shock(facts: Facts, delivery: Delivery) -> None:
    rates = measured(facts, ["overdue_rate_balance"], [BEFORE, AFTER], by=["month_end", "industry", "region"])
    where = delivery.truths["shock"]["where"]
    in_cell = (rates["industry"] == where["industry"]) & (rates["region"] == where["region"])
    sums = rates.groupby([in_cell.rename("in_cell"), pd.to_datetime(rates["month_end"])], observed=True)
    value = sums["numerator"].sum() / sums["denominator"].sum()
    before, after = pd.Timestamp(BEFORE), pd.Timestamp(AFTER)
    assert value[True, after] > 2 * value[True, before]
    assert value[True, after] > 3 * value[False, after]
    assert value[False, after] < 1.6 * value[False, before]


def test_metrics_see_the_vintage(facts: Facts, delivery: Delivery) -> None:
    truth = delivery.truths["bad_vintage"]
    branch, cohorts = truth["where"]["branch"], [pd.Timestamp(f"{month}-01") for month in truth["cohorts"]]
    curves = vintage(facts, AS_OF, ["all", branch])
    cell = curves.query(
        f"grain == 'month' and mob == {EVER_MOB} and threshold == 30 and view == 'ever' and basis == 'count'"
    )
    cell = cell[pd.to_datetime(cell["cohort"]).isin(cohorts)]
    sums = cell.groupby("scope", observed=True)[["numerator", "denominator"]].sum()
    bad = sums.loc[branch]
    others = sums.loc["all"] - bad
    assert bad["numerator"] / bad["denominator"] > 2 * others["numerator"] / others["denominator"]


@pytest.fixture(scope="module")
def work(facts: Facts) -> dict[str, pd.DataFrame]:
    """Return the results frames of work, duties and care, as a report reads them."""
    policy = read_policy("post_loan_work").policy
    with_watch_tables(facts, AS_OF, policy)
    files = measured(facts, ["file_complete_rate"], [AS_OF], ["branch"])
    return {
        **work_frames(facts, AS_OF, policy, ["all"]),
        **duty_frames(facts, AS_OF, policy, None, ["all"]),
        "files": files,
    }


def of_staff(work: dict[str, pd.DataFrame], metric: str) -> pd.DataFrame:
    rows = work["work_measures"].query("window == 'quarter' and by == 'staff_id'")
    return rows[rows["metric"] == metric].set_index("group").drop("(missing)", errors="ignore")


def collector(delivery: Delivery, facts: Facts, truth: str) -> str:
    """Return the staff number of a planted collector: of its branch, by turn."""
    where = delivery.truths[truth]["where"]
    staff = facts.table("staff").to_pyarrow().to_pandas()
    own = staff[(staff["branch"] == where["branch"]) & (staff["staff_role"] == "collector")]
    return str(sorted(own["staff_id"])[where["collector"]])


def test_calls_at_night_are_one_collectors(
    work: dict[str, pd.DataFrame], delivery: Delivery, facts: Facts
) -> None:
    rates = of_staff(work, "night_rate")
    assert rates[rates["numerator"] > 0].index.to_list() == [collector(delivery, facts, "night_calls")]
    listed = work["conduct_breaches"].query("is_at_night")
    assert set(listed["staff_id"]) == {collector(delivery, facts, "night_calls")}
    assert (listed["acted_at"].dt.hour >= 22).all()


def test_deferrals_beyond_authority_are_one_collectors(
    work: dict[str, pd.DataFrame], delivery: Delivery, facts: Facts
) -> None:
    rates = of_staff(work, "beyond_authority_rate").sort_values("value")
    planted = collector(delivery, facts, "beyond_authority")
    assert rates.index[-1] == planted
    assert rates["low"].iloc[-1] > rates["high"].iloc[:-1].max() / 2
    assert (work["deferrals_beyond"]["staff_id"] == planted).mean() > 0.8


def test_who_has_the_hard_cases_looks_bad_raw_and_is_not(
    work: dict[str, pd.DataFrame], delivery: Delivery, facts: Facts
) -> None:
    planted = collector(delivery, facts, "hard_cases")
    staff = facts.table("staff").to_pyarrow().to_pandas().set_index("staff_id")
    raw = of_staff(work, "case_cure_rate")
    own_branch = raw[staff["branch"].reindex(raw.index) == delivery.truths["hard_cases"]["where"]["branch"]]
    assert own_branch["value"].astype(float).idxmin() == planted
    cases = (
        work_tables(facts, AS_OF, read_policy("post_loan_work").policy)["case_month"].to_pyarrow().to_pandas()
    )
    hard = cases[cases["from_dpd"] > delivery.truths["hard_cases"]["over_dpd"]]
    cured = hard["to_state"].isin(["M0", "settled"])
    is_planted = hard["staff_id"] == planted
    assert cured[is_planted].mean() > 1.5 * cured[~is_planted].mean()


@pytest.mark.parametrize(
    ("truth", "duty"), [("late_first_visits", "first_visit"), ("stale_valuations", "valuation")]
)
def test_deadlines_slip_in_one_branch(
    work: dict[str, pd.DataFrame], delivery: Delivery, truth: str, duty: str
) -> None:
    branch = delivery.truths[truth]["where"]["branch"]
    if duty == "first_visit":
        rates = work["duty_measures"].query(
            "metric == 'duty_on_time_rate' and duty == @duty and branch != ''"
        )
        assert (
            rates.set_index("branch")["value"].astype(float).drop("(missing)", errors="ignore").idxmin()
            == branch
        )
    open_ = work["duty_actions"].query("duty == @duty and duty_state == 'missed'")
    if duty == "valuation":
        assert (open_["branch"] == branch).mean() > 0.5
    assert len(open_)


def test_files_lack_documents_in_one_branch(work: dict[str, pd.DataFrame], delivery: Delivery) -> None:
    rates = work["files"].dropna(subset="branch").set_index("branch")["value"].astype(float)
    branch = delivery.truths["missing_documents"]["where"]["branch"]
    assert rates.idxmin() == branch
    assert rates[branch] < 0.75
    assert rates.drop(branch).min() > 0.95
