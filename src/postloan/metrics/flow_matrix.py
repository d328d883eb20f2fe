"""Who went where: loans by state at opening and at closing, exits kept as states of their own (F-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.metrics.facts import Facts
from postloan.metrics.scope import in_scopes, tidy

NEW = "new"
UNKNOWN = "unknown"
EXITS = ("settled", "written_off", "sold", "repossessed")


def flow_matrix(facts: Facts, months: Sequence[date], scopes: Sequence[str]) -> pd.DataFrame:
    """Return loans by delinquency state at opening and closing of each month (F-15).

    Every loan of the opening and every new one is in exactly one cell, so cells sum to the opening
    balance plus new lending, and a loan that left is in the column of its exit. A loan that comes back
    starts from the exit it had taken.

    Args:
        facts: Needs ``flow``.
        months: Closing dates to show.
        scopes: ``all`` and branches.

    Returns:
        ``scope, base, month_end, from_state, to_state, n, opening_balance_minor,
        closing_balance_minor``. A balance is missing only where no loan of the cell has a known one.
    """
    flow = facts.table("flow")
    rows = flow.filter(flow["month_end"].isin(list(months)), flow["base"] == "month")
    return _matrix(rows, "state", rows["from_state"], rows["to_state"], scopes)


def class_matrix(facts: Facts, months: Sequence[date], scopes: Sequence[str]) -> pd.DataFrame:
    """Return loans by risk class at opening and closing, on the month and from the year's opening (F-14).

    States are the five categories, ``new``, ``unknown`` and the exits. Shape, units and sums as
    ``flow_matrix``, with ``from_class`` and ``to_class``.
    """
    flow = facts.table("flow")
    rows = flow.filter(flow["month_end"].isin(list(months)))
    outside = rows["from_state"].isin([NEW, *EXITS])
    opening = ibis.ifelse(outside, rows["from_state"], rows["from_risk_class"].fill_null(UNKNOWN))
    gone = rows["to_state"].isin(list(EXITS))
    closing = ibis.ifelse(gone, rows["to_state"], rows["to_risk_class"].fill_null(UNKNOWN))
    return _matrix(rows, "class", opening, closing, scopes)


def balances(flow: ibis.Table) -> dict[str, ibis.Value]:
    """Return what each flow opens and closes with: 0 for a loan not there at opening, or that has left."""
    is_new, is_gone = flow["from_state"].isin([NEW, *EXITS]), flow["to_state"].isin(list(EXITS))
    return {
        "opening": ibis.ifelse(is_new, flow["from_balance_minor"].fill_null(0), flow["from_balance_minor"]),
        "closing": ibis.ifelse(is_gone, flow["to_balance_minor"].fill_null(0), flow["to_balance_minor"]),
    }


def _matrix(
    rows: ibis.Table, kind: str, opening: ibis.Value, closing: ibis.Value, scopes: Sequence[str]
) -> pd.DataFrame:
    """Count loans and sum balances by two states."""
    states = rows.select(
        "base", "month_end", "branch", **{f"from_{kind}": opening, f"to_{kind}": closing}, **balances(rows)
    )
    keys = ["scope", "base", "month_end", f"from_{kind}", f"to_{kind}"]
    query = in_scopes(states, scopes).aggregate(
        by=keys,
        n=lambda t: t.count(),
        opening_balance_minor=lambda t: t["opening"].sum(),
        closing_balance_minor=lambda t: t["closing"].sum(),
    )
    return tidy(query, keys)
