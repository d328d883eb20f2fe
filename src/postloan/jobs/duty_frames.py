"""Duties as results frames: evaluated once, measured for all scopes, and listed for the month ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd
import pyarrow as pa

from postloan.engine.duties import duty_rows
from postloan.metrics import duties
from postloan.metrics.facts import Facts
from postloan.model.duty import DUTY, Duty
from postloan.policy.duty import duties_on
from postloan.policy.policy import Policy

_POSITION = ("loan_id", "customer_id", "month_end", "status", "branch", "dpd", "customer_kind", "officer_id")
_OWN = ("loan", "instalment", "customer")  # every lender has these; they call for duties but show none done


def duty_frames(facts: Facts, as_of: date, policy: Policy, scopes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the frames of duties; none where nothing is delivered that any duty is judged by.

    A duty whose tables were not delivered is listed in ``duty_labels`` and nowhere counted: nobody has missed it.

    Raises:
        Fault: 2 where a deadline in working days needs a year without official calendar.
    """
    known = duties_on(policy.duties, policy.parameters, as_of)
    whole = facts.whole()
    given = whole.given(as_of) | set(_OWN)
    judged = [duty for duty in known if set(duty.tables()) <= given]
    if not judged:
        return {}
    rows = whole.connection.create_table("duty", evaluated(whole, as_of, judged), overwrite=True)
    return {
        "duty_measures": duties.duty_measures(rows, as_of, scopes),
        "duty_counts": duties.duty_counts(rows, as_of, scopes),
        "duty_actions": duties.actions(rows, scopes),
        "duty_labels": duties.duty_labels(known, given),
    }


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
