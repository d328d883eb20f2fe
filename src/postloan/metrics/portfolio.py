"""What is lent: numbers, balances, and the shares of restructured, extended and renewed loans.

The conditions and metric shapes that other families build on live here too, because all of them start
from the loans that are active at a date.
"""

from __future__ import annotations

from typing import Any

import ibis

from postloan.metrics.metric import Basis, Expression, Metric, Unit
from postloan.model.label import Label

POSITION = "position"


def is_active(t: ibis.Table) -> Any:
    """Disbursed, not settled, not written off, sold or repossessed at the date (F-09)."""
    return t.status == "active"


def one(t: ibis.Table) -> Any:
    """Count each loan once."""
    return ibis.literal(1, "int64")


def balance(t: ibis.Table) -> Any:
    """Outstanding principal in minor units."""
    return t.balance_minor


def is_balance_known(t: ibis.Table) -> Any:
    """The outstanding principal can be known."""
    return t.balance_minor.notnull()


def where(condition: Expression, value: Expression) -> Expression:
    """Return ``value`` where ``condition`` is true and 0 where it is false."""
    return lambda t: ibis.ifelse(condition(t), value(t), 0)


def both(first: Expression, second: Expression) -> Expression:
    """Return the condition that both hold."""
    return lambda t: first(t) & second(t)


def share_of_loans(
    slug: str,
    family: str,
    label: Label,
    definition: Label,
    condition: Expression,
    known: Expression,
    source: str,
) -> Metric:
    """Return the share of active loans, by number, that meet ``condition``."""
    return Metric(
        slug, label, family, POSITION, is_active, known, where(condition, one), one,
        Basis.COUNT, Unit.FRACTION, True, definition, source,
    )  # fmt: skip


def share_of_balance(
    slug: str,
    family: str,
    label: Label,
    definition: Label,
    condition: Expression,
    known: Expression,
    source: str,
) -> Metric:
    """Return the share of outstanding principal whose loans meet ``condition``."""
    return Metric(
        slug, label, family, POSITION, is_active, both(known, is_balance_known), where(condition, balance), balance,
        Basis.BALANCE, Unit.FRACTION, True, definition, source,
    )  # fmt: skip


def total(
    slug: str, family: str, label: Label, definition: Label, value: Expression, known: Expression, source: str,
    higher_is_worse: bool | None = None,
) -> Metric:  # fmt: skip
    """Return an amount of money summed over active loans."""
    return Metric(
        slug, label, family, POSITION, is_active, known, value, None,
        Basis.AMOUNT, Unit.MONEY, higher_is_worse, definition, source,
    )  # fmt: skip


_FAMILY = "portfolio"

_TOTALS = (
    Metric(
        "loans_active", Label("存续贷款笔数", "Active loans"), _FAMILY, POSITION, is_active,
        lambda t: ibis.literal(True), one, None, Basis.COUNT, Unit.LOANS, None,
        Label(
            "已放款、未结清、未核销、未转让、未抵债的贷款笔数；逾期天数未知的也计入",
            "Loans disbursed and not settled, written off, sold or repossessed; also those whose days past due"
            " are unknown",
        ),
        "F-09",
    ),
    total(
        "balance", _FAMILY, Label("本金余额", "Outstanding principal"),
        Label("存续贷款未还本金之和，不含利息和费用", "Principal not yet repaid on active loans, without interest and fees"),
        balance, is_balance_known, "F-09",
    ),
)  # fmt: skip


def _flagged(flag: str, zh: str, en: str, meaning: Label, source: str) -> tuple[Metric, Metric, Metric]:
    """Return balance and shares by balance and by number of the loans that carry ``flag``."""
    condition: Expression = lambda t: t[flag]  # noqa: E731
    known: Expression = lambda t: t[flag].notnull()  # noqa: E731
    stem = flag.removeprefix("is_")
    return (
        total(
            f"{stem}_balance", _FAMILY, Label(f"{zh}贷款余额", f"{en} loans: outstanding principal"),
            Label(f"{meaning.zh}的贷款的本金余额", f"Outstanding principal of loans {meaning.en}"),
            where(condition, balance), lambda t: known(t) & is_balance_known(t), source, True,
        ),
        share_of_balance(
            f"{stem}_rate_balance", _FAMILY, Label(f"{zh}贷款占比（余额）", f"{en} loans, share of balance"),
            Label(f"{meaning.zh}的贷款余额 / 本金余额", f"Balance of loans {meaning.en} / outstanding principal"),
            condition, known, source,
        ),
        share_of_loans(
            f"{stem}_rate_count", _FAMILY, Label(f"{zh}贷款占比（笔数）", f"{en} loans, share of loans"),
            Label(f"{meaning.zh}的贷款笔数 / 存续贷款笔数", f"Loans {meaning.en} / active loans"),
            condition, known, source,
        ),
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    *_TOTALS,
    *_flagged(
        "is_restructured", "重组", "Restructured",
        Label("因借款人困难调整过合同条款", "whose terms were changed because the borrower was in difficulty"), "F-12",
    ),
    *_flagged(
        "is_extended", "展期", "Extended",
        Label("经同意推迟过到期日", "whose due date was moved by agreement"), "F-12",
    ),
    *_flagged(
        "is_renewed", "续贷", "Renewed",
        Label("为续接另一笔贷款而发放", "lent to renew another loan"), "F-42",
    ),
)  # fmt: skip
