"""What is derived from the months of some loans under a policy: positions, flows, cures and recoveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa

from postloan.engine.cures import cures, recoveries
from postloan.engine.flows import flow, periods
from postloan.engine.position import Ledger, position
from postloan.policy.classify import classify
from postloan.policy.policy import Policy

# What it is made from, beside the months themselves.
ATTRIBUTES = ("loan", "customer", "provision")


def derived(
    loan_month: pa.Table, attributes: Mapping[str, pa.Table], policy: Policy, grid: Sequence[date]
) -> dict[str, pa.Table]:
    """Return ``position``, ``flow``, ``cure`` and ``recovery`` of some loans; no other loan counts for them.

    Args:
        loan_month: All months of the loans, contract table.
        attributes: ``ATTRIBUTES`` in contract schema: at least the rows of these loans and their customers.
        policy: Classifies the months.
        grid: Observation dates of the whole book, rising; the last is the as-of date.
    """
    loan = attributes["loan"]
    classes = classify(loan_month, loan, policy)
    stock = position(Ledger(loan_month, loan, attributes["customer"], classes, attributes["provision"]))
    return {
        "position": stock,
        "flow": flow(stock, periods(grid)),
        "cure": cures(stock, grid),
        "recovery": recoveries(stock, grid),
    }
