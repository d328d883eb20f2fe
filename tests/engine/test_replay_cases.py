"""Worked cases of what happens to a loan: allocation, settlement, new plans, waivers, exits, cures (F-02, F-18)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from golden import DAY, DUE, LEDGER, MONTHLY, last, months, replayed
from ledgers import Event, Instalment, Ledger, Payment, tables

from postloan.engine.replay import replay
from postloan.engine.replay_model import ReplayModel


def parts_of(ledger: Ledger, as_of: date, model: ReplayModel | None = None) -> list[tuple[Any, ...]]:
    names = ("applied_on", "instalment_no", "component", "amount_minor")
    rows = replayed(ledger, as_of, model).payment_allocation.to_pylist()
    return [tuple(row[name] for name in names) for row in rows]


def test_allocation_is_oldest_first_and_then_penalty_fee_interest_principal() -> None:
    paid = replace(MONTHLY, payments=(Payment("P", date(2024, 3, 20), 119),))
    day = date(2024, 3, 20)
    assert parts_of(paid, day) == [
        (day, 1, "fee", 2),
        (day, 1, "interest", 10),
        (day, 1, "penalty", 1),
        (day, 1, "principal", 100),
        (day, 2, "fee", 2),
        (day, 2, "interest", 3),
        (day, 2, "penalty", 1),
    ]


def test_allocation_order_is_a_record() -> None:
    model = ReplayModel(allocation=("interest", "principal", "penalty", "fee"))
    paid = replace(MONTHLY, payments=(Payment("P", date(2024, 2, 20), 50),))
    day = date(2024, 2, 20)
    assert parts_of(paid, day, model) == [(day, 1, "interest", 10), (day, 1, "principal", 40)]


def test_credit_waits_for_the_next_due_date() -> None:
    paid = replace(MONTHLY, payments=(Payment("P", date(2024, 2, 10), 120),))
    rows = months(paid, date(2024, 3, 31))
    assert [row["credit_minor"] for row in rows.values()] == [0, 7, 0]
    assert (date(2024, 3, 10), 2, "interest", 4) in parts_of(paid, date(2024, 3, 31))
    assert (date(2024, 2, 10), 0, "credit", 7) in parts_of(paid, date(2024, 3, 9))


def test_credit_that_covers_everything_settles_at_once() -> None:
    paid = replace(MONTHLY, payments=(Payment("P", date(2024, 2, 15), 339 + 5),))
    row = last(paid, date(2024, 2, 29))
    assert (row["status"], row["balance_minor"], row["credit_minor"]) == ("settled", 0, 5)
    assert (row["dpd"], row["bucket"]) == (None, None)


def test_early_repayment_pays_principal_ahead_and_interest_still_falls_due() -> None:
    paid = replace(MONTHLY, payments=(Payment("P", date(2024, 2, 10), 113 + 150, "early_repayment"),))
    rows = months(paid, date(2024, 3, 31))
    assert [row["balance_minor"] for row in rows.values()] == [300, 50, 50]
    assert rows[date(2024, 3, 31)]["overdue_minor"] == 13


def test_early_settlement_leaves_future_interest_unowed() -> None:
    paid = replace(MONTHLY, payments=(Payment("P", date(2024, 2, 10), 313, "early_settlement"),))
    found = replayed(paid, date(2024, 4, 30))
    assert found.loan_month["status"].to_pylist() == ["active", "settled"]
    assert found.loan_month["principal_waived_minor"].to_pylist() == [0, 0]
    assert found.instalment_outcome["paid_off_on"].to_pylist() == [date(2024, 2, 10)] * 3
    assert found.instalment_outcome["paid_minor"].to_pylist() == [113, 100, 100]


def test_early_settlement_that_is_too_little_is_an_early_repayment() -> None:
    paid = replace(MONTHLY, payments=(Payment("P", date(2024, 2, 10), 312, "early_settlement"),))
    row = last(paid, date(2024, 2, 29))
    assert (row["status"], row["balance_minor"]) == ("active", 1)


def test_settlement_uses_the_credit_and_waives_the_rest() -> None:
    settled = replace(
        MONTHLY,
        payments=(Payment("P", date(2024, 2, 10), 113 + 150),),
        events=(Event("E", "settlement", date(2024, 2, 12)),),
    )
    row = last(settled, date(2024, 2, 29))
    assert row["status"] == "settled"
    assert (row["repaid_minor"], row["principal_waived_minor"]) == (250, 50)


RESCHEDULED = replace(
    MONTHLY,
    instalments=(
        *MONTHLY.instalments,
        Instalment(2, 1, date(2024, 6, 10), 180, 20),
        Instalment(2, 2, date(2024, 7, 10), 180, 20),
    ),
    events=(Event("E", "reschedule", date(2024, 4, 2), schedule_no=2, is_distressed=True),),
)


def test_a_reschedule_clears_dpd_and_is_no_cure() -> None:
    rows = months(RESCHEDULED, date(2024, 6, 30))
    assert [row["dpd"] for row in rows.values()] == [0, 19, 50, 0, 0, 20]
    assert [row["is_restructured"] for row in rows.values()] == [False, False, False, True, True, True]
    assert not any(row["is_cured"] for row in rows.values())
    april = rows[date(2024, 4, 30)]
    assert (april["overdue_rescheduled_minor"], april["reclassified_minor"]) == (226, 60)
    assert (april["schedule_no"], april["balance_minor"]) == (2, 360)


def test_the_plan_in_force_on_the_day_is_what_counts() -> None:
    assert last(RESCHEDULED, date(2024, 4, 1))["dpd"] == 51
    assert last(RESCHEDULED, date(2024, 4, 2))["dpd"] == 0
    outcome = replayed(RESCHEDULED, date(2024, 6, 30)).instalment_outcome
    assert outcome["superseded_on"].to_pylist() == [date(2024, 4, 2)] * 3 + [None] * 2
    assert outcome["worst_dpd"].to_pylist() == [52, 23, 0, 20, 0]


def test_an_extension_is_marked() -> None:
    event = Event("E", "extension", date(2024, 4, 2), schedule_no=2)
    row = last(replace(RESCHEDULED, events=(event,)), date(2024, 4, 30))
    assert (row["is_extended"], row["is_restructured"]) == (True, False)


def test_a_plan_that_is_not_delivered_leaves_dpd_unknown() -> None:
    event = Event("E", "reschedule", date(2024, 4, 2), schedule_no=7)
    row = last(replace(RESCHEDULED, events=(event,)), date(2024, 4, 30))
    assert (row["status"], row["dpd"], row["bucket"], row["balance_minor"]) == ("active", None, None, None)
    assert (row["overdue_rescheduled_minor"], row["reclassified_minor"]) == (226, -300)


def test_a_loan_without_instalments_is_unknown_and_never_0() -> None:
    bare = replace(LEDGER, instalments=(), payments=(Payment("P", date(2024, 1, 20), 40),))
    rows = replayed(bare, date(2024, 2, 29)).loan_month.to_pylist()
    assert len(rows) == 3
    for name in ("dpd", "bucket", "balance_minor", "overdue_minor", "lent_minor", "is_cured"):
        assert [row[name] for row in rows] == [None] * 3
    assert [row["received_minor"] for row in rows] == [0, 40, 0]


def test_a_waiver_is_no_collection_and_no_cure() -> None:
    waived = replace(LEDGER, events=(Event("E", "waiver", date(2024, 2, 5), amount_minor=99),))
    rows = months(waived, date(2024, 2, 29))
    assert [row["overdue_waived_minor"] for row in rows.values()] == [0, 0, 99]
    assert [row["overdue_collected_minor"] for row in rows.values()] == [0, 0, 0]
    assert rows[date(2024, 2, 29)]["principal_waived_minor"] == 99


def test_a_waiver_of_one_component_spares_the_others() -> None:
    event = Event("E", "waiver", date(2024, 3, 20), amount_minor=15, component="interest")
    row = last(replace(MONTHLY, events=(event,)), date(2024, 3, 31))
    assert (row["overdue_interest_minor"], row["overdue_principal_minor"]) == (5, 200)


@pytest.mark.parametrize(
    ("kind", "status", "principal", "overdue"),
    [
        ("write_off", "written_off", "principal_written_off_minor", "overdue_written_off_minor"),
        ("sale", "sold", "principal_sold_minor", "overdue_sold_minor"),
        ("repossession", "repossessed", "principal_repossessed_minor", "overdue_sold_minor"),
    ],
)
def test_an_exit_leaves_one_row_with_balance_0(kind: str, status: str, principal: str, overdue: str) -> None:
    gone = replace(MONTHLY, events=(Event("E", kind, date(2024, 3, 20)),))
    rows = months(gone, date(2024, 6, 30))
    assert list(rows) == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)]
    row = rows[date(2024, 3, 31)]
    assert (row["status"], row["dpd"], row["balance_minor"], row["overdue_minor"]) == (status, None, 0, 0)
    assert (row[principal], row[overdue]) == (300, 226)


def test_cash_after_a_write_off_is_a_recovery_with_a_row_of_its_own() -> None:
    gone = replace(
        MONTHLY,
        payments=(Payment("P", date(2024, 5, 2), 30),),
        events=(
            Event("E1", "write_off", date(2024, 3, 20)),
            Event("E2", "post_write_off_recovery", date(2024, 5, 3), amount_minor=7),
        ),
    )
    rows = months(gone, date(2024, 6, 30))
    assert list(rows)[2:] == [date(2024, 3, 31), date(2024, 5, 31)]
    row = rows[date(2024, 5, 31)]
    assert (row["status"], row["balance_minor"], row["recovered_minor"]) == ("written_off", 0, 37)
    assert row["received_minor"] == 0


def test_an_advance_of_the_guarantor_cures_nobody() -> None:
    advanced = replace(
        LEDGER,
        payments=(Payment("P", date(2024, 1, 20), 60, payer="guarantor"),),
        events=(Event("E", "guarantor_advance", date(2024, 1, 21), amount_minor=40),),
    )
    row = last(advanced, date(2024, 1, 31))
    assert (row["dpd"], row["overdue_minor"], row["advanced_minor"], row["credit_minor"]) == (23, 100, 100, 0)
    assert row["received_minor"] == 0


def test_cure_and_redefault_within_six_months() -> None:
    dues = tuple(Instalment(1, n, date(2024, n, 8), 10) for n in range(1, 11))
    payments = [Payment("P1", date(2024, 2, 1), 10)]
    payments += [Payment(f"P{n}", date(2024, n, 8), 10) for n in range(2, 9)]
    ledger = Ledger("A", 100, date(2023, 12, 8), dues, tuple(payments))
    rows = months(ledger, date(2024, 10, 31))
    assert [day.month for day, row in rows.items() if row["is_cured"]] == [2]
    assert not any(row["is_redefault"] for row in rows.values())  # overdue again in September: the 7th month
    missed = replace(ledger, payments=tuple(payments[:-1]))
    rows = months(missed, date(2024, 10, 31))
    assert [day.month for day, row in rows.items() if row["is_redefault"]] == [8]
    assert rows[date(2024, 10, 31)]["cured_on"] == date(2024, 2, 29)
    assert [row["overdue_streak"] for row in rows.values()][-3:] == [1, 2, 3]


def test_an_undisbursed_loan_has_no_rows_and_early_facts_still_count() -> None:
    assert replayed(replace(LEDGER, disbursed_on=None), date(2024, 1, 31)).loan_month.num_rows == 0
    late = replace(LEDGER, disbursed_on=date(2024, 2, 5), payments=(Payment("P", date(2024, 1, 9), 30),))
    rows = replayed(late, date(2024, 2, 29)).loan_month.to_pylist()
    assert [(row["month_end"], row["mob"], row["dpd"]) for row in rows] == [(date(2024, 2, 29), 0, 52)]
    assert (rows[0]["lent_minor"], rows[0]["repaid_minor"], rows[0]["balance_minor"]) == (100, 30, 70)


def test_a_plan_of_another_total_than_the_loan_is_reclassified() -> None:
    row = last(replace(LEDGER, principal_minor=90), date(2023, 12, 31))
    assert (row["lent_minor"], row["reclassified_minor"], row["balance_minor"]) == (90, 10, 100)


def test_a_remainder_within_the_tolerance_is_taken_as_paid() -> None:
    paid = replace(LEDGER, payments=(Payment("P", DUE, 99),))
    assert last(paid, DUE + 5 * DAY)["dpd"] == 5
    row = last(paid, DUE + 5 * DAY, ReplayModel(tolerance_minor=1))
    assert (row["status"], row["principal_waived_minor"]) == ("settled", 1)


def test_no_loans_give_empty_tables_in_schema() -> None:
    found = replay(**tables([]), as_of=DUE)
    assert found.loan_month.num_rows == found.state.loan.num_rows == 0


@pytest.mark.parametrize(
    "wrong",
    [{"allocation": ("interest",)}, {"grace_days": -1}, {"tolerance_minor": -1}],
)
def test_a_model_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"allocation must order|cannot be negative"):
        ReplayModel(**wrong)
