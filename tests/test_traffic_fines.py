"""A real collection process, mapped by YAML alone: the book says what plain pandas says of the same file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.load import load
from postloan.jobs.work_frames import work_frames
from postloan.metrics.catalogue import measured
from postloan.policy.files import read_policy

PROJECT = Path(__file__).parents[1]
DATA = PROJECT.parent / "shared" / "data" / "traffic_fines"
AS_OF = date(2008, 12, 31)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real event log is not here (shared data)")


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    rows = pd.read_csv(DATA / "traffic_fines.csv.gz", dtype="str")
    rows["on"] = pd.to_datetime(rows["timestamp"])
    rows["place"] = rows[".order"].astype(int)
    rows["cents"] = (rows["amount"].astype(float) * 100).round()
    rows["total"] = (rows["totalpaymentamount"].astype(float) * 100).round()
    ordered: pd.DataFrame = rows.sort_values(["case_id", "place"], ignore_index=True)
    return ordered


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("fines")
    load(PROJECT / "params" / "sources" / "traffic_fines.yaml", DATA, folder / "book")
    return Book.open(folder / "book")


def table(book: Book, name: str) -> pd.DataFrame:
    frame: pd.DataFrame = book.read(name).to_pandas(date_as_object=False)
    return frame


def test_every_row_of_the_log_is_taken_in_or_counted(book: Book, log: pd.DataFrame) -> None:
    for entry in book.loads():
        assert entry["rows_read"] == len(log)
        assert entry["rows_quarantined"] == 0


def test_payments_are_what_the_running_total_grew_by(book: Book, log: pd.DataFrame) -> None:
    paid = table(book, "payment").groupby("loan_id")["amount_minor"].sum()
    last = log.dropna(subset="total").groupby("case_id")["total"].last()
    expected = last[last > 0].astype("int64")
    pd.testing.assert_series_equal(
        paid.sort_index(), expected.sort_index(), check_names=False, check_index_type=False
    )
    assert len(table(book, "payment")) == (log["activity"] == "Payment").sum()


def test_a_fine_falls_due_60_days_after_its_notification_with_postage_and_penalty(
    book: Book, log: pd.DataFrame
) -> None:
    plan = table(book, "instalment").set_index(["loan_id", "instalment_no"]).sort_index()
    told = log[log["activity"] == "Insert Fine Notification"].set_index("case_id")["on"]
    first = plan.xs(1, level="instalment_no")
    assert (first["due_on"] - told.reindex(first.index)).dt.days.eq(60).all()
    fine = log[log["activity"] == "Create Fine"].set_index("case_id")["cents"]
    assert first["principal_minor"].eq(fine.reindex(first.index)).all()
    raised = log[log["activity"] == "Add penalty"].set_index("case_id")["cents"]
    second = plan.xs(2, level="instalment_no")
    assert second["penalty_minor"].eq((raised - fine).reindex(second.index)).all()


def test_referrals_letters_and_unknown_lateness_are_counted(book: Book, log: pd.DataFrame) -> None:
    facts = open_facts(book, AS_OF)
    by = log[log["on"] <= pd.Timestamp(AS_OF)]
    assert (
        facts.table("collection_case").count().to_pyarrow().as_py()
        == (log["activity"] == "Send for Credit Collection").sum()
    )
    letters = by["activity"].isin(["Send Fine", "Insert Fine Notification"]).sum()
    policy = read_policy("post_loan_work").policy
    frames = work_frames(facts, AS_OF, policy, ["all"])
    assert set(frames) == {
        "work_measures",
        "conduct_breaches",
        "open_promises",
        "deferrals_beyond",
        "time_to_pay",
    }
    actions = facts.table("action").filter(lambda t: t.acted_on <= AS_OF).count().to_pyarrow().as_py()
    assert actions == letters
    row = measured(facts, ["overdue_rate_count"], [AS_OF]).iloc[0]
    without_notice = set(log["case_id"]) - set(
        log.loc[log["activity"] == "Insert Fine Notification", "case_id"]
    )
    assert row["unknown"] <= len(without_notice)
    assert row["n"] > 0
