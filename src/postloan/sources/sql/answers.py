"""Read the answers of a lender's database, to be checked by the same rules as files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from zoneinfo import available_timezones

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.mapping import FileMapping
from postloan.sources.masks import Mask, control_characters
from postloan.sources.reading.tape import Tape
from postloan.sources.sql.answer import BATCH_ROWS, Kinds, counted, fetched, kinds_of, with_dates
from postloan.sources.sql.connection import Database, opened
from postloan.sources.sql.query import Question, question

T = TypeVar("T")


def read_answers(specs: Sequence[FileMapping], timezone: str) -> tuple[Tape | Fault, ...]:
    """Return the answer to each query in order, or why it has none; those of one database see it in one state.

    PostgreSQL is read in one read-only REPEATABLE READ transaction, SQLite in one transaction, DuckDB
    from a file held unchanged; of other databases every query sees its own state. Rows come in the
    order the query asks for, else in that of their values from the first column to the last. The hash
    is of the rows, whatever their order: the same data has the same hash.

    Args:
        specs: Of format ``sql``.
        timezone: Of the mapping; a session's, if it is the name of one, else the session is in UTC.

    Raises:
        Fault: 2 where the address, the login or the query won't do. One of 3 is returned in the answer's
            place: the database can't be reached, may not be read, or answers with no row or with a type
            that holds no value.
    """
    zone = timezone if timezone in available_timezones() else "UTC"
    found: dict[int, Tape | Fault] = {}
    for variable in dict.fromkeys(_given(spec.database) for spec in specs):
        asked = {n: spec for n, spec in enumerate(specs) if spec.database == variable}
        try:
            with opened(variable, zone) as database:
                found |= _read(database, asked)
        except Fault as fault:
            found |= dict.fromkeys(asked, _refused(fault))
    return tuple(found[n] for n in range(len(specs)))


def _given(setting: str | None) -> str:
    """Return what the mapping has made sure of: every query has a text and a database."""
    if setting is None:
        raise ValueError("a mapping of format sql without database or query")
    return setting


def _read(database: Database, asked: dict[int, FileMapping]) -> dict[int, Tape | Fault]:
    posed = {n: _attempt(database, spec.path, partial(_posed, database, spec)) for n, spec in asked.items()}
    found: dict[int, Tape | Fault] = {n: fault for n, fault in posed.items() if isinstance(fault, Fault)}
    try:
        with database.snapshot():
            for n, ready in posed.items():
                if not isinstance(ready, Fault):
                    ask = partial(_told, database, *ready, asked[n].allow_empty)
                    found[n] = _attempt(database, asked[n].path, ask)
    except Fault:
        raise
    except Exception as error:  # the connection is gone, and with it the state that all should see
        raise database.refusal(database.variable, error) from None
    return found


def _attempt(database: Database, name: str, ask: Callable[[], T]) -> T | Fault:
    """Return what the database answers, or why it is refused; raises Fault 2 for a query that won't do."""
    try:
        return ask()
    except Fault as known:
        fault = known
    except Exception as error:  # of whichever driver; its words may hold the address
        fault = database.refusal(name, error)
    return _refused(fault)


def _refused(fault: Fault) -> Fault:
    if fault.exit_code != REFUSED:
        raise fault
    return fault


def _posed(database: Database, spec: FileMapping) -> tuple[Question, Kinds]:
    backend = database.backend
    posed = question(spec.path, _given(spec.query), backend.dialect or backend.name)
    return posed, kinds_of(posed, backend)


def _told(database: Database, posed: Question, kinds: Kinds, may_be_empty: bool) -> Tape:
    with database.apart():
        return _tape(posed, kinds, database.backend, may_be_empty)


def _tape(posed: Question, kinds: Kinds, backend: Any, may_be_empty: bool) -> Tape:
    found, n = fetched(posed, kinds, backend), counted(posed, backend)
    if n != found.num_rows:
        raise _unsteady(posed, found.num_rows, n)
    if n == 0 and not may_be_empty:
        mend = Label(
            "请检查查询和表，或在映射中写 `allow_empty: true`",
            "check the query and the table, or say `allow_empty: true` in the mapping",
        )
        what = Label(f"{posed.name}：查询没有返回任何行", f"{posed.name}: the query gives no rows")
        raise Fault(what, mend, REFUSED)
    keys = [(name, "ascending") for name in found.column_names]
    canonical = found.take(pc.sort_indices(found, sort_keys=keys))
    table, flaws = with_dates(found if posed.is_ordered else canonical, kinds, backend)
    return Tape(
        name=posed.name,
        sha256=_hash(canonical),
        encoding="",
        columns=table,
        rows=np.arange(1, n + 1, dtype=np.int64),
        broken=(),
        n_blank=0,
        unclean=_unclean(table),
        flaws=flaws,
    )


def _unsteady(posed: Question, given: int, counted: int) -> Fault:
    return Fault(
        Label(
            f"{posed.name}：查询返回{given}行，计数时却为{counted}行",
            f"{posed.name}: the query gave {given} rows, and {counted} when they were counted",
        ),
        Label(
            "请改写查询，使每次返回的行相同，然后重新加载",
            "ask for rows that are the same every time, and load again",
        ),
        REFUSED,
    )


def _hash(rows: pa.Table) -> str:
    """Return the hash of the rows as CSV, in which a missing value differs from an empty text."""
    digest = hashlib.sha256(repr([(field.name, str(field.type)) for field in rows.schema]).encode())
    for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
        sink = pa.BufferOutputStream()
        pcsv.write_csv(batch, sink, pcsv.WriteOptions(include_header=False))
        digest.update(sink.getvalue())
    return digest.hexdigest()


def _unclean(table: pa.Table) -> Mask:
    found: Mask = np.zeros(table.num_rows, dtype=np.bool_)
    for column in table.columns:
        found = found | control_characters(column.combine_chunks())
    return found
