"""The ledger's own totals at month-ends, summed over chunks by arithmetic that doesn't use the replay."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa

from postloan.sources.synthetic import months, stock
from postloan.sources.synthetic.chunk import Chunk
from postloan.sources.synthetic.disorder import REFUND, REVERSAL
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.tables import PROVISION_MONTHS

_CAPITAL_SHARE = 0.13  # net capital of the balance at as_of
_ROUND_TO = 10**8  # a million yuan

Totals = Counter[tuple[int, str]]


def totals(chunk: Chunk, span: Span) -> Totals:
    """Return the totals of a chunk by day and control item, at the last month-ends and as_of.

    ``rows`` are loans disbursed so far, ``principal`` what was lent on them, ``payments`` the net cash
    of the calendar month: refunds and bounced payments are taken off.
    """
    found: Totals = Counter()
    received, lent = stock.credits(chunk), chunk.loans
    paid = chunk.payments
    sign = np.where(np.isin(paid["kind"], (REFUND, REVERSAL)), -1, 1)
    for day in sorted({*span.month_ends(PROVISION_MONTHS), span.last_day}):
        known = (lent.disbursed <= day) & ~lent.is_undisbursed
        held = stock.stock(chunk, received, day)
        found[day, "rows"] = int(known.sum())
        found[day, "principal"] = int(lent.principal[known].sum())
        month = int(months.first_day(months.month_of_day(np.array(day))))
        found[day, "payments"] = int(
            (paid["amount"] * sign)[(paid["day"] >= month) & (paid["day"] <= day)].sum()
        )
        found[day, "balance"] = int(held.balance.sum())
        found[day, "overdue_amount"] = int(held.overdue.sum())
    return found


def table(found: Totals, span: Span) -> pa.Table:
    """Return the control_total table; net capital is a round share of the balance at as_of."""
    capital = found[span.last_day, "balance"] * _CAPITAL_SHARE
    every = dict(found) | {(span.last_day, "net_capital"): round(capital / _ROUND_TO) * _ROUND_TO}
    keys = sorted(every)
    return pa.table(
        {
            "control_item": [item for _, item in keys],
            "as_of": pa.array([day for day, _ in keys], pa.int32()).cast(pa.date32()),
            "total_minor": pa.array([None if key[1] == "rows" else every[key] for key in keys], pa.int64()),
            "total_rows": pa.array([every[key] if key[1] == "rows" else None for key in keys], pa.int64()),
        }
    )
