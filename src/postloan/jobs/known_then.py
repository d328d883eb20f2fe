"""What was known on an earlier day of the loans that have been restated since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from postloan.book.store import Book
from postloan.engine.loan_months import (
    MADE_FROM,
    TAPE,
    first_day,
    loan_months,
    observation_grid,
    report_dates,
)
from postloan.metrics.facts import Facts
from postloan.metrics.restatements import COLUMNS, restatements, told_since
from postloan.metrics.scope import observation_dates
from postloan.model.derived import POSITION

_NOTHING = POSITION.schema().empty_table().select(COLUMNS)


def restatement_frames(
    book: Book, facts: Facts, as_of: date, scopes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return what has become known of month-ends before ``as_of`` since the last of them.

    Only the loans of which something has become known are replayed.

    Returns:
        The frames of ``metrics.restatements.restatements``, empty where nothing moved, where the book has
        no earlier month-end or where no loan was known by then: a first delivery restates nothing.
    """
    earlier = [on for on in observation_dates(facts.table("position"), as_of) if on < as_of]
    if not earlier or book.rows_known("loan", earlier[-1]).num_rows == 0:  # nothing had been told yet
        return restatements(facts, _NOTHING, pa.array([], pa.string()), as_of, scopes)
    until = earlier[-1]
    tape = book.read(TAPE)
    reported_on = report_dates(book.rows_known(TAPE, until), until)
    loans = told_since(facts, until)
    if reported_on != report_dates(tape, until):  # whoever is not in a tape told late is not known there now
        loans = pc.unique(pa.concat_arrays([loans, tape["loan_id"].combine_chunks()]))
    then = _months_then(book, loans, until, reported_on)
    return restatements(facts, then, loans, until, scopes)


def _months_then(book: Book, loans: pa.Array, until: date, reported_on: Sequence[date]) -> pa.Table:
    """Return the months of ``loans`` up to ``until``, as known at its end, with their branch and product."""
    tables = {name: book.rows_known(name, until, loans) for name in MADE_FROM}
    first = first_day(tables["loan"], tables[TAPE])
    if first is None or first > until:
        return _NOTHING
    months = loan_months(tables, observation_grid(first, until), reported_on).loan_month
    whose = tables["loan"].select(["loan_id", "branch", "product"])
    places = pc.index_in(months["loan_id"], value_set=whose["loan_id"].combine_chunks()).combine_chunks()
    for name in ("branch", "product"):
        months = months.append_column(name, whose[name].combine_chunks().take(places))
    return months.select(COLUMNS)
