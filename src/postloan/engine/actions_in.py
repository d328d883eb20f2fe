"""Payments and loan events as the kernel's actions, in the order in which they count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine import layout
from postloan.engine.columns import Ints, ints, is_value, order_within, positions_in, ranks_of, taken
from postloan.engine.layout import NONE, Records
from postloan.engine.replay_model import COMPONENTS, View

_PAYMENT_KINDS = {
    "repayment": layout.REPAYMENT,
    "early_repayment": layout.EARLY_REPAYMENT,
    "early_settlement": layout.EARLY_SETTLEMENT,
    "refund": layout.REFUND,
}
EVENT_KINDS = {
    "reschedule": layout.RESCHEDULE,
    "extension": layout.EXTENSION,
    "waiver": layout.WAIVER,
    "guarantor_advance": layout.ADVANCE,
    "post_write_off_recovery": layout.RECOVERY,
    "settlement": layout.SETTLEMENT,
    "sale": layout.SALE,
    "repossession": layout.REPOSSESSION,
    "write_off": layout.WRITE_OFF,
}


@dataclass(frozen=True, slots=True)
class Actions:
    """Actions, the position of the loan of each, and what breaks ties within a day and kind."""

    records: Records
    owners: Ints
    ranks: Ints


def in_order(parts: list[Actions]) -> Actions:
    """Return all actions in order of loan, day, kind and number; facts that do nothing are left out.

    Args:
        parts: Each in the order of its loans.
    """
    parts = [_cut(part, part.records["kind"] != NONE) for part in parts]
    together = Actions(
        np.concatenate([part.records for part in parts]),
        np.concatenate([part.owners for part in parts]),
        np.concatenate([part.ranks for part in parts]),
    )
    if sum(len(part.owners) > 0 for part in parts) > 1:
        together = _cut(together, np.argsort(together.owners, kind="stable"))
    records = together.records
    return _cut(together, order_within(together.owners, records["day"], records["kind"], together.ranks))


def without_bounced(payments: Actions, payment: pa.Table, view: View) -> list[Actions]:
    """Return the payments that count, and in the known-then view the bounces on their own days.

    A reversal takes its payment away for good (known now) or from its own day on (known then). A reversal
    whose payment is not there does nothing.
    """
    reversals = reversals_of(payment, payments.owners)
    if len(reversals.targets) == 0:
        return [payments]
    if view is View.KNOWN_THEN:
        return [payments, _bounces(payments, reversals)]
    counts = np.ones(payment.num_rows, dtype=bool)
    counts[reversals.targets] = False
    return [_cut(payments, counts)]


@dataclass(frozen=True, slots=True)
class Reversals:
    """Payments that are reversed (rows of the payment table), and the day each first is."""

    targets: Ints
    days: Ints


def reversals_of(payment: pa.Table, owners: Ints) -> Reversals:
    """Return the reversed payments; a reversal that is itself reversed, or names another loan's payment, does
    nothing.
    """
    is_reversal = is_value(payment["payment_kind"], "reversal")
    rows = np.flatnonzero(is_reversal)
    reversed_ids = payment["reverses_id"].take(pa.array(rows))
    targets = positions_in(payment["payment_id"], reversed_ids)
    days = ints(payment["paid_on"])[rows]
    is_there = (targets >= 0) & (owners[rows] == owners[targets])
    rows, targets, days = (array[is_there] for array in (rows, targets, days))
    undone: set[int] = set()
    for i in np.lexsort((rows, days))[::-1]:
        if is_reversal[targets[i]] and int(rows[i]) not in undone:
            undone.add(int(targets[i]))
    counts = ~np.isin(rows, list(undone)) & ~is_reversal[targets]
    order = np.flatnonzero(counts)[np.lexsort((days[counts], targets[counts]))]
    first, positions = np.unique(targets[order], return_index=True)
    return Reversals(first, days[order][positions])


def payments_of(payment: pa.Table, owners: Ints) -> Actions:
    """Return payments as actions, one per row; those of a guarantor are advances and never allocated."""
    records = np.zeros(payment.num_rows, layout.ACTION)
    kinds = _codes(payment["payment_kind"], _PAYMENT_KINDS, blank=layout.REPAYMENT)
    is_guarantor = is_value(payment["payer"], "guarantor")
    amounts = ints(payment["amount_minor"])
    records["day"] = ints(payment["paid_on"])
    records["kind"] = np.where(is_guarantor & (kinds != NONE), layout.ADVANCE, kinds)
    records["argument"] = NONE
    records["payment"] = np.arange(payment.num_rows)
    records["amount"] = np.where(is_guarantor & (kinds == layout.REFUND), -amounts, amounts)
    return Actions(records, owners, ranks_of(payment["payment_id"], owners))


def events_of(event: pa.Table, owners: Ints) -> Actions:
    """Return loan events as actions, one per row; kinds that move nothing have kind NONE."""
    records = np.zeros(event.num_rows, layout.ACTION)
    kinds = _codes(event["event_kind"], EVENT_KINDS)
    components = _codes(event["component"], {name: i for i, name in enumerate((*COMPONENTS, "credit"))})
    records["day"] = ints(event["event_on"])
    records["kind"] = kinds
    records["argument"] = np.where(kinds == layout.WAIVER, components, ints(event["schedule_no"], NONE))
    records["is_distressed"] = ints(event["is_distressed"])
    records["payment"] = NONE
    records["amount"] = ints(event["amount_minor"])
    return Actions(records, owners, ranks_of(event["event_id"], owners))


def _bounces(payments: Actions, reversals: Reversals) -> Actions:
    records = np.zeros(len(reversals.targets), layout.ACTION)
    records["day"] = reversals.days
    records["kind"] = layout.BOUNCE
    records["argument"] = NONE
    records["payment"] = reversals.targets
    return Actions(records, payments.owners[reversals.targets], payments.ranks[reversals.targets])


def _cut(actions: Actions, rows: npt.NDArray[np.bool_] | Ints) -> Actions:
    return Actions(taken(actions.records, rows), taken(actions.owners, rows), taken(actions.ranks, rows))


def _codes(column: pa.ChunkedArray, numbers: dict[str, int], blank: int = NONE) -> Ints:
    """Return each code's number, NONE for a code without one, and ``blank`` for none."""
    if column.null_count == len(column):
        return np.full(len(column), blank, dtype=np.int64)
    positions = ints(pc.index_in(column, value_set=pa.array(list(numbers), pa.string())), len(numbers))
    found = np.array([*numbers.values(), NONE], dtype=np.int64)[positions]
    return found if column.null_count == 0 else np.where(pc.is_null(column), blank, found)
