"""The way to court and to the asset: suits and their steps, sightings, tows, plans for bad loans, decisions at maturity."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from postloan.model import work_codes
from postloan.sources.synthetic import months
from postloan.sources.synthetic.cells import dates, dates_if, keyed, named, numbered
from postloan.sources.synthetic.types import NEVER, Ints
from postloan.sources.synthetic.work.securing import pledged
from postloan.sources.synthetic.work.view import WORK_MONTHS, Staffed, staff_names
from postloan.sources.synthetic.world import PRODUCTS

_STEPS = work_codes.LEGAL_STEP.values()
# Days after the decision on which each step is taken, at the earliest and at the latest.
_AFTER = ((0, 1), (0, 1), (1, 2), (1, 2), (2, 5), (5, 15), (15, 40), (60, 150), (160, 240), (250, 320))
_SUED_OVER = 150
_MACHINE = next(place for place, item in enumerate(PRODUCTS) if item.name == "工程机械融资")


def suits(seen: Staffed) -> tuple[Ints, Ints]:
    """Return loans that are sued and the day it was decided: most of those long overdue."""
    late = seen.dpd > _SUED_OVER
    loan = np.flatnonzero(late.any(axis=1))
    loan = loan[seen.random.random(len(loan)) < 0.7]
    return loan, np.minimum(seen.days[late[loan].argmax(axis=1)] + 1, seen.span.last_day)


def legal_tables(seen: Staffed, sued: tuple[Ints, Ints]) -> dict[str, pa.Table]:
    """Return ``legal_case`` and ``legal_step``."""
    loan, decided = sued
    random, count = seen.random, len(loan)
    number = numbered("SS", seen.numbers(count), 12)
    after = np.stack([random.integers(low, high + 1, count) for low, high in _AFTER])
    done = decided[None, :] + np.maximum.accumulate(after, axis=0)
    is_machine = seen.chunk.loans.product[loan] == _MACHINE
    done[-1] = np.where(is_machine, done[-1], NEVER)
    step, case = np.nonzero(done <= seen.span.last_day)
    closed = np.where(done[-2] + 60 <= seen.span.last_day, done[-2] + 60, NEVER)
    results = work_codes.LEGAL_RESULT.values()
    place = np.searchsorted(seen.days, decided, side="right") - 1
    return {
        "legal_case": pa.table(
            {
                "legal_case_id": number,
                "loan_id": keyed(seen.ids, loan),
                "staff_id": named(staff_names(), seen.collectors(loan, np.full(count, _SUED_OVER))),
                "decided_on": dates(decided),
                "court": named(["示例市第一人民法院", "示例市第二人民法院"], random.integers(0, 2, count)),
                "claimed_minor": seen.balance[loan, place] + seen.overdue[loan, place] // 4,
                "legal_result": named(list(results), random.choice(4, count, p=(0.6, 0.3, 0.04, 0.06)), closed == NEVER),
                "closed_on": dates_if(closed),
            }
        ),
        "legal_step": pa.table(
            {
                "legal_case_id": number.take(pa.array(case)),
                "legal_step": named(list(_STEPS), step),
                "done_on": dates(done[step, case]),
            }
        ),
    }  # fmt: skip


def sighting_table(seen: Staffed, sued: tuple[Ints, Ints]) -> pa.Table:
    """Return table ``sighting``: of machines whose buyers are sued; a few numbers do not match."""
    held_for = pledged(seen)
    place = np.full(seen.n_loans, -1)
    place[held_for] = np.arange(len(held_for))
    loan, decided = sued
    machine = (seen.chunk.loans.product[loan] == _MACHINE) & (place[loan] >= 0)
    loan, decided = np.repeat(loan[machine], 2), np.repeat(decided[machine], 2)
    random = seen.random
    day = decided + random.integers(5, 120, len(loan))
    keep = day <= seen.span.last_day
    loan, day = loan[keep], day[keep]
    count = len(loan)
    found = random.random(count) < 0.6
    number = place[loan] + seen.first_id
    other = number + np.where(random.random(count) < 0.04, 1, 0)
    told = random.random(count) < 0.96
    return pa.table(
        {
            "sighting_id": numbered("CZ", seen.numbers(count), 12),
            "loan_id": keyed(seen.ids, loan),
            "staff_id": named(staff_names(), seen.collectors(loan, np.full(count, _SUED_OVER))),
            "seen_on": dates(day),
            "is_found": found,
            "frame_no": _where(found, numbered("CJ", number, 12)),
            "engine_no": _where(found, numbered("FD", other, 12)),
            "place": named(["示例工地一", "示例工地二"], random.integers(0, 2, count), ~found),
            "reported_on": dates(day, ~(found & told)),
        }
    )


def _where(keep: np.ndarray, values: pa.Array) -> pa.Array:
    return values.take(pa.array(np.arange(len(keep)), mask=~keep))


def tow_table(seen: Staffed, sued: tuple[Ints, Ints]) -> pa.Table:
    """Return table ``tow``: of machines a year after the decision; now and then a point is not checked."""
    loan, decided = sued
    random = seen.random
    machine = (seen.chunk.loans.product[loan] == _MACHINE) & (decided + 130 <= seen.span.last_day)
    loan, day = loan[machine], decided[machine] + 130
    count = len(loan)
    checked = {
        f"is_{name}_checked": random.random(count) < 0.97
        for name in ("site", "operation", "people", "terrain", "exit")
    }
    return pa.table(
        {
            "loan_id": keyed(seen.ids, loan),
            "towed_on": dates(day),
            "staff_id": named(staff_names(), seen.collectors(loan, np.full(count, _SUED_OVER))),
            **checked,
            "n_return_routes": random.choice([0, 1, 2], count, p=(0.03, 0.5, 0.47)).astype(np.int32),
        }
    )


def disposal_table(seen: Staffed) -> pa.Table:
    """Return table ``disposal_plan``: one plan for nearly every customer with a loan over 90 days past due."""
    random = seen.random
    loan = np.flatnonzero(seen.dpd[:, -1] > 90)
    loan = loan[np.unique(seen.customer(loan), return_index=True)[1]]
    loan = loan[random.random(len(loan)) < 0.95]
    kinds = work_codes.DISPOSAL_KIND.values()
    return pa.table(
        {
            "customer_id": keyed(seen.customers, seen.customer(loan)),
            "planned_on": dates(seen.span.last_day - random.integers(0, 40, len(loan))),
            "disposal_kind": named(list(kinds), random.integers(0, len(kinds), len(loan))),
            "staff_id": named(staff_names(), seen.chunk.loans.officer[loan]),
            "target_minor": seen.overdue[loan, -1],
        }
    )


def maturity_table(seen: Staffed) -> pa.Table:
    """Return table ``maturity_decision``: taken in the month before a loan of a firm falls due."""
    loans, random = seen.chunk.loans, seen.random
    due = months.month_of_day(loans.matures)
    firm = seen.chunk.people.kind[loans.customer] != 0
    loan = np.flatnonzero(
        firm & (due > seen.span.last - WORK_MONTHS + 1) & (due <= seen.span.last + 1) & ~loans.is_undisbursed
    )
    loan = loan[random.random(len(loan)) < 0.96]
    day = np.maximum(
        months.first_day(due[loan] - 1) + random.integers(0, 25, len(loan)), loans.disbursed[loan]
    )
    keep = day <= seen.span.last_day
    loan, day = loan[keep], day[keep]
    renewed = np.isin(loan, loans.renews)
    late = seen.dpd[loan].max(axis=1) > 30
    choice = np.select([renewed, late], [1, 2], 0)
    return pa.table(
        {
            "loan_id": keyed(seen.ids, loan),
            "decided_on": dates(day),
            "maturity_decision": named(list(work_codes.MATURITY_DECISION.values()), choice),
            "staff_id": named(staff_names(), loans.officer[loan]),
        }
    )
