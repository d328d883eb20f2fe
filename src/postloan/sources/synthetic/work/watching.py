"""What is known of firms and claims: statements, signals, warnings, findings, debts elsewhere."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from postloan.model import work_codes
from postloan.sources.synthetic import months
from postloan.sources.synthetic.cells import dates, dates_if, keyed, named, numbered
from postloan.sources.synthetic.lending import OFFICERS_PER_BRANCH
from postloan.sources.synthetic.types import NEVER, Ints
from postloan.sources.synthetic.work.view import WORK_MONTHS, Staffed, staff_names
from postloan.sources.synthetic.world import CUSTOMER_KINDS

_COMPANY = CUSTOMER_KINDS.index("company")
_PERSON = CUSTOMER_KINDS.index("individual")
_SIGNALS = work_codes.SIGNAL_KIND.values()
_FAMILY = {"operating_poor": 0, "funds_not_returned": 0, "cover_ratio_fall": 0, "income_change": 0}
_RESPONSES = work_codes.WARNING_RESPONSE.values()
_ASKED_FOR = {
    "funds_not_returned": "talk", "collateral_change": "more_security", "guarantor_weaker": "more_security",
}  # fmt: skip
_OUTCOMES = work_codes.WARNING_OUTCOME.values()
_RATIOS = {"debt_ratio": (0.58, 0.12), "current_ratio": (1.35, 0.3), "gross_margin": (0.21, 0.05)}


def statement_table(seen: Staffed) -> pa.Table:
    """Return table ``statement``: quarterly ratios of companies; those in trouble get worse quarter by quarter."""
    random, people = seen.random, seen.chunk.people
    firm = np.flatnonzero(people.kind == _COMPANY)
    worst = _worst_of_customers(seen)[firm]
    ends = [m for m in range(seen.span.last - WORK_MONTHS - 5, seen.span.last) if months.of_year(m) % 3 == 0]
    parts = []
    for name, (mean, spread) in _RATIOS.items():
        level = np.maximum(mean + spread * random.standard_normal(len(firm)), 0.02)
        slope = np.where(worst > 30, -0.12, 0.0) * (-1 if name == "debt_ratio" else 1)
        for place, month in enumerate(ends):
            late = max(place - len(ends) + 4, 0)
            ratio = level * (1 + slope) ** late * (1 + 0.03 * random.standard_normal(len(firm)))
            parts.append(
                (
                    firm,
                    np.full(len(firm), int(months.last_day(month))),
                    np.full(len(firm), list(_RATIOS).index(name)),
                    ratio,
                )
            )
    firm, day, item, ratio = (np.concatenate(values) for values in zip(*parts, strict=True))
    return pa.table(
        {
            "customer_id": keyed(seen.customers, firm),
            "period_on": dates(day),
            "statement_item": named(list(_RATIOS), item),
            "ratio": np.round(np.maximum(ratio, 0.01), 4),
        }
    )


def _worst_of_customers(seen: Staffed) -> Ints:
    worst = np.zeros(len(seen.chunk.people), np.int64)
    np.maximum.at(worst, seen.customer(np.arange(seen.n_loans)), seen.dpd.max(axis=1))
    return worst


def _first_late(seen: Staffed) -> tuple[Ints, Ints]:
    """Return loans that came to be more than 30 days past due in the months seen, and the first such day."""
    late = seen.dpd > 30
    loan = np.flatnonzero(late.any(axis=1) & ~late[:, 0])
    return loan, seen.days[late[loan].argmax(axis=1)]


def signal_rows(seen: Staffed) -> tuple[Ints, Ints, Ints]:
    """Return loan, day and kind of signals: most loans that go bad give one before, and some others do."""
    random = seen.random
    loan, day = _first_late(seen)
    told = random.random(len(loan)) < 0.7
    loan, day = loan[told], day[told] - random.integers(15, 100, int(told.sum()))
    quiet = np.flatnonzero((seen.dpd.max(axis=1) >= 0) & ~(seen.dpd > 30).any(axis=1))
    false = quiet[random.random(len(quiet)) < 0.012]
    loan = np.concatenate([loan, false])
    day = np.concatenate([day, random.integers(seen.first_day, seen.span.last_day, len(false))])
    kinds = np.array(
        [
            _SIGNALS.index(k)
            for k in (
                "income_change",
                "contact_change",
                "large_overdraft",
                "credit_report_overdue",
                "litigation",
            )
        ]
    )
    firms = np.array(
        [
            _SIGNALS.index(k)
            for k in (
                "operating_poor",
                "funds_not_returned",
                "guarantor_weaker",
                "management_change",
                "competition",
                "collateral_change",
            )
        ]
    )
    is_person = seen.chunk.people.kind[seen.customer(loan)] == _PERSON
    kind = np.where(
        is_person,
        kinds[random.integers(0, len(kinds), len(loan))],
        firms[random.integers(0, len(firms), len(loan))],
    )
    keep = (day >= seen.first_day) & (day <= seen.span.last_day)
    order = np.argsort(day[keep], kind="stable")
    return loan[keep][order], day[keep][order], kind[keep][order]


def signal_table(seen: Staffed, found: tuple[Ints, Ints, Ints]) -> pa.Table:
    """Return table ``signal``."""
    loan, day, kind = found
    count = len(loan)
    ended = np.where(seen.random.random(count) < 0.4, day + seen.random.integers(20, 150, count), NEVER)
    return pa.table(
        {
            "signal_id": numbered("XH", seen.numbers(count), 12),
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "signal_kind": named(list(_SIGNALS), kind),
            "observed_on": dates(day),
            "ended_on": dates_if(np.where(ended > seen.span.last_day, NEVER, ended)),
            "source": named(["征信", "回访", "公开信息"], seen.random.integers(0, 3, count)),
        }
    )


def warning_table(seen: Staffed, found: tuple[Ints, Ints, Ints]) -> pa.Table:
    """Return table ``warning``: nine signals in ten become one; a few lack an owner, a deadline or a plan."""
    random = seen.random
    chosen = random.random(len(found[0])) < 0.9
    loan, day, kind = (values[chosen] for values in found)
    raised = day + random.integers(0, 4, len(loan))
    keep = raised <= seen.span.last_day
    loan, raised, kind = loan[keep], raised[keep], kind[keep]
    count = len(loan)
    deadline = raised + 60
    worst = seen.dpd[loan].max(axis=1)
    closed = np.where(random.random(count) < 0.94, raised + random.integers(10, 66, count), NEVER)
    closed = np.where(closed > seen.span.last_day, NEVER, closed)
    good = random.choice(3, count, p=(0.6, 0.25, 0.15))
    outcome = np.where((worst > 30) & (random.random(count) < 0.75), _OUTCOMES.index("deteriorated"), good)
    family = np.isin(kind, [_SIGNALS.index(name) for name in _FAMILY])
    missing = random.random((4, count)) < 0.04
    asked = np.array([_RESPONSES.index(_ASKED_FOR.get(name, "watch")) for name in _SIGNALS])[kind]
    response = np.where(random.random(count) < 0.85, asked, random.integers(0, len(_RESPONSES), count))
    return pa.table(
        {
            "warning_id": numbered("YJ", seen.numbers(count), 12),
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "loan_id": keyed(seen.ids, loan),
            "signal_kind": named(list(_SIGNALS), kind),
            "warning_family": named(["financial", "non_financial"], 1 - family.astype(np.int64)),
            "raised_on": dates(raised),
            "staff_id": named(staff_names(), seen.chunk.loans.officer[loan], missing[0]),
            "deadline_on": dates(deadline, missing[1]),
            "plan": named(["约谈借款人", "追加担保", "压降额度"], random.integers(0, 3, count), missing[2]),
            "warning_response": named(list(_RESPONSES), response, missing[3]),
            "progress": named(["进行中", "已完成"], (closed != NEVER).astype(np.int64)),
            "reported_on": dates(np.minimum(raised + 2, seen.span.last_day)),
            "warning_outcome": named(list(_OUTCOMES), outcome, closed == NEVER),
            "closed_on": dates_if(closed),
        }
    )


def finding_table(seen: Staffed) -> pa.Table:
    """Return table ``finding``: a few borrowers evade, a few used the money otherwise, some delays are technical."""
    random = seen.random
    kinds = work_codes.FINDING_KIND.values()
    last = seen.dpd[:, -1]
    draw = random.random(seen.n_loans)
    kind = np.select(
        [
            (last > 0) & (last <= 30) & (draw < 0.03),
            (last > 60) & (draw < 0.04),
            (last > 0) & (draw > 0.985),
            (last == 0) & (draw > 0.9995),
        ],
        [
            kinds.index("technical_delay"),
            kinds.index("evasion"),
            kinds.index("purpose_changed"),
            kinds.index("paid_by_new_debt"),
        ],
        -1,
    )
    loan = np.flatnonzero(kind >= 0)
    count = len(loan)
    return pa.table(
        {
            "finding_id": numbered("RD", seen.numbers(count), 12),
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "loan_id": keyed(seen.ids, loan),
            "finding_kind": named(list(kinds), kind[loan]),
            "found_on": dates(np.maximum(seen.span.last_day - random.integers(0, 60, count), seen.chunk.loans.disbursed[loan])),
        }
    )  # fmt: skip


def other_debt_table(seen: Staffed) -> pa.Table:
    """Return table ``other_bank_debt``: a credit report of every firm in the last half-year."""
    random = seen.random
    firm = np.flatnonzero(seen.chunk.people.kind != _PERSON)
    debt = np.round(np.exp(random.normal(13.0, 1.0, len(firm)))).astype(np.int64) * 100
    bad = _worst_of_customers(seen)[firm] > 90
    late = np.where(random.random(len(firm)) < np.where(bad, 0.3, 0.003), debt * 0.4, 0).astype(np.int64)
    return pa.table(
        {
            "customer_id": keyed(seen.customers, firm),
            "reported_on": dates(seen.span.last_day - random.integers(0, 180, len(firm))),
            "debt_minor": debt,
            "over_90_minor": late,
        }
    )


def ownership_table(seen: Staffed) -> pa.Table:
    """Return table ``ownership``: one officer a customer, but for a few that have none or two."""
    random, loans = seen.random, seen.chunk.loans
    customer, first = np.unique(loans.customer, return_index=True)
    officer = loans.officer[first]
    keep = random.random(len(customer)) >= 0.003
    twice = random.random(len(customer)) < 0.003
    who = np.concatenate([customer[keep], customer[twice]])
    other = (
        officer[twice] // OFFICERS_PER_BRANCH * OFFICERS_PER_BRANCH
        + (officer[twice] + 1) % OFFICERS_PER_BRANCH
    )
    since = seen.chunk.people.since[who]
    late = _worst_of_customers(seen)[who] > 90
    moved = late & (random.random(len(who)) < 0.9)
    return pa.table(
        {
            "customer_id": keyed(seen.customers, who),
            "staff_id": named(staff_names(), np.concatenate([officer[keep], other])),
            "from_on": dates(since),
            "department": named(["客户部", "资产经营部"], moved.astype(np.int64)),
        }
    )
