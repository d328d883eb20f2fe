"""The two walks from opening to closing: overdue amount and balance, each with a check of 0 (F-52)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
import pandas as pd

from postloan.metrics.facts import Facts
from postloan.metrics.scope import in_scopes, observation_dates, tidy

# Term, its column in ``position`` and the direction in which it moves the stock.
WALKS: dict[str, tuple[str, dict[str, tuple[str, int]]]] = {
    "overdue": (
        "overdue_minor",
        {
            "fell_overdue": ("fell_overdue_minor", 1),
            "collected": ("overdue_collected_minor", -1),
            "waived": ("overdue_waived_minor", -1),
            "rescheduled": ("overdue_rescheduled_minor", -1),
            "written_off": ("overdue_written_off_minor", -1),
            "sold": ("overdue_sold_minor", -1),
        },
    ),
    "balance": (
        "balance_minor",
        {
            "lent": ("lent_minor", 1),
            "repaid": ("repaid_minor", -1),
            "waived": ("principal_waived_minor", -1),
            "reclassified": ("reclassified_minor", 1),
            "written_off": ("principal_written_off_minor", -1),
            "sold": ("principal_sold_minor", -1),
            "repossessed": ("principal_repossessed_minor", -1),
        },
    ),
}


def walks(facts: Facts, as_of: date, scopes: Sequence[str], months: int = 13) -> pd.DataFrame:
    """Return both walks for the last ``months`` observation dates: opening + terms = closing.

    Terms carry their sign. ``unknown`` is what a stock lost or gained because it, or one of its terms, became
    unknown or known in the period; a term that no loan says is missing. There is no walk of overdue amounts
    where none is known. ``check`` is closing less opening and all terms, and is 0 unless the engine is wrong.

    Args:
        facts: Needs ``position``.
        as_of: Last observation date.
        scopes: ``all`` and branches.
        months: How many observation dates.

    Returns:
        ``scope, month_end, walk, term, amount_minor`` in order of reading.
    """
    position = facts.table("position")
    dates = observation_dates(position, as_of)
    shown = dates[-months:]
    rows = _with_openings(position.filter(position["month_end"].isin(dates[-months - 1 :])))
    scoped = in_scopes(rows.filter(rows["month_end"].isin(shown)), scopes)
    before = dict(zip(dates[1:], dates, strict=False))
    told = [walk for walk in WALKS if walk == "balance" or _is_overdue_told(rows)]
    parts = [_walk(scoped, rows, walk, before, scopes) for walk in told]
    return pd.concat(parts, ignore_index=True).sort_values(
        ["scope", "month_end", "walk"], kind="stable", ignore_index=True
    )


def _is_overdue_told(rows: ibis.Table) -> bool:
    active = rows.filter(rows["status"] == "active", rows["overdue_minor"].notnull())
    return bool(active.limit(1).to_pyarrow().num_rows)


def _with_openings(position: ibis.Table) -> ibis.Table:
    """Add what each loan's stocks were at its row before, and whether there was one."""
    window = ibis.window(group_by="loan_id", order_by="month_end")
    return position.mutate(
        has_before=position["month_end"].lag().over(window).notnull(),
        overdue_minor_before=position["overdue_minor"].lag().over(window),
        balance_minor_before=position["balance_minor"].lag().over(window),
    )


def _moved(table: ibis.Table, walk: str) -> Any:
    """Return the loan's change of stock that its terms do not explain, where a stock or a term is not known."""
    stock, terms = WALKS[walk]
    explained = sum(sign * table[column].fill_null(0) for column, sign in terms.values())
    change = table[stock].fill_null(0) - table[f"{stock}_before"].fill_null(0)
    is_blank = table[stock].isnull() | (table["has_before"] & table[f"{stock}_before"].isnull())
    for column, _ in terms.values():
        is_blank = is_blank | table[column].isnull()
    return ibis.ifelse(is_blank, change - explained, 0)


def _walk(
    scoped: ibis.Table, rows: ibis.Table, walk: str, before: dict[date, date], scopes: Sequence[str]
) -> pd.DataFrame:
    stock, terms = WALKS[walk]
    sums = {
        "closing": lambda t: t[stock].sum(),
        "unknown": lambda t: _moved(t, walk).sum(),
        **{term: _signed(column, sign) for term, (column, sign) in terms.items()},
    }
    keys = ["scope", "month_end"]
    frame = tidy(scoped.aggregate(by=keys, **sums), keys)
    names = [*terms, "unknown"]
    told = [name for name in names if frame[name].notna().any()]
    frame = frame.fillna(dict.fromkeys((*told, "closing"), 0))
    frame = frame.assign(opening=_openings(in_scopes(rows, scopes), stock, before, frame))
    frame["check"] = frame["closing"] - frame["opening"] - frame[names].sum(axis=1)
    order = ["opening", *terms, "unknown", "closing", "check"]
    shown = [term for term in order if term != "unknown" or frame["unknown"].ne(0).any()]
    long = frame.melt(keys, shown, var_name="term", value_name="amount_minor").assign(walk=walk)
    place = long["term"].map(shown.index)
    ordered = long.assign(place=place).sort_values([*keys, "place"], ignore_index=True)
    return ordered[["scope", "month_end", "walk", "term", "amount_minor"]]


def _signed(column: str, sign: int) -> Any:
    return lambda t: (t[column] * sign).sum()


def _openings(rows: ibis.Table, stock: str, before: dict[date, date], frame: pd.DataFrame) -> pd.Series:
    """Return the stock at the date before, summed over whoever was there; 0 at the first date of the book."""
    keys = ["scope", "month_end"]
    stocks = tidy(rows.aggregate(by=keys, stock=lambda t: t[stock].sum()), keys).set_index(keys)["stock"]
    earlier = [before.get(on.date()) for on in frame["month_end"]]
    found = [
        0 if on is None else stocks.get((scope, pd.Timestamp(on)), 0)
        for scope, on in zip(frame["scope"], earlier, strict=True)
    ]
    return pd.Series(found, index=frame.index, dtype="Int64").fillna(0)
