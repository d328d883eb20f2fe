"""What the contract says of rows: checks over a row, references to other tables, one currency."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.contract import Column, Severity, Table
from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.tables import DELIVERED
from postloan.sources.judging.batch import Batch
from postloan.sources.judging.columns import about
from postloan.sources.judging.identifiers import OLD, PHONE, doubtful_numbers, doubtful_phones
from postloan.sources.masks import Mask, truth

EARLY = Label("还款日早于放款日", "paid_on: before disbursement")
_DUE_EARLY = Label("早于放款日", "before disbursement")
_UNKNOWN_PAYMENT = Label("没有这笔还款", "no such payment to reverse")
_OTHER_LOAN = Label("原还款属于其他借据", "the payment to reverse is of another loan")
_TOO_MUCH = Label("冲正合计大于原还款", "reversed more than was paid")
# What has happened by the day the lender delivers. Events may be agreed ahead, staff give notice.
_PAST = (
    "customer_since_on", "disbursed_on", "paid_on", "observed_on", "closed_on", "joined_on", "known_on",
    "opened_on", "acted_on", "made_on", "seen_on", "towed_on", "visited_on", "inspected_on", "received_at",
    "answered_on", "raised_on", "valued_on", "reported_on",
)  # fmt: skip
# Dates that a loan cannot have before it is paid out.
_AFTER_DISBURSEMENT = {"instalment": "due_on", "loan_tape": "closed_on", "loan_event": "event_on"}
_CLOSING = ("settlement", "write_off", "sale", "repossession")
# What is looked at of a payment and of its reversals.
REVERSED = ("payment_id", "loan_id", "amount_minor", "payment_kind", "reverses_id")

# table, column → every value accepted so far or in the book; None where a file of the table is refused
Keys = Callable[[str, str], pa.Array | None]


def with_currency(batch: Batch, currency: str, names: Mapping[int, str]) -> Batch:
    """Return the batch of loans with blank currencies filled; raises Fault 3 for a loan in another."""
    if "currency" not in batch.table.names():
        return batch
    given = batch.rows.column("currency").combine_chunks()
    other = truth(pc.not_equal(given, currency)) & ~batch.is_ignored()
    if other.any():
        first = int(np.flatnonzero(other)[0])
        file, n, code = names[int(batch.file[first])], int(other.sum()), _code(given[first].as_py())
        raise Fault(
            Label(
                f"{file}：{n}笔贷款的币种不是 {currency}，首笔为 {code.zh}",
                f"{file}: {n} loans are in another currency than {currency}, the first in {code.en}",
            ),
            Label(
                "一个账簿只记一个币种：请按币种分开报送，各用一份映射",
                "keep one book per currency: deliver them apart, with a mapping each",
            ),
            REFUSED,
        )
    index = batch.rows.column_names.index("currency")
    filled = pc.fill_null(given, currency)
    return replace(batch, rows=batch.rows.set_column(index, batch.rows.schema.field("currency"), filled))


def _code(currency: str) -> Label:
    """Return what is given as a currency if it can be one: a column mapped by mistake may hold names."""
    if re.fullmatch("[A-Z]{3}|[A-Z][a-z]{2}", currency):
        return Label(currency, currency)
    return Label(f"{len(currency)}个字符", f"{len(currency)} characters")


def checked(batch: Batch) -> Batch:
    """Return the batch judged by the table's checks; an unknown outcome passes."""
    if not batch.table.checks:
        return batch
    with duckdb.connect(config={"python_enable_replacements": "false", "threads": 2}) as connection:
        rows = batch.rows.append_column("__row", pa.array(np.arange(batch.rows.num_rows)))
        connection.register("batch", rows)
        for check in batch.table.checks:
            query = f"SELECT __row FROM batch WHERE NOT ({check.expression})"
            mask = batch.none()
            mask[connection.execute(query).fetchnumpy()["__row"]] = True
            judge = batch.against if check.severity is Severity.ERROR else batch.warned
            batch = judge(check.label, mask)
    return batch


def referenced(batch: Batch, keys: Keys) -> Batch:
    """Return the batch judged by its references to other tables.

    A row without the row it belongs to (an instalment of no loan) is quarantined. A reference that
    may be blank (a loan's officer) is only a warning, and only where the lender delivers that table:
    a loan is not less owed because its officer isn't on the list.
    """
    for column in batch.table.columns:
        if column.references is None:
            continue
        table, key = column.references.split(".")
        values, known = batch.rows.column(column.name), keys(table, key)
        if known is None:
            continue
        orphan = truth(values.is_valid()) & ~truth(pc.is_in(values, value_set=known))
        reason = about(column, Label(f"{DELIVERED[table].label.zh}表中没有", f"not in {table}"))
        if column.required:
            batch = batch.against(reason, orphan)
        elif len(known):
            batch = batch.warned(reason, orphan)
    return batch


def identified(batch: Batch, rule: str) -> Batch:
    """Return the customers judged by their identity numbers and phones.

    Args:
        batch: Rows of any table; only customers have identifiers.
        rule: ``warn``, ``refuse`` or ``unchecked``. An old number of 15 digits is never refused.
    """
    if batch.table.name != "customer" or rule == "unchecked":
        return batch
    rows, table = batch.rows.combine_chunks(), batch.table
    doubts = doubtful_numbers(rows["id_number"].chunk(0), rows["customer_kind"].chunk(0)) if len(rows) else {}
    for reason, mask in doubts.items():
        judge = batch.against if rule == "refuse" and reason != OLD else batch.warned
        batch = judge(about(table.column("id_number"), reason), mask)
    judge = batch.against if rule == "refuse" else batch.warned
    return judge(about(table.column("phone"), PHONE), doubtful_phones(rows["phone"].combine_chunks()))


def dated(batch: Batch, delivered_on: date | None, loans: pa.Table) -> Batch:
    """Return the batch judged by its dates beside those of the delivery and of the loans.

    What has happened after the delivery has not happened; nothing falls due, and no loan is closed,
    before it is paid out. A payment before disbursement is only a warning: it may be a fee.
    """
    for name in _PAST:
        if delivered_on is not None and name in batch.table.names():
            days = pc.cast(batch.rows.column(name), pa.date32(), safe=False)  # of moments too
            late = truth(pc.greater(days, pa.scalar(delivered_on)))
            rule = Label(f"晚于交付日{delivered_on}", f"after the delivery on {delivered_on}")
            batch = batch.against(about(batch.table.column(name), rule), late)
    if batch.table.name == "payment":
        return batch.warned(EARLY, _before_disbursement(batch, "paid_on", loans))
    name = _AFTER_DISBURSEMENT.get(batch.table.name, "")
    if not name:
        return batch
    early = _before_disbursement(batch, name, loans)
    if batch.table.name == "loan_event":
        early &= truth(pc.is_in(batch.rows.column("event_kind"), value_set=pa.array(_CLOSING)))
    return batch.against(about(batch.table.column(name), _DUE_EARLY), early)


def _before_disbursement(batch: Batch, name: str, loans: pa.Table) -> Mask:
    disbursed = _looked_up(batch.rows.column("loan_id"), loans, "loan_id", "disbursed_on")
    return truth(pc.less(batch.rows.column(name).combine_chunks(), disbursed))


def reversals_judged(batch: Batch, told: pa.Table) -> Batch:
    """Return the payments with problems for reversals that fit no payment.

    A reversal must name a payment that is accepted with it or in the book, of the same loan, and all
    reversals of one payment together must not be more than it. Judged last: a reversal of a payment
    that is quarantined waits with it.

    Args:
        batch: Payments.
        told: Columns ``REVERSED`` of the payments of the book and of the delivery so far: at least of those
            that are reversed, and of all reversals of them.
    """
    rows = batch.rows
    is_reversal = truth(pc.equal(rows.column("payment_kind"), "reversal")) & batch.is_accepted()
    if not is_reversal.any():
        return batch
    mine = rows.filter(pa.array(batch.is_accepted())).select(REVERSED)
    # The book's keys are never null; rows not yet judged may lack anything.
    known = pa.concat_tables([mine, told.cast(mine.schema)])
    paid = known.filter(pc.fill_null(pc.not_equal(known["payment_kind"], "reversal"), True))
    target = rows.column("reverses_id")
    loan = _looked_up(target, paid, "payment_id", "loan_id")
    amount = _looked_up(target, paid, "payment_id", "amount_minor")
    back = known.filter(pc.equal(known["payment_kind"], "reversal"))
    sums = back.group_by("reverses_id").aggregate([("amount_minor", "sum")])
    total = _looked_up(target, sums, "reverses_id", "amount_minor_sum")
    other = truth(pc.not_equal(rows.column("loan_id").combine_chunks(), loan))
    reverses, column = batch.table.column("reverses_id"), batch.table.column("amount_minor")
    batch = batch.against(about(reverses, _UNKNOWN_PAYMENT), is_reversal & truth(loan.is_null()))
    batch = batch.against(about(reverses, _OTHER_LOAN), is_reversal & other)
    return batch.against(about(column, _TOO_MUCH), is_reversal & truth(pc.greater(total, amount)))


def _looked_up(keys: pa.ChunkedArray, table: pa.Table, key: str, column: str) -> pa.Array:
    """Return the column of each key's first row; null where there is none."""
    index = pc.index_in(keys.combine_chunks(), value_set=table.column(key).combine_chunks())
    return table.column(column).combine_chunks().take(index)


def load_order(names: set[str]) -> list[str]:
    """Return the tables so that each comes after those it refers to."""
    order: list[str] = []

    def visit(table: Table) -> None:
        if table.name in order:
            return
        for target in sorted({_target(column) for column in table.columns} - {"", table.name}):
            visit(DELIVERED[target])
        order.append(table.name)

    for table in DELIVERED.values():
        visit(table)
    return [name for name in order if name in names]


def _target(column: Column) -> str:
    return column.references.split(".")[0] if column.references else ""
