"""How loans move between two dates: roll, cure and re-default (F-15, F-18), migration (F-14), NPL formation.

The regulatory figures start at the year's opening and grow through the year; the same formula from month to
month is for internal use and labelled so (内部口径).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import ibis

from postloan.metrics.metric import Basis, Expression, Metric, Unit
from postloan.metrics.portfolio import both, one, where
from postloan.model.buckets import BUCKET_CODES
from postloan.model.codes import LOAN_STATUS, NPL_CLASSES, RISK_CLASS
from postloan.model.label import Label

FLOW = "flow"
_FAMILY = "flows"
_EXITS = tuple(status for status in LOAN_STATUS.values() if status != "active")
_OVERDUE = BUCKET_CODES[1:]
_MONTHLY = {
    "month": ("_monthly", Label("（按月，内部口径）", " (monthly, internal)")),
    "year": ("", Label("（年初起）", " (from the year's opening)")),
}


def based(base: str) -> Expression:
    """Return the condition that a flow starts at the date before (``month``) or the year's opening (``year``)."""
    return lambda t: t.base == base


def opening(t: ibis.Table) -> Any:
    """Outstanding principal at opening."""
    return t.from_balance_minor


def closing(t: ibis.Table) -> Any:
    """Outstanding principal at closing; 0 for exits."""
    return t.to_balance_minor


def opened_npl(t: ibis.Table) -> Any:
    """Non-performing at opening."""
    return t.from_risk_class.isin(NPL_CLASSES)


def closed_npl(t: ibis.Table) -> Any:
    """Non-performing at closing."""
    return t.to_risk_class.isin(NPL_CLASSES)


def _from_buckets(states: tuple[str, ...]) -> Expression:
    return lambda t: (t.base == "month") & t.from_state.isin(states)


def _is_flow_known(t: ibis.Table) -> Any:
    return t.from_balance_minor.notnull() & (t.to_state != "unknown")


def _is_cure_known(t: ibis.Table) -> Any:
    """Where the loan is and, if it is no longer overdue, whether that was by payment."""
    return (t.to_state != "unknown") & t.is_cured.notnull()


def _monthly_share(
    slug: str,
    label: Label,
    definition: Label,
    states: tuple[str, ...],
    moved: Expression,
    higher_is_worse: bool,
    source: str,
    known: Expression = _is_flow_known,
) -> Metric:
    """Return the share of the opening balance in ``states`` whose loans ``moved`` within the month."""
    return Metric(
        slug, label, _FAMILY, FLOW, _from_buckets(states), known, where(moved, opening), opening,
        Basis.BALANCE, Unit.FRACTION, higher_is_worse, definition, source,
    )  # fmt: skip


def _roll_rate(before: str, after: str) -> Metric:
    return _monthly_share(
        f"roll_rate_{before.lower()}_{after.lower()}",
        Label(f"滚动率 {before}→{after}", f"Roll rate {before}→{after}"),
        Label(
            f"期初{before}且期末{after}的贷款的期初余额 / 期初{before}贷款的期初余额；退出的贷款留在分母，大月中跨两档的见流转矩阵",
            f"Opening balance of {before} loans that close in {after} / opening balance of all {before} loans; exits"
            " stay in the denominator, jumps of two buckets in a long month are in the flow matrix",
        ),
        (before,), lambda t: t.to_state == after, True, "F-15",
    )  # fmt: skip


def _is_better_and_overdue(t: ibis.Table) -> Any:
    return t.to_state.isin(_OVERDUE) & (t.to_state < t.from_state)


_ROLLS = (
    *(_roll_rate(before, after) for before, after in pairwise(BUCKET_CODES)),
    _monthly_share(
        "entry_rate", Label("入催率", "Entry rate"),
        Label("期初M0且期末逾期的贷款的期初余额 / 期初M0贷款的期初余额", "Opening balance of M0 loans that are overdue at closing / opening balance of all M0 loans"),
        BUCKET_CODES[:1], lambda t: t.to_state.isin(_OVERDUE), True, "F-15",
    ),
    _monthly_share(
        "roll_back_rate", Label("回滚率", "Roll-back rate"),
        Label(
            "期初逾期、期末仍逾期但阶段较轻的贷款的期初余额 / 期初逾期贷款的期初余额；回正不计在内",
            "Opening balance of overdue loans that close in a better bucket and still overdue / opening balance of"
            " all overdue loans; a cure is no roll-back",
        ),
        _OVERDUE, _is_better_and_overdue, False, "F-15",
    ),
)  # fmt: skip


def _cure_count(
    slug: str, label: Label, definition: Label, population: Expression, held: Expression
) -> Metric:
    return Metric(
        slug, label, _FAMILY, FLOW, population, _is_cure_known, where(held, one), one,
        Basis.COUNT, Unit.FRACTION, False, definition, "F-18",
    )  # fmt: skip


_CURES = (
    _cure_count(
        "cure_rate", Label("回正率（笔数）", "Cure rate by count"),
        Label(
            "期初逾期、期末经还款转为不逾期的贷款笔数 / 期初逾期贷款笔数；重组不算回正，结清等退出留在分母",
            "Loans overdue at opening and not overdue at closing because they paid / loans overdue at opening; a"
            " reschedule is no cure, exits stay in the denominator",
        ),
        _from_buckets(_OVERDUE), lambda t: t.is_cured,
    ),
    _monthly_share(
        "cure_rate_balance", Label("回正率（余额）", "Cure rate by balance"),
        Label(
            "期初逾期、期末经还款转为不逾期的贷款的期初余额 / 期初逾期贷款的期初余额",
            "Opening balance of overdue loans that are not overdue at closing because they paid / opening balance of"
            " all overdue loans",
        ),
        _OVERDUE, lambda t: t.is_cured, False, "F-18", both(_is_flow_known, _is_cure_known),
    ),
    _cure_count(
        "durable_cure_rate", Label("稳定回正率", "Durable cure rate"),
        Label(
            "上期回正、本期末仍不逾期或已结清的贷款笔数 / 上期回正的贷款笔数（连续两个月末不逾期）",
            "Loans cured in the period before that are not overdue, or settled, at closing / loans cured in the"
            " period before (two consecutive month-ends without arrears)",
        ),
        lambda t: (t.base == "month") & t.from_is_cured, lambda t: t.to_state.isin(("M0", "settled")),
    ),
    Metric(
        "redefault_rate", Label("再逾期率", "Re-default rate"), _FAMILY, "cure", lambda t: ibis.literal(True),
        lambda t: t.is_redefault.notnull(), where(lambda t: t.is_redefault, one), one, Basis.COUNT, Unit.FRACTION,
        True,
        Label(
            "六个月前回正、此后六个月内任一月末又逾期的贷款笔数 / 六个月前回正的贷款笔数",
            "Loans cured six months ago and overdue again at any month-end since / loans cured six months ago",
        ),
        "F-18",
    ),
)  # fmt: skip


def _are_classes_known(t: ibis.Table) -> Any:
    is_opening_known = t.from_risk_class.notnull() | (t.from_state == "new") | t.from_state.isin(_EXITS)
    is_closing_known = t.to_risk_class.notnull() | t.to_state.isin(_EXITS)
    return is_opening_known & is_closing_known & opening(t).notnull() & closing(t).notnull()


def _reduced(t: ibis.Table) -> Any:
    """Opening balance less what was repaid, written off, sold, repossessed or waived since, at least 0.

    A month-end tape does not tell waived from repaid; there the whole fall is repaid.
    """
    parts = (
        t.repaid_minor, t.principal_written_off_minor, t.principal_sold_minor,
        t.principal_repossessed_minor, t.principal_waived_minor.fill_null(0),
    )  # fmt: skip
    left = opening(t)
    for part in parts:
        left = left - part
    return ibis.ifelse(left < 0, 0, left)  # greatest() would take an unknown for 0


def _migration(
    base: str, slug: str, label: Label, meaning: Label, started: tuple[str, ...], ended: tuple[str, ...]
) -> Metric:
    """Return F-14: closing balance of loans that moved down / opening balance less the decrease."""
    suffix, remark = _MONTHLY[base]
    return Metric(
        f"migration_rate_{slug}{suffix}", Label(f"{label.zh}{remark.zh}", f"{label.en}{remark.en}"), _FAMILY, FLOW,
        lambda t: (t.base == base) & t.from_risk_class.isin(started),
        both(_are_classes_known, lambda t: _reduced(t).notnull()),
        where(lambda t: t.to_risk_class.isin(ended), closing), _reduced, Basis.AMOUNT, Unit.FRACTION, True,
        Label(
            f"{meaning.zh}的期末余额 /（期初余额 − 期间收回、处置、核销的减少额）；期内新发放的不计",
            f"Closing balance of {meaning.en} / (their opening balance − what was repaid, disposed of or written off);"
            " loans new in the period are left out",
        ),
        "F-14",
    )  # fmt: skip


def _migrations(base: str) -> tuple[Metric, ...]:
    normal, mention, substandard, doubtful, loss = RISK_CLASS.values()
    return (
        _migration(
            base, "normal_loans", Label("正常贷款迁徙率", "Migration of performing loans"),
            Label("期初正常、关注类中转为不良", "loans normal or special-mention at opening that became non-performing"),
            (normal, mention), NPL_CLASSES,
        ),
        _migration(
            base, "normal", Label("正常类贷款迁徙率", "Migration of normal loans"),
            Label("期初正常类中向下迁徙", "loans normal at opening that moved down"),
            (normal,), (mention, *NPL_CLASSES),
        ),
        _migration(
            base, "special_mention", Label("关注类贷款迁徙率", "Migration of special-mention loans"),
            Label("期初关注类中向下迁徙", "loans special-mention at opening that moved down"), (mention,), NPL_CLASSES,
        ),
        _migration(
            base, "substandard", Label("次级类贷款迁徙率", "Migration of substandard loans"),
            Label("期初次级类中向下迁徙", "loans substandard at opening that moved down"), (substandard,), (doubtful, loss),
        ),
        _migration(
            base, "doubtful", Label("可疑类贷款迁徙率", "Migration of doubtful loans"),
            Label("期初可疑类中向下迁徙", "loans doubtful at opening that moved down"), (doubtful,), (loss,),
        ),
    )  # fmt: skip


def _formed(t: ibis.Table) -> Any:
    closing_npl = ibis.ifelse(closed_npl(t), closing(t), 0)
    opening_npl = ibis.ifelse(opened_npl(t), opening(t), 0)
    return closing_npl - opening_npl + t.npl_disposed_minor


def _formation(base: str) -> Metric:
    suffix, remark = _MONTHLY[base]
    return Metric(
        f"npl_formation{suffix}", Label(f"不良生成率{remark.zh}", f"NPL formation{remark.en}"), _FAMILY, FLOW,
        based(base), both(_are_classes_known, lambda t: t.npl_disposed_minor.notnull()), _formed, opening,
        Basis.AMOUNT, Unit.FRACTION, True,
        Label(
            "（期末不良余额 − 期初不良余额 + 期间处置的不良）/ 期初本金余额；处置指核销及不良的转让、抵债；可能为负",
            "(closing − opening non-performing balance + non-performing disposed of) / opening outstanding principal;"
            " disposed is written off, or sold or repossessed while non-performing; may be negative",
        ),
        "F-13",
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    *_ROLLS,
    *_CURES,
    *(metric for base in _MONTHLY for metric in (*_migrations(base), _formation(base))),
)
