"""The slow twin of the replay: one loan, one day after another, in words a colleague can read aloud.

It shares no code with the engine. A ledger is lived through from its first day to its last; what a payment
that later bounced has done is found by living through the ledger again without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from ledgers import Event, Instalment, Ledger, Payment

from postloan.engine.replay_model import ReplayModel

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


class Life:
    """One ledger lived through day by day, without the payments in ``cancelled``."""

    def __init__(self, ledger: Ledger, model: ReplayModel, as_of: date, cancelled: frozenset[str]) -> None:
        self.ledger, self.model = ledger, model
        self.dues = [
            Due(
                one,
                {
                    "penalty": one.penalty_minor or 0,
                    "fee": one.fee_minor or 0,
                    "interest": one.interest_minor or 0,
                    "principal": one.principal_minor,
                },
            )
            for one in sorted(ledger.instalments, key=lambda one: (one.due_on, one.instalment_no))
        ]
        self.facts_by_day = facts_by_day(ledger, cancelled)
        self.as_of = as_of
        self.paused = self.paused_days()
        self.plan = plan_at_first(ledger, as_of)
        self.plans_seen = {self.plan}
        self.status = "active"
        self.left_on: date | None = None
        self.is_final = False
        self.credits: list[Credit] = []
        self.overdrawn = 0  # refunds beyond all that was ever paid
        self.allocations: list[Allocation] = []
        self.takeable: list[Allocation] = []  # what a refund may take back: paid on the plan in force
        self.advanced = 0
        self.is_restructured = bool(ledger.is_restructured)
        self.is_extended = False
        self.flows = Flows()
        if self.in_force() and self.is_all_paid() and ledger.disbursed_on is not None:
            self.settle(ledger.disbursed_on)

    # What can be said about the loan -----------------------------------------------------------------

    def in_force(self) -> list[Due]:
        return [due for due in self.dues if due.plan == self.plan]

    def is_paid(self, due: Due) -> bool:
        return due.total_left() <= self.model.tolerance_minor

    def is_all_paid(self) -> bool:
        return all(self.is_paid(due) for due in self.in_force())

    def is_known(self) -> bool:
        return bool(self.in_force())

    def credit(self) -> int:
        return sum(one.free for one in self.credits) - self.overdrawn

    def balance(self) -> int:
        if self.status != "active":
            return 0
        return sum(due.left["principal"] for due in self.in_force())

    def overdue(self) -> dict[str, int]:
        fallen = [due for due in self.in_force() if due.has_fallen and self.status == "active"]
        return {name: sum(due.left[name] for due in fallen) for name in self.model.allocation}

    def dpd(self, on: date) -> int | None:
        if self.status != "active" or not self.is_known():
            return None
        unpaid = [due.on for due in self.in_force() if not self.is_paid(due)]
        return self.lateness(min(unpaid), on) if unpaid else 0

    def lateness(self, due_on: date, on: date) -> int:
        """Days from the due date, less the days on which the clock stood still."""
        if on < due_on:
            return 0
        days = (on - due_on).days + (1 if self.model.dpd_convention == "inclusive" else 0)
        counted_from = date.min if self.model.pause_reading == "fineract" else due_on
        return max(0, days - sum(counted_from <= day < on for day in self.paused))

    def paused_days(self) -> set[date]:
        """Each single day of each pause; a resume ends the pauses that have begun."""
        events = [event for event in self.ledger.events if event.event_on <= self.as_of]
        resumes = [event.event_on for event in events if event.event_kind == "resume"]
        days: set[date] = set()
        for pause in events:
            if pause.event_kind == "pause":
                day = pause.event_on
                while day < (pause.until_on or date.max) and day not in resumes and day <= self.as_of:
                    days.add(day)
                    day += DAY
        return days

    # One day ------------------------------------------------------------------------------------------

    def morning(self, today: date) -> None:
        """What was due yesterday and is unpaid falls overdue; what is due today meets the credit."""
        self.evening(today - DAY)
        self.meet_credit(today)

    def day(self, today: date) -> None:
        """What happens today, in order; after each fact the loan may be done with."""
        for fact in self.facts_by_day.get(today, []):
            self.happens(fact, today)
            self.settle_if_done(fact, today)
            self.meet_credit(today)

    def evening(self, today: date) -> None:
        """Everything due today or before falls overdue with what is left of it."""
        if self.status == "active":
            for due in self.in_force():
                if due.on <= today and not due.has_fallen:
                    due.has_fallen = True
                    self.flows.add("fell_overdue_minor", due.total_left())

    # What can happen ----------------------------------------------------------------------------------

    def happens(self, fact: Payment | Event, today: date) -> None:
        if isinstance(fact, Payment):
            self.money(fact, today)
        elif fact.event_kind == "guarantor_advance":
            self.advanced += fact.amount_minor or 0
        elif fact.event_kind == "post_write_off_recovery":
            self.flows.add("recovered_minor", fact.amount_minor or 0)
        elif self.status == "active":
            if fact.event_kind in ("reschedule", "extension"):
                self.reschedule(fact, today)
            elif fact.event_kind == "waiver":
                self.waiver(fact, today)
            elif fact.event_kind in EXITS:
                self.leave(EXITS[fact.event_kind], today)

    def money(self, payment: Payment, today: date) -> None:
        is_refund = payment.payment_kind == "refund"
        sign = -1 if is_refund else 1
        if payment.payer == "guarantor":
            self.advanced += sign * payment.amount_minor
        elif self.status == "written_off":
            self.flows.add("recovered_minor", sign * payment.amount_minor)
        else:
            self.flows.add("received_minor", sign * payment.amount_minor)
            if is_refund:
                self.refund(payment, today)
            else:
                self.receive(payment, today)

    def receive(self, payment: Payment, today: date) -> None:
        dpd = self.dpd(today)
        rest = payment.amount_minor
        if self.status == "active":
            for due in self.in_force():
                if due.on <= today:
                    for component in self.model.allocation:
                        rest -= self.pay(payment, due, component, rest, today, dpd)
            if payment.payment_kind in ("early_repayment", "early_settlement"):
                for due in self.in_force():
                    rest -= self.pay(payment, due, "principal", rest, today, dpd)
        if rest > 0:
            fills = min(rest, self.overdrawn)
            self.overdrawn -= fills
            self.credits.append(Credit(payment, dpd, unapplied=rest, free=rest - fills))

    def pay(
        self, payment: Payment, due: Due, component: str, money: int, today: date, dpd: int | None
    ) -> int:
        amount = min(money, due.left[component])
        if amount > 0:
            self.take_off(due, component, amount, today)
            self.count(due, component, "repaid_minor", "overdue_collected_minor", amount)
            allocation = Allocation(payment, today, due, component, amount, dpd, live=amount)
            self.allocations.append(allocation)
            self.takeable.append(allocation)
        return amount

    def take_off(self, due: Due, component: str, amount: int, today: date) -> None:
        due.left[component] -= amount
        if self.is_paid(due) and due.paid_off_on is None:
            due.paid_off_on = today

    def count(self, due: Due, component: str, principal_flow: str, overdue_flow: str, amount: int) -> None:
        if component == "principal":
            self.flows.add(principal_flow, amount)
        if due.has_fallen:
            self.flows.add(overdue_flow, amount)

    def waive(self, due: Due, component: str, most: int, today: date) -> int:
        amount = min(most, due.left[component])
        if amount > 0:
            self.take_off(due, component, amount, today)
            self.count(due, component, "principal_waived_minor", "overdue_waived_minor", amount)
        return amount

    def meet_credit(self, today: date) -> None:
        """Credit pays what is due today or, where a new plan came with older due dates, before."""
        if self.status != "active" or self.credit() <= 0:
            return
        dpd = self.dpd(today)
        for due in self.in_force():
            for component in self.model.allocation:
                if due.on <= today:
                    self.use_credit(due, component, today, dpd)

    def use_credit(self, due: Due, component: str, today: date, dpd: int | None) -> None:
        """The oldest credit first."""
        for credit in self.credits:
            paid = self.pay(credit.payment, due, component, credit.free, today, dpd)
            credit.free -= paid
            credit.unapplied -= paid

    def refund(self, refund: Payment, today: date) -> None:
        dpd = self.dpd(today)
        rest = refund.amount_minor
        from_credit = 0
        for credit in reversed(self.credits):
            taken = min(credit.free, rest - from_credit)
            credit.free -= taken
            from_credit += taken
        rest -= from_credit
        can_take = any(one.live > 0 for one in self.takeable)
        if rest > 0 and self.status == "settled" and not self.is_final and can_take:
            self.status = "active"
            self.evening(today - DAY)
        if self.status == "active":
            for one in reversed(list(self.takeable)):
                rest -= self.unpay(refund, one, rest, today, dpd)
        self.overdrawn += rest
        if from_credit + rest > 0:
            self.allocations.append(Allocation(refund, today, None, "credit", -from_credit - rest, dpd))

    def unpay(self, refund: Payment, one: Allocation, most: int, today: date, dpd: int | None) -> int:
        amount = min(most, one.live)
        if amount > 0 and one.due is not None:
            one.live -= amount
            one.due.left[one.component] += amount
            if not self.is_paid(one.due):
                one.due.paid_off_on = None
            self.count(one.due, one.component, "repaid_minor", "overdue_collected_minor", -amount)
            self.allocations.append(Allocation(refund, today, one.due, one.component, -amount, dpd))
        return amount

    def reschedule(self, event: Event, today: date) -> None:
        self.is_extended = self.is_extended or event.event_kind == "extension"
        self.is_restructured = self.is_restructured or bool(event.is_distressed)
        if event.schedule_no is None or event.schedule_no == self.plan:
            return
        self.flows.add("moves", 1)
        self.flows.add("overdue_rescheduled_minor", sum(self.overdue().values()))
        self.flows.add("reclassified_minor", -self.balance())
        for due in self.in_force():
            due.has_fallen = False
            if not self.is_paid(due):
                due.superseded_on = today
        self.plan = event.schedule_no
        self.plans_seen.add(self.plan)
        self.takeable = []
        for due in self.in_force():
            due.superseded_on = None
        self.flows.add("reclassified_minor", self.balance())
        self.evening(today - DAY)

    def waiver(self, event: Event, today: date) -> None:
        rest = event.amount_minor or 0
        for due in self.in_force():
            if due.on <= today or event.component == "principal":
                for component in self.model.allocation:
                    if event.component in (None, component):
                        rest -= self.waive(due, component, rest, today)

    def leave(self, status: str, today: date) -> None:
        overdue = sum(self.overdue().values())
        self.flows.add(
            "overdue_written_off_minor" if status == "written_off" else "overdue_sold_minor", overdue
        )
        self.flows.add(f"principal_{status}_minor", self.balance())
        self.status, self.left_on, self.is_final = status, today, True

    # Settlement ---------------------------------------------------------------------------------------

    def settle_if_done(self, fact: Payment | Event, today: date) -> None:
        is_agreed = isinstance(fact, Event) and fact.event_kind == "settlement"
        if self.status != "active" or (not self.is_known() and not is_agreed):
            return
        everything = sum(due.total_left() for due in self.in_force())
        is_covered = 0 < everything <= self.credit()
        is_early = self.is_settled_early(fact, today)
        dpd = self.dpd(today)
        for due in self.in_force():
            for component in self.model.allocation:
                if is_covered or (component == "principal" and (is_agreed or is_early)):
                    self.use_credit(due, component, today, dpd)
        if is_agreed or is_early or self.is_all_paid():
            self.settle(today)
            self.is_final = is_agreed

    def is_settled_early(self, fact: Payment | Event, today: date) -> bool:
        if not isinstance(fact, Payment) or fact.payment_kind != "early_settlement":
            return False
        if fact.payer == "guarantor":
            return False
        is_due_paid = all(self.is_paid(due) for due in self.in_force() if due.on <= today)
        return is_due_paid and self.balance() <= max(0, self.credit()) + self.model.tolerance_minor

    def settle(self, today: date) -> None:
        for due in self.in_force():
            for component in self.model.allocation:
                if component == "principal" or due.on <= today:
                    self.waive(due, component, due.left[component], today)
        self.status, self.left_on = "settled", today
