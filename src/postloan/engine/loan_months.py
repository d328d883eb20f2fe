"""Months of loans, whatever a lender gives: replayed from ledgers, or read from month-end tapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine.replay import NO_LOANS, Replay, replay
from postloan.engine.state import NO_STATE, State, without
from postloan.engine.tape import tape_months

# What the months of loans are made from.
LEDGER = ("loan", "instalment", "payment", "loan_event")
TAPE = "loan_tape"
MADE_FROM = (*LEDGER, TAPE)


def loan_months(
    tables: Mapping[str, pa.Table],
    grid: Sequence[date],
    reported_on: Sequence[date],
    resume: State = NO_STATE,
    start_over: pa.Array = NO_LOANS,
) -> Replay:
    """Return what is known of every loan: from its ledger, and its months from the lender's tape if it has rows there.

    A loan on a tape has no state: each time all of its months are read from the tape.

    Args:
        tables: ``MADE_FROM`` in contract schema, of the same loans; what of loans that resume can be left out
            is said by ``replay``.
        grid: Observation dates, rising; the last is the as-of date.
        reported_on: All dates of the lender's tape up to the as-of date, whichever loans it has.
        resume: ``state`` of an earlier result.
        start_over: Loans that start from the beginning all the same: those of ``must_start_over``.
    """
    ledger = {name: tables[name] for name in LEDGER}
    found = replay(**ledger, as_of=grid[-1], resume=resume, start_over=start_over)
    if tables[TAPE].num_rows == 0:
        return found
    found = replace(found, state=without(found.state, tables[TAPE]["loan_id"]))
    if not reported_on:
        return found
    taped = tape_months(tables["loan"], tables[TAPE], grid=grid, reported_on=reported_on)
    is_taped = pc.is_in(found.loan_month["loan_id"], value_set=pc.unique(taped["loan_id"]))
    both = pa.concat_tables([found.loan_month.filter(pc.invert(is_taped)), taped])
    return replace(found, loan_month=both.sort_by([("loan_id", "ascending"), ("month_end", "ascending")]))


def report_dates(loan_tape: pa.Table, as_of: date) -> list[date]:
    """Return the dates of a lender's month-end tapes up to ``as_of``, oldest first."""
    return sorted(on for on in pc.unique(loan_tape["observed_on"]).to_pylist() if on <= as_of)


def first_day(loan: pa.Table, loan_tape: pa.Table) -> date | None:
    """Return the first day with a loan: paid out, or reported by a lender who does not say when it was."""
    known = [loan["disbursed_on"], loan_tape["observed_on"]]
    days = [day for column in known if (day := pc.min(column).as_py()) is not None]
    return min(days, default=None)


def observation_grid(first: date, as_of: date) -> list[date]:
    """Return the month-ends from the month of ``first`` up to ``as_of``, and ``as_of`` itself."""
    grid: list[date] = []
    day = first.replace(day=28)
    while True:
        month_end = (day + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        if month_end >= as_of:
            return [*grid, as_of]
        grid.append(month_end)
        day = (month_end + timedelta(days=1)).replace(day=28)
