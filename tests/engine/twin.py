"""The slow twin of the replay: one loan, one day after another, in words a colleague can read aloud.

It shares no code with the engine. A ledger is lived through from its first day to its last; what a payment
that later bounced has done is found by living through the ledger again without it.
"""

from __future__ import annotations

from datetime import date

from ledgers import Event, Ledger, Payment
from twin_records import DAY, EXITS, Allocation, Credit, Due, Flows, facts_by_day, paused_days, plan_at_first

from postloan.engine.replay_model import ReplayModel


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
        self.paused = paused_days(ledger, as_of)
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
