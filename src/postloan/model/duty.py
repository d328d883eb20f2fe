"""Duties: what is due from whom by when, and what shows that it was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from postloan.model.codes import code_list
from postloan.model.columns import col
from postloan.model.contract import Delivery, Kind, Table
from postloan.model.label import Label

Period = Literal["week", "half_month", "month", "quarter", "half_year"]
Term = Literal[
    "days", "hours", "months", "working_days", "day_of_next_month", "end_of_month_before", "end_of_week"
]

DUTY_STATE = code_list(
    "duty_state",
    ("done", "按时完成", "Done on time"), ("late", "逾期完成", "Done late"), ("missed", "未完成", "Missed"),
    ("not_due", "未到期", "Not yet due"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class After:
    """Due some time after a day, or a moment, of a row: each row of ``table`` with it is a duty of its own."""

    table: str
    column: str
    term: Term
    number: int


@dataclass(frozen=True, slots=True)
class Every:
    """Due once in each period, for every active customer or branch that was there when it began."""

    period: Period
    times: int = 1


@dataclass(frozen=True, slots=True)
class Bounds:
    """More than ``over`` and at most ``to``; None leaves a side open."""

    over: int | None = None
    to: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows that show a duty done: of ``table``, with these codes, on this day or moment.

    ``by`` is the column that must be the same as the duty's; a row's own column is evidence for itself.
    """

    table: str
    column: str
    by: str
    codes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of a policy, its numbers in force.

    Args:
        name: Its key.
        label: What readers see.
        rule: Rule id.
        about: What the duty is owed to: a loan, a customer, a branch, or the row that calls for it.
        due: When.
        done: What shows it.
        who: Codes by column that the subject must have; all without.
        dpd: Bounds of the days past due that the subject has when the period begins.
        worst_dpd: Bounds of the worst days past due that it ever had by then.
        open_days: Days before the deadline from which evidence counts; None from the event on.
        only_active: The loan must be active at the last observation date before the month of the deadline.
    """

    name: str
    label: Label
    rule: str
    about: str
    due: After | Every
    done: Evidence
    who: Mapping[str, tuple[str, ...]]
    open_days: int | None
    dpd: Bounds = Bounds()
    worst_dpd: Bounds = Bounds()
    only_active: bool = False

    def tables(self) -> tuple[str, ...]:
        """Return the delivered tables without which it cannot be judged."""
        called = (self.due.table,) if isinstance(self.due, After) else ()
        return tuple(dict.fromkeys((*called, self.done.table)))


# fmt: off
DUTY = Table(
    name="duty",
    label=Label("履职事项", "Duty"),
    grain=("duty", "subject_id", "due_on"),
    delivery=Delivery.DERIVED,
    columns=(
        col("duty", Kind.ID, "事项", "Duty", "Key of the duty in its policy", required=True),
        col("subject_id", Kind.ID, "对象编号", "Subject", "Number of the loan, customer, complaint … it is owed to", required=True),
        col("month", Kind.DATE, "月份", "Month", "First day of the month in which it falls due", required=True),
        col("due_on", Kind.DATE, "应完成日", "Due on", "Last day on which it is on time", required=True),
        col("due_at", Kind.MOMENT, "应完成时间", "Due at", "Last moment on which it is on time", required=True),
        col("done_at", Kind.MOMENT, "完成时间", "Done at", "First evidence; of days, their beginning; blank: none"),
        col("duty_state", Kind.CODE, "状态", "State", "Whether it was done, and in time", required=True, codes=DUTY_STATE),
        col("loan_id", Kind.ID, "借据号", "Loan", "Loan it is about; blank: none"),
        col("customer_id", Kind.ID, "客户号", "Customer", "Customer it is about; blank: none"),
        col("branch", Kind.TEXT, "机构", "Branch", "Branch that owes it"),
        col("product", Kind.TEXT, "产品", "Product", "Product of the loan"),
        col("staff_id", Kind.ID, "责任人", "Owner", "Who owes it; blank is unknown"),
    ),
)
# fmt: on
