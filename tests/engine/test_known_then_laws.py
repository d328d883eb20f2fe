"""What was known then: a later load changes nothing of an earlier view, and what it restates is listed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_strategies import START, books
from ledgers import Instalment, Ledger, Payment, tables

from effort import examples
from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.engine.replay import replay
from postloan.engine.restate import restated
from postloan.jobs.restating import restatement
from postloan.sources.judging.knowledge import Before, known_in_turn

CUT = date(2024, 6, 17)  # how far the first delivery reaches
UNTIL = date(2024, 5, 31)
END = date(2024, 12, 31)  # after everything the ledgers know
LEDGER = ("loan", "instalment", "payment", "loan_event")
HAPPENED = {"loan": "disbursed_on", "payment": "paid_on", "loan_event": "event_on"}
# Makes the first delivery reach to CUT in every table.
ANCHOR = Ledger(
    "ANCHOR", 100, CUT, (Instalment(1, 1, CUT, 100),), (Payment("ANCHOR-P", CUT, 1),)
)  # fmt: skip
Tables = Mapping[str, pa.Table]
T = TypeVar("T")
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Deliveries:
    """The ledgers as the first delivery tells them, up to ``CUT``, and as the second one does."""

    first: list[Ledger]
    second: list[Ledger]


@st.composite
def deliveries(draw: st.DrawFn) -> Deliveries:
    """Draw ledgers of which the first delivery lacks some facts, and tells others otherwise."""
    whole = [replace(one, instalments=tuple(map(numbered, one.instalments))) for one in draw(books(3))]
    return Deliveries([ANCHOR, *(one for led in whole if (one := draw(told_first(led))))], [ANCHOR, *whole])


def numbered(instalment: Instalment) -> Instalment:
    """Give the plan its number: in a book it is part of the key."""
    return replace(instalment, schedule_no=instalment.schedule_no or 1)


@st.composite
def told_first(draw: st.DrawFn, ledger: Ledger) -> Ledger | None:
    if (ledger.disbursed_on or START) > CUT or draw(st.integers(0, 4)) == 0:
        return None

    def kept(facts: tuple[T, ...]) -> list[T]:
        return [fact for fact in facts if draw(st.integers(0, 3))]

    plan = (
        replace(i, due_on=i.due_on + timedelta(draw(st.sampled_from((0, 0, 3)))))
        for i in kept(ledger.instalments)
    )
    return replace(
        ledger,
        principal_minor=ledger.principal_minor + draw(st.sampled_from((0, 0, 7))),
        grace_days=draw(st.sampled_from((ledger.grace_days, 3))),
        instalments=tuple(plan),
        payments=tuple(p for p in kept(ledger.payments) if p.paid_on <= CUT),
        events=tuple(e for e in kept(ledger.events) if e.event_on <= CUT),
    )


def dated(given: Tables) -> dict[str, pa.Table]:
    """Return the rows with the day on which a first delivery would have known them."""
    rows = {name: given[name] for name in LEDGER}
    for name, column in HAPPENED.items():
        index = rows[name].column_names.index("known_on")
        field = rows[name].schema.field("known_on")
        rows[name] = rows[name].set_column(index, field, rows[name][column])
    return rows


def facts_new_to(book: Book, given: Tables) -> dict[str, pa.Table]:
    """Leave out the appended facts that the book has; what it has of them stands."""
    keys = {"payment": "payment_id", "loan_event": "event_id"}
    return {
        name: rows.filter(
            pc.invert(pc.is_in(rows[keys[name]], value_set=pc.unique(book.read(name)[keys[name]])))
        )
        if name in keys
        else rows
        for name, rows in given.items()
    }


def loaded(root: Path, given: Tables) -> tuple[Book, Tables]:
    """Load tables as ``load`` does; return the book and what was committed."""
    book = Book.open_or_create(root)
    new = facts_new_to(book, dated(given))
    stated = {name: np.zeros(rows.num_rows, dtype=np.bool_) for name, rows in new.items()}
    new = known_in_turn(new, stated, None, Before(book.ask, book.latest_known()))
    with locked(root):
        return commit(book, new, Version(properties={})), new


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name) / "book"


def months(book: Book, as_of: date) -> pa.Table:
    return replay(**{name: book.read(name) for name in LEDGER}, as_of=as_of).loan_month


def of_its_loans(book: Book, name: str) -> pa.Table:
    """Return what a book says of the loans it has; undated rows of later loans say nothing before them."""
    rows, loans = book.read(name).drop(["known_on"]), book.read("loan")["loan_id"].combine_chunks()
    return rows.filter(pc.is_in(rows["loan_id"], value_set=loans))


@settings(max_examples=examples(8, 25), deadline=None)
@given(deliveries())
def test_the_first_version_is_the_second_as_known_then(given: Deliveries) -> None:
    with folder() as root:
        first, _ = loaded(root, tables(given.first))
        second, _ = loaded(root, tables(given.second))
        for name in LEDGER:
            then = of_its_loans(second.as_known(CUT), name)
            assert then.equals(of_its_loans(first, name)), name
        assert months(second.as_known(CUT), CUT).equals(months(first, CUT))
        assert months(second.as_known(END), END).equals(months(second, END))


@settings(max_examples=examples(8, 25), deadline=None)
@given(deliveries())
def test_the_restatements_of_a_load_are_all_there_are(given: Deliveries) -> None:
    """Replaying only the loans that are touched finds what replaying everything does."""
    with folder() as root:
        first, _ = loaded(root, tables(given.first))
        held = first.read("loan")["loan_id"]
        second, new = loaded(root, tables(given.second))
        found = restatement(first, new, "load", "CNY")
        sides = [
            rows.filter(
                pc.and_(
                    pc.is_in(rows["loan_id"], value_set=held.combine_chunks()),
                    pc.less_equal(rows["month_end"], pa.scalar(UNTIL, pa.date32())),
                )
            )
            for rows in (months(first, END), months(second, END))
        ]
    assert found.covered_until == UNTIL
    assert found.rows.drop(["load"]).equals(restated(*sides))
