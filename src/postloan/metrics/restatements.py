"""Month-ends that look different now: what was known on an earlier day beside what is known now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine.query import run
from postloan.engine.restate import restated
from postloan.metrics.facts import Facts
from postloan.metrics.scope import framed, keyed, stacked
from postloan.model.restatement import FIGURES
from postloan.model.scope import ALL, MISSING, product_of

# A loan's row in either view: its figures, and what says which scope it is in.
COLUMNS = ("loan_id", "month_end", "branch", "product", *FIGURES)
_DATED = {
    "loan": "disbursed_on",
    "payment": "paid_on",
    "loan_event": "event_on",
    "loan_tape": "observed_on",
}
_AMOUNTS = ("balance_minor", "overdue_minor", "over_90_minor")

# A loan that was not there, or is not any more, owed nothing; what is not known adds nothing to a sum.
_MOVES = """
    SELECT *,
        if(status_before IS NULL, 0, balance_minor_before) AS balance_minor_then,
        if(status_after IS NULL, 0, balance_minor_after) AS balance_minor_now,
        if(status_before IS NULL, 0, overdue_minor_before) AS overdue_minor_then,
        if(status_after IS NULL, 0, overdue_minor_after) AS overdue_minor_now,
        if(dpd_before > 90, balance_minor_before, 0) AS over_90_minor_then,
        if(dpd_after > 90, balance_minor_after, 0) AS over_90_minor_now,
        greatest(abs(balance_minor_now - balance_minor_then), abs(overdue_minor_now - overdue_minor_then))
            AS moved_minor
    FROM restated
"""
_MONTHS = pa.schema(
    [
        ("month_end", pa.date32()),
        ("figure", pa.string()),
        ("loans", pa.int64()),
        ("then_minor", pa.int64()),
        ("now_minor", pa.int64()),
    ]
)
_LOANS = pa.schema(
    [
        ("loan_id", pa.string()),
        ("branch", pa.string()),
        ("month_end", pa.date32()),
        *((f"{name}_{side}", pa.int64()) for name in _AMOUNTS[:2] for side in ("then", "now")),
        ("dpd_then", pa.int32()),
        ("dpd_now", pa.int32()),
        ("status_then", pa.string()),
        ("status_now", pa.string()),
    ]
)
_SCOPE = pa.field("scope", pa.string())


def told_since(facts: Facts, until: date) -> pa.Array:
    """Return the loans of which something dated up to ``until`` became known only later, sorted.

    A bounce counts whenever it happened, because it cancels its payment from the day of the payment; an
    instalment whenever it is due.
    """
    parts = []
    for name in ("instalment", *_DATED):
        rows = facts.table(name)
        is_told = rows["known_on"] > until
        if name in _DATED:
            is_past = rows[_DATED[name]] <= until
            is_told &= is_past | (rows["payment_kind"] == "reversal") if name == "payment" else is_past
        parts.append(rows.filter(is_told).select("loan_id"))
    return stacked(*parts).distinct().order_by("loan_id").to_pyarrow()["loan_id"].combine_chunks()


def restatements(
    facts: Facts, then: pa.Table, loans: pa.Array, until: date, scopes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Compare the month-ends up to ``until`` of some loans as known then with what is known now.

    Args:
        facts: What is known now.
        then: ``COLUMNS`` of the loans as known then, at the month-ends up to ``until``.
        loans: The loans of which something has become known since; all others are the same.
        until: Last month-end compared.
        scopes: ``all``, branches and ``product=`` names.

    Returns:
        ``restated_months``: ``scope, month_end, figure`` (``balance_minor``, ``overdue_minor`` or
        ``over_90_minor``), ``loans`` (of which it moved) and, of the whole scope, ``then_minor,
        now_minor`` (blank where no loan's is known); all three figures of every month-end at which some loan moved, latest first.
        ``restated_loans``: ``scope, loan_id, branch, month_end`` and ``balance_minor, overdue_minor, dpd,
        status`` each ``_then`` and ``_now``; a loan that is not there has no status and owes 0. Largest
        move first.
    """
    position = facts.whole().table("position")
    now = position.filter(position["loan_id"].isin(loans.to_pylist()), position["month_end"] <= until)
    after = now.select(list(COLUMNS)).to_pyarrow()
    months, listed = [], []
    for scope in scopes:
        sides = _within(then, scope), _within(after, scope)
        moved = restated(*sides)
        months.append(_scoped(scope, _months(moved, _totals(facts, scope, moved["month_end"]))))
        listed.append(_scoped(scope, _listed(moved, *sides)))
    frames = {"restated_months": (months, _MONTHS), "restated_loans": (listed, _LOANS)}
    return {
        name: framed(pa.concat_tables([schema.insert(0, _SCOPE).empty_table(), *parts]))
        for name, (parts, schema) in frames.items()
    }


def _within(rows: pa.Table, scope: str) -> pa.Table:
    """Return the rows of loans in a scope; a loan without a branch or product is ``(missing)``."""
    if scope == ALL:
        return rows
    column, name = ("branch", scope) if product_of(scope) is None else ("product", product_of(scope))
    return rows.filter(pc.equal(pc.fill_null(rows[column], MISSING), name))


def _scoped(scope: str, rows: pa.Table) -> pa.Table:
    return rows.add_column(0, _SCOPE, pa.array([scope] * rows.num_rows, pa.string()))


def _totals(facts: Facts, scope: str, months: pa.ChunkedArray) -> pa.Table:
    """Return what is known now of the whole scope at ``months``: ``month_end`` and the amounts."""
    product = product_of(scope)
    rows = (facts.whole() if product is None else facts.of_product(product)).table("position")
    rows = rows.filter(rows["month_end"].isin(pc.unique(months).to_pylist()))
    if product is None and scope != ALL:
        rows = rows.filter(keyed(rows["branch"]) == scope)
    over_90 = ibis.ifelse(rows["dpd"] > 90, rows["balance_minor"], 0)
    sums = {name: rows[name].sum().cast("int64") for name in _AMOUNTS[:2]}
    return rows.aggregate(by="month_end", **sums, over_90_minor=over_90.sum().cast("int64")).to_pyarrow()


def _months(moved: pa.Table, totals: pa.Table) -> pa.Table:
    """Return ``_MONTHS`` of a scope: its totals now, and then: now less what moved."""
    parts = [
        f"""
        SELECT month_end, {place} AS place, '{name}' AS figure,
            count(*) FILTER ({name}_then IS DISTINCT FROM {name}_now) AS loans,
            CASE WHEN any_value(t.month_end) IS NULL THEN 0 ELSE any_value(t.{name}) END AS now_minor,
            (now_minor - coalesce(sum({name}_now - {name}_then), 0))::BIGINT AS then_minor
        FROM ({_MOVES}) LEFT JOIN totals AS t USING (month_end) GROUP BY month_end
        """
        for place, name in enumerate(_AMOUNTS)
    ]
    query = f"{' UNION ALL '.join(parts)} ORDER BY month_end DESC, place"
    return run(query, _MONTHS, {"restated": moved, "totals": totals})


def _listed(moved: pa.Table, then: pa.Table, now: pa.Table) -> pa.Table:
    """Return ``_LOANS`` of a scope."""
    query = f"""
        SELECT m.*, coalesce(n.branch, t.branch) AS branch,
            dpd_before AS dpd_then, dpd_after AS dpd_now,
            status_before AS status_then, status_after AS status_now
        FROM ({_MOVES}) AS m
        LEFT JOIN now AS n USING (loan_id, month_end) LEFT JOIN before AS t USING (loan_id, month_end)
        ORDER BY moved_minor DESC NULLS LAST, month_end DESC, loan_id
    """
    return run(query, _LOANS, {"restated": moved, "before": then, "now": now})
