"""What collectors did, row by row as reports count it: actions, promises, cases by month, daily hand-overs."""

from __future__ import annotations

from postloan.model import work_codes
from postloan.model.columns import col, loan_id
from postloan.model.contract import Delivery, Kind, Table
from postloan.model.derived import FLOW
from postloan.model.label import Label

# fmt: off
_MONTH = col("month", Kind.DATE, "月份", "Month", "First day of the month the row counts in", required=True)
_CUSTOMER = col("customer_id", Kind.ID, "客户号", "Customer", "Customer it is about")
_LOAN = col("loan_id", Kind.ID, "借据号", "Loan", "Loan it is about; blank is all of the customer's")
STAFF_COLUMNS = (
    col("branch", Kind.TEXT, "机构", "Branch", "Branch that manages the loan; else of the staff member"),
    col("department", Kind.TEXT, "部门", "Department", "Department of the staff member"),
    col("team", Kind.TEXT, "团队", "Team", "Team of the staff member"),
    col("staff_tier", Kind.CODE, "级别", "Tier", "Level of the collector (S2-8)", codes=work_codes.STAFF_TIER),
    col("staff_id", Kind.ID, "工号", "Staff number", "Who did it, or is in charge; blank is unknown or a machine"),
)
STAFF_DIMENSIONS = tuple(column.name for column in STAFF_COLUMNS)

CONTACT = Table(
    name="contact",
    label=Label("触达", "Contact"),
    grain=("action_id",),
    delivery=Delivery.DERIVED,
    columns=(
        col("action_id", Kind.ID, "动作号", "Action", "Action", required=True),
        _MONTH, _CUSTOMER, _LOAN, *STAFF_COLUMNS,
        col("action_channel", Kind.CODE, "渠道", "Channel", "How the customer was addressed", required=True, codes=work_codes.ACTION_CHANNEL),
        col("acted_on", Kind.DATE, "日期", "Acted on", "Day of the action", required=True),
        col("acted_at", Kind.MOMENT, "时间", "Acted at", "Moment by the lender's clock; blank where only the day is recorded"),
        col("is_attempt", Kind.FLAG, "是否尝试", "Attempt", "Tries to speak with someone: call, robot call, visit (F-33)", required=True),
        col("is_answered", Kind.FLAG, "是否接通", "Answered", "Someone was reached; blank if that is not told"),
        col("is_right_party", Kind.FLAG, "是否本人", "Right party", "The debtor or a co-debtor was reached; blank if not told"),
        col("has_promise", Kind.FLAG, "是否承诺", "Promise", "A promise was given"),
        col("is_sheet", Kind.FLAG, "应填记录表", "Call sheet", "A call by staff in which someone was reached: a sheet without blanks is due (S1-4)", required=True),
        col("is_sheet_full", Kind.FLAG, "记录表完整", "Sheet full", "No field of the sheet is blank; vehicle and hours only where a machine is pledged"),
        col("is_recorded", Kind.FLAG, "有录音", "Recorded", "The call has a recording (S1-5, S1-10)"),
        col("is_identity_stated", Kind.FLAG, "是否表明身份", "Identity stated", "The caller said who he is (S1-10)"),
        col("is_letter", Kind.FLAG, "是否信函", "Letter", "A letter or lawyer's letter: proof of delivery is due (S2-3)", required=True),
        col("has_proof", Kind.FLAG, "有送达凭证", "Proof", "The letter has a proof of delivery"),
        col("is_judged", Kind.FLAG, "是否适用", "Conduct applies", "Conduct rules were in force on the day", required=True),
        col("is_at_night", Kind.FLAG, "是否夜间", "At night", "Someone was addressed in the hours that are barred, and nobody agreed to it (F-50); blank where only the day is recorded"),
        col("is_too_often", Kind.FLAG, "是否超频", "Too often", "Beyond the effective voice calls that a debtor may get in a day, over all collectors (F-50)"),
        col("is_third_party", Kind.FLAG, "是否联系第三人", "Third party", "Someone else was reached though the debtor could be (F-50); blank: not told whether he could"),
        col("is_disclosed", Kind.FLAG, "是否透露债务", "Disclosed", "The debt was mentioned to someone else (F-50)"),
        col("is_after_stop", Kind.FLAG, "是否拒绝后仍联系", "After a stop", "Someone else was reached after asking to be left alone (F-50)"),
    ),
)

PROMISE_STATE = Table(
    name="promise_state",
    label=Label("承诺履约", "Promise outcome"),
    grain=("promise_id",),
    delivery=Delivery.DERIVED,
    columns=(
        col("promise_id", Kind.ID, "承诺号", "Promise", "Promise", required=True),
        col("month", Kind.DATE, "月份", "Month", "First day of the month it falls due in; of an incomplete one, of the month it was made in", required=True),
        _CUSTOMER, loan_id(), *STAFF_COLUMNS,
        col("made_on", Kind.DATE, "承诺作出日", "Made on", "Day it was given", required=True),
        col("pay_by_on", Kind.DATE, "承诺还款日", "Pay by", "Day by which the money is promised"),
        col("amount_minor", Kind.MONEY, "承诺金额", "Promised", "Money promised"),
        col("paid_minor", Kind.MONEY, "已还金额", "Paid", "Paid from the day it was given to the promised day and its tolerance, by borrower or third party", required=True),
        col("promise_state", Kind.CODE, "履约状态", "State", "What became of it (F-34)", required=True, codes=work_codes.PROMISE_STATE),
        col("is_deferral", Kind.FLAG, "是否缓期", "Deferral", "Given before or on the due day of an instalment not yet paid (S1-3)", required=True),
        col("is_beyond_authority", Kind.FLAG, "是否越权", "Beyond authority", "A deferral of more days than a collector may grant, not approved (S1-3)"),
    ),
)

CASE_MONTH = Table(
    name="case_month",
    label=Label("案件月度", "Case month"),
    grain=("case_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        col("case_id", Kind.ID, "案件号", "Case", "Case", required=True),
        _MONTH, *FLOW.columns,
        col("department", Kind.TEXT, "部门", "Department", "Department of the collector in charge"),
        col("team", Kind.TEXT, "团队", "Team", "Team of the collector in charge"),
        col("staff_tier", Kind.CODE, "级别", "Tier", "Level of the collector in charge", codes=work_codes.STAFF_TIER),
        col("staff_id", Kind.ID, "工号", "Staff number", "Last collector in charge in the month; blank is unknown"),
        col("n_attempts", Kind.COUNT, "尝试次数", "Attempts", "Attempts on the loan in the month", required=True),
        col("n_right_party", Kind.COUNT, "本人接通次数", "Right-party contacts", "Of them, with the debtor or a co-debtor", required=True),
        col("advanced_minor", Kind.MONEY, "担保垫付", "Guarantor advances", "Advanced by guarantors in the month: no recovery of the borrower (S4-9)", required=True),
    ),
)

HANDOVER_DAY = Table(
    name="handover_day",
    label=Label("移交核对", "Hand-over check"),
    grain=("staff_id", "worked_on"),
    delivery=Delivery.DERIVED,
    columns=(
        col("worked_on", Kind.DATE, "工作日", "Worked on", "Day of the record table", required=True),
        _MONTH, *STAFF_COLUMNS,
        col("is_on_time", Kind.FLAG, "是否按时", "On time", "Handed over by 17:00 of the day (S1-5)", required=True),
        col("is_matched", Kind.FLAG, "录音是否相符", "Recordings match", "As many recordings as customers spoken with on the phone (S1-5)"),
    ),
)
# fmt: on

PERFORMED = (CONTACT, PROMISE_STATE, CASE_MONTH, HANDOVER_DAY)
