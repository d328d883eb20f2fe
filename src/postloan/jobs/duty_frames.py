"""Duties as results frames: evaluated once, measured for all scopes, and listed for the month ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
import pyarrow as pa

from postloan.engine.duties import duty_rows
from postloan.engine.warnings import largest_loan
from postloan.metrics import duties
from postloan.metrics.facts import Facts
from postloan.model.duty import DUTY, Duty
from postloan.policy.composition import WHOLE, Segment, segmented
from postloan.policy.duty import duties_on
from postloan.policy.files import Rulebook
from postloan.policy.policy import Policy

_POSITION = (
    "loan_id", "customer_id", "month_end", "status", "branch", "product", "industry", "dpd", "worst_dpd", "customer_kind",
    "officer_id", "balance_minor",
)  # fmt: skip
_OWN = ("loan", "instalment", "customer")  # every lender has these; they call for duties but show none done


@dataclass(frozen=True, slots=True)
class _Owed:
    """A duty, the segments it belongs to and its place among them."""

    duty: Duty
    segments: tuple[Segment, ...] = (WHOLE,)
    place: int = 0


def duty_frames(
    facts: Facts, as_of: date, work: Policy, plan: Rulebook | None, scopes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return the frames of duties; none where nothing is delivered that any duty is judged by.

    A duty whose tables were not delivered is listed in ``duty_labels`` and nowhere counted: nobody has missed it.

    Args:
        facts: Of the book at ``as_of``.
        as_of: Observation date.
        work: Rules of work: what everybody owes.
        plan: Its policies: what is owed to whom each one grades; None for none.
        scopes: ``all``, branches, products.

    Raises:
        Fault: 2 where a deadline in working days needs a year without official calendar.
    """
    whole = facts.whole()
    given = whole.given(as_of) | set(_OWN)
    known = _known(work, plan, as_of)
    judged = [part for part in known if set(part.duty.tables()) <= given]
    if not judged:
        return {}
    rows = whole.connection.create_table("duty", _rows(whole, as_of, judged), overwrite=True)
    return {
        "duty_measures": duties.duty_measures(rows, as_of, scopes),
        "duty_counts": duties.duty_counts(rows, as_of, scopes),
        "duty_actions": duties.actions(rows, scopes),
        "duty_labels": duties.duty_labels([part.duty for part in known], given),
    }


def _known(work: Policy, plan: Rulebook | None, as_of: date) -> list[_Owed]:
    """Return all duties with the segments they belong to; of two with one name the first counts."""
    found = [_Owed(duty) for duty in duties_on(work.duties, work.parameters, as_of)]
    for place, file in enumerate(plan.files if plan else ()):
        assert plan is not None
        of_file = duties_on(file.policy.duties, file.policy.parameters, as_of)
        found += [_Owed(duty, plan.segments, place) for duty in of_file]
    return list({part.duty.name: part for part in reversed(found)}.values())[::-1]


def _rows(facts: Facts, as_of: date, judged: Sequence[_Owed]) -> pa.Table:
    parts = []
    for segments, place in dict.fromkeys((part.segments, part.place) for part in judged):
        some = [part.duty for part in judged if (part.segments, part.place) == (segments, place)]
        rows = evaluated(facts, as_of, some)
        parts.append(rows if segments == (WHOLE,) else _cut(facts, as_of, rows, segments, place))
    return pa.concat_tables(parts)


def _cut(facts: Facts, as_of: date, rows: pa.Table, segments: tuple[Segment, ...], place: int) -> pa.Table:
    """Return what is owed to the subjects of a segment; a branch belongs to every one."""
    t = facts.connection.create_table("_owed", rows, overwrite=True)
    kind = facts.table("customer").select("customer_id", "customer_kind")
    position, loan = facts.table("position"), facts.table("loan")
    largest = largest_loan(position.filter(position.month_end == ibis.literal(as_of)))
    lent = largest.join(
        loan.select("loan_id", of_largest=loan["product"]), largest.largest_id == loan.loan_id
    )
    beside = t.left_join(kind, "customer_id").drop("customer_id_right")
    beside = beside.left_join(lent.select("customer_id", "of_largest"), "customer_id").drop(
        "customer_id_right"
    )
    beside = beside.mutate(own=beside["product"], product=beside["product"].coalesce(beside.of_largest))
    of_branch = beside.filter(beside.customer_id.isnull())
    kept = ibis.union(segmented(beside, segments, place), of_branch, distinct=True)
    return kept.mutate(product=kept.own).select(DUTY.names()).to_pyarrow().cast(DUTY.schema())


def evaluated(facts: Facts, as_of: date, judged: Sequence[Duty]) -> pa.Table:
    """Return table ``duty`` for some duties."""
    recent = facts.table("position").filter(
        lambda t: t.month_end > ibis.literal(as_of.replace(year=as_of.year - 1, day=1))
    )
    # Every duty looks at positions several times over: they are read once.
    position = facts.connection.create_table(
        "_recent", recent.select(*_POSITION).to_pyarrow(), overwrite=True
    )

    def table(name: str) -> ibis.Table:
        return position if name == "position" else facts.table(name)

    parts = [duty_rows(duty, table, as_of).to_pyarrow().cast(DUTY.schema()) for duty in judged]
    return pa.concat_tables(parts)
