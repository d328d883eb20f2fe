"""Ledgers for Hypothesis: small, crowded and contradictory, so that few examples meet many cases."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st
from ledgers import Event, Instalment, Ledger, Payment

from postloan.engine.replay_model import (
    COMPONENTS,
    DpdConvention,
    PauseReading,
    ReplayModel,
    View,
)

START = date(2023, 11, 20)
SPAN = 330  # days in which things happen
AS_OF = (date(2024, 2, 29), date(2024, 6, 17), date(2024, 10, 31))

days = st.integers(-5, SPAN).map(lambda n: START + timedelta(n))
parts = st.one_of(st.none(), st.integers(0, 9))
amounts = st.one_of(st.integers(0, 30), st.integers(0, 260))


@st.composite
def plans(draw: st.DrawFn, schedule_no: int | None) -> list[Instalment]:
    first = draw(st.integers(0, 150))
    step = draw(st.sampled_from((30, 31, 15, 7, 1, 0)))
    return [
        Instalment(
            schedule_no,
            number + 1,
            START + timedelta(first + step * number),
            draw(st.integers(0, 60)),
            draw(parts),
            draw(parts),
            draw(parts),
        )
        for number in range(draw(st.integers(0, 5)))
    ]


@st.composite
def payments(draw: st.DrawFn, loan_id: str) -> list[Payment]:
    kinds = st.sampled_from(
        ("repayment",) * 6 + ("early_repayment", "early_settlement", "refund", "refund", None)
    )
    rows = [
        Payment(
            f"{loan_id}-{number}",
            draw(days),
            draw(amounts),
            draw(kinds),
            draw(st.sampled_from(("borrower",) * 6 + ("guarantor", "other", None))),
        )
        for number in range(draw(st.integers(0, 7)))
    ]
    for number in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        if rows:
            target = draw(st.sampled_from(rows))
            day = target.paid_on + timedelta(draw(st.sampled_from((-1, 0, 1, 5, 40))))
            rows.append(
                Payment(
                    f"{loan_id}-R{number}",
                    day,
                    target.amount_minor,
                    "reversal",
                    "borrower",
                    target.payment_id,
                )
            )
    return rows


KINDS = (
    "reschedule",
    "extension",
    "waiver",
    "pause",
    "pause",
    "resume",
    "guarantor_advance",
    "post_write_off_recovery",
    "renewal",
)
EXITS = ("settlement", "sale", "repossession", "write_off")


@st.composite
def events(draw: st.DrawFn, loan_id: str) -> list[Event]:
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=4))
    kinds += draw(
        st.sampled_from(((), (), (), ("settlement",), ("write_off",), ("sale",), ("repossession",), EXITS))
    )
    rows = []
    for number, kind in enumerate(kinds):
        on = draw(days)
        moves_plan = kind in ("reschedule", "extension")
        rows.append(
            Event(
                f"{loan_id}-E{number}",
                kind,
                on,
                until_on=on + timedelta(draw(st.integers(0, 90)))
                if kind == "pause" and draw(st.booleans())
                else None,
                amount_minor=draw(amounts),
                component=draw(st.sampled_from((None, *COMPONENTS, "credit"))) if kind == "waiver" else None,
                schedule_no=draw(st.sampled_from((2, 2, 3, 1, 4))) if moves_plan else None,
                is_distressed=draw(st.sampled_from((True, False, None))) if moves_plan else None,
            )
        )
    return rows


@st.composite
def ledgers(draw: st.DrawFn, loan_id: str) -> Ledger:
    has_plan = draw(st.sampled_from((True,) * 9 + (False,)))
    instalments = draw(plans(draw(st.sampled_from((1, None))))) if has_plan else []
    happens = draw(events(loan_id))
    if any(event.schedule_no for event in happens):
        instalments += draw(plans(2)) + draw(plans(3))
    return Ledger(
        loan_id,
        draw(st.integers(0, 300)),
        draw(st.one_of(st.none(), days, st.just(START), st.just(START), st.just(START), st.just(START))),
        tuple(instalments),
        tuple(draw(payments(loan_id))),
        tuple(happens),
        draw(st.one_of(st.none(), st.integers(0, 15))),
        draw(st.sampled_from((None, False, True))),
    )


@st.composite
def books(draw: st.DrawFn, size: int) -> list[Ledger]:
    return [draw(ledgers(f"L{number}")) for number in range(draw(st.sampled_from((1, size, size, size))))]


models = st.builds(
    ReplayModel,
    allocation=st.permutations(COMPONENTS).map(tuple),
    dpd_convention=st.sampled_from(DpdConvention),
    pause_reading=st.sampled_from(PauseReading),
    grace_days=st.integers(0, 10),
    tolerance_minor=st.sampled_from((0, 0, 0, 1, 5)),
    view=st.sampled_from(View),
)
