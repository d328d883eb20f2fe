"""What a load changes of month-ends that the book had covered: the loans it touches, replayed twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from postloan.book.merge import merged
from postloan.book.store import Book
from postloan.engine.loan_months import (
    MADE_FROM,
    TAPE,
    first_day,
    loan_months,
    observation_grid,
    report_dates,
)
from postloan.engine.query import run
from postloan.engine.restate import restated
from postloan.model.contract import Delivery
from postloan.model.derived import LOAN_MONTH
from postloan.model.restatement import RESTATED_SCHEMA, RESTATEMENT_SCHEMA
from postloan.model.tables import DELIVERED

# The columns that say how far a book reaches. A month may end days after its last payment: what is known of
# the payments on a day, or the general ledger's totals of it, reach to that day.
_REACH = (
    ("payment", "paid_on"),
    ("payment", "known_on"),
    (TAPE, "observed_on"),
    (TAPE, "known_on"),
    ("control_total", "as_of"),
)
# Of a loan's own row, what its months are made from.
_LOAN = ["loan_id", "principal_minor", "disbursed_on", "grace_days", "is_restructured"]
_DATED = {"payment": "paid_on", TAPE: "observed_on", "loan_event": "event_on"}


@dataclass(frozen=True, slots=True)
class Restatement:
    """What a load changed of covered month-ends.

    Args:
        rows: In ``RESTATEMENT_SCHEMA``; empty where nothing moved.
        new_loans: Loans new to the book that were lent on or before ``covered_until``; every month-end
            since has them too, which ``rows`` doesn't list.
        covered_until: Last month-end that the book had covered; None for a book without
            payments, tapes or control totals.
        currency: Of the amounts.
    """

    rows: pa.Table
    new_loans: int
    covered_until: date | None
    currency: str

    def as_dict(self) -> dict[str, Any]:
        """Return counts and sums as plain data; money in minor units, by month-end and for the largest."""
        return {
            "covered_until": self.covered_until.isoformat() if self.covered_until else None,
            "loans": len(pc.unique(self.rows["loan_id"])),
            "new_loans": self.new_loans,
            "months": [_plain(row) for row in by_month(self.rows).to_pylist()],
            "largest": [_plain(row) for row in largest(self.rows).to_pylist()],
        }


def restatement(before: Book, incoming: Mapping[str, pa.Table], load: str, currency: str) -> Restatement:
    """Return what rows about to be committed change of the month-ends that the book has covered.

    Only loans of which they say something new on a covered time are replayed.

    Args:
        before: The version in force.
        incoming: Accepted rows by table.
        load: Identity of the load.
        currency: The book's.
    """
    reach = _reach_of(before)
    if reach is None:
        return Restatement(RESTATEMENT_SCHEMA.empty_table(), 0, None, currency)
    until = _month_end(reach)
    held = _ids(before, "loan").combine_chunks()
    told = {name: _telling(name, before, incoming[name], until) for name in MADE_FROM if name in incoming}
    if _has_new_report(before, incoming, until):  # whoever is not in it is not known on that day any more
        told[TAPE] = pa.chunked_array([*told[TAPE].chunks, *_ids(before, TAPE).chunks])
    ids = pa.concat_arrays([pa.array([], pa.string()), *(ids.combine_chunks() for ids in told.values())])
    touched = pc.unique(ids.filter(pc.is_in(ids, value_set=held)))
    rows = _replayed_twice(before, incoming, touched, until, max(reach, _reach(incoming) or reach))
    marked = rows.add_column(0, RESTATEMENT_SCHEMA.field(0), pa.array([load] * rows.num_rows, pa.string()))
    return Restatement(marked, _late_loans(incoming, held, until), until, currency)


def _telling(name: str, before: Book, rows: pa.Table, until: date) -> pa.ChunkedArray:
    """Return the loans of which rows say something that the book does not, on a time up to ``until``."""
    if DELIVERED[name].delivery is Delivery.UPSERT:
        columns = (
            _LOAN if name == "loan" else [column for column in rows.column_names if column != "known_on"]
        )
        rows = _unheard(name, before, rows.select(columns))
    if name in _DATED:
        is_past = pc.less_equal(rows[_DATED[name]], pa.scalar(until, pa.date32()))
        if name == "payment":  # a bounce cancels its payment from the day of the payment
            is_past = pc.or_(is_past, pc.fill_null(pc.equal(rows["payment_kind"], "reversal"), False))
        rows = rows.filter(is_past)
    return rows["loan_id"]


def _has_new_report(before: Book, incoming: Mapping[str, pa.Table], until: date) -> bool:
    if TAPE not in incoming:
        return False
    known = report_dates(_reports(before), until)
    return any(on not in known for on in report_dates(incoming[TAPE], until))


def _replayed_twice(
    before: Book, incoming: Mapping[str, pa.Table], loans: pa.Array, until: date, as_of: date
) -> pa.Table:
    """Return what differs of ``loans`` at the month-ends up to ``until``, without and with ``incoming``."""
    if len(loans) == 0:
        return RESTATED_SCHEMA.empty_table()
    old = {name: _held_of(before, name, loans) for name in MADE_FROM}
    new = {
        name: _in_order(name, merged(name, rows, _of(incoming[name], loans))) if name in incoming else rows
        for name, rows in old.items()
    }
    reported = report_dates(_reports(before), as_of)
    told = report_dates(incoming[TAPE], as_of) if TAPE in incoming else []
    sides = (old, reported), (new, sorted({*reported, *told}))
    return restated(*(_months(tables, dates, until, as_of) for tables, dates in sides))


def _months(tables: Mapping[str, pa.Table], reported_on: list[date], until: date, as_of: date) -> pa.Table:
    first = first_day(tables["loan"], tables[TAPE])
    if first is None or first > until:
        return LOAN_MONTH.schema().empty_table()
    months = loan_months(tables, observation_grid(first, as_of), reported_on).loan_month
    return months.filter(pc.less_equal(months["month_end"], pa.scalar(until, pa.date32())))


def _ids(before: Book, table: str) -> pa.ChunkedArray:
    """Return the loans that a table of the book names, each once."""
    schema = pa.schema([DELIVERED[table].schema().field("loan_id")])
    return before.ask(f"SELECT DISTINCT loan_id FROM held.{table}", schema, {})["loan_id"]


def _reports(before: Book) -> pa.Table:
    """Return the dates of the lender's tapes that the book holds, each once."""
    schema = pa.schema([DELIVERED[TAPE].schema().field("observed_on")])
    return before.ask(f"SELECT DISTINCT observed_on FROM held.{TAPE}", schema, {})


def _unheard(name: str, before: Book, rows: pa.Table) -> pa.Table:
    """Return the rows that the book does not hold with the very same content in their columns."""
    columns, keys = (
        ", ".join(f'"{n}"' for n in names) for names in (rows.column_names, DELIVERED[name].grain)
    )
    query = f"""
        SELECT {columns} FROM incoming
        EXCEPT SELECT {columns} FROM (SELECT {columns} FROM held.{name} SEMI JOIN incoming USING ({keys}))
    """
    return before.ask(query, rows.schema, {"incoming": rows})


def _held_of(before: Book, name: str, loans: pa.Array) -> pa.Table:
    """Return the book's rows of some loans, in the order of storage."""
    query = f"SELECT * FROM held.{name} SEMI JOIN touched USING (loan_id)"
    touched = {"touched": pa.table({"loan_id": loans})}
    return _in_order(name, before.ask(query, DELIVERED[name].schema(), touched))


def _in_order(name: str, rows: pa.Table) -> pa.Table:
    return rows.sort_by([(column, "ascending") for column in DELIVERED[name].order])


def _of(rows: pa.Table, loans: pa.Array) -> pa.Table:
    return rows.filter(pc.is_in(rows["loan_id"], value_set=loans))


def _late_loans(incoming: Mapping[str, pa.Table], held: pa.Array, until: date) -> int:
    """Return how many loans are new to the book though lent by ``until``."""
    if "loan" not in incoming:
        return 0
    rows = incoming["loan"]
    is_lent = pc.fill_null(pc.less_equal(rows["disbursed_on"], pa.scalar(until, pa.date32())), False)
    return int(pc.sum(pc.and_not(is_lent, pc.is_in(rows["loan_id"], value_set=held))).as_py() or 0)


def _reach_of(before: Book) -> date | None:
    days = " UNION ALL ".join(f"SELECT max({column}) AS day FROM held.{name}" for name, column in _REACH)
    found = before.ask(f"SELECT max(day) AS day FROM ({days})", pa.schema([("day", pa.date32())]), {})
    reach: date | None = found["day"][0].as_py()
    return reach


def _reach(tables: Mapping[str, pa.Table]) -> date | None:
    """Return the last day of which the tables say that they know it."""
    days = [pc.max(tables[name][column]).as_py() for name, column in _REACH if name in tables]
    return max((day for day in days if day is not None), default=None)


def _month_end(on: date) -> date:
    """Return the last month-end up to ``on``."""
    tomorrow = on + timedelta(days=1)
    return on if tomorrow.day == 1 else on.replace(day=1) - timedelta(days=1)


# A loan that appeared or disappeared owed nothing where it was not; an amount not known moves by nobody knows what.
_MOVES = """
    SELECT loan_id, month_end,
        if(status_after IS NULL, 0, balance_minor_after) - if(status_before IS NULL, 0, balance_minor_before)
            AS balance_minor,
        if(status_after IS NULL, 0, overdue_minor_after) - if(status_before IS NULL, 0, overdue_minor_before)
            AS overdue_minor
    FROM restatement
"""
_SUMS = [("balance_minor", pa.int64()), ("overdue_minor", pa.int64())]


def by_month(rows: pa.Table) -> pa.Table:
    """Return what moved by month-end: ``month_end, loans, balance_minor, overdue_minor`` (after − before)."""
    query = f"""
        SELECT month_end, count(*) AS loans, sum(balance_minor) AS balance_minor,
            sum(overdue_minor) AS overdue_minor
        FROM ({_MOVES}) GROUP BY month_end ORDER BY month_end
    """
    schema = pa.schema([("month_end", pa.date32()), ("loans", pa.int64()), *_SUMS])
    return run(query, schema, {"restatement": rows})


def largest(rows: pa.Table) -> pa.Table:
    """Return the loan-month of which most moved: ``loan_id, month_end, balance_minor, overdue_minor``."""
    query = f"""
        SELECT * FROM ({_MOVES})
        ORDER BY greatest(abs(balance_minor), abs(overdue_minor)) DESC NULLS LAST, month_end DESC, loan_id
        LIMIT 1
    """
    schema = pa.schema([("loan_id", pa.string()), ("month_end", pa.date32()), *_SUMS])
    return run(query, schema, {"restatement": rows})


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "month_end": row["month_end"].isoformat()}
