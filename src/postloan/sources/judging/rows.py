"""Judge the converted rows of a table: by themselves, against one another, and against the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from postloan.model.contract import Delivery
from postloan.sources.judging.batch import Batch
from postloan.sources.judging.checks import (
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
    batch = dated(referenced(batch, desk.keys), rules.delivered_on, desk.both("loan"))
    if batch.table.delivery is Delivery.APPEND:
        batch = without_known(batch, desk.both(name))
    if name == "payment":
        batch = reversals_judged(batch, desk.both(name))
    return Judged(batch, stated)
