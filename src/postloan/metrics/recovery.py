"""What came back: the five recovery rates kept apart (F-30), write-offs, and cash after write-off.

Cash is the borrower's: guarantor advances, write-offs, reschedules and refunds are not recoveries. Penalties
count on both sides, because the overdue amount holds them too.
"""

from __future__ import annotations

from typing import Any

import ibis

from postloan.engine.past_due import is_over
from postloan.metrics.flows import FLOW, based, opened_npl, opening
from postloan.metrics.metric import Basis, Expression, Metric, Unit
from postloan.metrics.portfolio import where
from postloan.model.label import Label

_FAMILY = "recovery"


def _rate(
    slug: str, label: Label, definition: Label, population: Expression, numerator: Expression, denominator: Expression,
) -> Metric:  # fmt: skip
    def known(t: ibis.Table) -> Any:
        return numerator(t).notnull() & denominator(t).notnull()

    return Metric(
        slug, label, _FAMILY, FLOW, population, known, numerator, denominator,
        Basis.AMOUNT, Unit.FRACTION, False, definition, "F-30",
    )  # fmt: skip


def _overdue_over(days: int) -> Expression:
    """Return the condition that a loan was, or may have been, so many days past due at opening."""
    return lambda t: (t.base == "month") & is_over(t, days, "from_").fill_null(t.from_dpd_low.notnull())


def _npl_cash_base(t: ibis.Table) -> Any:
    return where(opened_npl, opening)(t) + t.new_npl_minor


_RATES = (
    _rate(
        "recovery_rate_period", Label("当期回收率", "Recovery rate of the period"),
        Label(
            "本月收回的逾期款 /（月初逾期金额 + 本月新增逾期金额）",
            "Cash received on overdue parts in the month / (overdue amount at opening + newly overdue in the month)",
        ),
        based("month"), lambda t: t.overdue_collected_minor, lambda t: t.from_overdue_minor + t.fell_overdue_minor,
    ),
    _rate(
        "recovery_rate_opening", Label("期初逾期回收率", "Recovery rate of opening arrears"),
        Label(
            "月初逾期贷款本月收款 / 其月初逾期金额；后续期次也已还时可超过100%，不封顶",
            "Cash received in the month from loans overdue at opening / their opening overdue amount; above 100 %"
            " where later instalments were paid too, and not capped",
        ),
        _overdue_over(0), lambda t: t.received_minor, lambda t: t.from_overdue_minor,
    ),
    _rate(
        "recovery_rate_30plus", Label("逾期30天以上回收率", "Recovery rate of arrears over 30 days"),
        Label(
            "月初逾期超过30天的贷款本月收款 / 其月初逾期金额；可超过100%，不封顶",
            "Cash received in the month from loans more than 30 days past due at opening / their opening overdue"
            " amount; may be above 100 %, not capped",
        ),
        _overdue_over(30), lambda t: t.received_minor, lambda t: t.from_overdue_minor,
    ),
    _rate(
        "recovery_rate_npl", Label("不良清收率（本年）", "NPL recovery rate, year to date"),
        Label(
            "本年在不良期间收到的现金 /（年初不良余额 + 本年新增不良余额）",
            "Cash received since the year's opening while non-performing / (non-performing balance at the year's"
            " opening + balance that became non-performing since)",
        ),
        based("year"), lambda t: t.npl_received_minor, _npl_cash_base,
    ),
)  # fmt: skip


def _amount(slug: str, label: Label, definition: Label, table: str, population: Expression, value: Expression,
            higher_is_worse: bool | None, source: str) -> Metric:  # fmt: skip
    return Metric(
        slug, label, _FAMILY, table, population, lambda t: value(t).notnull(), value, None,
        Basis.AMOUNT, Unit.MONEY, higher_is_worse, definition, source,
    )  # fmt: skip


_AMOUNTS = (
    _amount(
        "collected", Label("收回逾期款", "Collected on arrears"),
        Label("本月收回的逾期款，核销前", "Cash received on overdue parts in the month, before write-off"),
        FLOW, based("month"), lambda t: t.overdue_collected_minor, False, "F-30",
    ),
    _amount(
        "written_off", Label("核销本金（本月）", "Written off in the month"),
        Label("本月核销的本金", "Principal written off in the month"),
        FLOW, based("month"), lambda t: t.principal_written_off_minor, True, "F-52",
    ),
    _amount(
        "written_off_year", Label("核销本金（本年）", "Written off, year to date"),
        Label("本年核销的本金", "Principal written off since the year's opening"),
        FLOW, based("year"), lambda t: t.principal_written_off_minor, True, "F-52",
    ),
    _amount(
        "post_write_off_recoveries", Label("核销后收回（本月）", "Recovered after write-off in the month"),
        Label("本月从已核销贷款收到的现金", "Cash received in the month on loans written off"),
        "recovery", lambda t: ibis.literal(True), lambda t: t.recovered_minor, False, "F-30",
    ),
    _amount(
        "post_write_off_recoveries_year", Label("核销后收回（本年）", "Recovered after write-off, year to date"),
        Label("本年从已核销贷款收到的现金", "Cash received since the year's opening on loans written off"),
        "recovery", lambda t: ibis.literal(True), lambda t: t.recovered_year_minor, False, "F-30",
    ),
)  # fmt: skip

METRICS: tuple[Metric, ...] = (*_RATES, *_AMOUNTS)
