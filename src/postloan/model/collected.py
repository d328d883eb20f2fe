"""Tables of collections, as a lender delivers them: cases, actions, promises, the way to court and to the asset.

Moments are the lender's clock, without a zone: the hours of conduct rules are local hours.
"""

from __future__ import annotations

from postloan.model import work_codes as codes
from postloan.model.columns import col, customer_id, known_on, loan_id, of_loan, staff_id
from postloan.model.contract import Check, Delivery, Kind, Sensitivity, Table
from postloan.model.label import Label

# fmt: off
COLLECTION_CASE = Table(
    name="collection_case",
    label=Label("催收案件", "Collection case"),
    grain=("case_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("case_id", Kind.ID, "案件号", "Case", "Unique number of the case", required=True),
        customer_id(), of_loan("Loan the case is about; blank is all of the customer's"),
        col("opened_on", Kind.DATE, "立案日", "Opened on", "Day the case was opened", required=True),
        col("closed_on", Kind.DATE, "结案日", "Closed on", "Day it was closed; blank while it is open"),
        col("department", Kind.TEXT, "部门", "Department", "Department that works on it"),
        col("identified_by", Kind.CODE, "识别方式", "Identified by", "How the delay was noticed (S2-1)", codes=codes.IDENTIFIED_BY),
        col("overdue_reason", Kind.CODE, "逾期原因", "Reason", "Why the customer is overdue (S0-11)", codes=codes.OVERDUE_REASON),
        col("willingness", Kind.CODE, "还款意愿", "Willingness", "Whether the customer will pay (S0-11)", codes=codes.WILLINGNESS),
        col("measure", Kind.CODE, "处置措施", "Measure", "What was decided (P4-6)", codes=codes.MEASURE),
        col("planned_on", Kind.DATE, "计划制定日", "Planned on", "Day of the month's collection plan (S1-9)"),
        col("plan_due_on", Kind.DATE, "计划完成日", "Plan due on", "When the plan is to be fulfilled"),
        col("grace_months", Kind.COUNT, "宽限月数", "Grace months", "Months of grace granted (P8-5)", minimum=0),
        known_on(),
    ),
    checks=(Check("closed_after_opening", "closed_on >= opened_on", Label("结案日不得早于立案日", "A case must not close before it opens")),),
)

ASSIGNMENT = Table(
    name="assignment",
    label=Label("案件分派", "Assignment"),
    grain=("case_id", "assigned_on"),
    delivery=Delivery.UPSERT,
    columns=(
        col("case_id", Kind.ID, "案件号", "Case", "Case that is handed over", required=True),
        col("assigned_on", Kind.DATE, "分派日", "Assigned on", "First day with this collector", required=True),
        staff_id("Collector in charge"),
        col("agency", Kind.TEXT, "委外机构", "Agency", "Third party in charge; blank is own staff"),
        col("until_on", Kind.DATE, "收回日", "Until", "Last day with this collector; blank while it goes on"),
        known_on(),
    ),
)

ACTION = Table(
    name="action",
    label=Label("催收动作", "Action"),
    grain=("action_id",),
    delivery=Delivery.APPEND,
    columns=(
        col("action_id", Kind.ID, "动作号", "Action", "Unique number of the action", required=True),
        col("case_id", Kind.ID, "案件号", "Case", "Case it belongs to; reminders have none"),
        customer_id(), of_loan("Loan it is about; blank is all of the customer's"),
        staff_id("Who acted; blank is a machine or unknown"),
        col("agency", Kind.TEXT, "委外机构", "Agency", "Third party that acted; blank is own staff"),
        col("action_channel", Kind.CODE, "渠道", "Channel", "How the customer was addressed", required=True, codes=codes.ACTION_CHANNEL),
        col("action_purpose", Kind.CODE, "目的", "Purpose", "Reminder, collection or notice", codes=codes.ACTION_PURPOSE),
        col("acted_on", Kind.DATE, "行动日期", "Acted on", "Day of the action", required=True),
        col("acted_at", Kind.MOMENT, "时间", "Acted at", "Moment by the lender's clock; blank where only the day is recorded"),
        col("person_reached", Kind.CODE, "接触对象", "Person reached", "Who was reached", codes=codes.PERSON_REACHED),
        col("action_outcome", Kind.CODE, "结果", "Outcome", "What came of it", codes=codes.ACTION_OUTCOME),
        col("is_agreed_time", Kind.FLAG, "是否约定时间", "Agreed time", "The debtor agreed to be contacted at this hour (F-50)"),
        col("is_debt_disclosed", Kind.FLAG, "是否透露债务", "Debt disclosed", "The debt was mentioned to someone else (F-50)"),
        col("is_debtor_unreachable", Kind.FLAG, "本人是否失联", "Debtor unreachable", "The debtor could not be reached before someone else was (F-50)"),
        col("is_identity_stated", Kind.FLAG, "是否表明身份", "Identity stated", "The caller said who he is (S1-10)"),
        col("overdue_reason", Kind.CODE, "逾期原因", "Reason", "Reason the customer gave (S1-10)", codes=codes.OVERDUE_REASON),
        col("expected_on", Kind.DATE, "预计存款时间", "Deposit expected on", "When the customer expects to pay (S1-4)"),
        col("contact_details", Kind.TEXT, "联系方式", "Contact details", "As noted in the call sheet (S1-4)", sensitivity=Sensitivity.PHONE),
        col("vehicle_place", Kind.TEXT, "车辆位置", "Vehicle place", "Where the machine is (S1-4)", sensitivity=Sensitivity.ADDRESS),
        col("hours_worked", Kind.COUNT, "工作小时数", "Hours worked", "Reading of the machine (S1-4)", minimum=0),
        col("funds_source", Kind.TEXT, "资金来源", "Source of funds", "Where the money is to come from (S1-10)"),
        col("recording_id", Kind.ID, "录音号", "Recording", "Recording of the call (S1-5)"),
        col("proof_id", Kind.ID, "送达凭证", "Proof of delivery", "Receipt of a letter (S2-3)"),
        known_on(),
    ),
)

HANDOVER = Table(
    name="handover",
    label=Label("当日移交", "Daily hand-over"),
    grain=("staff_id", "worked_on"),
    delivery=Delivery.UPSERT,
    columns=(
        col("staff_id", Kind.ID, "工号", "Staff number", "Collector who hands over", required=True),
        col("worked_on", Kind.DATE, "工作日", "Worked on", "Day of the record table", required=True),
        col("handed_over_at", Kind.MOMENT, "移交时间", "Handed over at", "Moment of the hand-over (S1-5); blank: not handed over"),
        col("n_recordings", Kind.COUNT, "录音数", "Recordings", "Recordings handed over, one file per customer", minimum=0),
        known_on(),
    ),
)

PROMISE = Table(
    name="promise",
    label=Label("还款承诺", "Promise"),
    grain=("promise_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("promise_id", Kind.ID, "承诺号", "Promise", "Unique number of the promise", required=True),
        loan_id(),
        col("action_id", Kind.ID, "动作号", "Action", "Action in which it was given"),
        staff_id("Who took it"),
        col("made_on", Kind.DATE, "承诺作出日", "Made on", "Day it was given", required=True),
        col("pay_by_on", Kind.DATE, "承诺还款日", "Pay by", "Day by which the money is promised; blank is an incomplete promise (S1-10)"),
        col("amount_minor", Kind.MONEY, "承诺金额", "Amount", "Money promised; blank is an incomplete promise (S1-10)", minimum=0),
        col("approved_by", Kind.ID, "审批人", "Approved by", "Who approved a date beyond the collector's authority (S1-3)"),
        known_on(),
    ),
    checks=(Check("promised_ahead", "pay_by_on >= made_on", Label("承诺还款日不得早于承诺作出日", "A promise must not be for a day before it is made")),),
)

LEGAL_CASE = Table(
    name="legal_case",
    label=Label("诉讼案件", "Legal case"),
    grain=("legal_case_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("legal_case_id", Kind.ID, "诉讼号", "Legal case", "Unique number of the suit", required=True),
        loan_id(),
        staff_id("Who is in charge"),
        col("decided_on", Kind.DATE, "决定起诉日", "Decided on", "Day the suit was decided", required=True),
        col("court", Kind.TEXT, "法院", "Court", "Court that hears it"),
        col("claimed_minor", Kind.MONEY, "诉讼标的", "Claimed", "Amount claimed", minimum=0),
        col("legal_result", Kind.CODE, "结果", "Result", "How it ended", codes=codes.LEGAL_RESULT),
        col("closed_on", Kind.DATE, "结案日", "Closed on", "Day it ended; blank while it goes on"),
        known_on(),
    ),
)

LEGAL_STEP = Table(
    name="legal_step",
    label=Label("诉讼节点", "Legal step"),
    grain=("legal_case_id", "legal_step"),
    delivery=Delivery.UPSERT,
    columns=(
        col("legal_case_id", Kind.ID, "诉讼号", "Legal case", "Suit it belongs to", required=True),
        col("legal_step", Kind.CODE, "节点", "Step", "What was done (S1-12, S1-13)", required=True, codes=codes.LEGAL_STEP),
        col("done_on", Kind.DATE, "完成日", "Done on", "Day it was done", required=True),
        known_on(),
    ),
)

SIGHTING = Table(
    name="sighting",
    label=Label("车辆查找", "Sighting"),
    grain=("sighting_id",),
    delivery=Delivery.APPEND,
    columns=(
        col("sighting_id", Kind.ID, "查找号", "Sighting", "Unique number of the sighting", required=True),
        loan_id(),
        staff_id("Who looked"),
        col("seen_on", Kind.DATE, "查找日", "Seen on", "Day of the sighting", required=True),
        col("is_found", Kind.FLAG, "是否找到", "Found", "The vehicle was taken for the pledged one (S1-14)", required=True),
        col("frame_no", Kind.ID, "车架号", "Frame number", "As read off the vehicle"),
        col("engine_no", Kind.ID, "发动机号", "Engine number", "As read off the vehicle"),
        col("place", Kind.TEXT, "地点", "Place", "Where it stands", sensitivity=Sensitivity.ADDRESS),
        col("reported_on", Kind.DATE, "报告日", "Reported on", "Day the manager was told"),
        known_on(),
    ),
)

TOW = Table(
    name="tow",
    label=Label("拖车", "Tow"),
    grain=("loan_id", "towed_on"),
    delivery=Delivery.UPSERT,
    columns=(
        loan_id(),
        col("towed_on", Kind.DATE, "拖车日", "Towed on", "Day of the tow", required=True),
        staff_id("Who led it"),
        col("is_site_checked", Kind.FLAG, "工地情况", "Site checked", "Checklist (S1-15)"),
        col("is_operation_checked", Kind.FLAG, "车辆作业情况", "Operation checked", "Checklist (S1-15)"),
        col("is_people_checked", Kind.FLAG, "人员活动", "People checked", "Checklist (S1-15)"),
        col("is_terrain_checked", Kind.FLAG, "周围地形", "Terrain checked", "Checklist (S1-15)"),
        col("is_exit_checked", Kind.FLAG, "退出道路情况", "Exit checked", "Checklist (S1-15)"),
        col("n_return_routes", Kind.COUNT, "返程路线数", "Return routes", "Surveyed routes back, one or two (S1-15)", minimum=0),
        known_on(),
    ),
)
# fmt: on
