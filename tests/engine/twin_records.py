"""What the slow twin keeps of a ledger, and the order in which the facts of a day count."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from ledgers import Event, Instalment, Ledger, Payment

DAY = timedelta(days=1)
EXITS = {"write_off": "written_off", "sale": "sold", "repossession": "repossessed"}
# Within one day facts count in this order.
ORDER = (
    "reschedule",
    "extension",
    "waiver",
    "repayment",
    "early_repayment",
    "early_settlement",
    "refund",
    "guarantor_advance",
    "post_write_off_recovery",
    "settlement",
    "sale",
    "repossession",
    "write_off",
)


@dataclass
class Due:
    """An instalment and what is left of it."""

    facts: Instalment
    left: dict[str, int]
    has_fallen: bool = False
    paid_off_on: date | None = None
    superseded_on: date | None = None

    @property
    def plan(self) -> int:
        return self.facts.schedule_no or 1

    @property
    def on(self) -> date:
        return self.facts.due_on

    def total_left(self) -> int:
        return sum(self.left.values())


@dataclass
class Credit:
    """What a payment left over: what of it was never applied, and what of it can still be used."""

    payment: Payment
    dpd: int | None
    unapplied: int
    free: int


@dataclass
class Allocation:
    """A part of a payment that went to one component of one instalment."""

    payment: Payment
    on: date
    due: Due | None
    component: str
    amount: int
    dpd: int | None
    live: int = 0


@dataclass
class Flows:
    """Money that moved, by name of the column."""

    sums: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, amount: int) -> None:
        self.sums[name] = self.sums.get(name, 0) + amount


def order_of(fact: Payment | Event) -> tuple[int, str]:
    """Say when within its day a fact counts."""
    if isinstance(fact, Event):
        return ORDER.index(fact.event_kind), fact.event_id
    if fact.payer == "guarantor":
        return ORDER.index("guarantor_advance"), fact.payment_id
    return ORDER.index(fact.payment_kind or "repayment"), fact.payment_id


def plan_at_first(ledger: Ledger, as_of: date) -> int:
    """Return the lowest plan delivered, or 0 if the first reschedule is what brings it into force."""
    plans = [one.schedule_no or 1 for one in ledger.instalments]
    moves = [
        event
        for event in ledger.events
        if event.event_kind in ("reschedule", "extension") and event.schedule_no and event.event_on <= as_of
    ]
    moves.sort(key=lambda event: (event.event_on, order_of(event)))
    if not plans or (moves and moves[0].schedule_no == min(plans)):
        return 0
    return min(plans)


def facts_by_day(ledger: Ledger, cancelled: frozenset[str]) -> dict[date, list[Payment | Event]]:
    """Return what happens on each day, in the order in which it counts."""
    days: dict[date, list[Payment | Event]] = {}
    for event in ledger.events:
        if event.event_kind in ORDER:
            days.setdefault(event.event_on, []).append(event)
    for payment in ledger.payments:
        if payment.payment_kind != "reversal" and payment.payment_id not in cancelled:
            days.setdefault(payment.paid_on, []).append(payment)
    return {day: sorted(facts, key=order_of) for day, facts in days.items()}


def paused_days(ledger: Ledger, as_of: date) -> set[date]:
    """Each single day of each pause; a resume ends the pauses that have begun."""
    events = [event for event in ledger.events if event.event_on <= as_of]
    resumes = [event.event_on for event in events if event.event_kind == "resume"]
    days: set[date] = set()
    for pause in events:
        if pause.event_kind == "pause":
            day = pause.event_on
            while day < (pause.until_on or date.max) and day not in resumes and day <= as_of:
                days.add(day)
                day += DAY
    return days
