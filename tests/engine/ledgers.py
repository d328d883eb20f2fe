"""Plain records for one loan's ledger, and the contract tables made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

import pyarrow as pa

from postloan.model.contract import Table
from postloan.model.delivered import INSTALMENT, LOAN, LOAN_EVENT, PAYMENT


@dataclass(frozen=True)
class Instalment:
    schedule_no: int | None
    instalment_no: int
    due_on: date
    principal_minor: int
    interest_minor: int | None = None
    fee_minor: int | None = None
    penalty_minor: int | None = None
    is_withdrawn: bool | None = None


@dataclass(frozen=True)
class Payment:
    payment_id: str
    paid_on: date
    amount_minor: int
    payment_kind: str | None = "repayment"
    payer: str | None = "borrower"
    reverses_id: str | None = None


@dataclass(frozen=True)
class Event:
    event_id: str
    event_kind: str
    event_on: date
    until_on: date | None = None
    amount_minor: int | None = None
    component: str | None = None
    schedule_no: int | None = None
    is_distressed: bool | None = None


@dataclass(frozen=True)
class Ledger:
    loan_id: str
    principal_minor: int
    disbursed_on: date | None
    instalments: tuple[Instalment, ...] = ()
    payments: tuple[Payment, ...] = ()
    events: tuple[Event, ...] = ()
    grace_days: int | None = None
    is_restructured: bool | None = None


def table(contract: Table, rows: Iterable[dict[str, object]]) -> pa.Table:
    """Return rows as a table in contract schema; columns not given are null."""
    full = [{name: row.get(name) for name in contract.names()} for row in rows]
    return pa.Table.from_pylist(full, schema=contract.schema())


def tables(ledgers: Iterable[Ledger]) -> dict[str, pa.Table]:
    """Return the four tables that ``replay`` takes, by argument name."""
    ledgers = list(ledgers)
    own = ("loan_id", "principal_minor", "disbursed_on", "grace_days", "is_restructured")
    return {
        "loan": table(LOAN, ({name: getattr(one, name) for name in own} for one in ledgers)),
        "instalment": table(INSTALMENT, _facts(ledgers, "instalments")),
        "payment": table(PAYMENT, _facts(ledgers, "payments")),
        "loan_event": table(LOAN_EVENT, _facts(ledgers, "events")),
    }


def _facts(ledgers: list[Ledger], name: str) -> list[dict[str, object]]:
    return [{"loan_id": one.loan_id, **asdict(fact)} for one in ledgers for fact in getattr(one, name)]
