"""The three outputs as the slow twin sees them: rows as plain dictionaries."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledgers import Ledger, Payment
from twin import Life
from twin_lived import added, lived, taken

from postloan.engine.replay_model import ReplayModel
from postloan.model.buckets import BUCKETS
from postloan.model.derived import TAPE_COLUMNS

Row = dict[str, Any]
WALK_FLOWS = (
    "lent_minor",
    "repaid_minor",
    "principal_waived_minor",
    "principal_written_off_minor",
    "principal_sold_minor",
    "principal_repossessed_minor",
    "reclassified_minor",
    "fell_overdue_minor",
    "overdue_collected_minor",
    "overdue_waived_minor",
    "overdue_rescheduled_minor",
    "overdue_written_off_minor",
    "overdue_sold_minor",
)


# Loan months ------------------------------------------------------------------------------------------


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def bucket(dpd: int | None) -> int | None:
    if dpd is None:
        return None
    return next(i for i, one in enumerate(BUCKETS) if one.holds(dpd))


@dataclass
class Memory:
    """What a row needs to know of the rows before it."""

    dpd: int | None = None
    was_known: bool = False
    has_left: bool = False
    overdue_streak: int = 0
    clean_streak: int = 0
    worst: int | None = None
    cured_on: date | None = None


def loan_months(ledger: Ledger, model: ReplayModel, as_of: date) -> list[Row]:
    disbursed_on = ledger.disbursed_on
    if disbursed_on is None or disbursed_on > as_of:
        return []
    rows: list[Row] = []
    memory = Memory()
    firsts: Row = {}
    flows: dict[str, int] = {}
    for today, evening in lived(ledger, model, as_of):
        if not flows:
            flows = disbursement(ledger, evening.life, as_of)
        flows = added(flows, evening.flows)
        if today < disbursed_on or today not in (month_end(today), as_of):
            continue
        if model.dpd_convention == "inclusive":
            evening.life.evening(today)
            flows = added(flows, taken(evening.life))
        row = stock(evening.life, ledger, model, today)
        row |= marks(row, memory, flows, today)
        note_firsts(firsts, row, today)
        row |= firsts | walks(flows, evening.life.is_known() or memory.was_known)
        has_moved = row["received_minor"] or row["recovered_minor"]
        if row["status"] == "active" or not memory.has_left or has_moved:
            rows.append(row)
        memory.has_left, memory.dpd = row["status"] != "active", row["dpd"]
        memory.was_known = evening.life.is_known()
        flows = {"received_minor": 0}
    return rows


def walks(flows: dict[str, int], is_known: bool) -> Row:
    """Return what moved; the walks are blank where the balance is known neither before nor now."""
    cash = {name: flows.get(name, 0) for name in ("received_minor", "recovered_minor")}
    return cash | {name: flows.get(name, 0) if is_known else None for name in WALK_FLOWS}


def disbursement(ledger: Ledger, life: Life, as_of: date) -> dict[str, int]:
    first_plan = Life(ledger, life.model, as_of, frozenset()).in_force()
    planned = sum(due.facts.principal_minor for due in first_plan)
    return {"lent_minor": ledger.principal_minor, "reclassified_minor": planned - ledger.principal_minor}


def stock(life: Life, ledger: Ledger, model: ReplayModel, today: date) -> Row:
    assert ledger.disbursed_on is not None
    is_active = life.status == "active"
    is_blank = is_active and not life.is_known()
    dpd = life.dpd(today)
    grace = model.grace_days if ledger.grace_days is None else ledger.grace_days
    overdue = life.overdue()
    late = [due for due in life.in_force() if due.has_fallen and not life.is_paid(due) and is_active]
    return {
        "loan_id": ledger.loan_id,
        "month_end": today,
        "mob": months_between(ledger.disbursed_on, today),
        "status": life.status,
        "dpd": dpd,
        "delinquent_days": None if dpd is None else max(0, dpd - grace),
        "bucket": bucket(dpd),
        "balance_minor": None if is_blank else life.balance(),
        "overdue_minor": None if is_blank else sum(overdue.values()),
        **{f"overdue_{name}_minor": None if is_blank else amount for name, amount in overdue.items()},
        "n_overdue_instalments": None if is_blank else len(late),
        "credit_minor": life.credit(),
        "advanced_minor": life.advanced,
        "is_restructured": life.is_restructured,
        "is_extended": life.is_extended,
        "schedule_no": life.plan or None,
        **dict.fromkeys(TAPE_COLUMNS),
    }


def marks(row: Row, memory: Memory, flows: dict[str, int], today: date) -> Row:
    """Cure, re-default, streaks and the bucket before."""
    dpd, before = row["dpd"], memory.dpd
    is_cured = is_redefault = False
    if dpd == 0 and before is not None and before > 0:
        is_by_payment = not flows.get("moves") and not flows.get("overdue_waived_minor")
        is_cured = is_by_payment and row["n_overdue_instalments"] == 0
    if dpd is not None and dpd > 0 and before == 0 and memory.cured_on is not None:
        is_redefault = months_between(memory.cured_on, today) <= 6
    if is_cured:
        memory.cured_on = today
    memory.overdue_streak = memory.overdue_streak + 1 if dpd is not None and dpd > 0 else 0
    memory.clean_streak = memory.clean_streak + 1 if dpd == 0 else 0
    if dpd is not None:
        memory.worst = dpd if memory.worst is None else max(dpd, memory.worst)
    is_blank = row["status"] == "active" and dpd is None
    return {
        "previous_bucket": bucket(before),
        "is_cured": None if is_blank else is_cured,
        "is_redefault": None if is_blank else is_redefault,
        "cured_on": memory.cured_on,
        "overdue_streak": None if dpd is None else memory.overdue_streak,
        "clean_streak": None if dpd is None else memory.clean_streak,
        "worst_dpd": memory.worst,
    }


def note_firsts(firsts: Row, row: Row, today: date) -> None:
    for over in (30, 60, 90):
        firsts.setdefault(f"first_over_{over}_on", None)
        firsts.setdefault(f"balance_first_over_{over}_minor", None)
        if row["dpd"] is not None and row["dpd"] > over and firsts[f"first_over_{over}_on"] is None:
            firsts[f"first_over_{over}_on"] = today
            firsts[f"balance_first_over_{over}_minor"] = row["balance_minor"]


# Outcomes and allocations -----------------------------------------------------------------------------


def last_evening(ledger: Ledger, model: ReplayModel, as_of: date) -> Life | None:
    if ledger.disbursed_on is None or ledger.disbursed_on > as_of:
        return None
    life = None
    for _, evening in lived(ledger, model, as_of):
        life = evening.life
    return life


def outcomes(life: Life, as_of: date) -> list[Row]:
    rows = []
    for due in life.dues:
        if due.plan not in life.plans_seen:
            continue
        owed = due_amount(due.facts)
        paid_off, superseded = due.paid_off_on, due.superseded_on
        if life.is_paid(due) and paid_off is None and due.on <= as_of:
            paid_off = due.on
        if not life.is_paid(due) and due.plan == life.plan and life.status != "active":
            if life.status == "settled":
                paid_off = life.left_on
            else:
                superseded = life.left_on
        done_on = max((day for day in (paid_off, superseded) if day is not None), default=None)
        is_late = done_on is None or done_on > due.on
        rows.append(
            {
                "loan_id": life.ledger.loan_id,
                "schedule_no": due.plan,
                "instalment_no": due.facts.instalment_no,
                "due_on": due.on,
                "due_minor": owed,
                "paid_minor": owed - due.total_left(),
                "paid_off_on": paid_off,
                "superseded_on": superseded,
                "worst_dpd": life.lateness(due.on, done_on or as_of) if is_late else 0,
            }
        )
    return rows


def due_amount(facts: Any) -> int:
    return int(
        facts.principal_minor
        + (facts.interest_minor or 0)
        + (facts.fee_minor or 0)
        + (facts.penalty_minor or 0)
    )


def allocations(life: Life) -> list[Row]:
    rows: dict[tuple[Any, ...], Row] = {}
    for one in life.allocations:
        plan, number = (one.due.plan, one.due.facts.instalment_no) if one.due else (0, 0)
        is_overdue = one.due is not None and one.on > one.due.on
        add_row(
            rows, life, one.payment, (one.on, plan, number, one.component), one.amount, one.dpd, is_overdue
        )
    for credit in life.credits:
        if credit.unapplied > 0:
            key = (credit.payment.paid_on, 0, 0, "credit")
            add_row(rows, life, credit.payment, key, credit.unapplied, credit.dpd, False)
    return list(rows.values())


def add_row(
    rows: dict[tuple[Any, ...], Row],
    life: Life,
    payment: Payment,
    key: tuple[date, int, int, str],
    amount: int,
    dpd: int | None,
    is_overdue: bool,
) -> None:
    row = rows.setdefault(
        (payment.payment_id, *key),
        {
            "loan_id": life.ledger.loan_id,
            "payment_id": payment.payment_id,
            **dict(zip(("applied_on", "schedule_no", "instalment_no", "component"), key, strict=True)),
            "amount_minor": 0,
            "payer": payment.payer or "borrower",
            "dpd_before": dpd,
            "is_overdue": is_overdue,
        },
    )
    row["amount_minor"] += amount
