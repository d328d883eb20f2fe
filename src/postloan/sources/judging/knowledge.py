"""When the lender knew a fact: what a file says of it, and what it cannot have known before it told us.

The rule, for every row that goes into the book:

- A row that says what the book says already was known when it was first delivered.
- Where the file states ``known_on``, that counts; but a row that takes the place of another was known
  after that one, whatever it states.
- A row that changes what the book holds, and a fact that should have been in an earlier delivery, were
  known with this delivery: on the mapping's ``delivered_on``, else on the last day the delivery or the
  book speaks of, and later than everything in the book. Such a late fact is in a table that the book
  held, dated no later than that table reached, or not at all (an instalment, a loan not yet paid out),
  and of a loan that the book held or that is told late itself.
- Any other fact was known on ``delivered_on``, else on the latest date in its row on which something
  happened; without such a date (a customer, the instalments of a new loan) from the start.

The day of loading never counts: the same files would give another book tomorrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.contract import Delivery, Table
from postloan.model.delivered import LOAN
from postloan.model.tables import DELIVERED
from postloan.sources.judging.batch import Batch
from postloan.sources.judging.desk import Ask
from postloan.sources.masks import Mask, truth

# Days on which something happened. Due, maturity and end dates lie ahead and say nothing of when it was known.
_FACT_DATES = (
    "customer_since_on",
    "disbursed_on",
    "paid_on",
    "event_on",
    "month_end",
    "observed_on",
    "as_of",
    "joined_on",
    "left_on",
    "opened_on",
    "assigned_on",
    "acted_on",
    "worked_on",
    "made_on",
    "decided_on",
    "done_on",
    "seen_on",
    "towed_on",
    "from_on",
    "visited_on",
    "inspected_on",
    "received_at",
    "sent_on",
    "raised_on",
    "found_on",
    "reported_on",
    "accepted_on",
    "valued_on",
    "held_on",
)
# How far the book's events reach is said by its payments: events are rare, and may lie ahead.
_REACHED_BY = {"loan_event": "payment"}
_LOAN = pa.schema([LOAN.schema().field("loan_id")])
_REACH = pa.schema([("n", pa.int64()), ("day", pa.date32())])
_KNOWN = pa.schema([("known_on", pa.date32())])


@dataclass(frozen=True, slots=True)
class Before:
    """What the book knew before a delivery.

    Args:
        ask: Answers queries over the book's tables; one that was never delivered is empty.
        latest_known: The latest ``known_on`` of the book; None for an empty one.
    """

    ask: Ask
    latest_known: date | None


def with_known_on(batch: Batch, delivered_on: date | None) -> Batch:
    """Return the batch with ``known_on`` filled where the file does not state it, as of a first delivery.

    The mapping's ``delivered_on`` is taken, else the latest date in the row on which something happened;
    a row without one stays blank, which means known from the start.
    """
    known = batch.rows.column("known_on").combine_chunks()
    if delivered_on is not None:
        filled = pc.fill_null(known, pa.scalar(delivered_on, pa.date32()))
    else:
        filled = pc.if_else(known.is_valid(), known, _happened_on(batch.table, batch.rows))
    index = batch.rows.column_names.index("known_on")
    return replace(batch, rows=batch.rows.set_column(index, batch.rows.schema.field("known_on"), filled))


def known_in_turn(
    accepted: Mapping[str, pa.Table], stated: Mapping[str, Mask], delivered_on: date | None, before: Before
) -> dict[str, pa.Table]:
    """Return the accepted rows with the ``known_on`` that the rule above gives them beside the book's.

    Args:
        accepted: Rows by table, ``known_on`` filled by ``with_known_on``; ``loan`` before what is of loans.
        stated: Which of them have their ``known_on`` from the file.
        delivered_on: The mapping's.
        before: What the book knew.
    """
    if before.latest_known is None:
        return dict(accepted)
    days = [latest for rows in accepted.values() if (latest := pc.max(rows["known_on"]).as_py()) is not None]
    told = delivered_on or max([before.latest_known + timedelta(days=1), *days])
    loans = before.ask("SELECT loan_id FROM held.loan", _LOAN, {})["loan_id"]
    found = {}
    for name, rows in accepted.items():
        late = _late(DELIVERED[name], rows, before, loans) & ~stated[name]
        if name == "loan":  # what is told late of a loan that is told late is late too
            loans = pa.chunked_array([*loans.chunks, *rows["loan_id"].filter(pa.array(late)).chunks])
        rows = _set_known_on(rows, pc.if_else(pa.array(late), pa.scalar(told, pa.date32()), rows["known_on"]))
        found[name] = _beside(DELIVERED[name], rows, stated[name], before, told)
    return found


def _late(table: Table, rows: pa.Table, before: Before, loans: pa.ChunkedArray) -> Mask:
    """Return the rows that an earlier delivery should have had, were they new to the book."""
    reach = DELIVERED[_REACHED_BY.get(table.name, table.name)]
    if "loan_id" not in table.names():
        return np.zeros(rows.num_rows, dtype=np.bool_)
    days = ", ".join(["NULL", *(f'CAST(max("{name}") AS DATE)' for name in _dates(reach))])
    found = before.ask(f"SELECT count(*) AS n, greatest({days}) AS day FROM held.{reach.name}", _REACH, {})
    if found["n"][0].as_py() == 0:
        return np.zeros(rows.num_rows, dtype=np.bool_)
    reached_on = found["day"][0]
    happened = _happened_on(table, rows)
    is_dated_before = truth(pc.less_equal(happened, reached_on))
    if table.name == "loan":
        return is_dated_before | truth(happened.is_null())
    is_of_known_loan = truth(pc.is_in(rows["loan_id"], value_set=loans.combine_chunks()))
    return is_of_known_loan & (is_dated_before | truth(happened.is_null()))


def _happened_on(table: Table, rows: pa.Table) -> pa.Array:
    """Return the latest date of each row on which something happened; null where it has none."""
    dates = [pc.cast(rows.column(name).combine_chunks(), pa.date32(), safe=False) for name in _dates(table)]
    return pc.max_element_wise(*dates) if dates else pa.nulls(rows.num_rows, pa.date32())


def _dates(table: Table) -> list[str]:
    return [name for name in _FACT_DATES if name in table.names()]


def _beside(table: Table, rows: pa.Table, stated: Mask, before: Before, told: date) -> pa.Table:
    """Return the rows of an upsert table dated beside the book's rows with their keys."""
    if table.delivery is not Delivery.UPSERT:
        return rows
    key = " AND ".join(f'i."{name}" = b."{name}"' for name in table.grain)
    contents = [name for name in table.names() if name not in (*table.grain, "known_on")]
    same = " AND ".join(["true", *(f'i."{name}" IS NOT DISTINCT FROM b."{name}"' for name in contents)])
    query = f"""
        SELECT CASE
            WHEN b."{table.grain[0]}" IS NULL THEN i.known_on
            WHEN {same} THEN b.known_on
            WHEN __stated AND i.known_on > coalesce(b.known_on, DATE '0001-01-01') THEN i.known_on
            ELSE greatest(DATE '{told}', b.known_on)
        END AS known_on
        FROM incoming i LEFT JOIN held.{table.name} b ON {key} ORDER BY __row
    """
    incoming = rows.append_column("__stated", pa.array(stated))
    incoming = incoming.append_column("__row", pa.array(np.arange(rows.num_rows)))
    return _set_known_on(rows, before.ask(query, _KNOWN, {"incoming": incoming})["known_on"])


def _set_known_on(rows: pa.Table, known: pa.ChunkedArray) -> pa.Table:
    index = rows.column_names.index("known_on")
    return rows.set_column(index, rows.schema.field("known_on"), known)
