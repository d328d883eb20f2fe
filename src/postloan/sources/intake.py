"""Take in a delivery: read every file, judge every row, draw up the accounts. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from postloan.model.contract import Delivery
from postloan.model.fault import REFUSED, Fault
from postloan.model.quarantine import QUARANTINE_SCHEMA
from postloan.sources.accounts import Account, account, over_limit
from postloan.sources.batch import OLDER, Batch, joined
from postloan.sources.checks import (
    checked,
    dated,
    identified,
    load_order,
    referenced,
    reversals_judged,
    with_currency,
)
from postloan.sources.columns import table_batch
from postloan.sources.desk import BookTable, Desk, Refusal
from postloan.sources.files import Delivered, read_tape
from postloan.sources.identity import reading_identity
from postloan.sources.keys import numbered, settled, without_known, without_older
from postloan.sources.knowledge import with_known_on
from postloan.sources.mapping import Mapping
from postloan.sources.numbers import Mask, truth
from postloan.sources.privacy import refuse_secrets
from postloan.sources.refused import Sheet, refused_rows


@dataclass(frozen=True, slots=True)
class Intake:
    """The outcome of a delivery.

    Args:
        accepted: Rows for the book by table, in the contract's schema, one per key.
        stated: Which of them have their ``known_on`` from the file (see ``sources.knowledge``).
        superseded: Rows by table that later rows of the same delivery replaced, for the history.
        quarantine: Rows that were refused, in ``QUARANTINE_SCHEMA``.
        accounts: One per file and table; they tie out.
        refusals: Files that cannot be taken; with any of them nothing goes into the book.
    """

    accepted: dict[str, pa.Table]
    stated: dict[str, Mask]
    superseded: dict[str, pa.Table]
    quarantine: pa.Table
    accounts: tuple[Account, ...]
    refusals: tuple[Refusal, ...]


def take_in(mapping: Mapping, files: Sequence[Delivered], load: str, book: BookTable) -> Intake:
    """Judge a delivery against the contract and what the book holds, and insist that no file is refused.

    Args:
        mapping: How the files are to be read.
        files: The delivery.
        load: Its identity, which marks the quarantined rows.
        book: What the book holds.

    Raises:
        Fault: 3 where a file is refused whole, or more rows than the mapping's limit would be
            quarantined; 4 where the accounts don't tie out.
    """
    intake = judge(mapping, files, load, book)
    if intake.refusals:
        first, others = intake.refusals[0], len(intake.refusals) - 1
        more = f" (and {others} more refusals: `postloan check` lists them all)" if others else ""
        raise Fault(first.what + more, first.mend, REFUSED)
    return intake


def judge(
    mapping: Mapping,
    files: Sequence[Delivered],
    load: str,
    book: BookTable,
    missing: Sequence[Refusal] = (),
) -> Intake:
    """Judge a delivery like ``take_in``, but go on where a file is refused, so that all faults are known.

    Args:
        mapping, files, load, book: As for ``take_in``.
        missing: Files that the mapping names and that could not be found or opened.

    Raises:
        Fault: 4 where the accounts don't tie out.
    """
    desk = Desk(mapping, load, book, refusals=list(missing))
    sheets = [sheet for n, file in enumerate(files) if (sheet := _sheet(desk, n, file))]
    for name in load_order({name for file in files for name in file.spec.tables}):
        _take_table(desk, name, [sheet for sheet in sheets if name in sheet.spec.tables])
    quarantine = pa.concat_tables([QUARANTINE_SCHEMA.empty_table(), *desk.refused])
    return Intake(
        desk.accepted, desk.stated, desk.superseded, quarantine, tuple(desk.accounts), tuple(desk.refusals)
    )


def _sheet(desk: Desk, number: int, file: Delivered) -> Sheet | None:
    try:
        tape = read_tape(file)
        refuse_secrets(tape)
    except Fault as fault:
        desk.refuse(file.name, fault, *file.spec.tables)
        return None
    return Sheet(number, tape, file.spec)


def _take_table(desk: Desk, name: str, sheets: Sequence[Sheet]) -> None:
    """Judge the rows of one table, of all the files that feed it."""
    batches = [(sheet, batch) for sheet in sheets if (batch := _converted(desk, name, sheet))]
    if not batches:
        return
    fed = [sheet for sheet, _ in batches]
    try:
        batch = _judged(desk, _numbered(joined([batch for _, batch in batches]), fed), fed)
    except Fault as fault:
        desk.refuse(", ".join(sheet.tape.name for sheet in fed), fault, name)
        return
    is_accepted = batch.is_accepted()
    desk.accepted[name] = _rows(batch, is_accepted)
    desk.stated[name] = desk.stated[name][is_accepted]
    if OLDER in batch.ignored:
        desk.superseded[name] = _rows(batch, batch.ignored[OLDER] & ~batch.has_problem())
    desk.refused.append(refused_rows(batch, fed, desk.load))
    for sheet in fed:
        reading = reading_identity(desk.mapping, sheet.spec, name)
        entry = account(batch, sheet.tape, sheet.number, sheet.spec, reading)
        desk.accounts.append(entry)
        if excess := over_limit(desk.mapping.limits.quarantine_share, entry):
            desk.refuse(sheet.tape.name, excess)


def _rows(batch: Batch, mask: Mask) -> pa.Table:
    return batch.rows.filter(pa.array(mask)).cast(batch.table.schema())


def _converted(desk: Desk, name: str, sheet: Sheet) -> Batch | None:
    try:
        return table_batch(sheet.tape, name, desk.mapping, sheet.spec, sheet.number)
    except Fault as fault:
        desk.refuse(sheet.tape.name, fault, name)
        return None


def _numbered(batch: Batch, sheets: Sequence[Sheet]) -> Batch:
    """Return the batch with its sequences numbered over all files of the table."""
    for column, origin in sheets[0].spec.tables[batch.table.name].columns.items():
        if origin.sequence is not None:
            batch = numbered(batch, column, origin.sequence)
    return batch


def _judged(desk: Desk, batch: Batch, sheets: Sequence[Sheet]) -> Batch:
    name = batch.table.name
    # One mapping says for all files of a table which of the rows with one key counts.
    latest = next(file.tables[name].latest for file in desk.mapping.files if name in file.tables)
    batch = with_currency(batch, desk.mapping.currency, {sheet.number: sheet.tape.name for sheet in sheets})
    desk.stated[name] = truth(batch.rows.column("known_on").is_valid())
    batch = with_known_on(batch, desk.mapping.delivered_on)
    batch = checked(settled(without_older(batch, latest) if latest else batch))
    batch = identified(referenced(batch, desk.keys), desk.mapping.identifiers)
    batch = dated(batch, desk.mapping.delivered_on, desk.both("loan"))
    if batch.table.delivery is Delivery.APPEND:
        batch = without_known(batch, desk.book(name))
    return reversals_judged(batch, desk.book(name)) if name == "payment" else batch
