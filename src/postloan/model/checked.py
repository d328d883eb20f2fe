"""Rules checked record by record: what was looked at, and whether it breaks the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from postloan.model.columns import col
from postloan.model.contract import Delivery, Kind, Table
from postloan.model.label import Label

Number: TypeAlias = int | float | tuple[str, ...]
"""A number of a policy, or a list of names."""


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One check of a policy: which of ``engine.rule_checks``, how it is called, whose rule it is, its numbers in force."""

    name: str
    label: Label
    rule: str
    numbers: Mapping[str, Number]


# fmt: off
RULE_CHECK = Table(
    name="rule_check",
    label=Label("制度检查", "Rule check"),
    grain=("rule_check", "subject_id", "happened_on"),
    delivery=Delivery.DERIVED,
    columns=(
        col("rule_check", Kind.TEXT, "检查", "Check", "Name of the check", required=True),
        col("subject_id", Kind.ID, "对象", "Record", "Record that was looked at", required=True),
        col("happened_on", Kind.DATE, "日期", "On", "Day it happened; of a state, the observation date", required=True),
        col("loan_id", Kind.ID, "借据号", "Loan", "Loan it is about; else the customer's largest"),
        col("customer_id", Kind.ID, "客户号", "Customer", "Customer it is about"),
        col("branch", Kind.TEXT, "机构", "Branch", "Branch of the loan, else of the staff member"),
        col("product", Kind.TEXT, "产品", "Product", "Product of the loan"),
        col("staff_id", Kind.ID, "责任人", "Owner", "Who did it, else the loan's officer"),
        col("is_broken", Kind.FLAG, "是否违反", "Broken", "It breaks the rule; blank where the data does not tell"),
        col("detail", Kind.TEXT, "情况", "Values", "The values that decide, by column"),
    ),
)
# fmt: on
