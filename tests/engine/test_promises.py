"""Promises: kept, partly, broken, pending; both sides of day and amount; a slow twin says what is right."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
from hypothesis import given, settings
from hypothesis import strategies as st
from test_contacts import rules, table

from effort import examples
from postloan.engine.promises import promise_states

AS_OF = date(2026, 3, 31)
MADE, BY = date(2026, 3, 2), date(2026, 3, 10)
Row = dict[str, Any]


def promise(number: int = 1, **given_: Any) -> Row:
    usual = {
        "promise_id": f"P{number}", "loan_id": "A", "staff_id": "YG1", "made_on": MADE, "pay_by_on": BY,
        "amount_minor": 10_000,
    }  # fmt: skip
    return usual | given_


def paid(on: date, amount: int, **given_: Any) -> Row:
    usual = {
        "payment_id": f"{on}-{amount}",
        "loan_id": "A",
        "paid_on": on,
        "amount_minor": amount,
        "payer": "borrower",
    }
    return usual | {"payment_kind": "repayment"} | given_


def told(
    promises: list[Row], payments: list[Row] | None = None, dues: list[Row] | None = None, as_of: date = AS_OF
) -> dict[str, Row]:
    connection = ibis.duckdb.connect(threads=1)
    given_ = {
        "promise": promises,
        "payment": payments or [],
        "instalment_outcome": dues or [],
        "loan": [{"loan_id": "A", "customer_id": "K", "branch": "甲支行"}],
        "staff": [{"staff_id": "YG1", "team": "一队"}],
    }
    t = {name: connection.create_table(name, table(name, rows)) for name, rows in given_.items()}
    found = promise_states(
        t["promise"], t["payment"], t["instalment_outcome"], t["loan"], t["staff"], rules(), as_of
    )
    return {row["promise_id"]: row for row in found.to_pyarrow().to_pylist()}


def state(promises: list[Row], payments: list[Row] | None = None, as_of: date = AS_OF) -> str:
    return str(told(promises, payments, as_of=as_of)["P1"]["promise_state"])


def test_95_percent_are_kept_and_a_fen_less_is_not() -> None:
    assert state([promise()], [paid(BY, 9_500)]) == "kept"
    assert state([promise()], [paid(BY, 9_499)]) == "partial"
    assert state([promise()]) == "broken"


def test_a_day_after_the_promised_one_is_in_time_and_two_are_not() -> None:
    assert state([promise()], [paid(BY + timedelta(days=1), 10_000)]) == "kept"
    assert state([promise()], [paid(BY + timedelta(days=2), 10_000)]) == "broken"


def test_the_day_it_was_made_on_counts_and_the_day_before_does_not() -> None:
    assert state([promise()], [paid(MADE, 10_000)]) == "kept"
    assert state([promise()], [paid(MADE - timedelta(days=1), 10_000)]) == "broken"


def test_it_is_pending_until_its_tolerance_is_over() -> None:
    last = BY + timedelta(days=1)
    assert state([promise()], as_of=BY) == "pending"
    assert state([promise()], as_of=last) == "broken"
    assert state([promise()], [paid(MADE, 10_000)], as_of=MADE) == "kept"


def test_parts_add_up_refunds_are_taken_off_and_guarantors_keep_nothing() -> None:
    assert state([promise()], [paid(MADE, 5_000), paid(BY, 4_500)]) == "kept"
    assert state([promise()], [paid(MADE, 10_000), paid(BY, 501, payment_kind="refund")]) == "partial"
    assert state([promise()], [paid(BY, 10_000, payer="guarantor")]) == "broken"
    assert state([promise()], [paid(BY, 10_000, payer=None, payment_kind=None)]) == "kept"


def test_a_bounced_payment_never_came() -> None:
    bounced = paid(BY, 10_000)
    reversal = paid(BY, 10_000, payment_id="R", payment_kind="reversal", reverses_id=bounced["payment_id"])
    assert state([promise()], [bounced, reversal]) == "broken"
    late = reversal | {"paid_on": date(2026, 4, 1)}
    assert state([promise()], [bounced, late]) == "kept"  # not yet known to have bounced


def test_a_later_promise_takes_the_place_of_an_open_one() -> None:
    assert state([promise(), promise(2, made_on=BY)]) == "superseded"
    assert (
        state([promise(), promise(2, made_on=BY + timedelta(days=1), pay_by_on=BY + timedelta(days=9))])
        == "broken"
    )
    assert state([promise(), promise(2, made_on=BY)], [paid(MADE, 10_000)]) == "kept"


def test_without_day_or_amount_it_is_incomplete() -> None:
    assert state([promise(pay_by_on=None)]) == "incomplete"
    assert state([promise(amount_minor=None)]) == "incomplete"


def due(on: date, paid_off: date | None = None) -> Row:
    return {"loan_id": "A", "schedule_no": 1, "instalment_no": 1, "due_on": on, "paid_off_on": paid_off}


def test_a_collector_may_grant_one_day() -> None:
    on = date(2026, 3, 15)
    for days, approved, is_beyond in ((1, None, False), (2, None, True), (2, "YG9", False)):
        made = promise(made_on=on, pay_by_on=on + timedelta(days=days), approved_by=approved)
        row = told([made], dues=[due(on)])["P1"]
        assert (row["is_deferral"], row["is_beyond_authority"]) == (True, is_beyond), days


def test_who_is_behind_already_or_has_paid_defers_nothing() -> None:
    on = date(2026, 3, 15)
    made = promise(made_on=on, pay_by_on=on + timedelta(days=5))
    assert told([made], dues=[due(on), due(on - timedelta(days=30))])["P1"]["is_deferral"] is False
    assert told([made], dues=[due(on, on - timedelta(days=1))])["P1"]["is_deferral"] is False
    assert told([made], dues=[due(on + timedelta(days=9))])["P1"]["is_deferral"] is False


def twin(one: Row, others: list[Row], payments: list[Row], as_of: date) -> str:
    by, amount = one["pay_by_on"], one["amount_minor"]
    if by is None or amount is None:
        return "incomplete"
    last = by + timedelta(days=1)
    came = sum(p["amount_minor"] for p in payments if one["made_on"] <= p["paid_on"] <= min(last, as_of))
    if came * 100 >= amount * 95:
        return "kept"
    order = sorted(others, key=lambda p: (p["made_on"], p["promise_id"]))
    later = order[order.index(one) + 1 :]
    if later and later[0]["made_on"] <= by:
        return "superseded"
    if last > as_of:
        return "pending"
    return "partial" if came > 0 else "broken"


DAYS = st.integers(0, 40).map(lambda n: date(2026, 3, 1) + timedelta(days=n))


@settings(max_examples=examples(15, 300), deadline=None)
@given(
    st.lists(st.tuples(DAYS, st.none() | st.integers(0, 15), st.integers(1, 5_000)), min_size=1, max_size=5),
    st.lists(st.tuples(DAYS, st.integers(1, 5_000)), max_size=5),
    DAYS,
)
def test_the_twin_says_the_same(
    drawn: list[tuple[date, int | None, int]], cash: list[tuple[date, int]], as_of: date
) -> None:
    promises = [
        promise(
            n,
            made_on=on,
            pay_by_on=None if ahead is None else on + timedelta(days=ahead),
            amount_minor=amount,
        )
        for n, (on, ahead, amount) in enumerate(drawn)
        if on <= as_of
    ]
    payments = [paid(on, amount, payment_id=str(n)) for n, (on, amount) in enumerate(cash)]
    found = told(promises, payments, as_of=as_of)
    assert {key: row["promise_state"] for key, row in found.items()} == {
        one["promise_id"]: twin(one, promises, payments, as_of) for one in promises
    }
