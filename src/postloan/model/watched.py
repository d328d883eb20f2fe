"""What becomes of warnings, and how customers fare: by month, as reports count them."""

from __future__ import annotations

from postloan.model import work_codes
from postloan.model.columns import col
from postloan.model.contract import Delivery, Kind, Table
from postloan.model.label import Label

# fmt: off
_MONTH_END = col("month_end", Kind.DATE, "观察日", "As of", "Observation date the row is of", required=True)
_CUSTOMER = col("customer_id", Kind.ID, "客户号", "Customer", "Customer it is about")
_LOAN = col("loan_id", Kind.ID, "借据号", "Loan", "Loan it is about; else the customer's largest")
_PLACE = (
    col("branch", Kind.TEXT, "机构", "Branch", "Branch of the loan"),
    col("product", Kind.TEXT, "产品", "Product", "Product of the loan"),
)

WARNING_STATE = Table(
    name="warning_state",
    label=Label("预警状态", "Warning state"),
    grain=("warning_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        col("warning_id", Kind.ID, "预警号", "Warning", "Warning", required=True),
        _MONTH_END, _CUSTOMER, _LOAN, *_PLACE,
        col("staff_id", Kind.ID, "责任人", "Owner", "Who owns it"),
        col("signal_kind", Kind.CODE, "触发信号", "Signal", "What raised it", codes=work_codes.SIGNAL_KIND),
        col("warning_family", Kind.CODE, "类别", "Family", "As the ledger says, else by the signal (S0-7)", codes=work_codes.WARNING_FAMILY),
        col("raised_on", Kind.DATE, "预警日", "Raised on", "Day it was raised", required=True),
        col("deadline_on", Kind.DATE, "限期", "Deadline", "Day by which it is to be dealt with"),
        col("closed_on", Kind.DATE, "关闭日", "Closed on", "Day it was closed; blank while open at the date"),
        col("is_new", Kind.FLAG, "是否新增", "New", "Raised in the month of the date", required=True),
        col("is_open", Kind.FLAG, "是否未结", "Open", "Not closed by the date", required=True),
        col("is_overdue", Kind.FLAG, "是否超期", "Past its deadline", "Open past its deadline; blank without one (P5-4)"),
        col("is_closed_now", Kind.FLAG, "本月关闭", "Closed in the month", "Closed in the month of the date", required=True),
        col("is_complete", Kind.FLAG, "要素齐全", "Complete", "Owner, deadline and plan are given (P5-4)", required=True),
        col("is_answered", Kind.FLAG, "有处置措施", "Answered", "A response is recorded (S0-2)", required=True),
        col("is_fitting", Kind.FLAG, "措施相符", "Fitting", "The response is one that the trigger calls for (P1-9); blank where none is laid down or recorded"),
        col("is_success", Kind.FLAG, "处置成功", "Success", "Closed as lifted, recovered or secured (F-32); blank while open or without outcome"),
        col("is_judged", Kind.FLAG, "是否可评", "Judged", "Raised so long ago that it had time to come true, in the year before that (F-46)", required=True),
        col("is_true", Kind.FLAG, "是否应验", "Came true", "The customer deteriorated within the time (F-46)", required=True),
        col("lead_days", Kind.DAYS, "提前天数", "Days ahead", "Days from the warning to the deterioration; blank where none came"),
    ),
)

DETERIORATION = Table(
    name="deterioration",
    label=Label("恶化客户", "Deterioration"),
    grain=("customer_id", "onset_on", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        _CUSTOMER, _MONTH_END, _LOAN, *_PLACE,
        col("onset_on", Kind.DATE, "恶化日", "Onset", "Day on which a loan went over the limit of days past due", required=True),
        col("is_warned", Kind.FLAG, "是否已预警", "Warned", "A warning was raised in time and early enough (F-46)", required=True),
    ),
)

SURVEY_STATE = Table(
    name="survey_state",
    label=Label("满意度调查", "Survey state"),
    grain=("survey", "customer_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        col("survey", Kind.ID, "调查", "Survey", "Survey", required=True),
        _CUSTOMER, _MONTH_END, _LOAN, *_PLACE,
        col("is_answered", Kind.FLAG, "是否有效", "Answered", "A valid answer came by the date", required=True),
        col("is_satisfied", Kind.FLAG, "是否满意", "Satisfied", "Of a valid answer: satisfied (F-40)"),
    ),
)

COMPLAINT_STATE = Table(
    name="complaint_state",
    label=Label("投诉状态", "Complaint state"),
    grain=("complaint_id",),
    delivery=Delivery.DERIVED,
    columns=(
        col("complaint_id", Kind.ID, "投诉号", "Complaint", "Complaint", required=True),
        _MONTH_END, _CUSTOMER, _LOAN, *_PLACE,
        col("is_accepted_on_time", Kind.FLAG, "按时受理", "Accepted on time", "Accepted within the hours allowed (P4-8); blank while they run"),
        col("is_solved", Kind.FLAG, "是否解决", "Solved", "A solution was given by the date", required=True),
        col("is_called_back", Kind.FLAG, "是否回访", "Called back", "Of a solved one: called back on satisfaction (P4-8)"),
    ),
)

BORROWER_MONTH = Table(
    name="borrower_month",
    label=Label("借款人月度", "Borrower month"),
    grain=("customer_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        _CUSTOMER, _MONTH_END, _LOAN, *_PLACE,
        col("n_complaints", Kind.COUNT, "投诉数", "Complaints", "Complaints received in the month of the date", required=True),
    ),
)

MATURED = Table(
    name="matured",
    label=Label("到期结清", "Matured"),
    grain=("loan_id",),
    delivery=Delivery.DERIVED,
    columns=(
        col("loan_id", Kind.ID, "借据号", "Loan", "Loan that matured and was settled on time, never long overdue", required=True),
        _MONTH_END, _CUSTOMER, *_PLACE,
        col("is_renewed", Kind.FLAG, "是否续贷", "Renewed", "Lent to again within the days allowed (F-42)", required=True),
    ),
)

FILE_STATE = Table(
    name="file_state",
    label=Label("档案状态", "File state"),
    grain=("loan_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        _LOAN, _MONTH_END, _CUSTOMER, *_PLACE,
        col("n_documents", Kind.COUNT, "应有资料", "Documents", "Documents the file must hold; blank where nothing is known of it"),
        col("n_held", Kind.COUNT, "已有资料", "Held", "Of them, held on paper by the date"),
        col("n_both", Kind.COUNT, "双份资料", "Held twice", "Of them, held on paper and electronically (P4-12)"),
    ),
)
# fmt: on

WATCHED = (WARNING_STATE, DETERIORATION, SURVEY_STATE, COMPLAINT_STATE, BORROWER_MONTH, MATURED, FILE_STATE)
