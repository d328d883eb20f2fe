"""Warnings, triggers and care: both sides of every number, and what time has not yet decided left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import ibis
import pytest
from test_contacts import rules, table

from postloan.engine import care
from postloan.engine.triggers import triggers
from postloan.engine.warnings import deteriorations, warning_states

AS_OF = date(2026, 10, 31)
Row = dict[str, Any]


def ends(count: int = 20) -> list[date]:
    months = [AS_OF.year * 12 + AS_OF.month - back for back in range(count)]
    return [date(m // 12, m % 12 + 1, 1) - timedelta(days=1) for m in reversed(months)]


def positions(dpd: dict[date, int] | None = None, **given: Any) -> list[Row]:
    late = dpd or {}
    usual = {
        "loan_id": "A",
        "customer_id": "K",
        "status": "active",
        "branch": "甲支行",
        "product": "消费贷",
        "balance_minor": 100,
    }
    return [usual | given | {"month_end": end, "dpd": late.get(end, 0)} for end in ends()]


def opened(**rows: list[Row]) -> dict[str, ibis.Table]:
    connection = ibis.duckdb.connect(threads=1)
    given = {"loan": [{"loan_id": "A", "customer_id": "K", "branch": "甲支行", "product": "消费贷"}]} | rows
    return {name: connection.create_table(name, table(name, listed)) for name, listed in given.items()}


def warning(raised: date, **given: Any) -> Row:
    usual = {
        "warning_id": "Y", "customer_id": "K", "loan_id": "A", "signal_kind": "income_change", "raised_on": raised,
        "staff_id": "YG1", "deadline_on": raised + timedelta(days=60), "plan": "约谈",
    }  # fmt: skip
    return usual | given


def state(one: Row, dpd: dict[date, int] | None = None, on: date = AS_OF) -> Row:
    t = opened(warning=[one], position=positions(dpd))
    states = warning_states(t["warning"], t["position"], t["loan"], ends(13), rules())
    found: list[Row] = states.to_pyarrow().to_pylist()
    (row,) = [row for row in found if row["month_end"] == on]
    return row


def test_a_warning_is_late_after_its_deadline_and_unknown_without_one() -> None:
    assert state(warning(date(2026, 8, 1), deadline_on=AS_OF))["is_overdue"] is False
    assert state(warning(date(2026, 8, 1), deadline_on=AS_OF - timedelta(days=1)))["is_overdue"] is True
    assert state(warning(date(2026, 8, 1), deadline_on=None))["is_overdue"] is None
    assert (
        state(warning(date(2026, 8, 1), deadline_on=date(2026, 9, 1), closed_on=AS_OF))["is_overdue"] is False
    )


@pytest.mark.parametrize("blank", ["staff_id", "deadline_on", "plan"])
def test_owner_deadline_and_plan_are_all_needed(blank: str) -> None:
    assert state(warning(date(2026, 10, 2)))["is_complete"] is True
    assert state(warning(date(2026, 10, 2), **{blank: None}))["is_complete"] is False


def test_the_trigger_says_which_response_fits() -> None:
    fell = {"signal_kind": "collateral_change"}
    assert state(warning(date(2026, 10, 2), **fell, warning_response="more_security"))["is_fitting"] is True
    assert state(warning(date(2026, 10, 2), **fell, warning_response="watch"))["is_fitting"] is False
    assert state(warning(date(2026, 10, 2), **fell))["is_fitting"] is None
    assert state(warning(date(2026, 10, 2), warning_response="watch"))["is_fitting"] is None


def test_only_three_outcomes_are_a_success_and_an_open_one_is_none() -> None:
    for outcome, expected in (
        ("lifted", True),
        ("recovered", True),
        ("secured", True),
        ("deteriorated", False),
        (None, None),
    ):
        row = state(warning(date(2026, 8, 1), closed_on=date(2026, 10, 5), warning_outcome=outcome))
        assert (row["is_success"], row["is_closed_now"]) == (expected, True)
    assert state(warning(date(2026, 8, 1), warning_outcome="lifted"))["is_success"] is None


def test_what_was_closed_later_was_open_at_the_date() -> None:
    one = warning(date(2026, 8, 1), closed_on=date(2026, 10, 5))
    assert state(one, on=date(2026, 9, 30))["is_open"] is True
    assert state(one, on=AS_OF)["is_open"] is False


def test_a_warning_comes_true_when_the_customer_goes_over_30_days_in_time() -> None:
    raised = date(2026, 2, 1)
    for dpd, expected in ((30, False), (31, True)):
        assert state(warning(raised), {date(2026, 5, 31): dpd})["is_true"] is expected
    row = state(warning(raised), {date(2026, 5, 31): 41})
    assert row["lead_days"] == (date(2026, 5, 21) - raised).days  # ten days before it stood at 31
    assert state(warning(raised), {date(2026, 8, 31): 31})["is_true"] is False  # after six months


def test_only_warnings_that_had_their_time_are_judged_and_only_for_a_year() -> None:
    for raised, expected in (
        (date(2026, 4, 30), True),
        (date(2026, 5, 1), False),
        (date(2025, 5, 1), True),
        (date(2025, 4, 30), False),
    ):
        assert state(warning(raised))["is_judged"] is expected, raised


def warned(raised: date | None) -> bool:
    onset = date(2026, 9, 30)  # 31 days then: that very day
    given = [warning(raised)] if raised else []
    t = opened(warning=given, position=positions({onset: 31}))
    found = deteriorations(t["warning"], t["position"], t["loan"], [AS_OF], rules()).to_pyarrow().to_pylist()
    (row,) = found
    assert row["onset_on"] == onset
    return bool(row["is_warned"])


def test_a_warning_counts_from_30_days_ahead_and_not_after_half_a_year() -> None:
    assert warned(date(2026, 8, 31)) is True
    assert warned(date(2026, 9, 1)) is False
    assert warned(date(2026, 3, 31)) is True
    assert warned(date(2026, 3, 30)) is False
    assert warned(None) is False


def called(**rows: list[Row]) -> list[Row]:
    names: dict[str, list[Row]] = {"statement": [], "collateral": [], "valuation": [], "signal": []}
    t = opened(**(names | rows))
    found = triggers(t["statement"], t["collateral"], t["valuation"], t["signal"], t["loan"], rules(), AS_OF)
    listed: list[Row] = found.to_pyarrow().to_pylist()
    return listed


def quarters(
    item: str,
    *ratios: float,
    on: tuple[date, ...] = (date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)),
) -> list[Row]:
    return [
        {"customer_id": "K", "period_on": day, "statement_item": item, "ratio": ratio}
        for day, ratio in zip(on, ratios, strict=True)
    ]


@pytest.mark.parametrize(
    ("item", "ratios", "trigger"),
    [
        ("gross_margin", (0.200, 0.180, 0.162), "worse_twice"),
        ("gross_margin", (0.200, 0.180, 0.163), "worse_over_both"),
        ("gross_margin", (0.200, 0.190, 0.180), "worse_over_both"),
        ("gross_margin", (0.200, 0.190, 0.181), None),
        ("debt_ratio", (0.500, 0.550, 0.605), "worse_twice"),
        ("debt_ratio", (0.500, 0.550, 0.604), "worse_over_both"),
        ("debt_ratio", (0.605, 0.550, 0.500), None),
        ("current_ratio", (1.0, 1.1, 1.3), None),
    ],
)
def test_ten_percent_in_each_of_two_quarters_call_for_a_warning(
    item: str, ratios: tuple[float, ...], trigger: str | None
) -> None:
    found = called(statement=quarters(item, *ratios))
    assert [row["trigger"] for row in found] == ([trigger] if trigger else [])


def test_a_quarter_left_out_calls_for_nothing() -> None:
    on = (date(2025, 12, 31), date(2026, 6, 30), date(2026, 9, 30))
    assert called(statement=quarters("gross_margin", 0.2, 0.18, 0.162, on=on)) == []


def values(*amounts: int) -> dict[str, list[Row]]:
    held = {
        "collateral_id": "P",
        "loan_id": "A",
        "collateral_kind": "plant",
        "value_minor": amounts[0],
        "accepted_on": date(2025, 1, 1),
    }
    later = [
        {"collateral_id": "P", "valued_on": date(2026, month, 1), "value_minor": amount, "is_accepted": True}
        for month, amount in zip((3, 9), amounts[1:], strict=False)
    ]
    return {"collateral": [held], "valuation": later}


def test_collateral_must_fall_by_more_than_a_tenth_of_the_value_before() -> None:
    assert called(**values(1000, 900)) == []
    (row,) = called(**values(1000, 899))
    assert (row["trigger"], row["was"], row["now"], row["customer_id"]) == ("collateral_fell", 1000, 899, "K")
    assert called(**values(1000, 950, 860)) == []  # 14 % since it was taken, under 10 % since the last value


def test_a_value_that_was_not_accepted_is_none() -> None:
    given = values(1000, 500)
    given["valuation"][0]["is_accepted"] = False
    assert called(**given) == []


def test_three_poor_months_in_a_row_call_for_a_warning_and_two_do_not() -> None:
    def poor(begin: date, end: date | None = None) -> list[Row]:
        return [
            {
                "signal_id": "X",
                "customer_id": "K",
                "signal_kind": "operating_poor",
                "observed_on": begin,
                "ended_on": end,
            }
        ]

    assert [row["trigger"] for row in called(signal=poor(date(2026, 8, 31)))] == ["poor_months"]
    assert called(signal=poor(date(2026, 9, 1))) == []
    assert called(signal=poor(date(2026, 7, 1), date(2026, 10, 1))) == []


def test_satisfied_are_fours_and_fives_of_the_latest_survey() -> None:
    def answer(customer: str, score: int | None, survey: str = "S2", sent: date = date(2026, 9, 10)) -> Row:
        given = {"survey": survey, "customer_id": customer, "sent_on": sent, "score": score}
        return given | {"answered_on": sent + timedelta(days=1) if score else None}

    asked = [answer("A", 4), answer("B", 3), answer("C", None), answer("D", 5, "S1", date(2026, 6, 10))]
    t = opened(survey_answer=asked, position=positions())
    found = care.survey_states(
        t["survey_answer"], t["position"], t["loan"], rules(), [date(2026, 6, 30), AS_OF]
    )
    rows = {
        (row["month_end"], row["customer_id"]): row["is_satisfied"] for row in found.to_pyarrow().to_pylist()
    }
    assert rows == {
        (AS_OF, "A"): True,
        (AS_OF, "B"): False,
        (AS_OF, "C"): None,
        (date(2026, 6, 30), "D"): True,
    }


def test_a_complaint_is_judged_once_its_hours_are_over() -> None:
    def accepted(received: datetime, hours: float | None) -> object:
        at = received + timedelta(hours=hours) if hours is not None else None
        came = [{"complaint_id": "T", "customer_id": "K", "received_at": received, "accepted_at": at}]
        t = opened(complaint=came, position=positions())
        (row,) = (
            care.complaint_states(t["complaint"], t["position"], t["loan"], rules(), AS_OF)
            .to_pyarrow()
            .to_pylist()
        )
        return row["is_accepted_on_time"]

    early = datetime(2026, 10, 10, 9)
    assert accepted(early, 24) is True
    assert accepted(early, 24 + 1 / 3600) is False
    assert accepted(early, None) is False
    assert accepted(datetime(2026, 10, 31, 9), 1) is None


def test_renewals_count_when_their_90_days_are_over() -> None:
    def renewed(again: date | None, as_of: date = AS_OF) -> list[object]:
        loans = [
            {
                "loan_id": "A",
                "customer_id": "K",
                "matures_on": date(2026, 7, 1),
                "disbursed_on": date(2025, 7, 1),
            }
        ]
        loans += [{"loan_id": "B", "customer_id": "K", "disbursed_on": again}] if again else []
        settled = [*positions(), *positions(status="settled")[-1:]]
        t = opened(position=settled, loan=loans)
        found = care.matured_loans(t["position"], t["loan"], rules(), as_of).to_pyarrow().to_pylist()
        return [row["is_renewed"] for row in found]

    assert renewed(date(2026, 9, 29)) == [True]
    assert renewed(date(2026, 9, 30)) == [False]
    assert renewed(None) == [False]
    assert renewed(date(2026, 7, 1), date(2026, 9, 28)) == []  # the time is not over


def test_a_file_without_rows_is_unknown_and_one_without_paper_is_incomplete() -> None:
    held: Row = {"paper_on": date(2026, 1, 1), "electronic_on": None}
    papers: list[Row] = [
        {"loan_id": "A", "document_kind": "contract"} | held,
        {"loan_id": "A", "document_kind": "voucher"},
    ]
    other = [row | {"loan_id": "B"} for row in positions()]
    t = opened(document=papers, position=[*positions(), *other])
    found = care.file_states(t["document"], t["position"], AS_OF).to_pyarrow().to_pylist()
    rows = {row["loan_id"]: (row["n_documents"], row["n_held"], row["n_both"]) for row in found}
    assert rows == {"A": (2, 1, 0), "B": (None, None, None)}
