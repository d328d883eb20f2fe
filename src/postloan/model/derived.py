"""Tables that the engine computes. One record per table, one line per column.

Money is in minor units; a blank is unknown, never zero.
"""

from __future__ import annotations

from postloan.model import codes
from postloan.model.columns import col, loan_id
from postloan.model.contract import Delivery, Kind, Table
from postloan.model.label import Label

# fmt: off
_STATE = (
    col("status", Kind.CODE, "状态", "Status", "Status at the date; the exit row has balance 0", required=True, codes=codes.LOAN_STATUS),
    col("dpd", Kind.DAYS, "逾期天数", "Days past due", "Days since the oldest unpaid due date, pauses taken off; blank if it cannot be known, or only as a range"),
    col("delinquent_days", Kind.DAYS, "宽限后逾期天数", "Delinquent days", "dpd less the grace days, at least 0"),
    col("bucket", Kind.COUNT, "逾期阶段", "Bucket", "Position in the list M0…M7; blank if dpd is"),
    col("balance_minor", Kind.MONEY, "本金余额", "Outstanding principal", "Principal not repaid; blank if there is no schedule"),
    col("overdue_minor", Kind.MONEY, "逾期金额", "Overdue amount", "Unpaid parts of instalments due before the date"),
)

# Blank for loans with a ledger: their figures are of the very date, and their days past due are exact.
_OF_TAPES = (
    col("observed_on", Kind.DATE, "报告日", "Observed on", "Report of the lender on which the row stands; blank if none covers the date"),
    col("dpd_low", Kind.DAYS, "逾期天数下限", "Days past due, from", "Least days past due where only a range is known"),
    col("dpd_high", Kind.DAYS, "逾期天数上限", "Days past due, to", "Most days past due where only a range is known; blank with a lower end is no limit"),
)
TAPE_COLUMNS = tuple(column.name for column in _OF_TAPES)

LOAN_MONTH = Table(
    name="loan_month",
    label=Label("借据月末", "Loan month"),
    grain=("loan_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(),
        col("month_end", Kind.DATE, "月末", "Month end", "Observation date: a month-end, or as_of itself", required=True),
        col("mob", Kind.COUNT, "账龄", "Months on book", "Calendar months since disbursement, 0 in the month itself (F-20)"),
        *_STATE,
        col("previous_bucket", Kind.COUNT, "上月阶段", "Bucket before", "Bucket at the date before; blank for a new loan or unknown"),
        col("overdue_principal_minor", Kind.MONEY, "逾期本金", "Overdue principal", "Principal part of overdue_minor"),
        col("overdue_interest_minor", Kind.MONEY, "逾期利息", "Overdue interest", "Interest part of overdue_minor"),
        col("overdue_fee_minor", Kind.MONEY, "逾期费用", "Overdue fee", "Fee part of overdue_minor"),
        col("overdue_penalty_minor", Kind.MONEY, "逾期罚息", "Overdue penalty", "Penalty part of overdue_minor"),
        col("n_overdue_instalments", Kind.COUNT, "逾期期数", "Instalments overdue", "Instalments due before the date and not fully paid"),
        col("credit_minor", Kind.MONEY, "预存余额", "Credit", "Paid ahead, not yet applied"),
        col("advanced_minor", Kind.MONEY, "累计垫付", "Guarantor advances", "Cumulative guarantor advances; they don't cure the borrower"),
        col("overdue_streak", Kind.COUNT, "连续逾期月数", "Overdue streak", "Consecutive observation dates with dpd over 0"),
        col("clean_streak", Kind.COUNT, "连续正常月数", "Clean streak", "Consecutive observation dates with dpd 0"),
        col("worst_dpd", Kind.DAYS, "历史最长逾期", "Worst so far", "Largest dpd at any observation date so far"),
        col("first_over_30_on", Kind.DATE, "首次逾期30天以上", "First over 30", "First observation date with dpd over 30"),
        col("first_over_60_on", Kind.DATE, "首次逾期60天以上", "First over 60", "First observation date with dpd over 60"),
        col("first_over_90_on", Kind.DATE, "首次逾期90天以上", "First over 90", "First observation date with dpd over 90"),
        col("balance_first_over_30_minor", Kind.MONEY, "首次30+时余额", "Balance at first over 30", "Outstanding principal at that date"),
        col("balance_first_over_60_minor", Kind.MONEY, "首次60+时余额", "Balance at first over 60", "Outstanding principal at that date"),
        col("balance_first_over_90_minor", Kind.MONEY, "首次90+时余额", "Balance at first over 90", "Outstanding principal at that date"),
        col("is_cured", Kind.FLAG, "是否回正", "Cured", "Overdue at the date before, dpd 0 now, by payment (not by reschedule)"),
        col("is_redefault", Kind.FLAG, "是否再逾期", "Re-default", "Overdue again within six months of a cure"),
        col("cured_on", Kind.DATE, "最近回正", "Last cured", "Observation date of the latest cure"),
        col("is_restructured", Kind.FLAG, "是否重组", "Restructured", "Terms changed because of difficulty, so far"),
        col("is_extended", Kind.FLAG, "是否展期", "Extended", "Due date moved by agreement, so far"),
        col("schedule_no", Kind.COUNT, "计划版本", "Schedule", "Schedule in force at the date"),
        # Walks over the period since the date before (F-52): each closes to 0 against the stock columns.
        col("lent_minor", Kind.MONEY, "本期放款", "Lent", "Principal disbursed in the period"),
        col("repaid_minor", Kind.MONEY, "本期还本", "Repaid", "Principal repaid in cash in the period, refunds taken off"),
        col("principal_waived_minor", Kind.MONEY, "本期减免本金", "Principal waived", "Principal forgiven in the period"),
        col("principal_written_off_minor", Kind.MONEY, "本期核销本金", "Principal written off", "Principal written off in the period"),
        col("principal_sold_minor", Kind.MONEY, "本期转让本金", "Principal sold", "Principal sold in the period"),
        col("principal_repossessed_minor", Kind.MONEY, "本期抵债本金", "Principal repossessed", "Principal settled by assets in the period"),
        col("reclassified_minor", Kind.MONEY, "本期重约调整", "Reclassified", "Change of principal by a reschedule; may be negative"),
        col("fell_overdue_minor", Kind.MONEY, "新增逾期", "Fell due unpaid", "Unpaid when their due date passed in the period"),
        col("overdue_collected_minor", Kind.MONEY, "收回逾期", "Overdue collected", "Cash received on overdue parts in the period, refunds taken off"),
        col("overdue_waived_minor", Kind.MONEY, "减免逾期", "Overdue waived", "Overdue parts forgiven in the period"),
        col("overdue_rescheduled_minor", Kind.MONEY, "重约逾期", "Overdue rescheduled", "Overdue parts replaced by a new schedule in the period"),
        col("overdue_written_off_minor", Kind.MONEY, "核销逾期", "Overdue written off", "Overdue parts written off in the period"),
        col("overdue_sold_minor", Kind.MONEY, "转让逾期", "Overdue sold", "Overdue parts sold or settled by assets in the period"),
        col("received_minor", Kind.MONEY, "本期收款", "Cash received", "Cash from the borrower in the period up to a write-off, refunds taken off"),
        col("recovered_minor", Kind.MONEY, "核销后收回", "Recovered", "Cash after write-off in the period; not part of received_minor"),
        *_OF_TAPES,
    ),
)

INSTALMENT_OUTCOME = Table(
    name="instalment_outcome",
    label=Label("期次结果", "Instalment outcome"),
    grain=("loan_id", "schedule_no", "instalment_no"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(),
        col("schedule_no", Kind.COUNT, "计划版本", "Schedule", "Schedule of the instalment", required=True),
        col("instalment_no", Kind.COUNT, "期次", "Instalment", "Position in its schedule", required=True),
        col("due_on", Kind.DATE, "应还日", "Due on", "Last day on which payment is on time", required=True),
        col("due_minor", Kind.MONEY, "应还金额", "Due", "All components", required=True),
        col("paid_minor", Kind.MONEY, "已还金额", "Paid", "Paid or waived by as_of", required=True),
        col("paid_off_on", Kind.DATE, "还清日", "Paid off on", "Day the last part was paid; blank if not"),
        col("superseded_on", Kind.DATE, "失效日", "Superseded on", "Day a new schedule or an exit replaced it; blank if not"),
        col("worst_dpd", Kind.DAYS, "最长逾期", "Worst days past due", "Days from due date to paid off, superseded or as_of; 0 if on time"),
    ),
)

PAYMENT_ALLOCATION = Table(
    name="payment_allocation",
    label=Label("还款分配", "Payment allocation"),
    grain=("loan_id", "payment_id", "applied_on", "schedule_no", "instalment_no", "component"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(),
        col("payment_id", Kind.ID, "流水号", "Payment", "Payment that is applied", required=True),
        col("applied_on", Kind.DATE, "入账日", "Applied on", "Day it was applied: the payment date, or the due date for credit", required=True),
        col("schedule_no", Kind.COUNT, "计划版本", "Schedule", "Schedule of the instalment; 0 for credit not yet applied", required=True),
        col("instalment_no", Kind.COUNT, "期次", "Instalment", "Instalment paid; 0 for credit not yet applied", required=True),
        col("component", Kind.CODE, "科目", "Component", "What was paid", required=True, codes=codes.COMPONENT),
        col("amount_minor", Kind.MONEY, "金额", "Amount", "Part of the payment; negative for what a refund took back", required=True),
        col("payer", Kind.CODE, "付款人", "Payer", "Who paid", codes=codes.PAYER),
        col("dpd_before", Kind.DAYS, "还前逾期天数", "Days past due before", "Loan's dpd just before"),
        col("is_overdue", Kind.FLAG, "是否逾期款", "On an overdue part", "Applied after the instalment's due date"),
    ),
)

# What metrics measure: loan_month with its loan's and customer's attributes, class and previous states.
_ATTRIBUTES = (
    col("customer_id", Kind.ID, "客户号", "Customer", "Borrower"),
    col("branch", Kind.TEXT, "机构", "Branch", "Branch that manages the loan"),
    col("product", Kind.TEXT, "产品", "Product", "Loan product"),
    col("industry", Kind.TEXT, "行业", "Industry", "Loan's industry, else the customer's"),
    col("region", Kind.TEXT, "地区", "Region", "Loan's region, else the customer's"),
    col("officer_id", Kind.ID, "客户经理", "Officer", "Staff member responsible"),
    col("customer_kind", Kind.CODE, "客户类型", "Customer kind", "Who borrows", codes=codes.CUSTOMER_KIND),
    col("cohort", Kind.DATE, "放款批次", "Cohort", "First day of the month of disbursement"),
    col("principal_minor", Kind.MONEY, "放款金额", "Principal", "Amount lent"),
    col("matures_on", Kind.DATE, "到期日", "Matures on", "Contractual maturity"),
)

POSITION = Table(
    name="position",
    label=Label("月末状况", "Position"),
    grain=("loan_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        *LOAN_MONTH.columns,
        *_ATTRIBUTES,
        col("is_renewed", Kind.FLAG, "是否续贷", "Renewal", "Lent to renew another loan"),
        col("risk_class", Kind.CODE, "五级分类", "Risk class", "Five-category class at the date; blank if unknown", codes=codes.RISK_CLASS),
        col("provision_minor", Kind.MONEY, "拨备余额", "Provision", "Allowance given by the lender; blank if not given"),
        col("standard_provision_minor", Kind.MONEY, "标准法测算", "Standard estimate", "Balance × the policy's percentage for the class; an estimate, not an allowance"),
    ),
)

FLOW = Table(
    name="flow",
    label=Label("状态流转", "Flow"),
    grain=("base", "month_end", "loan_id"),
    delivery=Delivery.DERIVED,
    columns=(
        col("base", Kind.TEXT, "口径", "Base", "'month' from the date before, 'year' from the year's opening", required=True),
        col("from_month_end", Kind.DATE, "期初", "From", "Opening date", required=True),
        col("month_end", Kind.DATE, "期末", "To", "Closing date", required=True),
        loan_id(),
        *_ATTRIBUTES,
        col("from_state", Kind.TEXT, "期初状态", "From state", "M0…M7, unknown, or new", required=True),
        col("to_state", Kind.TEXT, "期末状态", "To state", "M0…M7, unknown, settled, written_off, sold or repossessed", required=True),
        col("from_risk_class", Kind.CODE, "期初分类", "From class", "Class at opening; blank for new or unknown", codes=codes.RISK_CLASS),
        col("to_risk_class", Kind.CODE, "期末分类", "To class", "Class at closing; blank for exits or unknown", codes=codes.RISK_CLASS),
        col("from_balance_minor", Kind.MONEY, "期初余额", "Opening balance", "Outstanding principal at opening"),
        col("to_balance_minor", Kind.MONEY, "期末余额", "Closing balance", "Outstanding principal at closing"),
        col("from_overdue_minor", Kind.MONEY, "期初逾期", "Opening overdue", "Overdue amount at opening"),
        col("from_dpd", Kind.DAYS, "期初逾期天数", "Opening dpd", "Days past due at opening"),
        col("from_dpd_low", Kind.DAYS, "期初逾期天数下限", "Opening dpd, from", "Least days past due at opening where only a range is known"),
        col("from_dpd_high", Kind.DAYS, "期初逾期天数上限", "Opening dpd, to", "Most days past due at opening; blank with a lower end is no limit"),
        col("to_dpd", Kind.DAYS, "期末逾期天数", "Closing dpd", "Days past due at closing"),
        col("is_cured", Kind.FLAG, "是否回正", "Cured", "Cured by payment in the period and dpd 0 at closing"),
        col("from_is_cured", Kind.FLAG, "期初是否回正", "Cured at opening", "Cured by payment in the period that ended at the opening"),
        col("fell_overdue_minor", Kind.MONEY, "新增逾期", "Fell due unpaid", "Summed over the period"),
        col("overdue_collected_minor", Kind.MONEY, "收回逾期", "Overdue collected", "Summed over the period"),
        col("received_minor", Kind.MONEY, "收款", "Cash received", "Summed over the period"),
        col("repaid_minor", Kind.MONEY, "还本", "Repaid", "Summed over the period"),
        col("principal_written_off_minor", Kind.MONEY, "核销本金", "Principal written off", "Summed over the period"),
        col("principal_sold_minor", Kind.MONEY, "转让本金", "Principal sold", "Summed over the period"),
        col("principal_repossessed_minor", Kind.MONEY, "抵债本金", "Principal repossessed", "Summed over the period"),
        col("principal_waived_minor", Kind.MONEY, "减免本金", "Principal waived", "Summed over the period"),
        col("lent_minor", Kind.MONEY, "放款", "Lent", "Summed over the period"),
        col("npl_received_minor", Kind.MONEY, "不良收现", "Cash on non-performing", "Received in months that the loan began non-performing; summed"),
        col("new_npl_minor", Kind.MONEY, "新增不良", "Became non-performing", "Balance at each date on which it became non-performing; summed"),
        col("npl_disposed_minor", Kind.MONEY, "处置不良", "Non-performing disposed", "Principal written off, or sold or repossessed while non-performing; summed"),
    ),
)

CURE = Table(
    name="cure",
    label=Label("回正", "Cure"),
    grain=("loan_id", "cured_on"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(),
        col("cured_on", Kind.DATE, "回正日", "Cured on", "Observation date of the cure", required=True),
        col("month_end", Kind.DATE, "观察满期", "Observed until", "Month-end six months after the cure", required=True),
        *_ATTRIBUTES,
        col("balance_minor", Kind.MONEY, "回正时余额", "Balance at cure", "Outstanding principal at the cure"),
        col("is_redefault", Kind.FLAG, "是否再逾期", "Re-default", "Overdue again at an observation date within six months; blank until they have passed"),
    ),
)

RECOVERY = Table(
    name="recovery",
    label=Label("核销后收回", "Recovery"),
    grain=("loan_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(),
        col("month_end", Kind.DATE, "月末", "Month end", "Observation date", required=True),
        *_ATTRIBUTES,
        col("recovered_minor", Kind.MONEY, "本月收回", "Recovered in the month", "Cash after write-off since the date before", required=True),
        col("recovered_year_minor", Kind.MONEY, "本年收回", "Recovered in the year", "Cash after write-off since the year's opening", required=True),
    ),
)
# fmt: on

# Where a replay can resume: the state of loans at a month-end, in three tables.
# fmt: off
LOAN_STATE = Table(
    name="loan_state",
    label=Label("借据续算点", "Loan state"),
    grain=("loan_id",),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(),
        col("month_end", Kind.DATE, "月末", "Month end", "Date of the state; the same in all rows", required=True),
        col("status", Kind.CODE, "状态", "Status", "At the date", required=True, codes=codes.LOAN_STATUS),
        col("schedule_no", Kind.COUNT, "计划版本", "Schedule", "Schedule in force at the date; 0 if it is not known", required=True),
        col("is_known", Kind.FLAG, "计划是否已知", "Known", "The schedule in force has instalments", required=True),
        col("is_restructured", Kind.FLAG, "是否重组", "Restructured", "Terms changed because of difficulty, so far", required=True),
        col("is_extended", Kind.FLAG, "是否展期", "Extended", "Due date moved by agreement, so far", required=True),
        col("credit_minor", Kind.MONEY, "预存余额", "Credit", "Paid ahead, not yet applied; negative where refunds took more than there was", required=True),
        col("advanced_minor", Kind.MONEY, "累计垫付", "Guarantor advances", "Cumulative", required=True),
        col("dpd", Kind.DAYS, "逾期天数", "Days past due", "At the date"),
        col("overdue_streak", Kind.COUNT, "连续逾期月数", "Overdue streak", "Consecutive observation dates with dpd over 0", required=True),
        col("clean_streak", Kind.COUNT, "连续正常月数", "Clean streak", "Consecutive observation dates with dpd 0", required=True),
        col("worst_dpd", Kind.DAYS, "历史最长逾期", "Worst so far", "Largest dpd at any observation date so far"),
        col("first_over_30_on", Kind.DATE, "首次逾期30天以上", "First over 30", "First observation date with dpd over 30"),
        col("first_over_60_on", Kind.DATE, "首次逾期60天以上", "First over 60", "First observation date with dpd over 60"),
        col("first_over_90_on", Kind.DATE, "首次逾期90天以上", "First over 90", "First observation date with dpd over 90"),
        col("balance_first_over_30_minor", Kind.MONEY, "首次30+时余额", "Balance at first over 30", "Outstanding principal at that date"),
        col("balance_first_over_60_minor", Kind.MONEY, "首次60+时余额", "Balance at first over 60", "Outstanding principal at that date"),
        col("balance_first_over_90_minor", Kind.MONEY, "首次90+时余额", "Balance at first over 90", "Outstanding principal at that date"),
        col("cured_on", Kind.DATE, "最近回正", "Last cured", "Observation date of the latest cure"),
    ),
)

INSTALMENT_STATE = Table(
    name="instalment_state",
    label=Label("期次续算点", "Instalment state"),
    grain=("loan_id", "schedule_no", "instalment_no"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(),
        col("schedule_no", Kind.COUNT, "计划版本", "Schedule", "Schedule of the instalment; it is or was in force", required=True),
        col("instalment_no", Kind.COUNT, "期次", "Instalment", "Position in its schedule; not yet paid off or superseded", required=True),
        col("due_on", Kind.DATE, "应还日", "Due on", "Last day on which payment is on time", required=True),
        col("principal_minor", Kind.MONEY, "未还本金", "Principal left", "Not yet paid or waived", required=True),
        col("interest_minor", Kind.MONEY, "未还利息", "Interest left", "Not yet paid or waived", required=True),
        col("fee_minor", Kind.MONEY, "未还费用", "Fee left", "Not yet paid or waived", required=True),
        col("penalty_minor", Kind.MONEY, "未还罚息", "Penalty left", "Not yet paid or waived", required=True),
        col("done_minor", Kind.MONEY, "已还金额", "Done", "Paid or waived so far", required=True),
    ),
)

CREDIT_STATE = Table(
    name="credit_state",
    label=Label("预存续算点", "Credit state"),
    grain=("loan_id", "credit_no"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(),
        col("credit_no", Kind.COUNT, "次序", "Position", "Order in which the loan's credit is used, from 0", required=True),
        col("payment_id", Kind.ID, "流水号", "Payment", "Payment that left the credit over, or refund that took from it", required=True),
        col("paid_on", Kind.DATE, "还款日", "Paid on", "Day of the payment", required=True),
        col("payer", Kind.CODE, "付款人", "Payer", "Who paid", codes=codes.PAYER),
        col("dpd_before", Kind.DAYS, "还前逾期天数", "Days past due before", "Loan's dpd just before the payment"),
        col("unapplied_minor", Kind.MONEY, "未入账金额", "Unapplied", "Of the payment, applied to no instalment; negative for a refund", required=True),
        col("free_minor", Kind.MONEY, "可用金额", "Free", "What of it no refund has taken and can still be applied", required=True),
    ),
)
# fmt: on
