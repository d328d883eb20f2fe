"""Judge the converted rows of a table: by themselves, against one another, and against the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from postloan.model.contract import Delivery
from postloan.sources.judging.batch import Batch
from postloan.sources.judging.checks import (
    REVERSED,
    checked,
    dated,
    identified,
    referenced,
    reversals_judged,
    with_currency,
)
from postloan.sources.judging.desk import Desk
from postloan.sources.judging.keys import settled, without_known, without_older
from postloan.sources.judging.knowledge import with_known_on
from postloan.sources.judging.refused import Sheet
from postloan.sources.masks import Mask, truth

_DISBURSED = ("loan_id", "disbursed_on")
_REVERSED = """
    SELECT * FROM held.payment
    WHERE payment_id IN (SELECT reverses_id FROM target) OR reverses_id IN (SELECT reverses_id FROM target)
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """A table's rows with everything that speaks against them, and which have their ``known_on`` from the file."""

    batch: Batch
    stated: Mask


def judged(desk: Desk, batch: Batch, sheets: Sequence[Sheet]) -> Judged:
    """Return the batch with every reason against a row, and every cause to ignore one.

    Args:
        desk: The delivery so far: tables that this one refers to come before it.
        batch: Converted rows.
        sheets: The files they are from.

    Raises:
        Fault: 3 for loans in another currency than the book's.
    """
    name, rules = batch.table.name, desk.mapping
    # One mapping says for all files of a table which of the rows with one key counts.
    latest = next(file.tables[name].latest for file in rules.files if name in file.tables)
    batch = with_currency(batch, rules.currency, {sheet.number: sheet.tape.name for sheet in sheets})
    stated = truth(batch.rows.column("known_on").is_valid())
    batch = identified(with_known_on(batch, rules.delivered_on), rules.identifiers)
    batch = checked(settled(without_older(batch, latest) if latest else batch))
    batch = dated(referenced(batch, desk.keys), rules.delivered_on, desk.both("loan", _DISBURSED))
    if batch.table.delivery is Delivery.APPEND:
        keys = batch.rows.select(batch.table.grain)
        batch = without_known(batch, desk.both(name, batch.table.names(), keys))
    if name == "payment":
        batch = reversals_judged(batch, _reversed(desk, batch))
    return Judged(batch, stated)


def _reversed(desk: Desk, batch: Batch) -> pa.Table:
    """Return the payments told so far, but of the book's only those that rows reverse, and their reversals."""
    new, targets = desk.new("payment").select(REVERSED), batch.rows.select(["reverses_id"]).drop_null()
    if targets.num_rows == 0:
        return new
    return pa.concat_tables([new, desk.held.ask(_REVERSED, new.schema, {"target": targets})])
