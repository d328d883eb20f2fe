"""Warnings and how they ended (F-32, F-46), satisfaction (F-40), complaints (F-41), renewals (F-42), files (F-44)."""

from __future__ import annotations

from typing import Any

import ibis

from postloan.metrics.metric import Basis, Expression, Metric, Unit
from postloan.metrics.portfolio import one
from postloan.model.label import Label

WARNING, CARE = "warning", "care"


def _all(t: ibis.Table) -> Any:
    return ibis.literal(True)


def _is(name: str) -> Expression:
    return lambda t: t[name]


def _known(name: str) -> Expression:
    return lambda t: t[name].notnull()


def _count(
    slug: str, label: Label, family: str, table: str, population: Expression, definition: Label, source: str,
    higher_is_worse: bool | None, known: Expression = _all,
) -> Metric:  # fmt: skip
    return Metric(
        slug, label, family, table, population, known, one, None, Basis.COUNT, Unit.COUNT, higher_is_worse,
        definition, source,
    )  # fmt: skip


def _share(
    slug: str, label: Label, family: str, table: str, population: Expression, flag: str, definition: Label,
    source: str, higher_is_worse: bool,
) -> Metric:  # fmt: skip
    return Metric(
        slug, label, family, table, population, _known(flag), lambda t: t[flag].cast("int64"), one,
        Basis.COUNT, Unit.FRACTION, higher_is_worse, definition, source,
    )  # fmt: skip


_W, _D = "warning_state", "deterioration"
_WARNINGS = (
    _count("warnings_new", Label("新增预警", "New warnings"), WARNING, _W, _is("is_new"),
           Label("本月新增预警数", "Warnings raised in the month"), "P7-1", True),
    _count("warnings_open", Label("未结预警", "Open warnings"), WARNING, _W, _is("is_open"),
           Label("观察日未关闭的预警数", "Warnings not closed at the date"), "P5-4", True),
    _count("warnings_overdue", Label("超期预警", "Warnings past their deadline"), WARNING, _W,
           lambda t: t.is_open & t.is_overdue.fill_null(False),
           Label("超过限期仍未关闭的预警数；未写限期的不计", "Open warnings past their deadline; those without one are not counted"), "P5-4", True),
    _share("warning_overdue_rate", Label("预警超期占比", "Warnings past their deadline, share"), WARNING, _W, _is("is_open"), "is_overdue",
           Label("超期预警 / 未结预警；未写限期的两边都不计", "Open warnings past their deadline / open warnings; those without one are in neither"), "F-32", True),
    _share("warning_complete_rate", Label("预警要素齐全率", "Warnings complete"), WARNING, _W, _is("is_new"), "is_complete",
           Label("责任人、限期、方案齐全的预警 / 本月新增预警", "Warnings with owner, deadline and plan / warnings raised in the month"), "P5-4", False),
    _share("warning_answered_rate", Label("预警有处置措施占比", "Warnings answered"), WARNING, _W, _is("is_open"), "is_answered",
           Label("已记录处置措施的预警 / 未结预警", "Open warnings with a response / open warnings"), "S0-2", False),
    _share("warning_fitting_rate", Label("处置措施相符率", "Responses that fit"), WARNING, _W, _is("is_new"), "is_fitting",
           Label("处置措施与触发信号要求相符的预警 / 有规定措施且已处置的预警", "Warnings whose response is the one that the trigger calls for / those of a trigger that calls for one"), "P1-9", False),
    _share("disposal_success_rate", Label("风险处置成功率", "Disposals that succeed"), WARNING, _W, _is("is_closed_now"), "is_success",
           Label("解除、收回或担保落实的预警 / 本月关闭的预警；无结果的两边都不计", "Warnings lifted, recovered or secured / warnings closed in the month; those without outcome are in neither"), "F-32", False),
    Metric("warning_precision", Label("预警准确率", "Warnings that come true"), WARNING, _W, _is("is_judged"), _all,
           lambda t: t.is_true.cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
           Label("观察期内客户逾期超过界限的预警 / 观察期已满的预警（近一年）", "Warnings after which the customer went over the limit of days past due in time / warnings of a year that had that time"), "F-46"),
    _share("warning_recall", Label("风险识别率", "Deteriorations warned of"), WARNING, _D, _all, "is_warned",
           Label("恶化前及时预警的客户 / 近一年恶化的客户", "Customers warned of early enough / customers that deteriorated in a year"), "F-46", False),
)  # fmt: skip

_CARE = (
    _count("surveyed", Label("调查客户", "Customers asked"), CARE, "survey_state", _all,
           Label("最近一次调查的客户数", "Customers asked in the latest survey of a year"), "F-40", None),
    _share("response_rate", Label("问卷回收率", "Response rate"), CARE, "survey_state", _all, "is_answered",
           Label("最近一次调查的有效答卷 / 发出问卷", "Valid answers / customers asked, latest survey"), "F-40", False),
    _share("satisfaction_rate", Label("客户满意度", "Satisfaction"), CARE, "survey_state", _is("is_answered"), "is_satisfied",
           Label("最近一次调查的满意答卷（4—5分）/ 有效答卷", "Satisfied answers (4 or 5) / valid answers, latest survey"), "F-40", False),
    _count("complaints", Label("投诉数", "Complaints"), CARE, "complaint_state", _all,
           Label("本月收到的投诉", "Complaints received in the month"), "F-41", True),
    _share("complaint_on_time_rate", Label("投诉按时受理率", "Complaints accepted on time"), CARE, "complaint_state", _all, "is_accepted_on_time",
           Label("24小时内受理的投诉 / 收到的投诉；时限未满的两边都不计", "Complaints accepted within 24 hours / complaints; those whose time still runs are in neither"), "P4-8", False),
    _share("complaint_called_back_rate", Label("投诉回访率", "Complaints called back"), CARE, "complaint_state", _is("is_solved"), "is_called_back",
           Label("解决后回访满意度的投诉 / 已解决的投诉", "Complaints called back on satisfaction / complaints solved"), "P4-8", False),
    Metric("complaint_rate", Label("投诉率", "Complaint rate"), CARE, "borrower_month", _all, _all,
           lambda t: t.n_complaints, one, Basis.AMOUNT, Unit.FRACTION, True,
           Label("本月投诉数 / 有余额的借款人", "Complaints in the month / borrowers with a balance"), "P9-1"),
    _share("renewal_rate", Label("优质客户续贷率", "Renewals of good customers"), CARE, "matured", _all, "is_renewed",
           Label("到期后90天内再贷的 / 按时结清且从未逾期的到期贷款，计入90天期满之月", "Lent to again within 90 days / loans that matured and were never late, in the month in which the 90 days are over"), "F-42", False),
    Metric("file_complete_rate", Label("档案完整率", "Files complete"), CARE, "file_state", _all, _known("n_documents"),
           lambda t: (t.n_held == t.n_documents).cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
           Label("资料齐全的档案 / 存续贷款的档案", "Files with all their documents / files of active loans"), "F-44"),
    Metric("file_item_rate", Label("档案资料齐备率", "Documents held"), CARE, "file_state", _all, _known("n_documents"),
           lambda t: t.n_held, lambda t: t.n_documents, Basis.AMOUNT, Unit.FRACTION, False,
           Label("已有资料 / 应有资料", "Documents held / documents the files must hold"), "F-44"),
    Metric("file_both_rate", Label("纸质与电子同步率", "On paper and electronically"), CARE, "file_state", _all, _known("n_documents"),
           lambda t: t.n_both, lambda t: t.n_held, Basis.AMOUNT, Unit.FRACTION, False,
           Label("纸质与电子均有的资料 / 已有资料", "Documents held both ways / documents held"), "P4-12"),
)  # fmt: skip

METRICS: tuple[Metric, ...] = (*_WARNINGS, *_CARE)
TABLES = tuple(dict.fromkeys(metric.table for metric in METRICS))
