"""What is said to borrowers: reminders, calls, visits and letters on cases, and the promises they give."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from postloan.model import work_codes
from postloan.sources.synthetic import months
from postloan.sources.synthetic.cells import dates, dates_if, keyed, moments, named, numbered
from postloan.sources.synthetic.types import NEVER, Flags, Ints, Random
from postloan.sources.synthetic.work.cases import REASONS, Cases, seen_days
from postloan.sources.synthetic.work.view import Staffed, branch_place, collector_place, staff_names
from postloan.sources.synthetic.world import PRODUCTS

CHANNELS = work_codes.ACTION_CHANNEL.values()
PURPOSES = work_codes.ACTION_PURPOSE.values()
PERSONS = work_codes.PERSON_REACHED.values()
OUTCOMES = work_codes.ACTION_OUTCOME.values()
_SMS, _ROBOT, _CALL, _LETTER, _ON_SITE, _LAWYER = (
    CHANNELS.index(name) for name in ("sms", "robot_call", "call", "letter", "on_site", "lawyer_letter")
)
_DEBTOR, _JOINT, _CONTACT, _OTHER, _NOBODY = range(len(PERSONS))
_DELIVERED, _PROMISED, _TALKED, _REFUSED, _STOP, _FAILED = range(len(OUTCOMES))
# Odds of the channels by days past due: up to 30, up to 90, more.
_ODDS = np.array(
    [
        [0.40, 0.0, 0.0, 0.25, 0.35, 0.0, 0.0, 0.0, 0.0],
        [0.15, 0.0, 0.0, 0.05, 0.62, 0.06, 0.12, 0.0, 0.0],
        [0.08, 0.0, 0.0, 0.0, 0.50, 0.12, 0.18, 0.06, 0.06],
    ]
)
_PER_HALF_MONTH = np.array([1.6, 2.2, 1.4])
_REACHES = np.array([0.62, 0.50, 0.34])  # the debtor, by a call
_OPENS, _CLOSES = 8 * 3600 + 1800, 20 * 3600 + 1800  # seconds of the day of ordinary calls
_NIGHT = (22 * 3600, 23 * 3600 + 1800)
_NIGHT_SHARE = 0.10
_BLANK_SHEET, _NO_RECORDING = 0.03, 0.02
_REMINDER_DAYS = 3
_REMINDED_MONTHS = 3
_NONE = (np.zeros(0, np.int64), np.zeros(0, np.int64))
_MACHINE = next(place for place, item in enumerate(PRODUCTS) if item.name == "工程机械融资")


@dataclass(frozen=True, slots=True)
class Contacts:
    """One entry per action on a case."""

    case: Ints
    loan: Ints
    day: Ints
    second: Ints
    staff: Ints
    channel: Ints
    person: Ints
    outcome: Ints
    number: pa.Array


def contacts(seen: Staffed, found: Cases) -> Contacts:
    """Draw the actions on cases, half month by half month."""
    random = seen.random
    case, place = seen_days(found)
    tier = np.digitize(seen.dpd[found.loan[case], place], (31, 91))
    times = random.poisson(_PER_HALF_MONTH[tier])
    case, place, tier = (np.repeat(values, times) for values in (case, place, tier))
    ends = np.append(seen.days[1:], seen.days[-1])
    day = seen.days[place] + np.floor(
        random.random(len(case)) * np.maximum(ends - seen.days, 1)[place]
    ).astype(np.int64)
    channel = (random.random(len(case))[:, None] > np.cumsum(_ODDS[tier], axis=1)).sum(axis=1)
    channel = np.minimum(channel, len(CHANNELS) - 1)
    loan = found.loan[case]
    staff = seen.collectors(loan, seen.dpd[loan, place])
    second = _OPENS + random.integers(0, _CLOSES - _OPENS, len(case))
    second = np.where(_at_night(seen, staff, channel), random.integers(*_NIGHT, len(case)), second)
    order = np.lexsort((second, day))
    case, day, second, staff, channel, tier = (v[order] for v in (case, day, second, staff, channel, tier))
    person, outcome = _answers(seen, channel, tier)
    return Contacts(
        case, found.loan[case], day, second, staff, channel, person, outcome,
        numbered("DZ", seen.numbers(len(case)), 12),
    )  # fmt: skip


def _at_night(seen: Staffed, staff: Ints, channel: Ints) -> Flags:
    late = seen.happenings.night_calls
    who = collector_place(branch_place(late.branch), late.turn)
    at_night: Flags = (staff == who) & (channel == _CALL) & (seen.random.random(len(staff)) < _NIGHT_SHARE)
    return at_night


def _answers(seen: Staffed, channel: Ints, tier: Ints) -> tuple[Ints, Ints]:
    """Return who was reached and what came of it."""
    random, draw = seen.random, seen.random.random(len(channel))
    reaches = _REACHES[tier] * np.where(channel == _ROBOT, 0.7, 1.0)
    spoken = np.isin(channel, (_CALL, _ROBOT, _ON_SITE))
    person = np.select(
        [~spoken, draw < reaches, draw < reaches + 0.05, draw < reaches + 0.08, draw < reaches + 0.09],
        [_DEBTOR, _DEBTOR, _JOINT, _CONTACT, _OTHER],
        _NOBODY,
    )
    said = random.choice([_PROMISED, _TALKED, _REFUSED, _STOP], len(channel), p=(0.42, 0.47, 0.10, 0.01))
    said = np.where((channel == _ROBOT) | (person != _DEBTOR), _TALKED, said)
    outcome = np.select([~spoken, person == _NOBODY], [_DELIVERED, _FAILED], said)
    return person, outcome


def action_table(seen: Staffed, found: Cases, made: Contacts) -> pa.Table:
    """Return table ``action``: those on cases; reminders are a table of the same shape (``reminder_table``)."""
    count, random = len(made.case), seen.random
    called = (made.channel == _CALL) & (made.person != _NOBODY)
    machine = seen.chunk.loans.product[made.loan] == _MACHINE
    is_filled = called & (random.random(count) >= _BLANK_SHEET)
    purpose = np.where(made.channel == _LETTER, PURPOSES.index("demand_notice"), PURPOSES.index("collection"))
    third = np.isin(made.person, (_CONTACT, _OTHER))
    return pa.table(
        {
            "action_id": made.number,
            "case_id": found.number.take(pa.array(made.case)),
            "customer_id": keyed(seen.customers, seen.customer(made.loan)),
            "loan_id": keyed(seen.ids, made.loan),
            "staff_id": named(staff_names(), made.staff, np.isin(made.channel, (_SMS, _ROBOT))),
            "action_channel": named(list(CHANNELS), made.channel),
            "action_purpose": named(list(PURPOSES), purpose),
            "acted_on": dates(made.day),
            "acted_at": moments(made.day, made.second),
            "person_reached": named(list(PERSONS), made.person),
            "action_outcome": named(list(OUTCOMES), made.outcome),
            "is_agreed_time": pa.array(np.zeros(count, bool)),
            "is_debt_disclosed": pa.array(third & (random.random(count) < 0.05)),
            "is_debtor_unreachable": pa.array(random.random(count) < 0.8, mask=~third),
            "is_identity_stated": pa.array(random.random(count) < 0.985, mask=~called),
            "overdue_reason": named(list(REASONS), random.integers(0, len(REASONS), count), ~is_filled),
            "expected_on": dates(made.day + random.integers(1, 8, count), ~is_filled),
            "contact_details": named(["10000000000"], np.zeros(count, np.int64), ~is_filled),
            "vehicle_place": named([f"示例工地{n}号" for n in range(1, 40)], random.integers(0, 39, count), ~(is_filled & machine)),
            "hours_worked": pa.array(random.integers(20, 280, count).astype(np.int32), mask=~(is_filled & machine)),
            "funds_source": named(["工程款", "工资", "货款", "亲友", "其他"], random.integers(0, 5, count), ~is_filled),
            "recording_id": pa.DictionaryArray.from_arrays(
                pa.array(np.arange(count).astype(np.int32), mask=~called | (random.random(count) < _NO_RECORDING)),
                numbered("LY", seen.numbers(count), 12),
            ),
            "proof_id": pa.DictionaryArray.from_arrays(
                pa.array(np.arange(count).astype(np.int32), mask=~np.isin(made.channel, (_LETTER, _LAWYER)) | (random.random(count) < 0.04)),
                numbered("HZ", seen.numbers(count), 12),
            ),
        }
    )  # fmt: skip


def reminder_table(seen: Staffed, number_from: int) -> pa.Table:
    """Return the reminders sent before due days of the last months, as rows of table ``action``."""
    plans, random = seen.chunk.plans, seen.random
    due, plan = plans.due_on, plans.owner
    since = int(months.first_day(seen.span.last - _REMINDED_MONTHS + 1))
    last = np.minimum(seen.chunk.ended[plan], seen.span.last_day + _REMINDER_DAYS)
    sent = np.flatnonzero((due >= since) & (due <= last) & (plans.terms.starts[plan] < due - _REMINDER_DAYS))
    sent = sent[random.random(len(sent)) < 0.985]
    loan = plans.terms.loan[plan[sent]]
    day = due[sent] - np.where(
        random.random(len(sent)) < 0.96, _REMINDER_DAYS, random.integers(-2, 3, len(sent))
    )
    is_past = day <= seen.span.last_day
    loan, day = loan[is_past], day[is_past]
    count = len(loan)
    numbers = np.arange(count) + seen.first_id + number_from
    return pa.table(
        {
            "action_id": numbered("DZ", numbers, 12),
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "loan_id": keyed(seen.ids, loan),
            "action_channel": named(["sms"], np.zeros(count, np.int64)),
            "action_purpose": named(["reminder"], np.zeros(count, np.int64)),
            "acted_on": dates(day),
            "acted_at": moments(day, 9 * 3600 + random.integers(0, 3600, count)),
            "person_reached": named(["debtor"], np.zeros(count, np.int64)),
            "action_outcome": named(["delivered"], np.zeros(count, np.int64)),
        }
    )


def promise_table(seen: Staffed, made: Contacts) -> pa.Table:
    """Return table ``promise``: those whose loans pay soon are promised for that day more often than not."""
    random = seen.random
    given = np.flatnonzero(made.outcome == _PROMISED)
    loan, day = made.loan[given], made.day[given]
    pays_on, pays = _next_payment(seen, loan, day)
    soon = pays_on <= day + 10
    by = np.where(soon, pays_on + random.integers(0, 2, len(loan)), day + random.integers(2, 9, len(loan)))
    owed = seen.overdue[loan, np.maximum(np.searchsorted(seen.days, day, side="right") - 1, 0)]
    amount = np.where(soon, pays, owed)
    amount = np.maximum(np.where(random.random(len(loan)) < 0.2, amount + 50_000, amount) // 100 * 100, 100)
    incomplete = random.random(len(loan)) < 0.015
    return pa.table(
        {
            "promise_id": numbered("CN", seen.numbers(len(loan)), 12),
            "loan_id": keyed(seen.ids, loan),
            "action_id": made.number.take(pa.array(given)),
            "staff_id": named(staff_names(), made.staff[given]),
            "made_on": dates(day),
            "pay_by_on": dates_if(np.where(incomplete, NEVER, by)),
            "amount_minor": amount,
            "approved_by": named(["YG0082"], np.zeros(len(loan), np.int64), random.random(len(loan)) > 0.02),
        }
    )


def deferral_table(seen: Staffed, number_from: int) -> pa.Table:
    """Return promises of machine buyers before their due day: to the next day at most, but for one collector."""
    plans, random, loans = seen.chunk.plans, seen.random, seen.chunk.loans
    due, plan = plans.due_on, plans.owner
    loan = plans.terms.loan[plan]
    since = seen.first_day
    fit = (
        (loans.product[loan] == _MACHINE)
        & (due > since + 5)
        & (due <= seen.span.last_day)
        & (seen.chunk.ended[plan] > due)
    )
    chosen = np.flatnonzero(fit & (random.random(len(due)) < 0.2))
    loan, due = loan[chosen], due[chosen]
    staff = seen.collectors(loan, np.zeros(len(loan), np.int64))
    far = seen.happenings.beyond_authority
    is_far = (staff == collector_place(branch_place(far.branch), far.turn)) & (random.random(len(loan)) < 0.6)
    by = due + np.where(is_far, random.integers(3, 8, len(loan)), random.integers(0, 2, len(loan)))
    count = len(loan)
    return pa.table(
        {
            "promise_id": numbered("CN", np.arange(count) + seen.first_id + number_from, 12),
            "loan_id": keyed(seen.ids, loan),
            "staff_id": named(staff_names(), staff),
            "made_on": dates(due - random.integers(0, 3, count)),
            "pay_by_on": dates(by),
            "amount_minor": (plans.principal[chosen] + plans.interest[chosen] + plans.fee[chosen]),
        }
    )


def _next_payment(seen: Staffed, loan: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Return day and amount of the first payment after each day, NEVER and 0 without one."""
    rows = seen.chunk.payments
    of = seen.chunk.plans.terms.loan[rows["plan"]]
    key = of * NEVER + rows["day"]
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], loan * NEVER + day, side="right")
    found = order[np.minimum(place, len(order) - 1)]
    is_there = (place < len(order)) & (of[found] == loan)
    return np.where(is_there, rows["day"][found], NEVER), np.where(is_there, rows["amount"][found], 0)


def calls_by_day(seen: Staffed, made: Contacts) -> Counter[tuple[int, int]]:
    """Return how many customers each collector spoke with on the phone, by staff place and day."""
    called = (made.channel == _CALL) & (made.person != _NOBODY)
    rows = np.unique(
        np.stack([made.staff[called], made.day[called], seen.customer(made.loan[called])]), axis=1
    )
    return Counter(zip(rows[0].tolist(), rows[1].tolist(), strict=True))


def handover_table(calls: Counter[tuple[int, int]], random: Random) -> pa.Table:
    """Return table ``handover``: each collector's days with calls, and the recordings handed over by 17:00."""
    staff, day = (
        (np.array(values, np.int64) for values in zip(*sorted(calls), strict=True)) if calls else _NONE
    )
    count = np.array([calls[key] for key in sorted(calls)], np.int64)
    second = 16 * 3600 + random.integers(0, 3600, len(day))
    second = np.where(random.random(len(day)) < 0.03, 17 * 3600 + random.integers(1, 5000, len(day)), second)
    return pa.table(
        {
            "staff_id": named(staff_names(), staff),
            "worked_on": dates(day),
            "handed_over_at": moments(day, second, random.random(len(day)) < 0.005),
            "n_recordings": (count - (random.random(len(day)) < 0.02)).astype(np.int32),
        }
    )
