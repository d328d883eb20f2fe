"""Real input: the monthly tape of a mortgage trust, read by its mapping, against plain pandas over the raw file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.load import load
from postloan.metrics.catalogue import measured
from postloan.metrics.exceptions import exceptions
from postloan.metrics.facts import Facts
from postloan.metrics.walks import walks

ROOT = Path(__file__).parents[1]
CMBS = ROOT.parent / "shared" / "data" / "absee_cmbs"
MAPPING = ROOT / "params" / "sources" / "absee_cmbs.yaml"
LAST = date(2026, 3, 31)
DATES = [date(2021, 6, 30), date(2023, 12, 31), LAST]
MEANS = {"0": (0, 0), "B": (1, 29), "1": (30, 59), "2": (60, 89), "3": (90, 10**6)}  # code → days past due

pytestmark = pytest.mark.skipif(not CMBS.is_dir(), reason=f"the ABS-EE files are not in {CMBS}")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("trust") / "book"
    load(MAPPING, CMBS, folder)
    return Book.open(folder)


@pytest.fixture(scope="module")
def last(book: Book) -> Facts:
    return open_facts(book, LAST)


def raw() -> pd.DataFrame:
    """Return the file as it stands, dates as dates; one row per loan and report."""
    frame = pd.read_csv(CMBS / "loan_sample.csv", dtype="str")
    frame = frame.sort_values("dateFiled").drop_duplicates(["loanID", "reportingPeriodEndDate"], keep="last")
    on = pd.to_datetime(frame["reportingPeriodEndDate"])
    due = pd.to_datetime(frame["paidThroughDate"]) + pd.DateOffset(months=1)
    return frame.assign(
        on=on,
        dpd=(on - due).dt.days.clip(lower=0),
        balance=frame["reportPeriodEndActualBalanceAmount"].astype("float64"),
        loss=frame["realizedLossToTrustAmount"].astype("float64"),
    )


def open_rows() -> pd.DataFrame:
    """Return the loan months of open loans: up to the report that tells of the exit, which is not one."""
    frame = raw()
    return frame[frame["liquidationPrepaymentCode"].isna() & frame["paymentStatusLoanCode"].notna()]


def position(facts: Facts) -> pd.DataFrame:
    frame: pd.DataFrame = facts.table("position").to_pyarrow().to_pandas()
    return frame


@pytest.mark.parametrize("as_of", DATES)
def test_figures_are_those_of_the_last_report_before(book: Book, as_of: date) -> None:
    rows = open_rows()
    rows = rows[rows["on"] <= pd.Timestamp(as_of)].sort_values("on").drop_duplicates("loanID", keep="last")
    rows = rows[rows["on"] == rows["on"].max()]  # a loan not in the last report has left
    expected = {"loans_active": len(rows), "balance": round(rows["balance"].sum() * 100)}
    for days, slug in ((0, "loans_overdue"), (30, "par_30"), (90, "par_90")):
        over = rows[rows["dpd"] > days]
        expected[slug] = len(over) if slug == "loans_overdue" else round(over["balance"].sum() * 100)
    found = measured(open_facts(book, as_of), list(expected), [as_of]).set_index("metric")
    assert found["numerator"].to_dict() == expected
    assert found["unknown"].sum() == 0


def test_days_past_due_agree_with_the_servicers_code_in_99_of_100_loan_months(last: Facts) -> None:
    seen = position(last)
    seen = seen[(seen["status"] == "active") & seen["observed_on"].notna()]
    both = seen.assign(on=pd.to_datetime(seen["observed_on"])).merge(
        open_rows(), left_on=["loan_id", "on"], right_on=["loanID", "on"], validate="1:1"
    )
    assert len(both) == len(open_rows()) == len(seen)
    assert (both["dpd_x"] == both["dpd_y"]).all()
    low, high = (
        both["paymentStatusLoanCode"].map({c: span[end] for c, span in MEANS.items()}) for end in (0, 1)
    )
    assert both["dpd_x"].between(low, high).mean() >= 0.99


def test_every_disagreement_with_the_code_is_an_exception(last: Facts) -> None:
    rows = open_rows()
    low, high = (
        rows["paymentStatusLoanCode"].map({c: span[end] for c, span in MEANS.items()}) for end in (0, 1)
    )
    differing = rows[~rows["dpd"].between(low, high)]
    found = exceptions(last, LAST, ["all"])
    found = found[found["rule"] == "tape_code_differs"]
    assert len(differing) > 0
    assert sorted(found["subject_id"]) == sorted(differing["loanID"])
    assert set(found["detail"].str[12:22]) == set(differing["reportingPeriodEndDate"])


def test_the_loss_of_a_loan_counts_once(last: Facts) -> None:
    largest = raw().groupby("loanID")["loss"].max().dropna()
    assert raw()["loss"].sum() > 2 * largest.sum()  # the trap: it is repeated in every later month
    written = position(last).groupby("loan_id")["principal_written_off_minor"].sum()
    assert written[written > 0].to_dict() == {loan: round(loss * 100) for loan, loss in largest.items()}


def test_a_closed_loan_has_one_row_of_its_exit_and_none_after(last: Facts) -> None:
    rows = position(last).sort_values("month_end")
    gone = rows[rows["status"] != "active"].set_index("loan_id")
    first = raw()[raw()["liquidationPrepaymentCode"].notna()].sort_values("on").drop_duplicates("loanID")
    first = first.set_index("loanID")
    kinds = {"2": "settled", "3": "written_off", "9": "settled"}
    assert gone["status"].to_dict() == first["liquidationPrepaymentCode"].map(kinds).to_dict()
    assert (gone["balance_minor"] == 0).all()
    ends = rows.groupby("loan_id")["month_end"].max().loc[gone.index]
    assert (pd.to_datetime(ends) == first["on"].loc[gone.index] + pd.offsets.MonthEnd(0)).all()


def test_the_balance_walk_closes_and_unknown_terms_are_missing(last: Facts) -> None:
    found = walks(last, LAST, ["all"])
    amounts = found.pivot(index="month_end", columns="term", values="amount_minor")
    assert set(found["walk"]) == {"balance"}  # the trust gives no overdue amounts
    assert amounts["check"].eq(0).all()
    assert amounts["waived"].isna().all()


def test_an_amended_filing_replaces_the_one_before(tmp_path: Path) -> None:
    rows = pd.read_csv(CMBS / "loan_sample.csv", dtype="str").iloc[:3]
    amended = rows.iloc[[1]].assign(
        formType="ABS-EE/A", dateFiled="2017-12-01", reportPeriodEndActualBalanceAmount="1000.00"
    )
    # The amendment may stand anywhere in the file: the day it was filed decides.
    source = tmp_path / "in"
    source.mkdir()
    pd.concat([amended, rows]).to_csv(source / "loan_sample.csv", index=False)
    load(MAPPING, source, tmp_path / "book")
    tape = Book.open(tmp_path / "book").read("loan_tape").sort_by("observed_on")
    assert tape["balance_minor"].to_pylist()[1] == 100_000
    assert tape.num_rows == 3
