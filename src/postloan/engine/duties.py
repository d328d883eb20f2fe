"""Duties evaluated: due, done, and in what state; one row per duty, subject and deadline.

Over-visiting one subject does not offset another (F-43): every duty looks for evidence of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import reduce
from typing import Any

import ibis
import pyarrow as pa

from postloan.engine.warnings import shaped
from postloan.model.contract import Kind
from postloan.model.duty import DUTY, After, Duty, Every
from postloan.model.tables import TABLES
from postloan.model.workdays import after_workdays

Tables = Callable[[str], ibis.Table]
_PERIODS_BACK = {"week": 13, "half_month": 6, "month": 3, "quarter": 2, "half_year": 1}
_MONTHS_OF = {"month": 1, "quarter": 3, "half_year": 6}
_MONTHS_SHOWN = 3
_KEYS = ("loan_id", "customer_id", "branch", "staff_id")
_OPEN_STATUS = "active"
_SUBJECTS = {"loan": "loan_id", "customer": "customer_id", "branch": "branch"}
# Where the loan of a row stands that names only what it belongs to.
_PARENT = {"collateral_id": "collateral", "legal_case_id": "legal_case", "case_id": "collection_case"}


def duty_rows(duty: Duty, table: Tables, as_of: date) -> ibis.Table:
    """Return rows of table ``duty`` for one duty: those due in the last months and in the one to come.

    Args:
        duty: What is owed.
        table: Opens the contract tables.
        as_of: What was done later was not done; what is due later is not yet due.
    """
    owed = (
        _after(duty, duty.due, table, as_of)
        if isinstance(duty.due, After)
        else _every(duty, duty.due, table, as_of)
    )
    owed = _placed(owed, duty, table)
    if duty.only_active:
        owed = _active(owed, duty, table, as_of)
    found = _shown(duty, owed, table, as_of)
    t = owed.left_join(found, ["subject_id", "due_at"]).drop("subject_id_right", "due_at_right")
    end = ibis.literal(as_of).cast("timestamp") + ibis.interval(days=1)
    state = ibis.cases(
        (t.done_at.notnull() & (t.done_at <= t.due_at), "done"),
        (t.done_at.notnull(), "late"),
        (t.due_at >= end, "not_due"),
        else_="missed",
    )
    t = t.mutate(duty=ibis.literal(duty.name), duty_state=state, month=t.due_on.truncate("M").cast("date"))
    # What is renewed again and again stays undone until it is done, however old the deadline.
    t = t.filter((t.due_on >= ibis.literal(_window(as_of)[0])) | (t.duty_state == "missed"))
    return shaped(t, DUTY)


def _end_of(day: Any) -> Any:
    """Return the last second of a day."""
    return day.cast("timestamp") + ibis.interval(days=1) - ibis.interval(seconds=1)


def _window(as_of: date) -> tuple[date, date]:
    """Return the first day and the last of the deadlines that are looked at."""
    month = as_of.year * 12 + as_of.month
    first, last = month - _MONTHS_SHOWN, month + 1
    return date(first // 12, first % 12 + 1, 1), date(last // 12, last % 12 + 1, 1) - timedelta(days=1)


def _after(duty: Duty, due: After, table: Tables, as_of: date) -> ibis.Table:
    """Return what each row of a table calls for, with the day from which evidence counts."""
    t = table(due.table)
    t = t.filter(t[due.column].notnull())
    is_moment = TABLES[due.table].column(due.column).kind is Kind.MOMENT
    t = t.mutate(event_on=t[due.column].date() if is_moment else t[due.column])
    if due.term not in _AHEAD:
        t = t.filter(t.event_on <= ibis.literal(as_of))  # what has not happened calls for nothing
    t = _deadline(t, due)
    first, last = _window(as_of)
    t = t.filter(t.due_on <= ibis.literal(last))
    t = _with_loan(t if _is_same(duty) else t.filter(t.due_on >= ibis.literal(first)), table)
    if duty.open_days is None:
        opens_on = t.event_on
    else:
        opens_on = (t.due_on - ibis.interval(days=duty.open_days)).cast("date")
    own = t[duty.done.column] if _is_own(duty) else ibis.null("timestamp")
    keys = [name for name in dict.fromkeys((*_KEYS, duty.done.by)) if name in t.columns]
    subject = _subject(duty, t)
    return t.select(
        *keys,
        subject_id=subject,
        due_on=t.due_on,
        due_at=t.due_at,
        from_on=opens_on,
        own_at=own.cast("timestamp"),
    ).distinct()


def _with_loan(t: ibis.Table, table: Tables) -> ibis.Table:
    """Return rows with the loan of what they belong to, where they do not name one themselves."""
    for key, parent in _PARENT.items():
        if key in t.columns and "loan_id" not in t.columns:
            of = table(parent).select(key, "loan_id")
            t = t.left_join(of, key).drop(f"{key}_right")
    return t


def _is_own(duty: Duty) -> bool:
    """Say whether the row that calls for the duty tells itself when it was done."""
    due = duty.due
    same_table = isinstance(due, After) and duty.done.table == due.table
    return duty.about == "row" and same_table and isinstance(due, After) and duty.done.column != due.column


_AHEAD = ("end_of_month_before", "days")  # deadlines that may lie before the day they are counted from


def _subject(duty: Duty, t: ibis.Table) -> Any:
    if duty.about in _SUBJECTS:
        return t[_SUBJECTS[duty.about]]
    assert isinstance(duty.due, After)  # a row calls for it
    parts = [t[name].cast("string") for name in TABLES[duty.due.table].grain]
    return reduce(lambda one, other: one + "·" + other, parts)


def _deadline(t: ibis.Table, due: After) -> ibis.Table:
    """Return rows with ``due_on`` and ``due_at``."""
    number = due.number
    if due.term == "hours":
        at = t[due.column] + ibis.interval(hours=number)
        return t.mutate(due_at=at, due_on=at.date())
    if due.term == "working_days":
        t = t.join(_workdays(t, number), "event_on")
        return t.mutate(due_at=_end_of(t.due_on))
    month, week = t.event_on.truncate("M"), t.event_on.truncate("W")
    on = {
        "days": t.event_on + ibis.interval(days=number),
        "months": t.event_on + ibis.interval(months=number),
        "day_of_next_month": month + ibis.interval(months=1) + ibis.interval(days=number - 1),
        "end_of_month_before": month - ibis.interval(days=1),
        "end_of_week": week + ibis.interval(days=6),
    }[due.term].cast("date")
    t = t.mutate(due_on=on)
    return t.mutate(due_at=_end_of(t.due_on))


def _workdays(t: ibis.Table, number: int) -> ibis.Table:
    """Return the deadline of each day on which something happened; raises Fault for a year without a calendar."""
    days = sorted(t.select("event_on").distinct().to_pyarrow()["event_on"].to_pylist())
    due = [after_workdays(day, number) for day in days]
    rows = pa.table({"event_on": pa.array(days, pa.date32()), "due_on": pa.array(due, pa.date32())})
    return ibis.memtable(rows)


def periods(every: Every, as_of: date) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of the periods that are looked at: some past ones, the present and the next."""
    back = _PERIODS_BACK[every.period]
    for number in range(-back, 2):
        yield _period(every.period, as_of, number)


def _period(period: str, as_of: date, number: int) -> tuple[date, date]:
    if period == "week":
        monday = as_of - timedelta(days=as_of.weekday()) + timedelta(weeks=number)
        return monday, monday + timedelta(days=6)
    if period == "half_month":
        half = (as_of.year * 12 + as_of.month - 1) * 2 + (as_of.day > 15) + number
        begin = _first(half // 2)
        return (begin, begin.replace(day=15)) if half % 2 == 0 else (begin.replace(day=16), _last(half // 2))
    length = _MONTHS_OF[period]
    start = (as_of.year * 12 + as_of.month - 1) // length * length + number * length
    return _first(start), _last(start + length - 1)


def _first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _last(month: int) -> date:
    return _first(month + 1) - timedelta(days=1)


def _every(duty: Duty, due: Every, table: Tables, as_of: date) -> ibis.Table:
    """Return who owes what in each period: those that were there when it began."""
    spans = [span for span in periods(due, as_of)]
    rows = pa.table(
        {
            "from_on": pa.array([first for first, _ in spans], pa.date32()),
            "due_on": pa.array([last for _, last in spans], pa.date32()),
        }
    )
    position = table("position")
    dates = position.filter(position.month_end <= ibis.literal(as_of)).select("month_end").distinct()
    both = ibis.memtable(rows).cross_join(dates)
    opening = (
        both.filter(both.month_end < both.from_on)
        .group_by(["from_on", "due_on"])
        .agg(month_end=both.month_end.max())
    )
    t = opening.join(_population(duty, table), "month_end")
    t = t.mutate(due_at=_end_of(t.due_on), own_at=ibis.null("timestamp"))
    return t.drop("month_end")


def _population(duty: Duty, table: Tables) -> ibis.Table:
    """Return the subjects at each observation date."""
    position, customer = table("position"), table("customer")
    t = position.filter(position.status == _OPEN_STATUS)
    if "size_class" in duty.who:
        t = t.left_join(customer.select("customer_id", "size_class"), "customer_id").drop("customer_id_right")
    for name, values in duty.who.items():
        t = t.filter(t[name].isin(values))
    t = _as_late(t, duty)
    if duty.about == "branch":
        found = t.filter(t.branch.notnull()).select("branch", "month_end").distinct()
        return found.mutate(subject_id=found.branch)
    if duty.about == "customer":
        found = t.group_by(["customer_id", "month_end"]).agg(
            branch=t.branch.max(), staff_id=t.officer_id.max()
        )
        return found.mutate(subject_id=found.customer_id)
    return t.select(
        "loan_id", "customer_id", "branch", "month_end", subject_id=t.loan_id, staff_id=t.officer_id
    )


def _as_late(t: ibis.Table, duty: Duty) -> ibis.Table:
    """Return the loans that are as late as a duty asks; a customer is as late as its latest loan."""
    if duty.about == "customer":
        own = ibis.window(group_by=["customer_id", "month_end"])
        t = t.mutate(dpd=t.dpd.max().over(own), worst_dpd=t.worst_dpd.max().over(own))
    for column, bounds in (("dpd", duty.dpd), ("worst_dpd", duty.worst_dpd)):
        if bounds.over is not None:
            t = t.filter(t[column] > bounds.over)
        if bounds.to is not None:
            t = t.filter(t[column] <= bounds.to)
    return t


def owned(t: ibis.Table, table: Tables) -> ibis.Table:
    """Return rows with customer, branch, product and owner: their own, else of their loan, else of their staff."""
    loan, staff = table("loan"), table("staff")
    lent = loan.select(
        "loan_id",
        _branch=loan.branch,
        _product=loan["product"],
        _customer=loan.customer_id,
        _officer=loan.officer_id,
    )
    blank = {name: ibis.null("string") for name in _KEYS if name not in t.columns}
    t = t.mutate(**blank).left_join(lent, "loan_id").drop("loan_id_right")
    t = t.mutate(
        product=t["_product"],
        customer_id=t.customer_id.coalesce(t["_customer"]),
        staff_id=t.staff_id.coalesce(t["_officer"]),
    )
    t = t.left_join(staff.select("staff_id", _place=staff.branch), "staff_id").drop("staff_id_right")
    t = t.mutate(branch=t.branch.coalesce(t["_branch"], t["_place"]))
    return t.drop("_branch", "_product", "_customer", "_officer", "_place")


def _placed(owed: ibis.Table, duty: Duty, table: Tables) -> ibis.Table:
    """Return rows with whom they concern; of a duty about some customers only, theirs."""
    t = owned(owed, table)
    return _meant(t, duty, table) if isinstance(duty.due, After) and duty.who else t


def _meant(t: ibis.Table, duty: Duty, table: Tables) -> ibis.Table:
    """Return the rows of the customers that a duty is about."""
    customer = table("customer")
    for name, values in duty.who.items():
        if name in customer.columns:
            customer = customer.filter(customer[name].isin(values))
        else:
            t = t.filter(t[name].isin(values))
    return t.semi_join(customer, "customer_id")


def _active(owed: ibis.Table, duty: Duty, table: Tables, as_of: date) -> ibis.Table:
    """Return the duties whose loan was active at the last observation date before the month of the deadline.

    What is renewed again and again is owed as long as the loan is active: at ``as_of``.
    """
    position = table("position")
    active = position.filter(position.status == _OPEN_STATUS).select(
        "loan_id", observed_on=position.month_end
    )
    before = (owed.due_on.truncate("M") - ibis.interval(days=1)).cast("date")
    on = ibis.literal(as_of)
    t = owed.mutate(observed_on=on if _is_same(duty) else ibis.least(before, on))
    return t.semi_join(active, ["loan_id", "observed_on"]).drop("observed_on")


def _shown(duty: Duty, owed: ibis.Table, table: Tables, as_of: date) -> ibis.Table:
    """Return the first evidence of each duty by the end of ``as_of``."""
    done, end = duty.done, ibis.literal(as_of).cast("timestamp") + ibis.interval(days=1)
    if _is_own(duty):
        own = owed.filter(owed.own_at.notnull(), owed.own_at < end)
        return own.group_by(["subject_id", "due_at"]).agg(done_at=own.own_at.min())
    t = table(done.table)
    for name, values in done.codes.items():
        t = t.filter(t[name].isin(values))
    t = t.select(_key=t[done.by], shown_at=t[done.column].cast("timestamp"))
    both = owed.select("subject_id", "due_at", "from_on", _key=owed[done.by]).join(
        t.filter(t.shown_at < end), "_key"
    )
    begin = both.from_on.cast("timestamp")
    counted = both.filter(both.shown_at > begin if _is_same(duty) else both.shown_at >= begin)
    if isinstance(duty.due, Every):
        counted = counted.filter(counted.shown_at <= counted.due_at)  # of its own period
    return counted.group_by(["subject_id", "due_at"]).agg(done_at=counted.shown_at.min())


def _is_same(duty: Duty) -> bool:
    """Say whether the evidence is a later row of the table that calls for the duty, such as the next valuation."""
    return isinstance(duty.due, After) and (duty.done.table, duty.done.column) == (
        duty.due.table,
        duty.due.column,
    )
