"""Take in a delivery: read every file, judge every row, draw up the accounts. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from postloan.model.contract import Delivery
from postloan.model.quarantine import QUARANTINE_SCHEMA
from postloan.sources.accounts import Account, account, refuse_over
from postloan.sources.batch import Batch, joined
from postloan.sources.checks import (
    checked,
    load_order,
    referenced,
    warned_of_early_payments,
    with_currency,
    with_known_on,
)
from postloan.sources.columns import table_batch, unmapped
from postloan.sources.files import Delivered, read_tape
from postloan.sources.keys import numbered, settled, without_known, without_older
from postloan.sources.mapping import Mapping
from postloan.sources.privacy import refuse_secrets
from postloan.sources.tape import Tape

BookTable = Callable[[str], pa.Table]  # what the book holds of a table; empty if never delivered


@dataclass(frozen=True, slots=True)
class Intake:
    """The outcome of a delivery.

    Args:
        accepted: Rows for the book by table, in the contract's schema, one per key.
        quarantine: Rows that were refused, in ``QUARANTINE_SCHEMA``.
        accounts: One per file and table; they tie out.
    """

    accepted: dict[str, pa.Table]
    quarantine: pa.Table
    accounts: tuple[Account, ...]


def take_in(mapping: Mapping, files: Sequence[Delivered], load: str, book: BookTable) -> Intake:
    """Judge a delivery against the contract and what the book holds.

    Args:
        mapping: How the files are to be read.
        files: The delivery.
        load: Its identity, which marks the quarantined rows.
        book: What the book holds.

    Raises:
        Fault: 3 where a file is refused whole, or more rows than the mapping's limit would be
            quarantined; 4 where the accounts don't tie out.
    """
    tapes = [read_tape(file) for file in files]
    for tape in tapes:
        refuse_secrets(tape)
    accepted: dict[str, pa.Table] = {}
    accounts: list[Account] = []
    refused: list[pa.Table] = []
    for name in load_order({name for file in files for name in file.spec.tables}):
        batch = _judged(_batch(name, mapping, files, tapes), mapping, tapes, accepted, book)
        accepted[name] = _accepted(batch)
        refused.append(_refused(batch, tapes, load, files))
        accounts += [
            account(batch, tape, number, unmapped(tape, file.spec))
            for number, (tape, file) in enumerate(zip(tapes, files, strict=True))
            if name in file.spec.tables
        ]
    refuse_over(mapping.limits.quarantine_share, accounts)
    return Intake(accepted, pa.concat_tables(refused), tuple(accounts))


def _batch(name: str, mapping: Mapping, files: Sequence[Delivered], tapes: Sequence[Tape]) -> Batch:
    """Return the converted rows of all files that feed a table, sequences numbered over all of them."""
    feeding = [number for number, file in enumerate(files) if name in file.spec.tables]
    batch = joined([table_batch(tapes[n], name, mapping, files[n].spec, n) for n in feeding])
    for column, origin in files[feeding[0]].spec.tables[name].columns.items():
        if origin.sequence is not None:
            batch = numbered(batch, column, origin.sequence)
    return batch


def _judged(
    batch: Batch, mapping: Mapping, tapes: Sequence[Tape], accepted: dict[str, pa.Table], book: BookTable
) -> Batch:
    name = batch.table.name
    # One mapping says for all files of a table which of the rows with one key counts.
    latest = next(file.tables[name].latest for file in mapping.files if name in file.tables)
    batch = with_currency(batch, mapping.currency, tuple(tape.name for tape in tapes))
    batch = with_known_on(batch, mapping.delivered_on)
    batch = checked(settled(without_older(batch, latest) if latest else batch))
    batch = referenced(batch, partial(_keys, accepted, book))
    if batch.table.delivery is Delivery.APPEND:
        batch = without_known(batch, book(name))
    if name == "payment":
        batch = warned_of_early_payments(batch, _both(accepted, book, "loan"))
    return batch


def _both(accepted: dict[str, pa.Table], book: BookTable, name: str) -> pa.Table:
    """Return the rows just accepted, then those of the book: the first of a key is the one in force."""
    return pa.concat_tables([accepted[name], book(name)] if name in accepted else [book(name)])


def _keys(accepted: dict[str, pa.Table], book: BookTable, table: str, column: str) -> pa.Array:
    return _both(accepted, book, table).column(column).combine_chunks()


def _accepted(batch: Batch) -> pa.Table:
    return batch.rows.filter(pa.array(batch.is_accepted())).cast(batch.table.schema())


def _refused(batch: Batch, tapes: Sequence[Tape], load: str, files: Sequence[Delivered]) -> pa.Table:
    """Return the quarantine rows of a table: well-formed ones with all their reasons, and broken records."""
    index = np.flatnonzero(batch.is_quarantined())
    reasons: dict[int, list[str]] = {int(i): [] for i in index}
    for label, mask in batch.problems.items():
        for hit in np.flatnonzero(mask):
            if int(hit) in reasons:
                reasons[int(hit)].append(label.en)
    common = {"load": load, "table": batch.table.name}
    rows: list[dict[str, Any]] = []
    for i, why in reasons.items():
        tape, position = tapes[batch.file[i]], int(batch.position[i])
        row = {"file": tape.name, "row": int(tape.rows[position]), "raw": tape.raw(position)}
        rows.append({**common, **row, "reasons": why})
    for tape, file in zip(tapes, files, strict=True):
        if batch.table.name in file.spec.tables:
            rows += [
                {**common, "file": tape.name, "row": b.row, "raw": b.raw, "reasons": [b.reason.en]}
                for b in tape.broken
            ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE_SCHEMA)
