"""Months from a tape against a slow twin, on tapes that nobody would deliver."""

from __future__ import annotations

from datetime import date, timedelta

import tapes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tapes import Report, Taped, loan_table, tape_table
from test_replay_twin import differences

from effort import examples
from postloan.engine.tape import TapeModel, tape_months
from postloan.model.codes import EXIT_KIND
from postloan.model.derived import LOAN_MONTH

START = date(2024, 1, 1)
GRID = [
    *(date(2024, month + 1, 1) - timedelta(days=1) for month in range(1, 10)),
    date(2024, 10, 17),
]
days = st.integers(0, 310).map(lambda n: START + timedelta(n))
few = st.integers(0, 4).map(lambda n: n * 50)
maybe_few = st.one_of(st.none(), few)
past_due = st.sampled_from((0, 0, 1, 29, 30, 31, 59, 60, 61, 90, 91, 181))


@st.composite
def reports(draw: st.DrawFn, on: date) -> Report:
    low = draw(st.one_of(st.none(), st.none(), past_due))
    high = None if low is None else draw(st.one_of(st.none(), past_due.map(lambda more: low + more)))
    return Report(
        on,
        draw(st.one_of(st.none(), past_due)),
        draw(st.one_of(st.none(), days)),
        draw(st.sampled_from((None, None, 1, 3))),
        low,
        high,
        draw(maybe_few),
        draw(maybe_few),
        draw(st.sampled_from((None, False, True))),
        draw(st.sampled_from((None, None, None, None, *EXIT_KIND.values()))),
        draw(st.one_of(st.none(), st.none(), st.none(), days)),
        draw(st.one_of(st.none(), st.none(), few)),
    )


@st.composite
def loans(draw: st.DrawFn, name: str) -> Taped:
    # Most lenders report on one day a month; some days are of no tape in particular.
    monthly = st.integers(1, 10).map(lambda month: date(2024, month, 11))
    dates = draw(st.lists(st.one_of(monthly, monthly, monthly, days), unique=True, max_size=9))
    return Taped(
        name,
        draw(st.sampled_from((0, 100, 200))),
        draw(st.one_of(st.none(), st.just(START), days)),
        tuple(draw(reports(on)) for on in dates),
        draw(st.sampled_from((None, 0, 5))),
        draw(st.sampled_from((None, None, False, True))),
    )


books = st.integers(1, 8).flatmap(lambda size: st.tuples(*(loans(f"L{i}") for i in range(size))))


@settings(max_examples=examples(25, 100), deadline=None, suppress_health_check=list(HealthCheck))
@given(books, st.sampled_from((0, 1, 3)))
def test_tape_and_twin_agree(book: tuple[Taped, ...], carried_months: int) -> None:
    told = sorted({report.observed_on for one in book for report in one.reports})
    found = tape_months(
        loan_table(book), tape_table(book), grid=GRID, reported_on=told, model=TapeModel(carried_months)
    )
    twin = [row for one in book for row in tapes.loan_months(one, GRID, told, carried_months)]
    assert not differences(found, twin, LOAN_MONTH.grain)
    assert found["loan_id"].to_pylist() == sorted(found["loan_id"].to_pylist())
