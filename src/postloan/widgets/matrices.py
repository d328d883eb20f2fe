"""Flow heat map and vintages of a view, as matrices whose cells lead to their loans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from postloan.metrics.scope import tidy
from postloan.metrics.vintage import curves
from postloan.model.buckets import BUCKET_CODES
from postloan.model.scope import ALL
from postloan.report.records import Record, day, fraction, records, whole
from postloan.report.section import Figure
from postloan.report.sections.flows import ENTRIES, FROM_STATES, TO_STATES
from postloan.report.sections.vintages import TABLE_MOB
from postloan.widgets.portfolio import Portfolio, cut
from postloan.widgets.view import ATTRIBUTES, CohortCell, FlowCell, View

MOST_COHORTS = 14
SHOWN_MOB = TABLE_MOB[:11]


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """A share, what it stands on, and the loans behind it; the value is None where it cannot be known yet."""

    figure: Figure
    pick: FlowCell | CohortCell | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Cells by row and column; rows and columns are states, cohorts or months on book."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[str, str], MatrixCell]


def flow_matrix(portfolio: Portfolio, view: View) -> Matrix:
    """Return the share of each opening state's balance that went to each closing state in the month (F-15).

    What was not there at opening has no share: its cells show loans alone. Filters of bucket and class are
    those at opening.
    """
    flows = portfolio.flows
    rows = flows.filter(flows["month_end"] == view.month, *cut(flows, view))
    keys = ["from_state", "to_state"]
    sums = rows.aggregate(by=keys, n=rows["n"].sum(), opening=rows["opening"].sum())
    found = {
        (row["from_state"], row["to_state"]): row
        for row in records(tidy(sums.cast({"n": "int64", "opening": "int64"}), keys))
    }
    starts = _seen(FROM_STATES, {start for start, _ in found})
    ends = _seen(TO_STATES, {end for _, end in found})
    cells = {}
    for start in starts:
        opened = sum(whole(row["opening"]) or 0 for (origin, _), row in found.items() if origin == start)
        for end in ends:
            cells[start, end] = _flow_cell(found.get((start, end)), start, end, opened)
    return Matrix(tuple(starts), tuple(ends), cells)


def _seen(states: tuple[str, ...], present: set[str]) -> list[str]:
    return [state for state in states if state in BUCKET_CODES or state in present]


def _flow_cell(row: Record | None, start: str, end: str, opened: int) -> MatrixCell:
    if row is None:
        return MatrixCell(Figure(0.0 if opened else None, 0, opened, 0), None)
    moved = whole(row["opening"])
    has_share = opened and moved is not None and start not in ENTRIES
    value = moved / opened if has_share and moved is not None else None
    pick = FlowCell(from_state=start, to_state=end)
    return MatrixCell(Figure(value, moved, opened, whole(row["n"])), pick)


def vintage_matrix(portfolio: Portfolio, view: View) -> Matrix:
    """Return by cohort and months on book the share of what was lent that had been over 30 days past due (F-20).

    As of the book's date, whatever the month; filters of bucket and class do not cut a cohort.
    """
    sums = portfolio.vintages.map(
        lambda _, table: table.filter(ibis.literal(True), *cut(table, view, ATTRIBUTES))
    )
    frame = curves(sums, portfolio.as_of, [ALL], [(30, "ever", "amount")])
    grain = "quarter" if "quarter" in set(frame["grain"]) else "month"
    frame = frame[(frame["grain"] == grain) & frame["mob"].isin(SHOWN_MOB)]
    found = {(day(row["cohort"]), int(row["mob"])): row for row in records(frame)}
    cohorts = sorted({cohort for cohort, _ in found})[-MOST_COHORTS:]
    cells = {
        (cohort_label(cohort, grain), str(mob)): _cohort_cell(found.get((cohort, mob)), cohort, mob, grain)
        for cohort in cohorts
        for mob in SHOWN_MOB
    }
    names = tuple(cohort_label(cohort, grain) for cohort in cohorts)
    return Matrix(names, tuple(map(str, SHOWN_MOB)), cells)


def cohort_label(cohort: date, grain: str) -> str:
    """Return 2025Q1 or 2025-01."""
    on = pd.Timestamp(cohort)
    return f"{on.year}Q{on.quarter}" if grain == "quarter" else f"{on.year}-{on.month:02d}"


def _cohort_cell(row: Record | None, cohort: date, mob: int, grain: str) -> MatrixCell:
    if row is None or fraction(row["value"]) is None:
        return MatrixCell(Figure(None), None)
    figure = Figure(
        fraction(row["value"]),
        whole(row["numerator"]),
        whole(row["denominator"]),
        whole(row["n"]),
        whole(row["unknown"]),
    )
    pick = CohortCell.model_validate({"grain": grain, "cohort": cohort, "mob": mob})
    return MatrixCell(figure, pick)
