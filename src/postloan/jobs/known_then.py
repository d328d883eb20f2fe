"""What was known on an earlier day of the loans that have been restated since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from postloan.book.store import Book
from postloan.engine.replay import replay
from postloan.metrics.facts import Facts
from postloan.metrics.restatements import COLUMNS, restatements, told_since
from postloan.metrics.scope import observation_dates

_REPLAYED = ("loan", "instalment", "payment", "loan_event")


def restatement_frames(
    book: Book, facts: Facts, as_of: date, scopes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return what has become known of month-ends before ``as_of`` since the last of them.

    Only the loans of which something has become known are replayed.

    Returns:
        The frames of ``metrics.restatements.restatements``, empty where nothing moved or where the book
        has no earlier month-end.
    """
    earlier = [on for on in observation_dates(facts.table("position"), as_of) if on < as_of]
    until = earlier[-1] if earlier else as_of
    loans = told_since(facts, until) if earlier else pa.array([], pa.string())
    return restatements(facts, _months_then(book, loans, until), loans, until, scopes)


def _months_then(book: Book, loans: pa.Array, until: date) -> pa.Table:
    """Return the months of ``loans`` up to ``until``, as known at its end, with their branch and product."""
    tables = {name: book.rows_known(name, until, loans) for name in _REPLAYED}
    months = replay(**tables, as_of=until).loan_month
    whose = tables["loan"].select(["loan_id", "branch", "product"])
    places = pc.index_in(months["loan_id"], value_set=whose["loan_id"].combine_chunks()).combine_chunks()
    for name in ("branch", "product"):
        months = months.append_column(name, whose[name].combine_chunks().take(places))
    return months.select(COLUMNS)
