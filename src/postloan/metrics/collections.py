"""Collections: the contact funnel (F-33), promises (F-34), records and conduct (F-50), by who did it."""

from __future__ import annotations

import ibis

from postloan.metrics.metric import Basis, Expression, Metric, Unit
from postloan.metrics.portfolio import one
from postloan.model.label import Label

FUNNEL, PROMISES, RECORDS, CONDUCT = "funnel", "promises", "records", "conduct"


def _all(t: ibis.Table) -> ibis.Value:
    return ibis.literal(True)


def _flag(name: str) -> Expression:
    return lambda t: t[name]


def _known(name: str) -> Expression:
    return lambda t: t[name].notnull()


def _share(
    slug: str, label: Label, family: str, table: str, population: Expression, flag: str, definition: Label,
    source: str, higher_is_worse: bool,
) -> Metric:  # fmt: skip
    """Return the share, by number, of a population of rows for which a flag is true."""
    return Metric(
        slug, label, family, table, population, _known(flag), lambda t: t[flag].cast("int64"), one,
        Basis.COUNT, Unit.FRACTION, higher_is_worse, definition, source,
    )  # fmt: skip


def _count(
    slug: str, label: Label, family: str, table: str, population: Expression, definition: Label, source: str,
    higher_is_worse: bool | None = None,
) -> Metric:  # fmt: skip
    return Metric(
        slug, label, family, table, population, _all, one, None, Basis.COUNT, Unit.COUNT, higher_is_worse,
        definition, source,
    )  # fmt: skip


def _state(*states: str) -> Expression:
    return lambda t: t.promise_state.isin(states)


_DUE = _state("kept", "partial", "broken")
_ATTEMPT, _ANSWERED, _SHEET, _LETTER = (
    lambda t: t.is_attempt,
    lambda t: t.is_attempt & t.is_answered,
    lambda t: t.is_sheet,
    lambda t: t.is_letter,
)

_FUNNEL = (
    _count("cases_assigned", Label("在办案件", "Cases"), FUNNEL, "case_month", _all,
           Label("月内处于办理中的案件数", "Cases open at some time in the month"), "F-33"),
    Metric("case_coverage", Label("触达覆盖率", "Coverage"), FUNNEL, "case_month", _all, _all,
           lambda t: (t.n_attempts > 0).cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
           Label("月内至少尝试联系一次的案件 / 在办案件", "Cases with at least one attempt in the month / cases"), "F-33"),
    Metric("penetration", Label("渗透率", "Penetration"), FUNNEL, "case_month", _all, _all,
           lambda t: t.n_attempts, one, Basis.AMOUNT, Unit.FRACTION, None,
           Label("尝试次数 / 在办案件，可超过100%", "Attempts / cases; may be above 100 %"), "F-33"),
    Metric("right_party_coverage", Label("本人接通案件占比", "Cases with a right-party contact"), FUNNEL, "case_month", _all, _all,
           lambda t: (t.n_right_party > 0).cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
           Label("月内至少接通本人一次的案件 / 在办案件", "Cases in which the debtor was reached / cases"), "F-33"),
    _count("attempts", Label("尝试次数", "Attempts"), FUNNEL, "contact", _ATTEMPT,
           Label("电话、机器人外呼与上门的次数", "Calls, robot calls and visits"), "F-33"),
    _share("contact_rate", Label("接通率", "Contact rate"), FUNNEL, "contact", _ATTEMPT, "is_answered",
           Label("接通次数 / 尝试次数；未记录结果的两边都不计", "Attempts in which someone was reached / attempts; those whose result is not told are in neither"), "F-33", False),
    _share("right_party_rate", Label("本人接通率", "Right-party rate"), FUNNEL, "contact", _ATTEMPT, "is_right_party",
           Label("接通本人（含共同债务人）的次数 / 尝试次数", "Attempts in which the debtor or a co-debtor was reached / attempts"), "F-33", False),
    Metric("promise_rate", Label("承诺率", "Promise rate"), FUNNEL, "contact", lambda t: t.is_attempt & t.is_right_party,
           _all, lambda t: t.has_promise.fill_null(False).cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
           Label("获得承诺的次数 / 接通本人的次数", "Right-party contacts with a promise / right-party contacts"), "F-33"),
)  # fmt: skip

_PROMISES = (
    _count("promises_due", Label("到期承诺", "Promises due"), PROMISES, "promise_state", _DUE,
           Label("月内到期（含宽限）的承诺，不含被替代与要素不全的", "Promises that fell due in the month, tolerance over; without superseded and incomplete ones"), "F-34"),
    Metric("promise_kept_rate", Label("履约率", "Promises kept"), PROMISES, "promise_state", _DUE, _all,
           lambda t: (t.promise_state == "kept").cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
           Label("履约承诺 / 到期承诺：自作出日起至承诺日及宽限内还款达到比例", "Promises kept / promises due: paid up to the share that counts by the promised day and its tolerance"), "F-34"),
    Metric("promise_kept_value", Label("履约率（金额）", "Promises kept, by amount"), PROMISES, "promise_state", _DUE, _all,
           lambda t: ibis.ifelse(t.promise_state == "kept", t.amount_minor, 0), lambda t: t.amount_minor,
           Basis.BALANCE, Unit.FRACTION, False,
           Label("履约承诺金额 / 到期承诺金额", "Amount of promises kept / amount of promises due"), "F-34"),
    Metric("promise_broken_rate", Label("违约率", "Promises broken"), PROMISES, "promise_state", _DUE, _all,
           lambda t: (t.promise_state == "broken").cast("int64"), one, Basis.COUNT, Unit.FRACTION, True,
           Label("分文未还的承诺 / 到期承诺", "Promises on which nothing was paid / promises due"), "F-34"),
    Metric("promise_incomplete_rate", Label("承诺要素不全占比", "Incomplete promises"), PROMISES, "promise_state", _all, _all,
           lambda t: (t.promise_state == "incomplete").cast("int64"), one, Basis.COUNT, Unit.FRACTION, True,
           Label("缺少日期或金额的承诺 / 全部承诺", "Promises without day or amount / promises"), "S1-10"),
    Metric("beyond_authority_rate", Label("越权缓期占比", "Deferrals beyond authority"), CONDUCT, "promise_state",
           lambda t: t.is_deferral, _known("is_beyond_authority"), lambda t: t.is_beyond_authority.cast("int64"), one,
           Basis.COUNT, Unit.FRACTION, True,
           Label("超过催收员授权天数且未经审批的缓期 / 缓期", "Deferrals of more days than a collector may grant, not approved / deferrals"), "S1-3"),
)  # fmt: skip

_RECORDS = (
    _share("sheet_full_rate", Label("记录表完整率", "Call sheets full"), RECORDS, "contact", _SHEET, "is_sheet_full",
           Label("无空白的电话催收记录表 / 接通的电话", "Call sheets without a blank / calls in which someone was reached"), "S1-4", False),
    _share("recorded_rate", Label("录音率", "Calls recorded"), RECORDS, "contact", _SHEET, "is_recorded",
           Label("有录音的电话 / 接通的电话", "Calls with a recording / calls in which someone was reached"), "S1-10", False),
    _share("identity_rate", Label("表明身份率", "Identity stated"), RECORDS, "contact", _SHEET, "is_identity_stated",
           Label("表明身份的电话 / 接通的电话；未记录的两边都不计", "Calls in which the caller said who he is / calls; those that do not tell are in neither"), "S1-10", False),
    _share("proof_rate", Label("信函送达凭证率", "Letters with proof"), RECORDS, "contact", _LETTER, "has_proof",
           Label("有送达凭证的信函 / 信函", "Letters with a proof of delivery / letters"), "S2-3", False),
    _share("handover_on_time_rate", Label("按时移交率", "Hand-overs on time"), RECORDS, "handover_day", _all, "is_on_time",
           Label("当日17:00前移交的工作日 / 有记录的工作日", "Days handed over by 17:00 / days with a record table"), "S1-5", False),
    _share("recordings_matched_rate", Label("录音相符率", "Recordings match"), RECORDS, "handover_day", _all, "is_matched",
           Label("录音数与接通客户数一致的工作日 / 有记录的工作日", "Days with as many recordings as customers spoken with / days with a record table"), "S1-5", False),
)  # fmt: skip


def _breach(
    slug: str, flag: str, zh: str, en: str, definition: Label, of: Expression, source: str = "F-50"
) -> Metric:
    return _share(
        slug, Label(zh, en), CONDUCT, "contact", lambda t: t.is_judged & of(t), flag, definition, source, True
    )


_CONDUCT = (
    _breach("night_rate", "is_at_night", "夜间催收占比", "Actions at night",
            Label("不得催收时段内且未经约定的动作 / 全部动作", "Actions in barred hours that nobody agreed to / actions"), _all),
    _breach("too_often_rate", "is_too_often", "超频语音占比", "Voice calls beyond the daily limit",
            Label("超过同一债务人每日有效语音次数的电话 / 接通的电话", "Voice calls beyond what a debtor may get in a day / attempts in which someone was reached"), _ANSWERED),
    _breach("third_party_rate", "is_third_party", "联系第三人待核查占比", "Third parties to be reviewed",
            Label("本人可联系时联系了其他人的次数 / 接通次数；未记录能否联系本人的两边都不计", "Someone else was reached though the debtor could be / attempts in which someone was reached; where that is not told, in neither"), _ANSWERED),
    _breach("disclosed_rate", "is_disclosed", "透露债务占比", "Debt disclosed",
            Label("向其他人透露债务的动作 / 全部动作", "Actions in which the debt was mentioned to someone else / actions"), _all),
    _breach("after_stop_rate", "is_after_stop", "拒绝后仍联系占比", "Contact after a stop",
            Label("第三人要求停止后仍联系的次数 / 接通次数", "Someone else was reached after asking to be left alone / attempts in which someone was reached"), _ANSWERED),
)  # fmt: skip

_CASH = (
    Metric("advanced_by_guarantors", Label("担保垫付", "Guarantor advances"), "recovery", "case_month", _all, _all,
           lambda t: t.advanced_minor, None, Basis.AMOUNT, Unit.MONEY, None,
           Label("月内担保人垫付金额，不计入借款人还款", "Advanced by guarantors in the month; no recovery of the borrower"), "S4-9"),
    Metric("case_cure_rate", Label("案件化解率", "Cases resolved"), "recovery", "case_month",
           lambda t: t.from_overdue_minor > 0, lambda t: (t.to_state != "unknown"),
           lambda t: t.to_state.isin(["M0", "settled"]).cast("int64"), one, Basis.COUNT, Unit.FRACTION, False,
           Label("月初逾期、月末已还清逾期或结清的案件 / 月初逾期的案件", "Cases overdue at opening that are paid up or settled at closing / cases overdue at opening"), "F-31"),
)  # fmt: skip

METRICS: tuple[Metric, ...] = (*_FUNNEL, *_PROMISES, *_CASH, *_RECORDS, *_CONDUCT)
BREACHES = ("is_at_night", "is_too_often", "is_third_party", "is_disclosed", "is_after_stop")
