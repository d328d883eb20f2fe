"""Cases of days past due, worked out by hand or taken from other systems' tests (F-01 … F-04, F-20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from golden import DAY, DUE, LEDGER, last, months, replayed
from ledgers import Event, Payment

from postloan.engine.replay_model import DpdConvention, PauseReading, ReplayModel, View


@pytest.mark.parametrize(("days", "dpd"), [(-1, 0), (0, 0), (1, 1), (2, 2)])
def test_the_day_after_the_due_date_is_day_1(days: int, dpd: int) -> None:
    assert last(LEDGER, DUE + days * DAY)["dpd"] == dpd


def test_due_on_the_8th_and_paid_on_the_10th_is_2_days_late() -> None:
    paid = replace(LEDGER, payments=(Payment("P", date(2024, 1, 10), 100),))
    found = replayed(paid, date(2024, 1, 31))
    assert found.instalment_outcome["worst_dpd"].to_pylist() == [2]
    assert found.payment_allocation["dpd_before"].to_pylist() == [2]
    assert found.loan_month["status"].to_pylist() == ["active", "settled"]


@pytest.mark.parametrize(("days", "dpd"), [(-1, 0), (0, 1), (1, 2)])
def test_the_due_date_counts_as_1_where_the_convention_says_so(days: int, dpd: int) -> None:
    """Frappe Lending's ``test_dpd_calculation``: due 2024-10-05, unpaid, is 1 day on the same day."""
    model = ReplayModel(dpd_convention=DpdConvention.INCLUSIVE)
    assert last(LEDGER, DUE + days * DAY, model)["dpd"] == dpd


@pytest.mark.parametrize(
    ("dpd", "bucket"),
    [
        *((0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)),
        *((120, 4), (121, 5), (150, 5), (151, 6), (180, 6), (181, 7)),
    ],
)
def test_both_sides_of_every_bucket(dpd: int, bucket: int) -> None:
    row = last(LEDGER, DUE + dpd * DAY)
    assert (row["dpd"], row["bucket"]) == (dpd, bucket)


@pytest.mark.parametrize("over", [30, 60, 90])
def test_over_means_strictly_more(over: int) -> None:
    assert last(LEDGER, DUE + over * DAY)[f"first_over_{over}_on"] is None
    row = last(LEDGER, DUE + (over + 1) * DAY)
    assert row[f"first_over_{over}_on"] == row["month_end"]
    assert row[f"balance_first_over_{over}_minor"] == 100


def test_grace_lowers_delinquent_days_and_leaves_dpd() -> None:
    row = last(replace(LEDGER, grace_days=3), DUE + 5 * DAY, ReplayModel(grace_days=10))
    assert (row["dpd"], row["delinquent_days"]) == (5, 2)
    row = last(LEDGER, DUE + 5 * DAY, ReplayModel(grace_days=10))
    assert (row["dpd"], row["delinquent_days"]) == (5, 0)


def test_observation_dates_are_month_ends_and_as_of() -> None:
    found = replayed(replace(LEDGER, disbursed_on=date(2024, 1, 31)), date(2024, 3, 15)).loan_month
    assert found["month_end"].to_pylist() == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 15)]
    assert found["mob"].to_pylist() == [0, 1, 2]


def test_mob_counts_calendar_months() -> None:
    """F-20: disbursed 2019-11-13, November is MOB 0 and December MOB 1."""
    found = replayed(replace(LEDGER, disbursed_on=date(2019, 11, 13)), date(2019, 12, 31)).loan_month
    assert found["mob"].to_pylist() == [0, 1]


PAUSES = [
    # pause from, until, dpd on day 20 by overlap, by Fineract's reading
    ((5, 10), 15, 15),
    ((-7, -2), 20, 15),  # before the due date: Fineract takes it off all the same
    ((-2, 3), 17, 15),
    ((15, None), 15, 15),
    ((15, 40), 15, 15),
    ((0, 20), 0, 0),
    ((20, 30), 20, 20),
]


@pytest.mark.parametrize(("pause", "overlap", "fineract"), PAUSES)
def test_pause_takes_off_its_days(pause: tuple[int, int | None], overlap: int, fineract: int) -> None:
    until = None if pause[1] is None else DUE + pause[1] * DAY
    paused = replace(LEDGER, events=(Event("E", "pause", DUE + pause[0] * DAY, until_on=until),))
    assert last(paused, DUE + 20 * DAY)["dpd"] == overlap
    assert last(paused, DUE + 20 * DAY, ReplayModel(pause_reading=PauseReading.FINERACT))["dpd"] == fineract


def test_a_resume_ends_the_pause_on_its_own_date() -> None:
    events = (Event("E1", "pause", DUE + 5 * DAY), Event("E2", "resume", DUE + 8 * DAY))
    assert last(replace(LEDGER, events=events), DUE + 20 * DAY)["dpd"] == 17


def test_two_pauses_at_once_count_once() -> None:
    events = (
        Event("E1", "pause", DUE + 5 * DAY, until_on=DUE + 10 * DAY),
        Event("E2", "pause", DUE + 7 * DAY, until_on=DUE + 12 * DAY),
    )
    assert last(replace(LEDGER, events=events), DUE + 20 * DAY)["dpd"] == 13


def test_a_pause_is_no_cure() -> None:
    events = (Event("E", "pause", DUE, until_on=date(2024, 3, 31)),)
    rows = months(replace(LEDGER, events=(Event("E", "pause", date(2024, 2, 5)),)), date(2024, 3, 31))
    assert [row["dpd"] for row in rows.values()] == [0, 23, 28, 28]
    rows = months(replace(LEDGER, events=events), date(2024, 3, 31))
    assert [row["is_cured"] for row in rows.values()] == [False] * 4


BOUNCED = replace(
    LEDGER,
    payments=(
        Payment("P", date(2024, 1, 20), 40),
        Payment("R", date(2024, 3, 5), 40, "reversal", reverses_id="P"),
    ),
)


def test_a_bounced_payment_never_was_as_known_now() -> None:
    rows = months(BOUNCED, date(2024, 3, 31))
    assert [row["overdue_minor"] for row in rows.values()] == [0, 100, 100, 100]
    assert [row["received_minor"] for row in rows.values()] == [0, 0, 0, 0]


def test_a_bounced_payment_counts_until_the_bounce_as_known_then() -> None:
    rows = months(BOUNCED, date(2024, 3, 31), ReplayModel(view=View.KNOWN_THEN))
    assert [row["overdue_minor"] for row in rows.values()] == [0, 60, 60, 100]
    assert [row["overdue_collected_minor"] for row in rows.values()] == [0, 40, 0, -40]
    assert [row["received_minor"] for row in rows.values()] == [0, 40, 0, -40]


def test_a_bounce_reopens_what_was_settled_as_known_then() -> None:
    payments = (
        Payment("P", date(2024, 1, 20), 100),
        Payment("R", date(2024, 3, 5), 100, "reversal", reverses_id="P"),
    )
    rows = months(replace(LEDGER, payments=payments), date(2024, 3, 31), ReplayModel(view=View.KNOWN_THEN))
    assert {day: row["status"] for day, row in rows.items()} == {
        date(2023, 12, 31): "active",
        date(2024, 1, 31): "settled",
        date(2024, 3, 31): "active",
    }
    assert rows[date(2024, 3, 31)]["dpd"] == 83


def test_a_refund_counts_from_its_own_date() -> None:
    payments = (Payment("P", date(2024, 1, 20), 40), Payment("Q", date(2024, 3, 5), 30, "refund"))
    rows = months(replace(LEDGER, payments=payments), date(2024, 3, 31))
    assert [row["overdue_minor"] for row in rows.values()] == [0, 60, 60, 90]
    assert [row["overdue_collected_minor"] for row in rows.values()] == [0, 40, 0, -30]
