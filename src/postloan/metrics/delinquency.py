"""What is overdue at a date: amounts, overdue rates on their four bases (F-09), portfolio at risk (F-10)."""

from __future__ import annotations

from typing import Any

import ibis

from postloan.engine.past_due import is_decided, is_over
from postloan.metrics.metric import Basis, Expression, Metric, Unit
from postloan.metrics.portfolio import (
    POSITION,
    balance,
    both,
    is_active,
    is_balance_known,
    one,
    share_of_balance,
    share_of_loans,
    total,
    where,
)
from postloan.model.label import Label

_FAMILY = "delinquency"

# 1104 retail rule: up to here only the overdue part counts, beyond it the whole balance [unconfirmed].
_PART_ONLY_UP_TO_DPD = 90


def over(days: int) -> Expression:
    """Return the condition that a loan is more than ``days`` days past due."""
    return lambda t: is_over(t, days)


def is_over_known(days: int) -> Expression:
    """Return the condition that it can be known whether a loan is more than ``days`` days past due."""
    return lambda t: is_decided(t, days)


def _is_overdue_known(t: ibis.Table) -> Any:
    return t.overdue_minor.notnull()


def _is_part_only(t: ibis.Table) -> Any:
    return (t.customer_kind == "individual") & ~is_over(t, _PART_ONLY_UP_TO_DPD)


def _balance_1104(t: ibis.Table) -> Any:
    whole_or_part = ibis.ifelse(_is_part_only(t), t.overdue_principal_minor, t.balance_minor)
    return ibis.ifelse(is_over(t, 0), whole_or_part, 0)


def _is_known_1104(t: ibis.Table) -> Any:
    is_kind_needed = is_over(t, 0) & ~is_over(t, _PART_ONLY_UP_TO_DPD)
    known = t.balance_minor.notnull() & is_decided(t, 0) & is_decided(t, _PART_ONLY_UP_TO_DPD)
    return known & (~is_kind_needed | (t.customer_kind.notnull() & t.overdue_principal_minor.notnull()))


def _over_rate_count(days: int) -> Metric:
    return share_of_loans(
        f"over_{days}_rate_count", _FAMILY,
        Label(f"逾期{days}天以上笔数占比", f"Loans over {days} days past due, share of loans"),
        Label(
            f"逾期天数超过{days}天的存续贷款笔数 / 存续贷款笔数；逾期天数未知的两边都不计",
            f"Active loans more than {days} days past due / active loans; loans with unknown days past due"
            " are in neither",
        ),
        over(days), is_over_known(days), "F-10",
    )  # fmt: skip


def _par(days: int) -> Metric:
    return share_of_balance(
        f"par_{days}", _FAMILY,
        Label(f"逾期{days}天以上贷款占比（PAR{days}）", f"Portfolio at risk over {days} days (PAR{days})"),
        Label(
            f"逾期天数超过{days}天的贷款的全部本金余额 / 本金余额",
            f"Whole balance of loans more than {days} days past due / outstanding principal",
        ),
        over(days), is_over_known(days), "F-10",
    )  # fmt: skip


_AMOUNTS = (
    total(
        "overdue_amount", _FAMILY, Label("逾期金额", "Overdue amount"),
        Label(
            "应还日早于观察日的期次中尚未支付的部分（本金、利息、费用、罚息）之和",
            "Unpaid parts of instalments due before the date: principal, interest, fee and penalty",
        ),
        lambda t: t.overdue_minor, _is_overdue_known, "F-07", True,
    ),
    total(
        "overdue_balance", _FAMILY, Label("逾期贷款余额", "Balance of overdue loans"),
        Label("逾期1天及以上贷款的全部本金余额", "Whole balance of loans at least one day past due"),
        where(over(0), balance), both(is_over_known(0), is_balance_known), "F-08", True,
    ),
    Metric(
        "loans_overdue", Label("逾期贷款笔数", "Overdue loans"), _FAMILY, POSITION, is_active, is_over_known(0),
        where(over(0), one), None, Basis.COUNT, Unit.LOANS, True,
        Label("逾期1天及以上的存续贷款笔数", "Active loans at least one day past due"), "F-08",
    ),
)  # fmt: skip

_RATES = (
    share_of_balance(
        "overdue_rate_balance", _FAMILY, Label("逾期率（余额）", "Overdue rate by balance"),
        Label(
            "逾期1天及以上贷款的全部本金余额 / 存续贷款本金余额",
            "Whole balance of loans at least one day past due / outstanding principal of active loans",
        ),
        over(0), is_over_known(0), "F-09",
    ),
    Metric(
        "overdue_rate_amount", Label("逾期率（金额）", "Overdue rate by amount"), _FAMILY, POSITION, is_active,
        lambda t: _is_overdue_known(t) & is_balance_known(t), lambda t: t.overdue_minor, balance,
        Basis.AMOUNT, Unit.FRACTION, True,
        Label(
            "逾期金额 / 本金余额；逾期金额含利息、费用和罚息，故不是比例",
            "Overdue amount / outstanding principal; the overdue amount has interest, fee and penalty in it,"
            " so it is no proportion",
        ),
        "F-09",
    ),
    share_of_loans(
        "overdue_rate_count", _FAMILY, Label("逾期率（笔数）", "Overdue rate by count"),
        Label(
            "逾期1天及以上的存续贷款笔数 / 存续贷款笔数；逾期天数未知的两边都不计",
            "Active loans at least one day past due / active loans; loans with unknown days past due are in"
            " neither",
        ),
        over(0), is_over_known(0), "F-09",
    ),
    Metric(
        "overdue_rate_1104", Label("逾期率（1104口径，待核实）", "Overdue rate, form 1104 [unconfirmed]"), _FAMILY,
        POSITION, is_active, _is_known_1104, _balance_1104, balance, Basis.AMOUNT, Unit.FRACTION, True,
        Label(
            f"个人贷款逾期{_PART_ONLY_UP_TO_DPD}天以内只计逾期本金，超过{_PART_ONLY_UP_TO_DPD}天及其他贷款计全部余额"
            " / 本金余额；口径未经官方文本核实",
            f"Loans to individuals count only their overdue principal up to {_PART_ONLY_UP_TO_DPD} days past due;"
            " later, and for other borrowers, their whole balance / outstanding principal; not confirmed against"
            " an official text",
        ),
        "F-09 [unconfirmed]",
    ),
)  # fmt: skip

_PAR_30_WITH_RESTRUCTURED = share_of_balance(
    "par_30_with_restructured", _FAMILY,
    Label("PAR30（含重组）", "PAR30 with restructured loans"),
    Label(
        "逾期超过30天或已重组贷款的全部本金余额 / 本金余额",
        "Whole balance of loans more than 30 days past due or restructured / outstanding principal",
    ),
    lambda t: over(30)(t) | t.is_restructured,
    both(is_over_known(30), lambda t: t.is_restructured.notnull()), "F-10",
)  # fmt: skip

METRICS: tuple[Metric, ...] = (
    *_AMOUNTS,
    *_RATES,
    *(_over_rate_count(days) for days in (7, 30, 60, 90, 180)),
    *(_par(days) for days in (0, 7, 30, 60, 90, 180)),
    _PAR_30_WITH_RESTRUCTURED,
)
