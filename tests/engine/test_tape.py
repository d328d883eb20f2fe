"""What a month-end tape says of a loan, case by case, and the law that ties it to the replay of ledgers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from ledger_strategies import AS_OF, books
from ledgers import Ledger, table, tables
from tapes import Report, Taped, loan_table, tape_table

from effort import examples
from postloan.engine.replay import replay
from postloan.engine.tape import TapeModel, tape_months
from postloan.model.delivered import LOAN_TAPE

JAN, FEB, MAR = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)
GRID = [JAN, FEB, MAR, date(2024, 4, 30)]
FIRST = Report(date(2024, 1, 11), dpd=0, balance_minor=100)
LOAN = Taped("A", 120, date(2024, 1, 5), (FIRST,))
DATES = tuple(date(2024, month, 11) for month in range(1, 5))  # on which the lender reports


def months(
    *reports: Report, loan: Taped = LOAN, told: tuple[date, ...] = DATES, carried: int = 1
) -> list[dict[str, Any]]:
    taped = replace(loan, reports=reports)
    found = tape_months(
        loan_table([taped]),
        tape_table([taped]),
        grid=GRID,
        reported_on=told,
        model=TapeModel(carried),
    )
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def monthly(**more: Any) -> list[Report]:
    """Return reports of January to April, the same but for the day and the lists in ``more``."""
    return [
        Report(on, **{name: values[place] for name, values in more.items()}) for place, on in enumerate(DATES)
    ]


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


@pytest.mark.parametrize(
    ("paid_through", "interval", "dpd"),
    [
        (date(2023, 12, 11), None, 0),  # the January instalment is due today
        (date(2023, 12, 10), None, 1),
        (date(2023, 12, 10), 3, 0),
        (date(2024, 2, 1), None, 0),  # paid ahead
        (date(2023, 11, 30), None, 12),  # the instalment of a shorter month is due on its last day
    ],
)
def test_days_past_due_count_from_the_due_date_after_the_one_paid_through(
    paid_through: date, interval: int | None, dpd: int
) -> None:
    (row, *_) = months(Report(DATES[0], paid_through_on=paid_through, payment_months=interval))
    assert row["dpd"] == dpd


def test_given_days_go_before_the_paid_through_date_and_that_before_a_code() -> None:
    report = Report(DATES[0], 7, date(2023, 12, 1), dpd_low=90)
    assert months(report)[0]["dpd"] == 7
    assert months(replace(report, dpd=None))[0]["dpd"] == 10
    row = months(replace(report, dpd=None, paid_through_on=None))[0]
    assert (row["dpd"], row["dpd_low"], row["dpd_high"], row["bucket"]) == (None, 90, None, None)


@pytest.mark.parametrize(
    ("low", "high", "bucket", "first_over_30", "overdue_streak"),
    [
        (0, 0, 0, False, 0),
        (0, 29, None, False, None),
        (1, 30, 1, False, 1),
        (1, 31, None, False, 1),
        (31, 60, 2, True, 1),
        (31, 90, None, True, 1),
        (181, None, 7, True, 1),
    ],
)
def test_a_range_decides_what_both_its_ends_decide(
    low: int, high: int | None, bucket: int | None, first_over_30: bool, overdue_streak: int | None
) -> None:
    row = months(Report(DATES[0], dpd_low=low, dpd_high=high))[0]
    assert row["bucket"] == bucket
    assert (row["first_over_30_on"] == JAN) is first_over_30
    assert row["overdue_streak"] == overdue_streak


@pytest.mark.parametrize(
    ("low", "high", "first", "worst"),
    [(1, 30, FEB, 45), (1, 31, None, 45), (30, 59, None, None), (31, 59, JAN, None), (0, None, None, None)],
)
def test_the_first_date_over_30_is_unknown_after_a_range_that_may_have_been(
    low: int, high: int | None, first: date | None, worst: int | None
) -> None:
    rows = months(Report(DATES[0], dpd_low=low, dpd_high=high), Report(DATES[1], dpd=45))
    assert rows[1]["first_over_30_on"] == first
    assert rows[1]["worst_dpd"] == worst


def test_a_date_stands_on_the_last_report_before_it_and_says_which() -> None:
    rows = months(*monthly(dpd=[0, 20, 51, 0], balance_minor=[100, 90, 90, 80]))
    assert column(rows, "observed_on") == list(DATES)
    assert column(rows, "dpd") == [0, 20, 51, 0]
    assert column(rows, "balance_minor") == [100, 90, 90, 80]


def test_nothing_is_known_before_the_first_report() -> None:
    rows = months(*monthly(dpd=[0, 0, 0, 0], balance_minor=[9, 9, 9, 9])[2:])
    assert column(rows, "dpd") == [None, None, 0, 0]
    assert column(rows, "status") == ["active"] * 4
    assert column(rows, "balance_minor") == [None, None, 9, 9]


def test_a_loan_that_is_not_in_the_latest_tape_is_unknown_and_not_carried() -> None:
    rows = months(*monthly(dpd=[0, 0, 0, 0], balance_minor=[9, 9, 9, 9])[:2])
    assert column(rows, "status") == ["active"] * 4
    assert column(rows, "dpd") == [0, 0, None, None]
    assert column(rows, "observed_on") == [*DATES[:2], None, None]


def test_a_tape_counts_until_the_month_after_its_own_where_none_came() -> None:
    told = DATES[:1]
    assert column(months(FIRST, told=told), "dpd") == [0, 0, None, None]
    assert column(months(FIRST, told=told, carried=0), "dpd") == [0, None, None, None]


def test_a_loan_leaves_once_and_rows_after_it_do_not_linger() -> None:
    rows = months(
        *monthly(
            balance_minor=[100, 0, None, None], exit_kind=[None, "settled", "settled", None], dpd=[0, 0, None, None]
        )
    )  # fmt: skip
    assert column(rows, "status") == ["active", "settled"]
    assert (rows[1]["balance_minor"], rows[1]["dpd"], rows[1]["repaid_minor"]) == (0, None, 100)


def test_a_loan_that_comes_back_with_a_balance_is_open_again() -> None:
    rows = months(
        *monthly(balance_minor=[100, 0, 40, 30], exit_kind=[None, "settled", None, None], dpd=[0, None, 5, 0])
    )
    assert column(rows, "status") == ["active", "settled", "active", "active"]
    assert column(rows, "reclassified_minor") == [0, 0, 40, 0]


@pytest.mark.parametrize(("loss", "status"), [(None, "settled"), (0, "settled"), (3, "written_off")])
def test_a_close_without_its_kind_is_a_write_off_where_there_is_a_loss(loss: int | None, status: str) -> None:
    closed = Report(DATES[1], balance_minor=0, closed_on=DATES[1], loss_minor=loss)
    assert months(FIRST, closed)[1]["status"] == status


def test_a_loss_is_its_largest_value_once_at_the_exit_even_if_told_later() -> None:
    out = "written_off"
    reports = monthly(
        balance_minor=[100, 0, None, None], exit_kind=[None, out, out, out], loss_minor=[None, None, 30, 30]
    )
    rows = months(*reports)
    assert column(rows, "principal_written_off_minor") == [0, 30]
    assert column(rows, "repaid_minor") == [20, 70]


def test_a_write_off_whose_loss_is_not_told_is_unknown() -> None:
    row = months(FIRST, Report(DATES[1], balance_minor=0, exit_kind="written_off"))[1]
    assert (row["principal_written_off_minor"], row["repaid_minor"]) == (None, None)


def test_no_more_principal_is_written_off_than_there_was() -> None:
    row = months(FIRST, Report(DATES[1], balance_minor=0, exit_kind="written_off", loss_minor=500))[1]
    assert (row["principal_written_off_minor"], row["repaid_minor"]) == (100, 0)


@pytest.mark.parametrize(
    ("before", "after", "cured"), [(False, False, True), (False, True, False), (True, True, True), (None, True, None)]
)  # fmt: skip
def test_a_cure_is_known_where_the_tape_says_if_terms_were_changed(
    before: bool | None, after: bool | None, cured: bool | None
) -> None:
    rows = months(*monthly(dpd=[20, 0, 0, 0], is_restructured=[before, after, after, after]))
    assert rows[1]["is_cured"] is cured


def test_a_tape_does_not_say_what_came_in_or_was_waived() -> None:
    row = months(FIRST)[0]
    for name in ("received_minor", "recovered_minor", "principal_waived_minor", "overdue_collected_minor"):
        assert row[name] is None


def test_a_loan_without_a_disbursement_date_begins_with_its_first_report() -> None:
    rows = months(*monthly(dpd=[0] * 4)[1:], loan=replace(LOAN, disbursed_on=None))
    assert column(rows, "month_end") == GRID[1:]
    assert column(rows, "mob") == [None] * 3


def test_a_negative_number_of_months_is_refused() -> None:
    with pytest.raises(ValueError, match="carried_months cannot be negative"):
        TapeModel(-1)


def exported(loan_month: pa.Table) -> pa.Table:
    """Return the tape that a lender with these loan months would deliver."""
    losses: dict[str, int] = {}
    rows = []
    for row in loan_month.to_pylist():
        loss = losses.get(row["loan_id"], 0) + (row["principal_written_off_minor"] or 0)
        losses[row["loan_id"]] = loss
        names = ("loan_id", "dpd", "balance_minor", "overdue_minor", "is_restructured")
        has_left = row["status"] != "active"
        exit_kind = row["status"] if has_left else None
        rows.append(
            {name: row[name] for name in names}
            | {"observed_on": row["month_end"], "exit_kind": exit_kind, "loss_minor": loss}
        )
    return table(LOAN_TAPE, rows)


SAME = (
    "status", "mob", "dpd", "delinquent_days", "bucket", "previous_bucket", "balance_minor", "overdue_minor",
    "overdue_streak", "clean_streak", "worst_dpd", "first_over_30_on", "first_over_60_on", "first_over_90_on",
    "balance_first_over_30_minor", "balance_first_over_60_minor", "balance_first_over_90_minor",
)  # fmt: skip


@settings(max_examples=examples(20, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(books(6))
def test_a_tape_made_of_a_replay_gives_its_months_back(book: list[Ledger]) -> None:
    facts = tables(book)
    lived = replay(**facts, as_of=AS_OF[-1]).loan_month
    grid = sorted(set(lived["month_end"].to_pylist())) or [AS_OF[-1]]
    back = tape_months(facts["loan"], exported(lived), grid=grid, reported_on=grid).to_pylist()
    theirs = {(row["loan_id"], row["month_end"]): row for row in back}
    left: set[str] = set()
    for row in lived.to_pylist():
        key = row["loan_id"], row["month_end"]
        has_left = row["status"] != "active"
        if has_left and row["loan_id"] in left:
            assert key not in theirs  # cash after an exit has a row of its own, of which a tape says nothing
            continue
        (left.add if has_left else left.discard)(row["loan_id"])
        if row["status"] == "active" and row["balance_minor"] in (None, 0):
            continue  # after an exit, a tape's row without a balance is a blank one
        assert {name: theirs[key][name] for name in SAME} == {name: row[name] for name in SAME}, key
        assert_walk_closes(theirs[key], theirs.get(before(key, theirs)))


def before(key: tuple[str, date], rows: dict[tuple[str, date], Any]) -> tuple[str, date]:
    earlier = [other for other in rows if other[0] == key[0] and other[1] < key[1]]
    return max(earlier, default=key)


def assert_walk_closes(row: dict[str, Any], opening: dict[str, Any] | None) -> None:
    """Opening and what moved is closing, wherever all of it is known."""
    is_first = opening is None or opening is row
    start = 0 if is_first or opening["status"] != "active" else opening["balance_minor"]  # type: ignore[index]
    signs = {"lent": 1, "repaid": -1, "principal_written_off": -1, "principal_sold": -1,
             "principal_repossessed": -1, "reclassified": 1}  # fmt: skip
    parts = [start, *(row[f"{name}_minor"] for name in signs)]
    if None not in parts:
        assert (
            start + sum(sign * row[f"{name}_minor"] for name, sign in signs.items()) == row["balance_minor"]
        )
