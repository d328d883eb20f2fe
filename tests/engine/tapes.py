"""Plain records for one loan's reports, the contract tables made of them, and a slow twin of the tape."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from ledgers import table

from postloan.model.buckets import BUCKETS
from postloan.model.delivered import LOAN, LOAN_TAPE
from postloan.model.derived import LOAN_MONTH

Row = dict[str, Any]
NO_LIMIT = 10**9


@dataclass(frozen=True)
class Report:
    observed_on: date
    dpd: int | None = None
    paid_through_on: date | None = None
    payment_months: int | None = None
    dpd_low: int | None = None
    dpd_high: int | None = None
    balance_minor: int | None = None
    overdue_minor: int | None = None
    is_restructured: bool | None = None
    exit_kind: str | None = None
    closed_on: date | None = None
    loss_minor: int | None = None


@dataclass(frozen=True)
class Taped:
    loan_id: str
    principal_minor: int
    disbursed_on: date | None
    reports: tuple[Report, ...]
    grace_days: int | None = None
    is_restructured: bool | None = None


def loan_table(loans: Iterable[Taped]) -> pa.Table:
    own = ("loan_id", "principal_minor", "disbursed_on", "grace_days", "is_restructured")
    return table(LOAN, ({name: getattr(one, name) for name in own} for one in loans))


def tape_table(loans: Iterable[Taped]) -> pa.Table:
    return table(
        LOAN_TAPE,
        ({"loan_id": one.loan_id, **asdict(report)} for one in loans for report in one.reports),
    )


# The twin ---------------------------------------------------------------------------------------------


def month_number(day: date) -> int:
    return day.year * 12 + day.month


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def span(report: Report) -> tuple[int | None, int | None]:
    """Return the least and most days past due; NO_LIMIT for a range that has no upper end."""
    if report.dpd is not None:
        return report.dpd, report.dpd
    if report.paid_through_on is not None:
        due = months_later(report.paid_through_on, report.payment_months or 1)
        days = max(0, (report.observed_on - due).days)
        return days, days
    if report.dpd_low is None:
        return None, None
    return report.dpd_low, NO_LIMIT if report.dpd_high is None else report.dpd_high


def exit_of(report: Report) -> str | None:
    if report.exit_kind is not None:
        return report.exit_kind
    if report.closed_on is not None and report.closed_on <= report.observed_on:
        return "written_off" if report.loss_minor else "settled"
    return None


@dataclass
class Said:
    """One report that counts: what stands in it, and the loss that its later repetitions tell."""

    report: Report
    status: str | None
    loss: int | None


def counting(taped: Taped, as_of: date) -> list[Said]:
    """Return the reports that count: neither repetitions of a close, nor blank rows after it."""
    found: list[Said] = []
    largest: int | None = None
    for report in sorted(taped.reports, key=lambda one: one.observed_on):
        if report.observed_on > as_of:
            break
        if report.loss_minor is not None:
            largest = max(largest or 0, report.loss_minor)
        is_closed = bool(found) and found[-1].status is not None
        says_open = exit_of(report) is None and (report.balance_minor or 0) > 0
        if is_closed and not says_open:
            found[-1].loss = largest
        else:
            found.append(Said(report, exit_of(report), largest))
    return found


def rows_of(taped: Taped, grid: list[date], told: list[date], carried_months: int) -> Iterator[Row]:
    """Yield the stock of each date: nothing known where no report covers it."""
    said = counting(taped, grid[-1])
    if not said:
        return
    since = taped.disbursed_on or said[0].report.observed_on
    for position, on in enumerate(grid):
        if on < since:
            continue
        before = grid[position - 1] if position else date.min
        slots = [one for one in said if one.report.observed_on <= on and slot(one, grid) >= since]
        last = slots[-1] if slots else None
        if last is not None and last.status is not None and last.report.observed_on <= before:
            continue
        latest = max((day for day in told if day <= on), default=None)
        yield stock(taped, on, last, is_covered(on, last, latest, carried_months))


def slot(said: Said, grid: list[date]) -> date:
    return min(day for day in grid if day >= said.report.observed_on)


def is_covered(on: date, last: Said | None, latest: date | None, carried_months: int) -> bool:
    if last is None or latest is None:
        return False
    if last.status is not None:
        return True
    is_latest = month_number(last.report.observed_on) == month_number(latest)
    return is_latest and month_number(on) - month_number(latest) <= carried_months


def stock(taped: Taped, on: date, last: Said | None, covered: bool) -> Row:
    has_left = last is not None and last.status is not None
    is_open = covered and not has_left
    low, high = span(last.report) if is_open and last else (None, None)
    report = last.report if last else None
    return {
        "loan_id": taped.loan_id,
        "month_end": on,
        "mob": None if taped.disbursed_on is None else month_number(on) - month_number(taped.disbursed_on),
        "status": last.status if last and last.status else "active",
        "observed_on": report.observed_on if covered and report else None,
        "low": low,
        "high": high,
        "balance_minor": 0 if has_left else report.balance_minor if is_open and report else None,
        "overdue_minor": 0 if has_left else report.overdue_minor if is_open and report else None,
        "covered": covered,
        "said_restructured": report.is_restructured if report else None,
        "loss": last.loss if last else None,
    }


def over(row: Row, days: int) -> bool | None:
    """Return three-valued: surely over, surely not, or not to be known."""
    if row["low"] is None:
        return None
    if row["low"] > days:
        return True
    return False if row["high"] <= days else None


def bucket(row: Row) -> int | None:
    if row["low"] is None:
        return None
    found = {next(i for i, one in enumerate(BUCKETS) if one.holds(row[end])) for end in ("low", "high")}
    return found.pop() if len(found) == 1 else None


def loan_months(taped: Taped, grid: list[date], told: list[date], carried_months: int = 1) -> list[Row]:
    """Return every row of a loan with all columns of LOAN_MONTH."""
    rows: list[Row] = []
    history: list[Row] = []
    for row in rows_of(taped, grid, told, carried_months):
        before = history[-1] if history else None
        history.append(row)
        row["overdue"] = over(row, 0)
        row["is_restructured"] = restructured(taped, row, history)
        full = dict.fromkeys(LOAN_MONTH.names())
        full |= {name: row[name] for name in full if name in row}
        full |= days_of(taped, row, history) | moved(taped, row, before) | marks(row, before, rows)
        rows.append(full)
    return rows


def restructured(taped: Taped, row: Row, history: list[Row]) -> bool | None:
    if taped.is_restructured or any(one["said_restructured"] for one in history):
        return True
    if not row["covered"]:
        return None
    said: bool | None = row["said_restructured"]
    return taped.is_restructured if said is None else said


def days_of(taped: Taped, row: Row, history: list[Row]) -> Row:
    exact = row["low"] if row["low"] == row["high"] else None
    known = [one for one in history if one["low"] is not None]
    worst = {max(one[end] for one in known) if known else None for end in ("low", "high")}
    found: Row = {
        "dpd": exact,
        "delinquent_days": None if exact is None else max(0, exact - (taped.grace_days or 0)),
        "dpd_low": row["low"] if exact is None else None,
        "dpd_high": row["high"] if exact is None and row["high"] != NO_LIMIT else None,
        "bucket": bucket(row),
        "previous_bucket": bucket(history[-2]) if len(history) > 1 else None,
        "worst_dpd": worst.pop() if len(worst) == 1 else None,
        "overdue_streak": streak(history, True),
        "clean_streak": streak(history, False),
    }
    for days in (30, 60, 90):
        first = first_over(history, days)
        found[f"first_over_{days}_on"] = first["month_end"] if first else None
        found[f"balance_first_over_{days}_minor"] = first["balance_minor"] if first else None
    return found


def first_over(history: list[Row], days: int) -> Row | None:
    for one in history:
        if over(one, days):
            return one
        if one["low"] is not None and over(one, days) is None:
            return None
    return None


def streak(history: list[Row], kind: bool) -> int | None:
    if history[-1]["overdue"] is None:
        return None
    length = 0
    for one in reversed(history):
        if one["overdue"] is not kind:
            break
        length += 1
    return length


def moved(taped: Taped, row: Row, before: Row | None) -> Row:
    """Return how the balance got from one date to the next, blank where an end of it is not known."""
    lent: int | None = 0
    opening: int | None
    if before is None:
        lent = opening = None
        if taped.disbursed_on is not None:
            lent, opening = taped.principal_minor, 0
    else:
        opening = 0 if before["status"] != "active" else before["balance_minor"]
    is_known = None not in (opening, lent, row["balance_minor"])
    fall = opening + lent - row["balance_minor"] if is_known else None  # type: ignore[operator]
    lost = written_off(row, before, fall)
    rest = None if fall is None or lost is None else max(fall, 0) - lost
    if fall is not None and fall < 0:
        rest = 0
    exits = {kind: row["status"] == kind for kind in ("sold", "repossessed")}
    return {
        "lent_minor": lent,
        "repaid_minor": 0 if any(exits.values()) else rest,
        "principal_written_off_minor": lost,
        **{f"principal_{k}_minor": rest if v else 0 if row["covered"] else None for k, v in exits.items()},
        "reclassified_minor": None if fall is None else max(-fall, 0),
    }


def written_off(row: Row, before: Row | None, fall: int | None) -> int | None:
    if not row["covered"] or (row["status"] == "active" and fall is None):
        return None
    if row["loss"] is None and row["status"] == "written_off":
        return None
    lost = (row["loss"] or 0) - ((before["loss"] or 0) if before else 0)
    return lost if fall is None else int(min(lost, max(fall, 0)))


def marks(row: Row, before: Row | None, rows: list[Row]) -> Row:
    nothing = {"overdue_principal_minor", "overdue_interest_minor", "overdue_fee_minor"}
    nothing |= {"overdue_penalty_minor", "n_overdue_instalments"}
    cured = is_cured(row, before)
    dates = [one["month_end"] for one in rows if one["is_cured"]] + ([row["month_end"]] if cured else [])
    return {
        "is_cured": cured,
        "cured_on": dates[-1] if dates else None,
        "is_redefault": is_redefault(row, before, dates[-1] if dates else None),
        "is_restructured": row["is_restructured"],
        **dict.fromkeys(nothing, 0 if row["status"] != "active" else None),
    }


def is_cured(row: Row, before: Row | None) -> bool | None:
    if row["status"] != "active" or before is None:
        return False
    if row["overdue"] is None:
        return None
    if row["overdue"] or before["overdue"] is False:
        return False
    if before["overdue"] is None:
        return None
    if before["is_restructured"] or row["is_restructured"] is False:
        return True
    return None if None in (row["is_restructured"], before["is_restructured"]) else False


def is_redefault(row: Row, before: Row | None, cured_on: date | None) -> bool | None:
    if row["status"] != "active" or before is None:
        return False
    if row["overdue"] is None:
        return None
    if not row["overdue"] or before["overdue"]:
        return False
    if before["overdue"] is None:
        return None
    return cured_on is not None and month_number(row["month_end"]) - month_number(cured_on) <= 6
