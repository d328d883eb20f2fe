"""Loan months from a lender's month-end tape: what it says at each date, and unknown where it says nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from postloan.engine.query import run
from postloan.engine.tape_reports import COUNTING, REPORTS, month_number, observed
from postloan.model.buckets import BUCKETS
from postloan.model.derived import LOAN_MONTH

_REDEFAULT_MONTHS = 6  # F-18
_UNBOUNDED = 2**31 - 1  # days past due of a range without an upper end
_THRESHOLDS = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class TapeModel:
    """How a tape is read.

    Args:
        carried_months: For how many months after its own a tape still counts where the next has not come.
            A date inside a month is before the month's tape, so 0 would leave it without figures.

    Raises:
        ValueError: The number is negative.
    """

    carried_months: int = 1

    def __post_init__(self) -> None:
        if self.carried_months < 0:
            raise ValueError("carried_months cannot be negative")


def _bucket(days: str) -> str:
    reached = " + ".join(f"({days} >= {bucket.from_days})::INT" for bucket in BUCKETS)
    return f"({reached} - 1)"


# A fall of the balance that the tape does not report as lost, sold or taken over counts as repaid; what of it
# was waived cannot be told. A rise counts as reclassified.
_MOVED = f"""
SELECT *,
    lag(status) OVER loan AS status_before,
    status_before IS NULL AS is_first,
    CASE WHEN is_first AND disbursed_on IS NOT NULL THEN 0
        WHEN status_before <> 'active' THEN 0
        WHEN NOT is_first THEN lag(balance_minor) OVER loan END AS opening,
    CASE WHEN is_first THEN CASE WHEN disbursed_on IS NOT NULL THEN principal_minor END ELSE 0 END AS lent,
    opening + lent - balance_minor AS fall,
    coalesce(loss, CASE WHEN status <> 'written_off' THEN 0 END) - coalesce(lag(loss) OVER loan, 0) AS lost,
    CASE WHEN NOT is_covered OR (is_open AND fall IS NULL) THEN NULL
        WHEN lost > fall THEN CASE WHEN fall < 0 THEN 0 ELSE fall END
        ELSE lost END AS written_off,
    CASE WHEN fall < 0 THEN 0 ELSE fall - written_off END AS rest,
    CASE WHEN low > 0 THEN TRUE WHEN high = 0 THEN FALSE END AS is_overdue,
    lag(is_overdue) OVER loan AS was_overdue,
    CASE WHEN {_bucket("low")} = {_bucket(f"coalesce(high, {_UNBOUNDED})")} THEN {_bucket("low")} END AS bucket,
    CASE WHEN was_restructured OR bool_or(said_restructured) OVER loan THEN TRUE
        WHEN is_covered THEN coalesce(said_restructured, was_restructured) END AS is_restructured
FROM observed
WINDOW loan AS (PARTITION BY loan_id ORDER BY month_end)
"""

# A cure is by payment: of a loan whose terms were changed in the period it is none, and where the tape does not
# say whether they were, it is unknown.
_MARKED = """
SELECT *,
    lag(bucket) OVER loan AS previous_bucket,
    lag(is_restructured) OVER loan AS restructured_before,
    CASE WHEN status <> 'active' OR is_first THEN FALSE
        WHEN is_overdue IS NULL THEN NULL
        WHEN is_overdue OR NOT was_overdue THEN FALSE
        WHEN was_overdue IS NULL THEN NULL
        ELSE NOT is_restructured OR restructured_before END AS is_cured,
    sum((is_overdue IS NOT TRUE)::INT) OVER loan AS overdue_run,
    sum((is_overdue IS NOT FALSE)::INT) OVER loan AS clean_run,
    max(low) OVER loan AS worst_low,
    max(CASE WHEN low IS NOT NULL THEN coalesce(high, {unbounded}) END) OVER loan AS worst_high,
    {firsts}
FROM moved
WINDOW loan AS (PARTITION BY loan_id ORDER BY month_end)
"""
_FIRSTS = """min(CASE WHEN low > {days} THEN month_end END) OVER loan AS surely_{days},
    min(CASE WHEN low <= {days} AND (high > {days} OR high IS NULL) THEN month_end END) OVER loan AS maybe_{days},
    CASE WHEN maybe_{days} IS NULL OR surely_{days} <= maybe_{days} THEN surely_{days} END AS first_over_{days}_on"""

_ROWS = f"""
SELECT loan_id, month_end, mob, status, dpd, bucket, previous_bucket, balance_minor, overdue_minor, observed_on,
    CASE WHEN dpd < grace_days THEN 0 ELSE dpd - grace_days END AS delinquent_days,
    CASE WHEN dpd IS NULL THEN low END AS dpd_low,
    CASE WHEN dpd IS NULL THEN high END AS dpd_high,
    CASE WHEN NOT is_overdue THEN 0 WHEN is_overdue
        THEN row_number() OVER (PARTITION BY loan_id, overdue_run, is_overdue ORDER BY month_end) END AS overdue_streak,
    CASE WHEN is_overdue THEN 0 WHEN NOT is_overdue
        THEN row_number() OVER (PARTITION BY loan_id, clean_run, is_overdue ORDER BY month_end) END AS clean_streak,
    CASE WHEN worst_low = worst_high THEN worst_low END AS worst_dpd,
    {{firsts}},
    is_cured,
    last_value(CASE WHEN is_cured THEN month_end END IGNORE NULLS) OVER loan AS cured_on,
    CASE WHEN status <> 'active' OR is_first THEN FALSE
        WHEN is_overdue IS NULL THEN NULL
        WHEN NOT is_overdue OR was_overdue THEN FALSE
        WHEN was_overdue IS NULL THEN NULL
        ELSE coalesce({month_number("month_end")} - {month_number("cured_on")} <= {_REDEFAULT_MONTHS}, FALSE)
        END AS is_redefault,
    is_restructured,
    lent AS lent_minor,
    CASE WHEN status IN ('sold', 'repossessed') THEN 0 ELSE rest END AS repaid_minor,
    written_off AS principal_written_off_minor,
    {{exits}},
    CASE WHEN fall < 0 THEN -fall ELSE fall - fall END AS reclassified_minor,
    {{blanks}}
FROM marked
WINDOW loan AS (PARTITION BY loan_id ORDER BY month_end)
"""
_BALANCE_FIRST = (
    "max(CASE WHEN month_end = first_over_{days}_on THEN balance_minor END) OVER loan"
    " AS balance_first_over_{days}_minor"
)
_EXIT = "CASE WHEN status = '{kind}' THEN rest WHEN is_covered THEN 0 END AS principal_{kind}_minor"
# A tape does not say these; nothing is overdue on a loan that has left.
_NOTHING_AFTER_EXIT = (
    "overdue_principal_minor",
    "overdue_interest_minor",
    "overdue_fee_minor",
    "overdue_penalty_minor",
    "n_overdue_instalments",
)
_NEVER_SAID = (
    "credit_minor",
    "advanced_minor",
    "is_extended",
    "schedule_no",
    "principal_waived_minor",
    "fell_overdue_minor",
    "overdue_collected_minor",
    "overdue_waived_minor",
    "overdue_rescheduled_minor",
    "overdue_written_off_minor",
    "overdue_sold_minor",
    "received_minor",
    "recovered_minor",
)


def _query(model: TapeModel) -> str:
    """Return the query over ``loan``, ``loan_tape`` and ``grid``, one step after another."""
    firsts = ",\n    ".join(_FIRSTS.format(days=days) for days in _THRESHOLDS)
    shown = [f"first_over_{days}_on, {_BALANCE_FIRST.format(days=days)}" for days in _THRESHOLDS]
    blanks = [f"CASE WHEN status <> 'active' THEN 0 END AS {name}" for name in _NOTHING_AFTER_EXIT]
    blanks += [f"NULL AS {name}" for name in _NEVER_SAID]
    steps = {
        "report": REPORTS,
        "counting": COUNTING,
        "observed": observed(model.carried_months),
        "moved": _MOVED,
        "marked": _MARKED.format(unbounded=_UNBOUNDED, firsts=firsts),
    }
    chain = ",\n".join(f"{name} AS ({query})" for name, query in steps.items())
    rows = _ROWS.format(
        firsts=", ".join(shown),
        exits=", ".join(_EXIT.format(kind=kind) for kind in ("sold", "repossessed")),
        blanks=", ".join(blanks),
    )
    return f"WITH {chain} {rows} ORDER BY loan_id, month_end"


def tape_months(
    loan: pa.Table,
    loan_tape: pa.Table,
    *,
    grid: Sequence[date],
    reported_on: Sequence[date],
    model: TapeModel = TapeModel(),
) -> pa.Table:
    """Return LOAN_MONTH of the loans with rows in ``loan_tape``, sorted by loan and date.

    Rows run over the dates of ``grid`` from the loan's disbursement (its first report where that is not known)
    until it leaves: that row has balance 0 and the way it left, and none follows. A date shows the loan's last
    report on or before it, as ``observed_on`` says; figures are those of that day and not carried further.
    Before the first report, and where the loan is not in the lender's latest tape though it was never closed,
    the row is there and nothing in it is known.

    Days past due known only as a range are in ``dpd_low`` and ``dpd_high``, and whatever the two ends decide
    differently (bucket, first time over 30) is unknown. The balance walk closes on opening, lent, repaid,
    written off, sold, repossessed and reclassified: a fall that is not reported as lost, sold or repossessed
    counts as repaid. A loss is counted once, at the exit, and never above the fall. Cash, waivers, and what
    fell overdue or was collected cannot be known.

    Args:
        loan: Contract table.
        loan_tape: Contract table; rows after the last date of ``grid`` don't exist.
        grid: Observation dates, rising: month-ends and the as-of date.
        reported_on: All dates of the lender's tape, whichever loans it has; they say which tape is the latest.
        model: Conventions.
    """
    tables = {"loan": loan, "loan_tape": loan_tape, "grid": _dated(grid, sorted(reported_on))}
    return run(_query(model), LOAN_MONTH.schema(), tables)


def _dated(grid: Sequence[date], reported_on: Sequence[date]) -> pa.Table:
    """Return the grid with the date of the lender's latest tape on or before each date."""
    told = [bisect_right(reported_on, on) for on in grid]
    return pa.table(
        {
            "month_end": pa.array(grid, pa.date32()),
            "told_on": pa.array([reported_on[n - 1] if n else None for n in told], pa.date32()),
        }
    )
