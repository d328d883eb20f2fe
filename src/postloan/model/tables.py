"""The index of all tables, by name: those a lender delivers and those the engine derives."""

from __future__ import annotations

from postloan.model import checked, collected, delivered, derived, duty, monitored, performed, watched
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
        collected.COLLECTION_CASE,
        collected.ASSIGNMENT,
        collected.ACTION,
        collected.HANDOVER,
        collected.PROMISE,
        collected.LEGAL_CASE,
        collected.LEGAL_STEP,
        collected.SIGHTING,
        collected.TOW,
        monitored.OWNERSHIP,
        monitored.VISIT,
        monitored.INSPECTION,
        monitored.COMPLAINT,
        monitored.SURVEY_ANSWER,
        monitored.IMPROVEMENT,
        monitored.CARE,
        monitored.STATEMENT,
        monitored.SIGNAL,
        monitored.WARNING,
        monitored.FINDING,
        monitored.OTHER_BANK_DEBT,
        monitored.GUARANTEE,
        monitored.COLLATERAL,
        monitored.VALUATION,
        monitored.DOCUMENT,
        monitored.TRAINING,
        monitored.MEETING,
        monitored.DISPOSAL_PLAN,
        monitored.MATURITY_DECISION,
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
        *performed.PERFORMED,
        *watched.WATCHED,
        duty.DUTY,
        checked.RULE_CHECK,
    )
)
TABLES = {**DELIVERED, **DERIVED}
