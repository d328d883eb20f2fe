"""The index of all tables, by name: those a lender delivers and those the engine derives."""

from __future__ import annotations

from postloan.model import delivered, derived
from postloan.model.contract import by_name

DELIVERED = by_name(
    (
        delivered.CUSTOMER,
        delivered.LOAN,
        delivered.INSTALMENT,
        delivered.PAYMENT,
        delivered.LOAN_EVENT,
        delivered.STAFF,
        delivered.PROVISION,
        delivered.LOAN_TAPE,
        delivered.CONTROL_TOTAL,
    )
)
DERIVED = by_name(
    (
        derived.LOAN_MONTH,
        derived.INSTALMENT_OUTCOME,
        derived.PAYMENT_ALLOCATION,
        derived.LOAN_STATE,
        derived.INSTALMENT_STATE,
        derived.CREDIT_STATE,
        derived.POSITION,
        derived.FLOW,
        derived.CURE,
        derived.RECOVERY,
    )
)
TABLES = {**DELIVERED, **DERIVED}
