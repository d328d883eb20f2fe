"""Where the balance sits: largest holders, shares, and the statistics that sum them up (F-58)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.engine.past_due import is_over
from postloan.metrics.classification import is_npl
from postloan.metrics.facts import Facts
from postloan.metrics.metric import Unit
from postloan.metrics.portfolio import is_active
from postloan.metrics.scope import in_scopes, keyed, stacked, tidy
from postloan.metrics.statistic import Statistic
from postloan.model.label import Label

DIMENSIONS = ("customer", "product", "branch", "industry", "region")
TOP = 10
_KEYS = ["scope", "dimension"]
_PARTS = ("numerator", "denominator")


def concentration(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return the balance by customer (ten largest), product, branch, industry and region.

    A loan without a customer is its own customer; other missing keys are a group of their own, so that
    shares add up to 1. Loans of unknown balance hold nothing here.

    Args:
        facts: Needs ``position``.
        as_of: Observation date.
        scopes: ``all`` and branches.

    Returns:
        ``scope, dimension, rank, group, n, balance_minor, share, overdue_balance_minor,
        npl_balance_minor``, largest first; ``share`` is of all balance in the scope.
    """
    ranked = _ranked(_holdings(facts, as_of, scopes))
    shown = ranked.filter((ranked["dimension"] != "customer") | (ranked["rank"] <= TOP))
    columns = [
        *_KEYS,
        "rank",
        "group",
        "n",
        "balance_minor",
        "share",
        "overdue_balance_minor",
        "npl_balance_minor",
    ]
    return tidy(shown.select(columns), [*_KEYS, "rank"])


def concentration_stats(
    facts: Facts, as_of: date, scopes: Sequence[str], capital_minor: int | None
) -> pd.DataFrame:
    """Return every statistic of ``STATISTICS`` for each scope and dimension it makes sense for.

    Args:
        facts: Needs ``position``.
        as_of: Observation date.
        scopes: ``all`` and branches.
        capital_minor: Net capital of the lender; None leaves out what needs it.

    Returns:
        ``scope, dimension, stat, value, numerator, denominator``; fractions, and minor units or missing.
    """
    holdings = _holdings(facts, as_of, scopes)
    found = pd.concat([_figures(statistic, holdings, capital_minor) for statistic in STATISTICS])
    return found.sort_values([*_KEYS, "stat"], ignore_index=True)


def _figures(statistic: Statistic, holdings: ibis.Table, capital_minor: int | None) -> pd.DataFrame:
    """Return a statistic's rows: exact sums from the query, ratios in Python."""
    sums = statistic.query(holdings, capital_minor)
    exact = {part: sums[part].cast("decimal(38,0)").cast("string") for part in _PARTS}
    rows = tidy(sums.select(*_KEYS, **exact), _KEYS)
    pairs = [(int(top), int(bottom)) for top, bottom in zip(*(rows[part] for part in _PARTS), strict=True)]
    shown = [pair if statistic.is_of_amounts else (None, None) for pair in pairs]
    return pd.DataFrame(
        {
            **{key: rows[key] for key in _KEYS},
            "stat": pd.array([statistic.slug] * len(rows), dtype="str"),
            "value": pd.array([top / bottom for top, bottom in pairs], dtype="float64"),
            "numerator": pd.array([top for top, _ in shown], dtype="Int64"),
            "denominator": pd.array([bottom for _, bottom in shown], dtype="Int64"),
        }
    )


def _holdings(facts: Facts, as_of: date, scopes: Sequence[str]) -> ibis.Table:
    """Return number of loans and balances by scope, dimension and group."""
    position = facts.table("position")
    rows = position.filter(position["month_end"] == as_of, is_active(position))
    scoped = in_scopes(rows, scopes)
    parts = [_held_by(scoped, dimension) for dimension in DIMENSIONS]
    held = stacked(*parts)
    return held.filter(held["balance_minor"] > 0)


def _held_by(rows: ibis.Table, dimension: str) -> ibis.Table:
    holder = (
        rows["customer_id"].fill_null(rows["loan_id"]) if dimension == "customer" else keyed(rows[dimension])
    )
    return rows.mutate(dimension=ibis.literal(dimension), group=holder).aggregate(
        by=[*_KEYS, "group"],
        n=lambda t: t.count(),
        balance_minor=lambda t: t["balance_minor"].sum(),
        overdue_balance_minor=lambda t: t["balance_minor"].sum(where=is_over(t, 0)).fill_null(0),
        npl_balance_minor=lambda t: t["balance_minor"].sum(where=is_npl(t)).fill_null(0),
    )


def _ranked(holdings: ibis.Table) -> ibis.Table:
    order = [holdings["balance_minor"].desc(), holdings["group"]]
    place = ibis.row_number().over(ibis.window(group_by=_KEYS, order_by=order))
    whole = holdings["balance_minor"].sum().over(ibis.window(group_by=_KEYS))
    return holdings.mutate(rank=place + 1, whole=whole, share=holdings["balance_minor"] / whole)


def _exact(column: ibis.Value) -> ibis.Value:
    return column.cast("decimal(19,0)")


def _hhi(holdings: ibis.Table, capital_minor: int | None) -> ibis.Table:
    squares = holdings.mutate(square=_exact(holdings["balance_minor"]) * _exact(holdings["balance_minor"]))
    sums = squares.aggregate(
        by=_KEYS,
        numerator=lambda t: t["square"].sum(),
        whole=lambda t: t["balance_minor"].sum(),
    )
    return sums.mutate(denominator=_exact(sums["whole"]) * _exact(sums["whole"]))


def _top(holdings: ibis.Table, capital_minor: int | None) -> ibis.Table:
    return _ranked(holdings).aggregate(
        by=_KEYS,
        numerator=lambda t: t["balance_minor"].sum(where=t["rank"] <= TOP),
        denominator=lambda t: t["balance_minor"].sum(),
    )


def _largest_to_capital(holdings: ibis.Table, capital_minor: int | None) -> ibis.Table:
    has_capital = capital_minor is not None and capital_minor > 0
    customers = holdings.filter((holdings["dimension"] == "customer") & ibis.literal(has_capital))
    largest = customers.aggregate(by=_KEYS, numerator=lambda t: t["balance_minor"].max())
    return largest.mutate(denominator=ibis.literal(capital_minor or 0, "int64"))


STATISTICS: tuple[Statistic, ...] = (
    Statistic(
        "hhi", Label("集中度指数（HHI）", "Concentration index (HHI)"), Unit.FRACTION, True,
        Label(
            "各组本金余额占比的平方和；只有一组时为1",
            "Sum of the squared shares of outstanding principal; 1 for a single holder",
        ),
        "F-58", _hhi, is_of_amounts=False,
    ),
    Statistic(
        "top10", Label("前十大占比", "Ten largest, share of balance"), Unit.FRACTION, True,
        Label(
            "余额最大的十组的本金余额 / 本金余额；不足十组时为1",
            "Outstanding principal of the ten largest groups / all outstanding principal; 1 for ten groups or fewer",
        ),
        "F-58", _top,
    ),
    Statistic(
        "largest_to_capital", Label("最大单一客户与资本净额之比", "Largest customer to net capital"),
        Unit.FRACTION, True,
        Label(
            "最大单一客户本金余额 / 资本净额；未提供资本净额时不计算",
            "Outstanding principal of the largest customer / net capital; not computed unless capital is given",
        ),
        "F-58", _largest_to_capital,
    ),
)  # fmt: skip
