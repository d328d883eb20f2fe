"""A seeded little lender with every awkward row: no branch, unknown dpd, unknown balance, exits, cures."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from hand_made import month, rows
from postloan.engine.cures import cures, recoveries
from postloan.engine.flows import flow, periods
from postloan.engine.position import Ledger, position
from postloan.metrics.facts import Facts
from postloan.policy.classify import classify
from postloan.policy.files import read_policy

AS_OF = date(2024, 6, 30)
GRID = [date(2023 + m // 12, m % 12 + 1, 1) - timedelta(days=1) for m in range(8, 18)] + [AS_OF]
_BRANCHES = ("东城支行", "西城支行", None)
_PRODUCTS = ("经营贷", "消费贷", "信用卡", None)


def _loan(i: int, chance: random.Random) -> dict[str, Any]:
    return {
        "loan_id": f"L{i:03}", "customer_id": f"C{i % 40:03}", "branch": chance.choice(_BRANCHES),
        "product": chance.choice(_PRODUCTS), "industry": chance.choice(("农业", "餐饮", None)),
        "principal_minor": chance.randrange(10**6, 10**8), "disbursed_on": chance.choice(GRID) - timedelta(days=9),
        "renewed_from": chance.choice((None, None, "L000")),
    }  # fmt: skip


def _walk(on: date, dpd: int | None, chance: random.Random) -> int | None:
    """Let days past due grow, stay or be cured; sometimes they cannot be known."""
    if chance.random() < 0.03:
        return None
    if not dpd:
        return chance.choice((0, 0, 0, 0, 12, 20))
    if dpd > 90:
        return chance.choice((*[dpd + on.day] * 8, 0))
    return chance.choice((dpd + on.day, dpd + on.day, dpd, 0, max(dpd - 31, 0)))


def _months(loan: dict[str, Any], chance: random.Random) -> list[dict[str, Any]]:
    dpd: int | None = chance.choice((0, 0, 0, 0, 70, 95, 275, 335, 340))
    balance = loan["principal_minor"]
    found: list[dict[str, Any]] = []
    for on in (day for day in GRID if day >= loan["disbursed_on"]):
        before, dpd = dpd, _walk(on, dpd, chance)
        paid = balance // 20 if dpd == 0 else balance // 90
        balance -= paid
        row = month(loan["loan_id"], on, dpd, balance)
        row |= {"repaid_minor": paid, "received_minor": paid + 100, "is_cured": bool(before) and dpd == 0}
        row |= {"overdue_minor": None if dpd is None else min(dpd, 90) * balance // 1000}
        row |= {
            "overdue_principal_minor": row["overdue_minor"],
            "overdue_collected_minor": paid if before else 0,
        }
        row |= {"fell_overdue_minor": paid if dpd else 0, "is_restructured": chance.random() < 0.1}
        found.append(row)
        if chance.random() < 0.05:
            status = "written_off" if (dpd or 0) > 90 else chance.choice(("settled", "sold", "repossessed"))
            lost = {"written_off": "written_off", "sold": "sold", "repossessed": "repossessed"}.get(status)
            row |= {"status": status, "balance_minor": 0, "overdue_minor": 0}
            row |= {f"principal_{lost}_minor": balance} if lost else {"repaid_minor": paid + balance}
            row |= {"recovered_minor": 77 if status == "written_off" else 0}
            return found
    return found


def tables(loans: int = 250, seed: int = 5) -> dict[str, pa.Table]:
    """Return position, flow, cure and recovery of the lender."""
    chance = random.Random(seed)
    lent = [_loan(i, chance) for i in range(loans)]
    months = [row for loan in lent for row in _months(loan, chance)]
    months[0] |= {"balance_minor": None, "dpd": None, "bucket": None}
    loan = rows("loan", lent)
    loan_month = rows("loan_month", months).sort_by([("loan_id", "ascending"), ("month_end", "ascending")])
    customer = rows(
        "customer",
        [{"customer_id": f"C{i:03}", "customer_kind": "individual" if i % 3 else None} for i in range(40)],
    )
    given = [row for row in months if row["balance_minor"] and chance.random() < 0.9]
    provision = rows(
        "provision",
        [
            {key: row[key] for key in ("loan_id", "month_end")}
            | {"provision_minor": row["balance_minor"] // 50}
            for row in given
        ],
    )
    classes = classify(loan_month, loan, read_policy("cn_regulation").policy)
    stock = position(Ledger(loan_month, loan, customer, classes, provision))
    return {
        "position": stock,
        "flow": flow(stock, periods(GRID)),
        "cure": cures(stock, GRID),
        "recovery": recoveries(stock, GRID),
    }


def lender() -> Facts:
    """Return the lender's facts, held in memory."""
    return Facts.of(tables())
