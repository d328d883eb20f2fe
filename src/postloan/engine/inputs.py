"""From contract tables to the kernel's arrays: loans in order of their id, facts in date order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine import layout
from postloan.engine.actions_in import Actions, events_of, in_order, payments_of, without_bounced
from postloan.engine.columns import Ints, ints, order_within, owned, taken
from postloan.engine.layout import EXTENSION, NONE, RESCHEDULE, Money, Records
from postloan.engine.pauses import pauses_of
from postloan.engine.replay_model import COMPONENTS, ReplayModel

# The columns that count; the others need not be copied.
LOAN_READ = ["loan_id", "principal_minor", "disbursed_on", "grace_days", "is_restructured"]
INSTALMENT_READ = [
    "loan_id",
    "schedule_no",
    "instalment_no",
    "due_on",
    *(f"{part}_minor" for part in COMPONENTS),
    "is_withdrawn",
]
DONE = "done_minor"  # only of instalments that a loan resumes with: paid or waived before
PAYMENT_READ = ["payment_id", "loan_id", "paid_on", "amount_minor", "payment_kind", "payer", "reverses_id"]
EVENT_READ = [
    "event_id",
    "loan_id",
    "event_kind",
    "event_on",
    "until_on",
    "amount_minor",
    "component",
    "schedule_no",
    "is_distressed",
]
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Inputs:
    """All disbursed loans and their facts up to ``as_of``, as arrays sorted by loan."""

    loan_ids: pa.Array
    grid: npt.NDArray[np.int32]
    loans: Records
    instalments: Records
    owed: Money
    actions: Records
    pauses: Records
    payment_columns: pa.Table  # loan_id, payment_id, payer
    payments: Actions  # in the order of ``payment_columns``: all, bounced or not


def days_of(day: date) -> int:
    """Return days since 1970-01-01."""
    return (day - _EPOCH).days


def month_ends(days: Ints) -> Ints:
    """Return the last day of the month of each day (days since 1970-01-01)."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return (months + 1).astype("datetime64[D]").astype(np.int64) - 1


def grid_of(first: int, as_of: int) -> npt.NDArray[np.int32]:
    """Return the month-ends from the month of ``first`` up to ``as_of``, and ``as_of`` itself (days)."""
    ends = np.unique(month_ends(np.arange(first, as_of + 1, dtype=np.int64)))
    return np.append(ends[ends < as_of], as_of).astype(np.int32)


def prepared(tables: Mapping[str, pa.Table], as_of: date, model: ReplayModel) -> Inputs:
    """Return the kernel's arrays; facts after ``as_of`` and of loans not disbursed by then don't exist.

    Args:
        tables: ``loan``, ``instalment``, ``payment`` and ``loan_event`` in contract schema, any row order.
        as_of: Last day.
        model: Gives the default grace and says what a bounce does.
    """
    loan = _upto(tables["loan"].select(LOAN_READ), "disbursed_on", as_of).sort_by("loan_id")
    ids = loan["loan_id"].combine_chunks()
    payment, payment_owners = owned(_upto(tables["payment"].select(PAYMENT_READ), "paid_on", as_of), ids)
    event, event_owners = owned(_upto(tables["loan_event"].select(EVENT_READ), "event_on", as_of), ids)
    instalments, owed, owners = _instalments(tables["instalment"], ids)
    payments = payments_of(payment, payment_owners)
    actions = in_order([*without_bounced(payments, payment, model.view), events_of(event, event_owners)])
    pauses, pause_owners = pauses_of(event, event_owners)
    loans = _loans(loan, model.grace_days)
    locate(loans, "instalment", owners)
    locate(loans, "action", actions.owners)
    locate(loans, "pause", pause_owners)
    loans["first_plan"] = _first_plans(loans, instalments, actions)
    end = days_of(as_of)
    grid = grid_of(int(loans["disbursed_on"].min(initial=end)), end)
    first_ends = np.minimum(month_ends(loans["disbursed_on"].astype(np.int64)), end)
    loans["first_date"] = np.searchsorted(grid, first_ends)
    columns = payment.select(["loan_id", "payment_id", "payer"]).combine_chunks()
    return Inputs(ids, grid, loans, instalments, owed, actions.records, pauses, columns, payments)


def _upto(table: pa.Table, column: str, as_of: date) -> pa.Table:
    day = pa.scalar(as_of, pa.date32())
    dates = table[column]
    if dates.null_count == 0 and pc.all(pc.less_equal(dates, day)).as_py():
        return table
    return table.filter(pc.less_equal(dates, day))


def _loans(loan: pa.Table, grace_days: int) -> Records:
    loans = np.zeros(loan.num_rows, layout.LOAN)
    loans["principal"] = ints(loan["principal_minor"])
    loans["disbursed_on"] = ints(loan["disbursed_on"])
    loans["grace_days"] = ints(loan["grace_days"], grace_days)
    loans["is_restructured"] = ints(loan["is_restructured"])
    loans["state"] = NONE
    return loans


def locate(loans: Records, name: str, owners: Ints) -> None:
    """Note where each loan's rows begin and end in an array sorted by ``owners``."""
    positions = np.arange(len(loans))
    loans[name] = np.searchsorted(owners, positions)
    loans[f"{name}_end"] = np.searchsorted(owners, positions, side="right")


def _instalments(table: pa.Table, ids: pa.Array) -> tuple[Records, Money, Ints]:
    """Return instalments in order of loan, plan, due date and number; blank money is 0, a blank plan 1.

    A withdrawn one never was.
    """
    table = table.select([name for name in (*INSTALMENT_READ, DONE) if name in table.column_names])
    if pc.any(table["is_withdrawn"]).as_py():
        table = table.filter(pc.invert(pc.fill_null(table["is_withdrawn"], False)))
    table, owners = owned(table, ids)
    instalments = np.zeros(table.num_rows, layout.INSTALMENT)
    instalments["plan"] = ints(table["schedule_no"], 1)
    instalments["no"] = ints(table["instalment_no"])
    instalments["due"] = ints(table["due_on"])
    if DONE in table.column_names:
        instalments["done"] = ints(table[DONE])
    owed = np.empty((table.num_rows, len(COMPONENTS)), dtype=np.int64)
    for position, component in enumerate(COMPONENTS):
        owed[:, position] = ints(table[f"{component}_minor"])
    order = order_within(owners, instalments["plan"], instalments["due"], instalments["no"])
    return taken(instalments, order), taken(owed, order), owners


def _first_plans(loans: Records, instalments: Records, actions: Actions) -> npt.NDArray[np.int32]:
    """Return the plan in force at first: the lowest delivered, 0 (unknown) if the first reschedule brings it."""
    plans = np.zeros(len(loans), dtype=np.int32)
    has_plan = loans["instalment"] < loans["instalment_end"]
    plans[has_plan] = instalments["plan"][loans["instalment"][has_plan]]
    is_move = np.isin(actions.records["kind"], (RESCHEDULE, EXTENSION)) & (
        actions.records["argument"] != NONE
    )
    owners, positions = np.unique(actions.owners[is_move], return_index=True)
    is_unknown = actions.records["argument"][is_move][positions] == plans[owners]
    plans[owners[is_unknown]] = 0
    return plans
