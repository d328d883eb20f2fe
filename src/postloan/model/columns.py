"""Shorthands for declaring columns in one line."""

from __future__ import annotations

from postloan.model.contract import CodeList, Column, Kind, Sensitivity
from postloan.model.label import Label


def col(
    name: str,
    kind: Kind,
    zh: str,
    en: str,
    meaning: str,
    *,
    required: bool = False,
    codes: CodeList | None = None,
    minimum: int | None = None,
    sensitivity: Sensitivity = Sensitivity.INTERNAL,
    references: str | None = None,
) -> Column:
    """Declare a column with its labels inline."""
    return Column(name, kind, Label(zh, en), meaning, required, codes, minimum, sensitivity, references)


def known_on() -> Column:
    """Declare the day the lender knew a fact, which every delivered table has."""
    return col(
        "known_on", Kind.DATE, "入账日", "Known on", "When the lender knew the fact; load date if not given"
    )


def loan_id(references: bool = True) -> Column:
    """Declare the loan key; it must exist in the loan table unless ``references`` is off."""
    return col(
        "loan_id",
        Kind.ID,
        "借据号",
        "Loan",
        "Loan account as in the core system",
        required=True,
        references="loan.loan_id" if references else None,
    )


def of_loan(meaning: str) -> Column:
    """Declare a loan that a row may name, or leave blank."""
    return col("loan_id", Kind.ID, "借据号", "Loan", meaning, references="loan.loan_id")


def customer_id(meaning: str = "Customer number as in the core system", *, required: bool = False) -> Column:
    """Declare the customer that a row is about."""
    return col("customer_id", Kind.ID, "客户号", "Customer", meaning, required=required)


def staff_id(meaning: str) -> Column:
    """Declare the staff member that a row may name."""
    return col("staff_id", Kind.ID, "工号", "Staff number", meaning)
