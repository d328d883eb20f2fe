"""Tables of monitoring and care, as a lender delivers them: visits, inspections, warnings, security, files."""

from __future__ import annotations

from postloan.model import work_codes as codes
from postloan.model.columns import col, customer_id, known_on, loan_id, of_loan, staff_id
from postloan.model.contract import Check, Delivery, Kind, Sensitivity, Table
from postloan.model.label import Label

# fmt: off
OWNERSHIP = Table(
    name="ownership",
    label=Label("管户", "Ownership"),
    grain=("customer_id", "staff_id", "from_on"),
    delivery=Delivery.UPSERT,
    columns=(
        customer_id(required=True),
        col("staff_id", Kind.ID, "工号", "Staff number", "First responsible person (P1-1)", required=True),
        col("from_on", Kind.DATE, "起始日", "From", "First day of the responsibility", required=True),
        col("until_on", Kind.DATE, "终止日", "Until", "Last day; blank while it goes on"),
        col("department", Kind.TEXT, "部门", "Department", "Department of the person (P2-3)"),
        known_on(),
    ),
)

VISIT = Table(
    name="visit",
    label=Label("回访", "Visit"),
    grain=("visit_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("visit_id", Kind.ID, "回访号", "Visit", "Unique number of the visit", required=True),
        customer_id(required=True), of_loan("Loan it is about; blank is all of the customer's"),
        staff_id("Who visited"),
        col("visited_on", Kind.DATE, "回访日", "Visited on", "Day of the visit", required=True),
        col("visit_kind", Kind.CODE, "回访类型", "Kind", "Which duty it fulfils", codes=codes.VISIT_KIND),
        col("visit_channel", Kind.CODE, "渠道", "Channel", "How it was done", codes=codes.VISIT_CHANNEL),
        col("repayment_note", Kind.TEXT, "还款情况", "Repayment", "What was found (S0-4)"),
        col("business_note", Kind.TEXT, "经营状况", "Business", "What was found (S0-4)"),
        col("funding_note", Kind.TEXT, "资金需求", "Funding need", "What was found (S0-4)"),
        col("feedback", Kind.TEXT, "客户反馈", "Feedback", "Problems, opinions, proposals (S0-4)"),
        col("verified_on", Kind.DATE, "核实日", "Verified on", "Day the feed company confirmed it (S4-6)"),
        col("report_on", Kind.DATE, "报告日", "Report on", "Day of the written report"),
        known_on(),
    ),
)

INSPECTION = Table(
    name="inspection",
    label=Label("检查", "Inspection"),
    grain=("inspection_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("inspection_id", Kind.ID, "检查号", "Inspection", "Unique number of the inspection", required=True),
        col("inspection_kind", Kind.CODE, "检查类型", "Kind", "Which duty it fulfils", required=True, codes=codes.INSPECTION_KIND),
        customer_id("Customer inspected; blank is a unit of the lender"),
        col("branch", Kind.TEXT, "机构", "Branch", "Unit inspected, or whose customer it is"),
        staff_id("Who inspected"),
        col("inspected_on", Kind.DATE, "检查日", "Inspected on", "Day of the inspection", required=True),
        col("score", Kind.FRACTION, "得分率", "Score", "Points out of full points; 0.7999 is 79.99 of 100 (P2-9)", minimum=0),
        col("has_conduct", Kind.FLAG, "含开展情况", "Has conduct", "Report says what was done (P1-5)"),
        col("has_causes", Kind.FLAG, "含风险因素及原因", "Has causes", "Report says risks and causes (P1-5)"),
        col("has_measures", Kind.FLAG, "含措施", "Has measures", "Report says measures taken or planned (P1-5)"),
        col("has_responsibility", Kind.FLAG, "含责任认定", "Has responsibility", "Report says who answers for it (P1-5)"),
        col("report_on", Kind.DATE, "报告日", "Report on", "Day of the report"),
        col("rectified_on", Kind.DATE, "整改完成日", "Rectified on", "Day what was found was put right"),
        known_on(),
    ),
)

COMPLAINT = Table(
    name="complaint",
    label=Label("投诉", "Complaint"),
    grain=("complaint_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("complaint_id", Kind.ID, "投诉号", "Complaint", "Unique number of the complaint", required=True),
        customer_id(), of_loan("Loan it is about"),
        staff_id("Who it is about"),
        col("received_at", Kind.MOMENT, "收到时间", "Received at", "When it came in: the clock starts (P4-8)", required=True),
        col("accepted_at", Kind.MOMENT, "受理时间", "Accepted at", "When it was accepted"),
        col("solved_at", Kind.MOMENT, "解决时间", "Solved at", "When a solution was given"),
        col("called_back_on", Kind.DATE, "回访日", "Called back on", "Day of the call on satisfaction"),
        col("subject", Kind.TEXT, "事由", "Subject", "What it is about"),
        known_on(),
    ),
)

SURVEY_ANSWER = Table(
    name="survey_answer",
    label=Label("满意度问卷", "Survey answer"),
    grain=("survey", "customer_id"),
    delivery=Delivery.UPSERT,
    columns=(
        col("survey", Kind.ID, "调查", "Survey", "Number of the survey", required=True),
        customer_id(required=True),
        col("sent_on", Kind.DATE, "发出日", "Sent on", "Day the customer was asked", required=True),
        col("answered_on", Kind.DATE, "回答日", "Answered on", "Day of the answer; blank: none"),
        col("score", Kind.COUNT, "评分", "Score", "1 to 5; 4 and 5 are satisfied (F-40); blank: not valid", minimum=1),
        known_on(),
    ),
    checks=(Check("score_of_five", "score BETWEEN 1 AND 5", Label("评分须为1至5", "A score is 1 to 5")),),
)

IMPROVEMENT = Table(
    name="improvement",
    label=Label("改进措施", "Improvement"),
    grain=("improvement_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("improvement_id", Kind.ID, "措施号", "Improvement", "Unique number of the measure", required=True),
        col("improvement_source", Kind.CODE, "来源", "Source", "What called for it (S0-5)", codes=codes.IMPROVEMENT_SOURCE),
        staff_id("Owner"),
        col("what", Kind.TEXT, "措施", "Measure", "What is to be done"),
        col("opened_on", Kind.DATE, "提出日", "Opened on", "Day it was decided", required=True),
        col("due_on", Kind.DATE, "限期", "Due on", "Day by which it is to be done"),
        col("closed_on", Kind.DATE, "完成日", "Closed on", "Day it was done; blank while open"),
        known_on(),
    ),
)

CARE = Table(
    name="care",
    label=Label("客户关怀", "Care"),
    grain=("care_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("care_id", Kind.ID, "关怀号", "Care", "Unique number of the action", required=True),
        customer_id("Customer; blank is an event for many"),
        staff_id("Owner"),
        col("care_kind", Kind.CODE, "方式", "Kind", "What is offered (S0-6)", required=True, codes=codes.CARE_KIND),
        col("planned_on", Kind.DATE, "计划日", "Planned on", "Day planned", required=True),
        col("done_on", Kind.DATE, "完成日", "Done on", "Day done; blank: not done"),
        col("effect", Kind.TEXT, "效果", "Effect", "What came of it (S0-6)"),
        known_on(),
    ),
)

STATEMENT = Table(
    name="statement",
    label=Label("财务指标", "Financial statement item"),
    grain=("customer_id", "period_on", "statement_item"),
    delivery=Delivery.UPSERT,
    columns=(
        customer_id(required=True),
        col("period_on", Kind.DATE, "期末", "Period end", "Last day of the month, quarter or year", required=True),
        col("statement_item", Kind.CODE, "指标", "Item", "Which figure", required=True, codes=codes.STATEMENT_ITEM),
        col("ratio", Kind.FRACTION, "比率", "Ratio", "Of a ratio: 0.65 is 65 %; a turnover is times a year"),
        col("amount_minor", Kind.MONEY, "金额", "Amount", "Of an amount: minor units", minimum=0),
        known_on(),
    ),
)

SIGNAL = Table(
    name="signal",
    label=Label("风险信号", "Signal"),
    grain=("signal_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("signal_id", Kind.ID, "信号号", "Signal", "Unique number of the signal", required=True),
        customer_id(required=True), of_loan("Loan it is about; blank is all of the customer's"),
        col("signal_kind", Kind.CODE, "信号", "Kind", "What was noticed", required=True, codes=codes.SIGNAL_KIND),
        col("observed_on", Kind.DATE, "发现日", "Observed on", "Day it was noticed", required=True),
        col("ended_on", Kind.DATE, "消除日", "Ended on", "Day it no longer held; blank while it lasts"),
        col("source", Kind.TEXT, "来源", "Source", "Credit report, court, press, visit …"),
        known_on(),
    ),
)

WARNING = Table(
    name="warning",
    label=Label("风险预警", "Warning"),
    grain=("warning_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("warning_id", Kind.ID, "预警号", "Warning", "Unique number of the warning", required=True),
        customer_id(required=True), of_loan("Loan it is about; blank is all of the customer's"),
        col("signal_kind", Kind.CODE, "触发信号", "Signal", "What raised it", codes=codes.SIGNAL_KIND),
        col("warning_family", Kind.CODE, "类别", "Family", "Financial, non-financial or composite (S0-7)", codes=codes.WARNING_FAMILY),
        col("raised_on", Kind.DATE, "预警日", "Raised on", "Day it was raised", required=True),
        staff_id("Owner (P5-4)"),
        col("deadline_on", Kind.DATE, "限期", "Deadline", "Day by which it is to be dealt with (P5-4)"),
        col("plan", Kind.TEXT, "处置方案", "Plan", "What is to be done (P5-4)"),
        col("warning_response", Kind.CODE, "处置措施", "Response", "What was done (P1-9)", codes=codes.WARNING_RESPONSE),
        col("progress", Kind.TEXT, "整改进展", "Progress", "How far it is (P5-4)"),
        col("reported_on", Kind.DATE, "上报日", "Reported on", "Day the signal form went to the president (P2-8)"),
        col("warning_outcome", Kind.CODE, "处置结果", "Outcome", "How it ended (F-32)", codes=codes.WARNING_OUTCOME),
        col("closed_on", Kind.DATE, "关闭日", "Closed on", "Day it was closed; blank while open"),
        known_on(),
    ),
)

FINDING = Table(
    name="finding",
    label=Label("分类事实认定", "Finding"),
    grain=("finding_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("finding_id", Kind.ID, "认定号", "Finding", "Unique number of the finding", required=True),
        customer_id(required=True), of_loan("Loan it is about; blank is all of the customer's"),
        col("finding_kind", Kind.CODE, "事实", "Kind", "What was found (F-12)", required=True, codes=codes.FINDING_KIND),
        col("found_on", Kind.DATE, "认定日", "Found on", "Day from which it counts", required=True),
        col("until_on", Kind.DATE, "解除日", "Until", "First day on which it no longer counts; blank while it lasts"),
        known_on(),
    ),
)

OTHER_BANK_DEBT = Table(
    name="other_bank_debt",
    label=Label("他行债务", "Debt to other banks"),
    grain=("customer_id", "reported_on"),
    delivery=Delivery.UPSERT,
    columns=(
        customer_id(required=True),
        col("reported_on", Kind.DATE, "报告日", "Reported on", "Day of the credit report", required=True),
        col("debt_minor", Kind.MONEY, "债务余额", "Debt", "Debt to all other banks", required=True, minimum=0),
        col("over_90_minor", Kind.MONEY, "逾期90天以上", "Over 90 days", "Of it, more than 90 days past due", required=True, minimum=0),
        known_on(),
    ),
    checks=(Check("part_of_debt", "over_90_minor <= debt_minor", Label("逾期部分不得大于债务余额", "The overdue part must not exceed the debt")),),
)

GUARANTEE = Table(
    name="guarantee",
    label=Label("保证", "Guarantee"),
    grain=("loan_id", "guarantor_id"),
    delivery=Delivery.UPSERT,
    columns=(
        loan_id(),
        col("guarantor_id", Kind.ID, "担保人号", "Guarantor", "Number of the guarantor; a customer number where it is one", required=True),
        col("name", Kind.TEXT, "担保人", "Name", "Who guarantees", sensitivity=Sensitivity.NAME),
        col("phone", Kind.ID, "电话", "Phone", "Contact number", sensitivity=Sensitivity.PHONE),
        col("guaranteed_minor", Kind.MONEY, "担保金额", "Guaranteed", "Amount guaranteed; blank is all", minimum=0),
        col("until_on", Kind.DATE, "到期日", "Until", "Last day of the guarantee"),
        known_on(),
    ),
)

COLLATERAL = Table(
    name="collateral",
    label=Label("押品", "Collateral"),
    grain=("collateral_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("collateral_id", Kind.ID, "押品号", "Collateral", "Unique number of the collateral", required=True),
        loan_id(),
        col("collateral_kind", Kind.CODE, "类型", "Kind", "What it is", codes=codes.COLLATERAL_KIND),
        col("value_minor", Kind.MONEY, "入库价值", "Value at acceptance", "Value when it was taken", minimum=0),
        col("accepted_on", Kind.DATE, "入库日", "Accepted on", "Day it was taken"),
        col("released_on", Kind.DATE, "解除日", "Released on", "Day it was given back; blank while held"),
        col("frame_no", Kind.ID, "车架号", "Frame number", "Of a vehicle or machine (S1-14)"),
        col("engine_no", Kind.ID, "发动机号", "Engine number", "Of a vehicle or machine (S1-14)"),
        col("place", Kind.TEXT, "所在地", "Place", "Where it is", sensitivity=Sensitivity.ADDRESS),
        known_on(),
    ),
)

VALUATION = Table(
    name="valuation",
    label=Label("押品估值", "Valuation"),
    grain=("collateral_id", "valued_on"),
    delivery=Delivery.UPSERT,
    columns=(
        col("collateral_id", Kind.ID, "押品号", "Collateral", "Collateral that was valued", required=True),
        col("valued_on", Kind.DATE, "估值日", "Valued on", "Day of the valuation", required=True),
        col("value_minor", Kind.MONEY, "估值", "Value", "What it is worth", required=True, minimum=0),
        col("is_third_party", Kind.FLAG, "是否第三方", "Third party", "Valued by a third party (P8-3)"),
        col("is_accepted", Kind.FLAG, "是否采纳", "Accepted", "Taken as the value in force"),
        known_on(),
    ),
)

DOCUMENT = Table(
    name="document",
    label=Label("档案资料", "Document"),
    grain=("loan_id", "document_kind"),
    delivery=Delivery.UPSERT,
    columns=(
        loan_id(),
        col("document_kind", Kind.CODE, "资料", "Document", "What the file must hold (P4-12)", required=True, codes=codes.DOCUMENT_KIND),
        col("paper_on", Kind.DATE, "纸质归档日", "On paper since", "Day the paper was filed; blank: missing"),
        col("electronic_on", Kind.DATE, "电子归档日", "Electronic since", "Day it was filed electronically; blank: missing"),
        col("gap_found_on", Kind.DATE, "缺失发现日", "Gap found on", "Day it was noticed missing (P7-10)"),
        known_on(),
    ),
)

TRAINING = Table(
    name="training",
    label=Label("培训", "Training"),
    grain=("course", "staff_id"),
    delivery=Delivery.UPSERT,
    columns=(
        col("course", Kind.ID, "课程", "Course", "Number of the course", required=True),
        col("staff_id", Kind.ID, "工号", "Staff number", "Who is to be trained", required=True),
        col("held_on", Kind.DATE, "培训日", "Held on", "Day of the course", required=True),
        col("is_passed", Kind.FLAG, "是否通过", "Passed", "Result of the test; blank: not taken"),
        known_on(),
    ),
)

MEETING = Table(
    name="meeting",
    label=Label("会议与活动", "Meeting"),
    grain=("meeting_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("meeting_id", Kind.ID, "会议号", "Meeting", "Unique number of the meeting", required=True),
        col("meeting_kind", Kind.CODE, "类型", "Kind", "Which duty it fulfils", required=True, codes=codes.MEETING_KIND),
        col("branch", Kind.TEXT, "机构", "Branch", "Who held it; blank is the whole lender"),
        col("held_on", Kind.DATE, "召开日", "Held on", "Day of the meeting", required=True),
        known_on(),
    ),
)

DISPOSAL_PLAN = Table(
    name="disposal_plan",
    label=Label("不良处置方案", "Disposal plan"),
    grain=("customer_id", "planned_on", "disposal_kind"),
    delivery=Delivery.UPSERT,
    columns=(
        customer_id(required=True),
        col("planned_on", Kind.DATE, "制定日", "Planned on", "Day of the plan; the latest counts", required=True),
        col("disposal_kind", Kind.CODE, "处置方式", "Disposal", "One of six (P2-4)", required=True, codes=codes.DISPOSAL_KIND),
        staff_id("Owner"),
        col("target_minor", Kind.MONEY, "目标金额", "Target", "Amount to be recovered", minimum=0),
        known_on(),
    ),
)

MATURITY_DECISION = Table(
    name="maturity_decision",
    label=Label("到期处置意见", "Maturity decision"),
    grain=("loan_id", "decided_on"),
    delivery=Delivery.UPSERT,
    columns=(
        loan_id(),
        col("decided_on", Kind.DATE, "决定日", "Decided on", "Day of the decision", required=True),
        col("maturity_decision", Kind.CODE, "意见", "Decision", "One of three (P2-6)", required=True, codes=codes.MATURITY_DECISION),
        staff_id("Owner"),
        known_on(),
    ),
)
# fmt: on
