"""What is seen of a loan at an observation date: jitted, fills one LOAN_MONTH record."""

from __future__ import annotations

from typing import Any

from postloan.engine.compiled import jitted
from postloan.engine.layout import ACTIVE, NONE, NONE_MONEY, Desk
from postloan.engine.ledger import days_past_due, first_open, left_of, overdue_of
from postloan.model.buckets import BUCKETS

Record = Any
_LOWER_ENDS = tuple(bucket.from_days for bucket in BUCKETS)
_REDEFAULT_MONTHS = 6  # F-18


@jitted
def bucket_of(dpd: int) -> int:
    """Return the position of the bucket that holds ``dpd``; NONE if it is not known."""
    if dpd == NONE:
        return NONE
    bucket = 0
    for lower in _LOWER_ENDS:
        bucket += dpd >= lower
    return bucket - 1


@jitted
def month_of(day: int) -> int:
    """Return months since 1970-01 of a day since 1970-01-01 (Hinnant's civil calendar)."""
    z = day + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    mp = (5 * (doe - (365 * yoe + yoe // 4 - yoe // 100)) + 2) // 153
    year = yoe + era * 400 + (mp >= 10)
    month = mp + 3 if mp < 10 else mp - 9
    return (year - 1970) * 12 + month - 1


@jitted
def fill_stock(desk: Desk, row: Record, loan: Record, day: int) -> None:
    """Fill what the ledger says at the end of ``day``."""
    s = desk.state[0]
    row.month_end = day
    row.mob = month_of(day) - month_of(loan.disbursed_on)
    row.status = s.status
    row.dpd = days_past_due(desk, loan, day)
    row.delinquent_days = NONE if row.dpd == NONE else max(0, row.dpd - loan.grace_days)
    row.bucket = bucket_of(row.dpd)
    row.credit_minor = s.credit
    row.advanced_minor = s.advanced
    row.is_restructured = s.is_restructured
    row.is_extended = s.is_extended
    row.schedule_no = s.plan if s.plan > 0 else NONE
    fill_amounts(desk, row)


@jitted
def fill_amounts(desk: Desk, row: Record) -> None:
    """Fill balance and overdue parts: 0 after an exit, blank where no plan is known."""
    s = desk.state[0]
    row.balance_minor = s.balance
    row.overdue_minor = overdue_of(desk)
    row.overdue_penalty_minor = desk.overdue[0]
    row.overdue_fee_minor = desk.overdue[1]
    row.overdue_interest_minor = desk.overdue[2]
    row.overdue_principal_minor = desk.overdue[3]
    row.n_overdue_instalments = 0
    if s.status == ACTIVE and s.start == s.end:
        row.balance_minor = row.overdue_minor = NONE_MONEY
        row.overdue_penalty_minor = row.overdue_fee_minor = NONE_MONEY
        row.overdue_interest_minor = row.overdue_principal_minor = NONE_MONEY
        row.n_overdue_instalments = NONE
    elif s.status == ACTIVE:
        for i in range(first_open(desk), s.fallen):
            row.n_overdue_instalments += left_of(desk, i) > desk.settings[0].tolerance


@jitted
def fill_marks(desk: Desk, row: Record, memory: Record) -> None:
    """Fill cure and re-default: a cure is by payment alone, without a new plan, a waiver or a pause (F-18)."""
    row.previous_bucket = bucket_of(memory.dpd)
    row.is_cured = row.is_redefault = 0
    if row.status != ACTIVE:
        pass
    elif row.dpd == NONE:
        row.is_cured = row.is_redefault = NONE
    elif memory.dpd > 0 and row.dpd == 0:
        is_moved = desk.state[0].was_moved != 0 or row.overdue_waived_minor != 0
        if not is_moved and row.n_overdue_instalments == 0:
            row.is_cured = 1
            memory.cured_on = row.month_end
    elif memory.dpd == 0 and row.dpd > 0 and memory.cured_on != NONE:
        row.is_redefault = month_of(row.month_end) - month_of(memory.cured_on) <= _REDEFAULT_MONTHS
    row.cured_on = memory.cured_on


@jitted
def fill_firsts(row: Record, memory: Record) -> None:
    """Remember and fill the worst dpd so far and the first dates over 30, 60 and 90."""
    dpd = row.dpd
    memory.worst_dpd = max(memory.worst_dpd, dpd)
    if dpd > 30 and memory.first_over_30_on == NONE:
        memory.first_over_30_on = row.month_end
        memory.balance_first_over_30_minor = row.balance_minor
    if dpd > 60 and memory.first_over_60_on == NONE:
        memory.first_over_60_on = row.month_end
        memory.balance_first_over_60_minor = row.balance_minor
    if dpd > 90 and memory.first_over_90_on == NONE:
        memory.first_over_90_on = row.month_end
        memory.balance_first_over_90_minor = row.balance_minor
    row.worst_dpd = memory.worst_dpd
    row.first_over_30_on = memory.first_over_30_on
    row.first_over_60_on = memory.first_over_60_on
    row.first_over_90_on = memory.first_over_90_on
    row.balance_first_over_30_minor = memory.balance_first_over_30_minor
    row.balance_first_over_60_minor = memory.balance_first_over_60_minor
    row.balance_first_over_90_minor = memory.balance_first_over_90_minor


@jitted
def fill_streaks(row: Record, memory: Record) -> None:
    """Count observation dates in a row with dpd over 0, or 0; blank where dpd is."""
    memory.overdue_streak = memory.overdue_streak + 1 if row.dpd > 0 else 0
    memory.clean_streak = memory.clean_streak + 1 if row.dpd == 0 else 0
    row.overdue_streak = NONE if row.dpd == NONE else memory.overdue_streak
    row.clean_streak = NONE if row.dpd == NONE else memory.clean_streak


@jitted
def blank_walks(row: Record) -> None:
    """Blank the walks of a period through which the balance was not known."""
    row.lent_minor = row.repaid_minor = row.reclassified_minor = NONE_MONEY
    row.principal_waived_minor = row.principal_written_off_minor = NONE_MONEY
    row.principal_sold_minor = row.principal_repossessed_minor = NONE_MONEY
    row.fell_overdue_minor = row.overdue_collected_minor = row.overdue_waived_minor = NONE_MONEY
    row.overdue_rescheduled_minor = row.overdue_written_off_minor = row.overdue_sold_minor = NONE_MONEY


@jitted
def observe(desk: Desk, row: Record, loan: Record, memory: Record, day: int) -> bool:
    """Fill ``row`` for ``day``, remember what the next date needs; say whether the row is to be shown.

    A loan that has left shows the row of its exit and then only rows of periods in which money moved.
    """
    fill_stock(desk, row, loan, day)
    fill_marks(desk, row, memory)
    fill_firsts(row, memory)
    fill_streaks(row, memory)
    is_known = desk.state[0].is_known
    if not is_known and memory.is_known == 0:
        blank_walks(row)
    is_gone = memory.is_gone
    memory.is_known = is_known
    memory.dpd = row.dpd
    memory.is_gone = row.status != ACTIVE
    has_moved = row.received_minor != 0 or row.recovered_minor != 0
    return bool(is_gone == 0 or row.status == ACTIVE or has_moved)
