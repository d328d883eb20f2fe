"""Cases and who works on them: one from the day a loan is seen overdue to the day it is seen paid up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from postloan.model import work_codes
from postloan.sources.synthetic.cells import dates, dates_if, keyed, named, numbered
from postloan.sources.synthetic.types import NEVER, Ints
from postloan.sources.synthetic.work.view import Staffed, staff_names

REASONS = work_codes.OVERDUE_REASON.values()
_REASON_ODDS = (0.22, 0.30, 0.14, 0.02, 0.04, 0.14, 0.03, 0.03, 0.05, 0.03)
_NO_REASON = 0.04
_MANUAL = 0.06
_LATE = 90


@dataclass(frozen=True, slots=True)
class Cases:
    """One entry per case; ``first`` and ``last`` are places in the days on which the loan was seen overdue."""

    loan: Ints
    first: Ints
    last: Ints
    opened: Ints
    closed: Ints  # NEVER while open
    number: pa.Array


def cases(seen: Staffed) -> Cases:
    """Return the spells in which loans were seen overdue."""
    late = seen.dpd > 0
    before = np.hstack([np.zeros((len(late), 1), bool), late[:, :-1]])
    after = np.hstack([late[:, 1:], np.zeros((len(late), 1), bool)])
    loan, first = np.nonzero(late & ~before)
    _, last = np.nonzero(late & ~after)
    days = np.append(seen.days, NEVER)
    return Cases(
        loan, first, last, seen.days[first], days[last + 1], numbered("AJ", seen.numbers(len(loan)), 12)
    )


def case_table(seen: Staffed, found: Cases) -> pa.Table:
    """Return table ``collection_case``."""
    count, random = len(found.loan), seen.random
    worst = seen.dpd[found.loan, found.last]
    willing = np.where(
        worst > _LATE,
        random.choice(3, count, p=(0.3, 0.4, 0.3)),
        random.choice(3, count, p=(0.75, 0.2, 0.05)),
    )
    planned = found.opened + random.integers(0, 4, count)
    planned = np.where(planned > seen.span.last_day, NEVER, planned)
    measures = work_codes.MEASURE.values()
    measure = np.where(
        worst > _LATE, random.choice(len(measures), count, p=(0.35, 0.05, 0.1, 0.15, 0.15, 0.2)), 0
    )
    return pa.table(
        {
            "case_id": found.number,
            "customer_id": keyed(seen.customers, seen.customer(found.loan)),
            "loan_id": keyed(seen.ids, found.loan),
            "opened_on": dates(found.opened),
            "closed_on": dates_if(found.closed),
            "department": named(["信用管理部", "法律事务部"], (worst > _LATE).astype(np.int64)),
            "identified_by": named(list(work_codes.IDENTIFIED_BY.values()), (random.random(count) < _MANUAL).astype(np.int64)),
            "overdue_reason": named(list(REASONS), random.choice(len(REASONS), count, p=_REASON_ODDS), random.random(count) < _NO_REASON),
            "willingness": named(list(work_codes.WILLINGNESS.values()), willing),
            "measure": named(list(measures), measure),
            "planned_on": dates_if(planned),
            "plan_due_on": dates_if(np.where(planned == NEVER, NEVER, planned + 20)),
            "grace_months": pa.array((1 + random.integers(0, 3, count)).astype(np.int32), mask=measure != measures.index("grace")),
        }
    )  # fmt: skip


def assignment_table(seen: Staffed, found: Cases) -> pa.Table:
    """Return table ``assignment``: a new row whenever another collector takes over."""
    case, place = seen_days(found)
    who = seen.collectors(found.loan[case], seen.dpd[found.loan[case], place])
    is_new = np.append(True, (case[1:] != case[:-1]) | (who[1:] != who[:-1]))[: len(case)]
    start = np.flatnonzero(is_new)
    of = case[start]
    is_last = np.append(of[1:] != of[:-1], True)[: len(of)]
    begins = seen.days[place[start]]
    until = np.where(
        is_last, np.where(found.closed[of] == NEVER, NEVER, found.closed[of]), np.append(begins[1:], 0) - 1
    )
    return pa.table(
        {
            "case_id": found.number.take(pa.array(of)),
            "assigned_on": dates(begins),
            "staff_id": named(staff_names(), who[start]),
            "until_on": dates_if(until),
        }
    )


def seen_days(found: Cases) -> tuple[Ints, Ints]:
    """Return case and place of the day of every day on which a case was seen, in order."""
    length = found.last - found.first + 1
    case = np.repeat(np.arange(len(length)), length)
    ahead = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    return case, found.first[case] + ahead
