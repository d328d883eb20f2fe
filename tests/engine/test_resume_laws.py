"""Laws of resuming: old rows that stand and new rows are what a replay from the beginning gives, to the byte."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_strategies import START, books, ledgers, models
from ledgers import Ledger, tables
from test_replay_twin import differences, twin_of

from effort import examples
from postloan.engine.replay import Replay, replay
from postloan.engine.replay_model import ReplayModel
from postloan.engine.starting_over import must_start_over
from postloan.model.derived import (
    CREDIT_STATE,
    INSTALMENT_OUTCOME,
    INSTALMENT_STATE,
    LOAN_MONTH,
    LOAN_STATE,
    PAYMENT_ALLOCATION,
)

LAW = settings(max_examples=examples(12, 40), deadline=None, suppress_health_check=list(HealthCheck))
DATED = {"payment": "paid_on", "loan_event": "event_on"}
Tables = Mapping[str, pa.Table]
SPECIAL = ("refund", "reversal", "reschedule", "extension")

as_ofs = st.one_of(
    st.integers(15, 400).map(lambda n: START + timedelta(n)),
    st.sampled_from([date(2024, month, 1) - timedelta(1) for month in range(1, 13)]),
)


def calmed(ledger: Ledger) -> Ledger:
    """Return the ledger with small payments and without what makes loans start over."""
    payments = (one for one in ledger.payments if one.payment_kind not in SPECIAL)
    return replace(
        ledger,
        payments=tuple(replace(one, amount_minor=one.amount_minor % 40) for one in payments),
        events=tuple(one for one in ledger.events if one.event_kind not in SPECIAL),
    )


@st.composite
def mixed_books(draw: st.DrawFn, size: int) -> list[Ledger]:
    """Return a book in which every other ledger is calm, so that many loans resume while they are repaid."""
    return [calmed(one) if draw(st.booleans()) else one for one in draw(books(size))]


def bytes_of(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table.combine_chunks(), sink)
    return sink.getvalue()


def all_bytes(found: Replay) -> list[bytes]:
    state = found.state
    stored = (found.loan_month, found.instalment_outcome, found.payment_allocation)
    return [bytes_of(one) for one in (*stored, state.loan, state.instalment, state.credit)]


def upto(column: pa.ChunkedArray, on: date) -> pa.ChunkedArray:
    return pc.fill_null(pc.less_equal(column, pa.scalar(on, pa.date32())), False)


def of(table: pa.Table, ids: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table["loan_id"], value_set=ids))


def missing(old: pa.Table, new: pa.Table) -> pa.Table:
    """Return rows of ``new`` that are not in ``old``."""
    seen = old.to_pylist()
    return pa.Table.from_pylist([row for row in new.to_pylist() if row not in seen], schema=new.schema)


def joined(before: Replay, after: Replay, resumed: pa.Array, on: date) -> Replay:
    """Return the whole: what stands of ``before``, and ``after``."""
    month, outcome, allocation = before.loan_month, before.instalment_outcome, before.payment_allocation
    ended = pc.coalesce(outcome["paid_off_on"], outcome["superseded_on"])
    is_applied = pc.and_(pc.not_equal(allocation["schedule_no"], 0), upto(allocation["applied_on"], on))
    parts = (
        (month.filter(upto(month["month_end"], on)), after.loan_month, LOAN_MONTH),
        (outcome.filter(upto(ended, on)), after.instalment_outcome, INSTALMENT_OUTCOME),
        (allocation.filter(is_applied), after.payment_allocation, PAYMENT_ALLOCATION),
    )
    whole = [
        pa.concat_tables([of(stands, resumed), new]).sort_by([(name, "ascending") for name in contract.grain])
        for stands, new, contract in parts
    ]
    return Replay(whole[0], whole[1], whole[2], after.state)


def resumed_on_new_facts(
    before: Replay, old: Tables, new: Tables, as_of: date, model: ReplayModel
) -> tuple[Replay, pa.Array]:
    """Return the replay that resumes, given no more than it may read, and the loans that resumed."""
    on = before.state.on
    if on is None:
        return replay(**new, as_of=as_of, model=model), pa.array([], pa.string())
    added = {name: missing(old[name], new[name]) for name in new}
    removed = {name: missing(new[name], old[name]) for name in new}
    later = {
        name: new[name].filter(
            pc.and_(upto(new[name][column], as_of), pc.invert(upto(new[name][column], on)))
        )
        for name, column in DATED.items()
    }
    start_over = must_start_over(added, removed, later, on)
    ids = before.state.loan["loan_id"]
    ids = ids.filter(pc.invert(pc.is_in(ids, value_set=start_over))).combine_chunks()
    is_old = {name: pc.is_in(new[name]["loan_id"], value_set=ids) for name in new}
    read = {
        "loan": new["loan"],
        "instalment": new["instalment"].filter(pc.invert(is_old["instalment"])),
        "payment": new["payment"].filter(
            pc.invert(pc.and_(is_old["payment"], upto(new["payment"]["paid_on"], on)))
        ),
        "loan_event": new["loan_event"],
    }
    found = replay(**read, as_of=as_of, model=model, resume=before.state, start_over=start_over)
    return found, ids


@LAW
@given(mixed_books(6), models, st.lists(as_ofs, min_size=2, max_size=4).map(sorted))
def test_resuming_again_and_again_gives_what_starting_over_gives(
    book: list[Ledger], model: ReplayModel, dates: list[date]
) -> None:
    facts = tables(book)
    before = replay(**facts, as_of=dates[0], model=model)
    for as_of in dates[1:]:
        after, resumed = resumed_on_new_facts(before, facts, facts, as_of, model)
        full = replay(**facts, as_of=as_of, model=model)
        before = joined(before, after, resumed, before.state.on) if before.state.on else after
        assert all_bytes(before) == all_bytes(full)


T = TypeVar("T")


def some(draw: st.DrawFn, facts: list[T]) -> tuple[T, ...]:
    keeps = draw(st.lists(st.booleans(), min_size=len(facts), max_size=len(facts)))
    return tuple(fact for fact, keep in zip(facts, keeps, strict=True) if keep)


@st.composite
def changed_books(draw: st.DrawFn) -> tuple[list[Ledger], list[Ledger]]:
    """Return a book twice, the second time with other facts: some came, some went, some changed."""
    old = draw(mixed_books(5))
    new = []
    for one in old:
        other = draw(ledgers(one.loan_id))
        changes = draw(st.sampled_from(("facts", "facts", "facts", "plan", "loan", "nothing", "loan gone")))
        if changes == "facts":
            payments = [*one.payments, *(replace(p, payment_id=f"{p.payment_id}n") for p in other.payments)]
            events = [*one.events, *(replace(e, event_id=f"{e.event_id}n") for e in other.events)]
            new.append(replace(one, payments=some(draw, payments), events=some(draw, events)))
        elif changes == "plan":
            new.append(replace(one, instalments=other.instalments))
        elif changes == "loan":
            new.append(replace(other, instalments=one.instalments, payments=one.payments, events=one.events))
        elif changes == "nothing":
            new.append(one)
    return old, new


@LAW
@given(changed_books(), models, as_ofs, st.integers(0, 60))
def test_changed_facts_are_resumed_or_start_over(
    both: tuple[list[Ledger], list[Ledger]], model: ReplayModel, earlier: date, days: int
) -> None:
    old, new = (tables(book) for book in both)
    as_of = earlier + timedelta(days)
    before = replay(**old, as_of=earlier, model=model)
    after, resumed = resumed_on_new_facts(before, old, new, as_of, model)
    whole = joined(before, after, resumed, before.state.on) if before.state.on else after
    assert all_bytes(whole) == all_bytes(replay(**new, as_of=as_of, model=model))


@settings(LAW, max_examples=examples(10, 30))
@given(mixed_books(6), models, as_ofs, st.integers(0, 60))
def test_the_twin_says_the_same_of_a_book_that_resumed(
    book: list[Ledger], model: ReplayModel, earlier: date, days: int
) -> None:
    facts, as_of = tables(book), earlier + timedelta(days)
    before = replay(**facts, as_of=earlier, model=model)
    after, resumed = resumed_on_new_facts(before, facts, facts, as_of, model)
    whole = joined(before, after, resumed, before.state.on) if before.state.on else after
    months, outcomes, allocations = twin_of(book, model, as_of)
    assert not differences(whole.loan_month, months, LOAN_MONTH.grain)
    assert not differences(whole.instalment_outcome, outcomes, INSTALMENT_OUTCOME.grain)
    assert not differences(whole.payment_allocation, allocations, PAYMENT_ALLOCATION.grain)


@settings(LAW, max_examples=examples(10, 30))
@given(mixed_books(6), models, as_ofs, st.integers(0, 60))
def test_facts_up_to_the_state_are_not_read(
    book: list[Ledger], model: ReplayModel, earlier: date, days: int
) -> None:
    facts = tables(book)
    before = replay(**facts, as_of=earlier, model=model)
    as_of = earlier + timedelta(days)
    some, resumed = resumed_on_new_facts(before, facts, facts, as_of, model)
    ids = facts["loan"]["loan_id"]
    start_over = ids.filter(pc.invert(pc.is_in(ids, value_set=resumed))).combine_chunks()
    given_all = replay(**facts, as_of=as_of, model=model, resume=before.state, start_over=start_over)
    assert all_bytes(given_all) == all_bytes(some)


@settings(LAW, max_examples=examples(10, 30))
@given(mixed_books(6), models, as_ofs)
def test_a_state_is_in_schema_and_sorted(book: list[Ledger], model: ReplayModel, as_of: date) -> None:
    state = replay(**tables(book), as_of=as_of, model=model).state
    for table, contract in (
        (state.loan, LOAN_STATE),
        (state.instalment, INSTALMENT_STATE),
        (state.credit, CREDIT_STATE),
    ):
        assert table.schema.equals(contract.schema())
        keys = [tuple(row.values()) for row in table.select(list(contract.grain)).to_pylist()]
        assert keys == sorted(set(keys))
        table.validate(full=True)
