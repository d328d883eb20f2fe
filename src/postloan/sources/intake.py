"""Take in a delivery: read every file, judge every row, draw up the accounts. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.quarantine import QUARANTINE_SCHEMA
from postloan.model.tables import DELIVERED
from postloan.sources.files import Delivered, read_tapes
from postloan.sources.identity import reading_identity
from postloan.sources.judging.accounts import Account, account, over_limit
from postloan.sources.judging.batch import OLDER, SAME_FILE, Batch, joined
from postloan.sources.judging.checks import load_order
from postloan.sources.judging.columns import table_batch
from postloan.sources.judging.desk import Desk, Held, Refusal, Retried
from postloan.sources.judging.disappeared import tell_disappeared
from postloan.sources.judging.keys import numbered, without_part_of_series
from postloan.sources.judging.refused import Sheet, refused_rows
from postloan.sources.judging.retry import retry, sheet_name
from postloan.sources.judging.rows import judged
from postloan.sources.judging.totals import controlled
from postloan.sources.judging.trailer import framed
from postloan.sources.judging.withdrawn import withdraw
from postloan.sources.mapping import Mapping
from postloan.sources.masks import Mask
from postloan.sources.reading.privacy import refuse_secrets
from postloan.sources.reading.tape import Tape


@dataclass(frozen=True, slots=True)
class Intake:
    """The outcome of a delivery.

    Args:
        accepted: Rows for the book by table, in the contract's schema, one per key.
        stated: Which of them have their ``known_on`` from the file (see ``judging.knowledge``).
        superseded: Rows by table that later rows of the same delivery replaced, for the history.
        quarantine: All rows in quarantine afterwards, in ``QUARANTINE_SCHEMA``; but for those of a
            file over the limit.
        accounts: One per file and table; they tie out.
        retries: What became of the quarantined rows of earlier loads.
        refusals: Files that cannot be taken; with any of them nothing goes into the book.
    """

    accepted: dict[str, pa.Table]
    stated: dict[str, Mask]
    superseded: dict[str, pa.Table]
    quarantine: pa.Table
    accounts: tuple[Account, ...]
    retries: tuple[Retried, ...]
    refusals: tuple[Refusal, ...]


def take_in(mapping: Mapping, files: Sequence[Delivered], load: str, held: Held) -> Intake:
    """Judge a delivery against the contract and what the book holds, and insist that no file is refused.

    Args:
        mapping: How the files are to be read.
        files: The delivery.
        load: Its identity, which marks the quarantined rows.
        held: What the book holds.

    Raises:
        Fault: 3 where a file is refused whole, or more rows than the mapping's limit would be
            quarantined; 4 where the accounts don't tie out.
    """
    intake = judge(mapping, files, load, held)
    if intake.refusals:
        first, others = intake.refusals[0], len(intake.refusals) - 1
        if not others:
            raise Fault(first.what, first.mend, REFUSED)
        zh = f"{first.what.zh}（另有{others}处拒收，`postloan check` 会全部列出）"
        en = f"{first.what.en} (and {others} more refusals: `postloan check` lists them all)"
        raise Fault(Label(zh, en), first.mend, REFUSED)
    return intake


def judge(
    mapping: Mapping,
    files: Sequence[Delivered],
    load: str,
    held: Held,
    missing: Sequence[Refusal] = (),
) -> Intake:
    """Judge a delivery like ``take_in``, but go on where a file is refused, so that all faults are known.

    Args:
        mapping, files, load, held: As for ``take_in``.
        missing: Files that the mapping names and that could not be found or opened.

    Raises:
        Fault: 4 where the accounts don't tie out.
    """
    desk = Desk(mapping, load, held, refusals=list(missing))
    found = [_sheet(desk, n, files[n], read) for n, read in enumerate(read_tapes(files))]
    sheets = [sheet for sheet in found if sheet]
    for name in load_order(set(DELIVERED)):
        _take_table(desk, name, [sheet for sheet in sheets if name in sheet.spec.tables])
        retry(desk, name)
    withdraw(desk)
    tell_disappeared(desk)
    return Intake(
        desk.accepted,
        desk.stated,
        desk.superseded,
        pa.concat_tables([QUARANTINE_SCHEMA.empty_table(), *desk.still, *desk.refused]),
        tuple(desk.accounts),
        tuple(desk.retries),
        tuple(desk.refusals),
    )


def _sheet(desk: Desk, number: int, file: Delivered, read: Tape | Fault) -> Sheet | None:
    try:
        if isinstance(read, Fault):
            raise read
        refuse_secrets(read)
        frame = framed(read, file.spec)
    except Fault as fault:
        desk.refuse(file.name, fault, *file.spec.tables)
        return None
    return Sheet(number, frame.tape, file.spec, frame.trailer)


def _take_table(desk: Desk, name: str, sheets: Sequence[Sheet]) -> None:
    """Judge the delivery's rows of one table, of all the files that feed it."""
    fed, batches = [], []
    for sheet in _told_once(desk, name, sheets):
        if batch := _converted(desk, name, sheet):
            fed.append(sheet)
            batches.append(batch)
    if not batches:
        return
    try:
        found = judged(desk, _numbered(joined(batches), fed), fed)
    except Fault as fault:
        desk.refuse(", ".join(sheet.tape.name for sheet in fed), fault, name)
        return
    batch = _in_whole_series(desk, found.batch, fed)
    desk.accepted[name] = DELIVERED[name].schema().empty_table()
    desk.stated[name] = found.stated[:0]
    desk.add(batch, batch.is_accepted(), found.stated)
    if OLDER in batch.ignored:
        desk.superseded[name] = _rows(batch, batch.ignored[OLDER] & ~batch.has_problem())
    within = _accounted_for(desk, batch, fed)
    desk.refused.append(refused_rows(batch, within, desk.load))  # a million rows over the limit stay counts


def _in_whole_series(desk: Desk, batch: Batch, sheets: Sequence[Sheet]) -> Batch:
    name = batch.table.name
    for column, origin in sheets[0].spec.tables[name].columns.items():
        is_part = origin.sequence is not None and not sheets[0].spec.tables[name].whole
        if is_part and column in batch.table.grain:
            keys = [key for key in batch.table.grain if key != column]
            held = desk.held.rows(name, batch.table.grain, batch.rows.select(keys))
            batch = without_part_of_series(batch, column, held)
    return batch


def _accounted_for(desk: Desk, batch: Batch, fed: Sequence[Sheet]) -> list[Sheet]:
    """Draw up the accounts of the files that feed a table, and note what the delivery holds of it.

    Returns:
        The files of which no more is quarantined than the mapping allows.
    """
    name = batch.table.name
    if name == "loan_tape" or any(sheet.spec.tables[name].whole for sheet in fed):
        desk.present[name] = batch.rows
    if name == "instalment" and name in desk.present:
        # Of a file sent again nothing is new; a record that can't be taken apart may be any instalment.
        desk.present[name] = batch.rows.filter(pa.array(~batch.is_ignored()))
        if any(sheet.tape.broken for sheet in fed):
            del desk.present[name]
    within = []
    for sheet in fed:
        reading = reading_identity(desk.mapping, sheet.spec, name)
        entry = account(batch, sheet.tape, sheet.number, sheet.spec, reading)
        desk.accounts.append(entry)
        if excess := over_limit(desk.mapping.limits.quarantine_share, entry):
            desk.refuse(sheet.tape.name, excess)
        else:
            within.append(sheet)
    return within


def _told_once(desk: Desk, name: str, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Return the sheets with those marked whose very bytes were read before, in the same way.

    What they say is in the book or in quarantine. Rows that get their numbers from all files of a table
    are numbered again if any of the files is new.
    """
    seen = set(desk.held.files())
    told = [(s.tape.sha256, name, reading_identity(desk.mapping, s.spec, name)) for s in sheets]
    known = [one in seen or one in told[:n] for n, one in enumerate(told)]
    columns = [origin for sheet in sheets for origin in sheet.spec.tables[name].columns.values()]
    if any(origin.sequence is not None for origin in columns) and not all(known):
        known = [one in told[:n] for n, one in enumerate(told)]
    marked = [_known(sheet) if is_known else sheet for sheet, is_known in zip(sheets, known, strict=True)]
    for sheet in marked:
        if not sheet.is_known:
            desk.anew.add((sheet.tape.sha256, name, sheet_name(sheet.tape.name)))
            if name == "loan" and sheet.spec.tables[name].whole:
                desk.whole.add(name)
    return marked


def _known(sheet: Sheet) -> Sheet:
    """Return a sheet that was read before: what was broken then is in quarantine already."""
    apart = {**sheet.tape.apart, SAME_FILE: len(sheet.tape.broken)}
    return replace(sheet, tape=replace(sheet.tape, broken=(), apart=apart), is_known=True)


def _rows(batch: Batch, mask: Mask) -> pa.Table:
    return batch.rows.filter(pa.array(mask)).cast(batch.table.schema())


def _converted(desk: Desk, name: str, sheet: Sheet) -> Batch | None:
    try:
        batch = table_batch(sheet.tape, name, desk.mapping, sheet.spec, sheet.number)
        batch = controlled(batch, sheet, desk.mapping)
    except Fault as fault:
        desk.refuse(sheet.tape.name, fault, name)
        return None
    return batch.without(SAME_FILE, ~batch.none()) if sheet.is_known else batch


def _numbered(batch: Batch, sheets: Sequence[Sheet]) -> Batch:
    """Return the batch with its sequences numbered over all files of the table."""
    for column, origin in sheets[0].spec.tables[batch.table.name].columns.items():
        if origin.sequence is not None:
            batch = numbered(batch, column, origin.sequence)
    return batch
