"""What the lender's units do: meetings, trainings, inspections of branches, measures for improvement."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from postloan.model import work_codes
from postloan.sources.synthetic import months
from postloan.sources.synthetic.cells import dates, dates_if, named, numbered
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.types import NEVER, Random
from postloan.sources.synthetic.work.view import WORK_MONTHS, staff_names
from postloan.sources.synthetic.world import BRANCHES

_NAMES = [branch.name for branch in BRANCHES]
_MEETINGS = work_codes.MEETING_KIND.values()


def _months(span: Span) -> list[int]:
    return list(range(span.last - WORK_MONTHS + 1, span.last + 1))


def meeting_table(span: Span, random: Random) -> pa.Table:
    """Return table ``meeting``: risk and overdue meetings of each branch by month, forums by quarter."""
    rows = []
    for number in _months(span):
        kinds = (
            [0, 1]
            + ([2, 4] if months.of_year(number) % 3 == 0 else [])
            + ([3] if months.of_year(number) in (6, 12) else [])
        )
        rows += [(number, branch, kind) for branch in range(len(BRANCHES)) for kind in kinds]
    month, branch, kind = (np.array(values) for values in zip(*rows, strict=True))
    day = months.first_day(month) + random.integers(2, 26, len(month))
    keep = (day <= span.last_day) & (random.random(len(day)) < 0.97)
    return pa.table(
        {
            "meeting_id": numbered("HY", np.arange(int(keep.sum())) + 1, 8),
            "meeting_kind": named(list(_MEETINGS), kind[keep]),
            "branch": named(_NAMES, branch[keep]),
            "held_on": dates(day[keep]),
        }
    )


def training_table(span: Span, random: Random) -> pa.Table:
    """Return table ``training``: a course each quarter for officers and collectors; a few fail or stay away."""
    names = staff_names()
    courses = [m for m in _months(span) if months.of_year(m) % 3 == 2]
    course, staff = (
        grid.ravel() for grid in np.meshgrid(np.arange(len(courses)), np.arange(len(names)), indexing="ij")
    )
    draw = random.random(len(course))
    return pa.table(
        {
            "course": numbered("PX", np.array(courses)[course], 4),
            "staff_id": named(names, staff),
            "held_on": dates(months.first_day(np.array(courses)[course]) + 14),
            "is_passed": pa.array(draw < 0.98, mask=draw > 0.995),
        }
    )


def unit_inspection_table(span: Span, random: Random) -> pa.Table:
    """Return table ``inspection`` of branches: one a quarter, scored."""
    quarters = [m for m in _months(span) if months.of_year(m) % 3 == 0]
    month, branch = (
        grid.ravel() for grid in np.meshgrid(np.array(quarters), np.arange(len(BRANCHES)), indexing="ij")
    )
    day = months.first_day(month) + 19
    keep = day <= span.last_day
    month, branch, day = month[keep], branch[keep], day[keep]
    score = np.round(random.uniform(0.76, 0.99, len(day)), 4)
    rectified = np.where(day + 20 <= span.last_day, day + 20, NEVER)
    return pa.table(
        {
            "inspection_id": numbered("JD", np.arange(len(day)) + 1, 8),
            "inspection_kind": named(["unit"], np.zeros(len(day), np.int64)),
            "branch": named(_NAMES, branch),
            "inspected_on": dates(day),
            "score": score,
            "report_on": dates(np.minimum(day + 3, span.last_day)),
            "rectified_on": dates_if(np.where(score < 0.8, rectified, NEVER)),
        }
    )


def improvement_table(span: Span, random: Random) -> pa.Table:
    """Return table ``improvement``: what surveys, complaints and inspections called for."""
    count = 4 * WORK_MONTHS
    opened = months.first_day(np.repeat(np.array(_months(span)), 4)) + random.integers(0, 25, count)
    opened = np.minimum(opened, span.last_day)
    closed = np.where(random.random(count) < 0.8, opened + random.integers(10, 60, count), NEVER)
    sources = work_codes.IMPROVEMENT_SOURCE.values()
    return pa.table(
        {
            "improvement_id": numbered("GJ", np.arange(count) + 1, 8),
            "improvement_source": named(list(sources), random.integers(0, len(sources), count)),
            "staff_id": named(staff_names(), random.integers(0, len(staff_names()), count)),
            "what": named(["优化提醒时点", "简化还款入账", "补充话术培训"], random.integers(0, 3, count)),
            "opened_on": dates(opened),
            "due_on": dates(opened + 45),
            "closed_on": dates_if(np.where(closed > span.last_day, NEVER, closed)),
        }
    )
