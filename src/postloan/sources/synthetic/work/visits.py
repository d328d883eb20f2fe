"""What is done for and with customers: visits, inspections, complaints, surveys, care."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from postloan.model import work_codes
from postloan.sources.synthetic import months
from postloan.sources.synthetic.cells import dates, dates_if, keyed, moments, named, numbered
from postloan.sources.synthetic.lending import OFFICERS_PER_BRANCH
from postloan.sources.synthetic.types import NEVER, Ints
from postloan.sources.synthetic.work.view import WORK_MONTHS, Staffed, branch_place, staff_names
from postloan.sources.synthetic.world import BRANCHES, CUSTOMER_KINDS

_COMPANY, _MICRO = (CUSTOMER_KINDS.index(kind) for kind in ("company", "micro"))
_KINDS = work_codes.VISIT_KIND.values()
_CHANNELS = work_codes.VISIT_CHANNEL.values()
_FIRST, _REGULAR, _KEY, _FOLLOW = range(len(_KINDS))
_NOTES = ("正常", "下降", "需关注", "有扩大需求", "无")
_REPORTED = ("monthly_check", "screening", "on_site")


def visit_table(seen: Staffed) -> pa.Table:
    """Return table ``visit``: first visits, visits to firms by quarter and half-year, follow-ups of the overdue."""
    parts = [_first_visits(seen), _firm_visits(seen), _follow_ups(seen)]
    loan, day, kind = (np.concatenate(values) for values in zip(*parts, strict=True))
    is_past = day <= seen.span.last_day
    loan, day, kind = loan[is_past], day[is_past], kind[is_past]
    order = np.lexsort((loan, day))
    loan, day, kind = loan[order], day[order], kind[order]
    random, count = seen.random, len(loan)
    on_site = (kind == _REGULAR) | (random.random(count) < 0.3)
    blank = random.random((4, count)) < 0.02
    note = [named(list(_NOTES), random.integers(0, len(_NOTES), count), blank[place]) for place in range(4)]
    verified = np.where(random.random(count) < 0.95, day + random.integers(0, 4, count), NEVER)
    return pa.table(
        {
            "visit_id": numbered("HF", seen.numbers(count), 12),
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "loan_id": keyed(seen.ids, loan, kind == _REGULAR),
            "staff_id": named(staff_names(), seen.chunk.loans.officer[loan]),
            "visited_on": dates(day),
            "visit_kind": named(list(_KINDS), kind),
            "visit_channel": named(list(_CHANNELS), np.where(on_site, 0, 1)),
            "repayment_note": note[0],
            "business_note": note[1],
            "funding_note": note[2],
            "feedback": note[3],
            "verified_on": dates_if(np.where(verified > seen.span.last_day, NEVER, verified)),
            "report_on": dates_if(np.where((kind == _REGULAR) & (day + 3 <= seen.span.last_day), day + 3, NEVER)),
        }
    )  # fmt: skip


def _first_visits(seen: Staffed) -> tuple[Ints, Ints, Ints]:
    """Return the visits to last month's borrowers, by the 5th but in one branch."""
    loans, random = seen.chunk.loans, seen.random
    new = np.flatnonzero(
        (loans.month >= seen.span.last - WORK_MONTHS) & (loans.month < seen.span.last) & ~loans.is_undisbursed
    )
    new = new[random.random(len(new)) < 0.985]
    late = (loans.branch[new] == branch_place(seen.happenings.late_first_visits)) & (
        random.random(len(new)) < 0.7
    )
    ahead = np.where(
        late | (random.random(len(new)) < 0.01),
        random.integers(5, 14, len(new)),
        random.integers(0, 5, len(new)),
    )
    return new, months.first_day(loans.month[new] + 1) + ahead, np.full(len(new), _FIRST)


def _active(seen: Staffed, day: int) -> Ints:
    """Return the loans that owe something near a day."""
    place = max(int(np.searchsorted(seen.days, day, side="right")) - 1, 0)
    return np.flatnonzero(seen.dpd[:, place] >= 0)


def _of_customers(seen: Staffed, day: int, *kinds: int) -> Ints:
    """Return one active loan of each customer of some kinds."""
    loan = _active(seen, day)
    customer = seen.customer(loan)
    loan = loan[np.isin(seen.chunk.people.kind[customer], kinds)]
    return loan[np.unique(seen.customer(loan), return_index=True)[1]]


def _months(seen: Staffed) -> list[int]:
    return list(range(seen.span.last - WORK_MONTHS + 1, seen.span.last + 1))


def _firm_visits(seen: Staffed) -> tuple[Ints, Ints, Ints]:
    random, loans, days = seen.random, [], []
    for month in _months(seen):
        kinds = [_COMPANY] if months.of_year(month) % 3 == 0 else []
        kinds += [_MICRO] if months.of_year(month) in (5, 11) else []
        begin = int(months.first_day(month))
        chosen = _of_customers(seen, begin, *kinds)
        chosen = chosen[random.random(len(chosen)) < 0.94]
        loans.append(chosen)
        days.append(begin + random.integers(1, 27, len(chosen)))
    found = np.concatenate(loans)
    return found, np.concatenate(days), np.full(len(found), _REGULAR)


def _follow_ups(seen: Staffed) -> tuple[Ints, Ints, Ints]:
    random, loans, days = seen.random, [], []
    for place, day in enumerate(seen.days.tolist()):
        late = np.flatnonzero(seen.dpd[:, place] > 30)
        late = late[random.random(len(late)) < 0.8]
        loans.append(late)
        days.append(day + random.integers(0, 7, len(late)))
    found = np.concatenate(loans)
    return found, np.concatenate(days), np.full(len(found), _FOLLOW)


def inspection_table(seen: Staffed) -> pa.Table:
    """Return table ``inspection``: monthly checks and quarterly cross-checks of companies, screening of firms."""
    random, rows = seen.random, []
    kinds = work_codes.INSPECTION_KIND.values()
    for month in _months(seen):
        begin = int(months.first_day(month))
        is_quarter = months.of_year(month) % 3 == 0
        plan = {"monthly_check": (_COMPANY,), "screening": (_COMPANY, *((_MICRO,) if is_quarter else ()))}
        plan |= {"cross_check": (_COMPANY,), "on_site": (_COMPANY,)} if is_quarter else {}
        for name, who in plan.items():
            loan = _of_customers(seen, begin, *who)
            loan = loan[random.random(len(loan)) < 0.96]
            rows.append(
                (loan, begin + random.integers(2, 26, len(loan)), np.full(len(loan), kinds.index(name)))
            )
    loan, day, kind = (np.concatenate(values) for values in zip(*rows, strict=True))
    keep = day <= seen.span.last_day
    loan, day, kind = loan[keep], day[keep], kind[keep]
    count = len(loan)
    has_report = np.isin(kind, [kinds.index(name) for name in _REPORTED])
    part = [pa.array(random.random(count) < 0.985, mask=~has_report) for _ in range(4)]
    return pa.table(
        {
            "inspection_id": numbered("JC", seen.numbers(count), 12),
            "inspection_kind": named(list(kinds), kind),
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "branch": named([branch.name for branch in BRANCHES], seen.chunk.loans.branch[loan]),
            "staff_id": named(staff_names(), seen.chunk.loans.officer[loan]),
            "inspected_on": dates(day),
            "has_conduct": part[0],
            "has_causes": part[1],
            "has_measures": part[2],
            "has_responsibility": part[3],
            "report_on": dates_if(np.where(has_report & (day + 4 <= seen.span.last_day), day + 4, NEVER)),
        }
    )


def complaint_table(seen: Staffed) -> pa.Table:
    """Return table ``complaint``: a few in a thousand borrowers, most of them about calls."""
    random, loans, days = seen.random, [], []
    for place, day in enumerate(seen.days.tolist()):
        active = np.flatnonzero(seen.dpd[:, place] >= 0)
        chosen = active[random.random(len(active)) < np.where(seen.dpd[active, place] > 0, 0.006, 0.0004)]
        loans.append(chosen)
        days.append(np.minimum(day + random.integers(0, 14, len(chosen)), seen.span.last_day))
    loan, day = np.concatenate(loans), np.concatenate(days)
    count = len(loan)
    second = random.integers(8 * 3600, 21 * 3600, count)
    hours = np.where(
        random.random(count) < 0.94, random.integers(1, 24, count), random.integers(25, 80, count)
    )
    received = day * 86_400 + second
    accepted = received + hours * 3600
    solved = (
        accepted
        + np.where(
            random.random(count) < 0.9, random.integers(4, 50, count), random.integers(120, 300, count)
        )
        * 3600
    )
    end = (seen.span.last_day + 1) * 86_400
    called = solved // 86_400 + 2
    zero = np.zeros(count, np.int64)
    return pa.table(
        {
            "complaint_id": numbered("TS", seen.numbers(count), 12),
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "loan_id": keyed(seen.ids, loan),
            "staff_id": named(staff_names(), seen.collectors(loan, zero), random.random(count) < 0.3),
            "received_at": moments(zero, received),
            "accepted_at": moments(zero, accepted, accepted >= end),
            "solved_at": moments(zero, solved, solved >= end),
            "called_back_on": dates(called, (called > seen.span.last_day) | (random.random(count) < 0.1)),
            "subject": named(["催收频次", "还款入账", "费用收取", "服务态度"], random.integers(0, 4, count)),
        }
    )  # fmt: skip


def survey_table(seen: Staffed) -> pa.Table:
    """Return table ``survey_answer``: one borrower in twenty is asked each quarter, half of them answer."""
    random, parts = seen.random, []
    for month in [m for m in _months(seen) if months.of_year(m) % 3 == 0]:
        asked_on = int(months.first_day(month)) + 9
        active = np.unique(seen.customer(_active(seen, asked_on)))
        chosen = active[random.random(len(active)) < 0.05]
        year, quarter = divmod(month, 12)[0] + 1970, months.of_year(month) // 3
        parts.append((np.full(len(chosen), asked_on), chosen, np.full(len(chosen), year * 10 + quarter)))
    day, customer, survey = (np.concatenate(values) for values in zip(*parts, strict=True))
    count = len(customer)
    answered = np.where(random.random(count) < 0.5, day + random.integers(0, 15, count), NEVER)
    answered = np.where(answered > seen.span.last_day, NEVER, answered)
    score = random.choice([1, 2, 3, 4, 5], count, p=(0.01, 0.02, 0.06, 0.36, 0.55)).astype(np.int32)
    return pa.table(
        {
            "survey": numbered("MYD", survey, 5),
            "customer_id": keyed(seen.customers, customer),
            "sent_on": dates(day),
            "answered_on": dates_if(answered),
            "score": pa.array(score, mask=(answered == NEVER) | (random.random(count) < 0.01)),
        }
    )


def care_table(seen: Staffed) -> pa.Table:
    """Return table ``care``: what is planned each quarter for the customers with the largest loans."""
    random, loans, days = seen.random, [], []
    large = np.flatnonzero(seen.chunk.loans.principal >= 100_000_000)
    for month in [m for m in _months(seen) if months.of_year(m) % 3 == 1]:
        day = int(months.first_day(month)) + 14
        chosen = np.intersect1d(large, _active(seen, day))
        loans.append(chosen[np.unique(seen.customer(chosen), return_index=True)[1]])
        days.append(np.full(len(loans[-1]), day))
    loan, planned = np.concatenate(loans), np.concatenate(days)
    count = len(loan)
    done = np.where(random.random(count) < 0.9, planned + random.integers(-5, 15, count), NEVER)
    done = np.where(done > seen.span.last_day, NEVER, done)
    return pa.table(
        {
            "care_id": numbered("GH", seen.numbers(count), 12),
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "staff_id": named(staff_names(), seen.chunk.loans.branch[loan] * OFFICERS_PER_BRANCH),
            "care_kind": named(["visit", "greeting", "offer"], random.integers(0, 3, count)),
            "planned_on": dates(planned),
            "done_on": dates_if(done),
            "effect": named(["良好", "一般"], random.integers(0, 2, count), done == NEVER),
        }
    )
