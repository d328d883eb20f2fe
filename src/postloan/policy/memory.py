"""What the past and siblings add to an outcome: the upgrade wait, and contagion within a customer.

A fold over months, since what a loan is today depends on what it and its siblings were yesterday. All loans
of a customer are needed together, customers are independent of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from postloan.policy.parameter import Value
from postloan.policy.policy import Policy
from postloan.policy.scheme import Scheme
from postloan.policy.truth import Operands
from postloan.policy.verdict import holds

FOR_MEMORY = ("customer_id", "balance_minor", "belongs", "is_over", "can_catch")
_KEPT_BY_FACTS = ("boundary", "boundary_column", "boundary_outcome", "distance", "next_step", "next_count")
_UNKNOWN, _NO_ROW = -1, -2
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def memory_columns(scheme: Scheme, names: Operands, values: Mapping[str, Value]) -> dict[str, Any]:
    """Return whether the wait is over, and as bits which contagions the row can catch; not those not in force."""
    is_over: Any = ibis.literal(True)
    if scheme.hold and all(name in names for name in scheme.hold.until.names()):
        is_over = holds(scheme.hold.until, names)
    bits: Any = ibis.literal(0, "int64")
    for place, contagion in enumerate(scheme.contagion):
        if contagion.share_over in values and all(name in names for name in contagion.who.names()):
            bits = bits + ibis.ifelse(holds(contagion.who, names), 1 << place, 0)
    return {"is_over": is_over, "can_catch": bits}


def folded(rows: pa.Table, policy: Policy, before: pa.Table | None = None) -> pa.Table:
    """Return outcome rows with what was before, held and infected month by month, sorted by scheme, subject, month.

    Args:
        rows: Of one policy and kind of subject, all observation dates, with the columns ``FOR_MEMORY`` after
            an underscore, which are dropped.
        policy: The policy.
        before: Outcome rows of the observation date before the first, where the fold goes on from one.

    Returns:
        An outcome made worse names the rule that did it; a row that lacks facts is at least what it was
        made. No boundary and no step is told of it, since its own facts did not decide.
    """
    keys = [(name, "ascending") for name in ("scheme", "subject_id", "month_end")]
    rows = rows.sort_by(keys).combine_chunks()
    parts = [
        _of_scheme(of_scheme, scheme, policy, None if before is None else before.filter(is_its))
        for name, scheme in policy.schemes.items()
        if (of_scheme := rows.filter(is_its := pc.field("scheme") == name)).num_rows
    ]
    whole = pa.concat_tables(parts).sort_by(keys) if parts else rows
    return whole.drop_columns([f"_{name}" for name in FOR_MEMORY])


def _of_scheme(rows: pa.Table, scheme: Scheme, policy: Policy, earlier: pa.Table | None) -> pa.Table:
    names = list(scheme.outcomes)
    own = _codes(rows["outcome"], names)
    rank, cause, before = own.copy(), np.zeros(len(own), np.int64), np.full(len(own), _NO_ROW)
    subject, customer = _numbered(rows["subject_id"]), _numbered(rows["_customer_id"])
    last = _seeded(rows, names, earlier)
    month = _numbered(rows["month_end"])
    days = pc.unique(rows["month_end"]).to_pylist()
    for on in sorted(range(len(days)), key=days.__getitem__):
        at = np.flatnonzero(month == on)
        before[at] = last[subject[at]]
        rank[at], cause[at] = _month(rows, scheme, policy, days[on], at, customer, rank, before)
        last[:] = _NO_ROW
        last[subject[at]] = rank[at]
    return _told(rows, scheme, own, rank, cause, before)


def _seeded(rows: pa.Table, names: list[str], earlier: pa.Table | None) -> Ints:
    """Return the rank at the date before of each subject, in the order in which it first appears."""
    subjects = pc.unique(rows["subject_id"])
    last = np.full(len(subjects), _NO_ROW)
    if earlier is not None:
        place = pc.index_in(earlier["subject_id"], value_set=subjects)
        is_here = pc.is_valid(place).to_numpy()
        last[place.drop_null().to_numpy()] = _codes(earlier["outcome"], names)[is_here]
    return last


def _month(
    rows: pa.Table,
    scheme: Scheme,
    policy: Policy,
    on: date,
    at: Ints,
    customer: Ints,
    rank: Ints,
    before: Ints,
) -> tuple[Ints, Ints]:
    """Return rank and cause (0 its own facts, 1 the hold, 2 and on the contagions) of the rows ``at``."""
    names = list(scheme.outcomes)
    now, cause = rank[at].copy(), np.zeros(len(at), np.int64)
    belongs = _column(rows, "_belongs", at, False)
    if scheme.hold:
        waits = np.isin(before[at], [names.index(name) for name in scheme.hold.outcomes])
        is_held = waits & ~_column(rows, "_is_over", at, True) & (before[at] > now) & belongs
        now[is_held], cause[is_held] = before[at][is_held], 1
    base, can_catch = now.copy(), _column(rows, "_can_catch", at, 0)
    for place, contagion in enumerate(scheme.contagion):
        bad = np.isin(base, [names.index(name) for name in contagion.outcomes])
        is_over = _is_over(
            bad, _column(rows, "_balance_minor", at, 0), customer[at], policy, contagion.share_over, on
        )
        level = names.index(contagion.becomes)
        is_hit = is_over & ((can_catch >> place) & 1).astype(bool) & (now < level) & belongs
        now[is_hit], cause[is_hit] = level, place + 2
    return now, cause


def _is_over(bad: Flags, balance: Ints, customer: Ints, policy: Policy, parameter: str, on: date) -> Flags:
    """Say of each row whether more than the share of its customer's balance is bad; exactly, in integers."""
    value = policy.values(on).get(parameter)
    if not isinstance(value, int | float):
        return np.zeros(len(bad), bool)
    share = Fraction(str(value))
    total, hit = (np.zeros(customer.max(initial=-1) + 1, np.int64) for _ in range(2))
    np.add.at(total, customer, balance)
    np.add.at(hit, customer, np.where(bad, balance, 0))
    is_over: Flags = (hit * share.denominator > total * share.numerator)[customer]
    return is_over


def _told(rows: pa.Table, scheme: Scheme, own: Ints, rank: Ints, cause: Ints, before: Ints) -> pa.Table:
    names = pa.array(scheme.outcomes, pa.string())
    rules = ["", scheme.hold.rule if scheme.hold else "", *(contagion.rule for contagion in scheme.contagion)]
    is_made = pa.array(cause > 0)
    given = pa.array(rules, pa.string()).take(pa.array(cause))
    columns = {
        "outcome": _named(names, rank),
        "previous_outcome": _named(names, before),
        "is_floor": pc.or_(rows["is_floor"], pa.array((cause > 0) & (own == _UNKNOWN))),
        "rules": pc.if_else(is_made, given, rows["rules"]),
        **{
            name: pc.if_else(is_made, pa.scalar(None, rows[name].type), rows[name]) for name in _KEPT_BY_FACTS
        },
    }
    for name, column in columns.items():
        rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), column)
    return rows


def _named(names: pa.Array, rank: Ints) -> pa.Array:
    return names.take(pa.array(rank, mask=rank < 0))


def _codes(column: pa.ChunkedArray, names: list[str]) -> Ints:
    found = pc.index_in(column, value_set=pa.array(names, pa.string())).fill_null(_UNKNOWN)
    codes: Ints = found.to_numpy().astype(np.int64)
    return codes


def _numbered(column: pa.ChunkedArray) -> Ints:
    codes = pc.dictionary_encode(column).combine_chunks().indices
    numbers: Ints = codes.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _column(rows: pa.Table, name: str, at: Ints, blank: object) -> Any:
    return pc.fill_null(rows[name], blank).to_numpy()[at]
