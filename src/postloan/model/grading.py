"""What policies read and what they say: features of loans and customers at a date, and outcomes with reasons."""

from __future__ import annotations

from postloan.model import codes
from postloan.model.columns import col, loan_id
from postloan.model.contract import Column, Delivery, Kind, Table
from postloan.model.label import Label

# fmt: off
_MONTH_END = col("month_end", Kind.DATE, "观察日", "As of", "Observation date; only what happened by its end counts", required=True)
_CUSTOMER = col("customer_id", Kind.ID, "客户号", "Customer", "Borrower; a loan without one is its own customer")

_WHO = (
    col("customer_kind", Kind.CODE, "客户类型", "Customer kind", "Who borrows", codes=codes.CUSTOMER_KIND),
    col("product", Kind.TEXT, "产品", "Product", "Loan product; of a customer, blank if the loans differ"),
    col("branch", Kind.TEXT, "机构", "Branch", "Branch that manages the loan; of a customer, blank if the loans differ"),
    col("industry", Kind.TEXT, "行业", "Industry", "Loan's industry, else the customer's; of a customer, blank if the loans differ"),
    col("region", Kind.TEXT, "地区", "Region", "Loan's region, else the customer's; of a customer, blank if the loans differ"),
)

# Of a customer, "the loans" are those active at the date.
_STOCK = (
    col("principal_minor", Kind.MONEY, "放款金额", "Principal", "Amount lent; of a customer, of the loans together"),
    col("balance_minor", Kind.MONEY, "本金余额", "Outstanding principal", "Principal not repaid; of a customer, of the loans together, blank if one is"),
    col("overdue_minor", Kind.MONEY, "逾期金额", "Overdue amount", "Unpaid parts of instalments due before the date; of a customer, of the loans together, blank if one is"),
    col("advanced_minor", Kind.MONEY, "累计垫付", "Guarantor advances", "Cumulative guarantor advances; of a customer, of the loans together"),
    col("utilisation", Kind.FRACTION, "余额占放款", "Utilisation", "Outstanding principal / amount lent"),
    col("dpd", Kind.DAYS, "逾期天数", "Days past due", "Of a customer, of the worst loan (F-05); blank if it cannot be known, or only as a range"),
    col("dpd_low", Kind.DAYS, "逾期天数下限", "Days past due, from", "Least days past due where only a range is known"),
    col("dpd_high", Kind.DAYS, "逾期天数上限", "Days past due, to", "Most days past due where only a range is known; blank with a lower end is no limit"),
    col("days_from_due", Kind.DAYS, "距应还日天数", "Days from due date", "Date less the due date of the oldest open instalment: negative before it, 0 on it; of a customer, of the oldest of all; blank without an open instalment"),
    col("n_overdue_instalments", Kind.COUNT, "逾期期数", "Instalments overdue", "Instalments due before the date and not fully paid; of a customer, of the loans together"),
    col("overdue_streak", Kind.COUNT, "连续逾期月数", "Overdue streak", "Consecutive observation dates with dpd over 0; of a customer, the longest of the loans"),
    col("clean_streak", Kind.COUNT, "连续正常月数", "Clean streak", "Consecutive observation dates with dpd 0; of a customer, the shortest of the loans"),
    col("worst_dpd", Kind.DAYS, "历史最长逾期", "Worst so far", "Largest dpd at any observation date so far; of a customer, of the loans"),
    col("worst_dpd_12m", Kind.DAYS, "近12个月最长逾期", "Worst in 12 months", "Largest dpd at the observation dates of the last twelve months; of a customer, of the loans"),
    col("is_restructured", Kind.FLAG, "是否重组", "Restructured", "Terms changed because of difficulty, so far; of a customer, of any of the loans"),
    col("is_extended", Kind.FLAG, "是否展期", "Extended", "Due date moved by agreement, so far; of a customer, of any of the loans"),
    col("n_restructurings", Kind.COUNT, "重组次数", "Restructurings", "Times that terms were changed because of difficulty, so far; of a customer, the most of any loan"),
    col("months_restructured", Kind.COUNT, "重组后月数", "Months since restructuring", "Full months since terms were last changed because of difficulty; blank if never; of a customer, the least of the loans"),
)

# Over the instalments of loans that fell due by the date, of plans in force then or paid off under them.
_INSTALMENTS = (
    col("n_due", Kind.COUNT, "已到期期数", "Instalments due", "Instalments that fell due so far"),
    col("n_on_time", Kind.COUNT, "按时期数", "Paid on time", "Of them, paid off by their due date"),
    col("n_late_12m", Kind.COUNT, "近12个月逾期期数", "Late in 12 months", "Instalments due in the last twelve months, not paid off by their due date"),
    col("on_time_in_a_row", Kind.COUNT, "连续按时期数", "On time in a row", "Latest instalments due that were paid off by their due date, without a break"),
    col("latest_paid_day", Kind.COUNT, "最近一期还款日", "Day of latest payment", "paid_day of the latest instalment due; the latest of them if several fell due on that day"),
    col("first_instalment_days", Kind.DAYS, "首期逾期天数", "First instalment late", "Days from the due date of the first instalment to its payment, or to the date; of a customer, the most of the loans"),
)

# What a ledger does not show (F-12), of a loan or of its customer as a whole.
_CLAIM = (
    col("is_technical_delay", Kind.FLAG, "技术性逾期", "Technical delay", "The delay is found to be technical or operational"),
    col("is_purpose_changed", Kind.FLAG, "改变用途", "Purpose changed", "Money was used for another purpose without consent"),
    col("is_paid_by_new_debt", Kind.FLAG, "借新还旧", "Paid by borrowing new", "Kept up by borrowing new"),
    col("is_rating_collapsed", Kind.FLAG, "评级大幅下调", "Rating collapsed", "The debtor's rating fell sharply"),
    col("is_evading", Kind.FLAG, "逃废债", "Evasion", "The debtor evades the debt"),
    col("is_bankrupt", Kind.FLAG, "破产清算", "Bankrupt", "The debtor is in bankruptcy liquidation"),
    col("is_impaired", Kind.FLAG, "信用减值", "Credit-impaired", "Stage 3 by the latest provision; blank without one of the last quarter"),
    col("expected_loss_share", Kind.FRACTION, "预期损失占比", "Expected loss share", "Latest provision / outstanding principal"),
    col("over_90_share", Kind.FRACTION, "全部银行逾期占比", "Over 90 at all banks", "Debts over 90 days past due / debts, of the customer at this and all other banks; blank without a credit report of the last year"),
)

LOAN_FEATURE = Table(
    name="loan_feature",
    label=Label("借据特征", "Loan features"),
    grain=("loan_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(), _MONTH_END, _CUSTOMER, *_WHO,
        col("status", Kind.CODE, "状态", "Status", "Status at the date", codes=codes.LOAN_STATUS),
        col("mob", Kind.COUNT, "账龄", "Months on book", "Calendar months since disbursement, 0 in the month itself (F-20)"),
        col("months_to_maturity", Kind.COUNT, "距到期月数", "Months to maturity", "Calendar months to the maturity; negative after it"),
        *_STOCK, *_INSTALMENTS, *_CLAIM,
    ),
)

CUSTOMER_FEATURE = Table(
    name="customer_feature",
    label=Label("客户特征", "Customer features"),
    grain=("customer_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        _CUSTOMER, _MONTH_END, *_WHO,
        col("n_loans", Kind.COUNT, "存续借据数", "Active loans", "Loans active at the date"),
        col("months_as_borrower", Kind.COUNT, "首贷月数", "Months as a borrower", "Calendar months since the oldest of the active loans was paid out"),
        *_STOCK, *_INSTALMENTS,
    ),
)

# One row per instalment that fell due by a date: what the measures of a policy count.
DUE_INSTALMENT = Table(
    name="due_instalment",
    label=Label("到期期次", "Instalment due"),
    grain=("loan_id", "month_end", "schedule_no", "instalment_no"),
    delivery=Delivery.DERIVED,
    columns=(
        loan_id(), _MONTH_END, _CUSTOMER,
        col("schedule_no", Kind.COUNT, "计划版本", "Schedule", "Schedule of the instalment", required=True),
        col("instalment_no", Kind.COUNT, "期次", "Instalment", "Position in its schedule", required=True),
        col("due_on", Kind.DATE, "应还日", "Due on", "Last day on which payment is on time", required=True),
        col("is_paid", Kind.FLAG, "是否还清", "Paid off", "Paid off by the date", required=True),
        col("days_late", Kind.DAYS, "迟还天数", "Days late", "Days from the due date to the day it was paid off, or to the date; negative if early", required=True),
        col("paid_day", Kind.COUNT, "还款日", "Day of payment", "Day of its due month on which it was paid off: 0 in an earlier month, 32 and on from the first of the next; unpaid at the date: the day after it", required=True),
    ),
)

OUTCOME = Table(
    name="outcome",
    label=Label("评定结果", "Outcome"),
    grain=("scheme", "subject_id", "month_end"),
    delivery=Delivery.DERIVED,
    columns=(
        col("scheme", Kind.TEXT, "方案", "Scheme", "Scheme of the policy", required=True),
        col("subject", Kind.CODE, "对象", "Subject", "What is graded", required=True, codes=codes.SUBJECT),
        col("subject_id", Kind.ID, "对象编号", "Subject number", "Loan or customer number", required=True),
        _MONTH_END,
        col("outcome", Kind.TEXT, "结果", "Outcome", "Grade, class or tier; blank if it cannot be assessed (未评)"),
        col("previous_outcome", Kind.TEXT, "上期结果", "Outcome before", "Outcome at the observation date before"),
        col("is_floor", Kind.FLAG, "是否至少", "At least", "Worse cannot be ruled out: rules in unassessed lack a fact", required=True),
        col("rules", Kind.TEXT, "依据", "Rules", "Ids of the rules that hold, separated by spaces", required=True),
        col("unassessed", Kind.TEXT, "未能评定", "Not assessed", "Ids of the rules that lack a fact, separated by spaces", required=True),
        col("boundary", Kind.TEXT, "最近界限", "Nearest boundary", "Parameter whose boundary, crossed alone, would change the outcome, the nearest; of different inputs by share of the largest number that cuts it"),
        col("boundary_column", Kind.TEXT, "界限指标", "Boundary's input", "Input that would cross it"),
        col("distance", Kind.FRACTION, "距离", "Distance", "How much the input must change, in its own unit; signed"),
        col("boundary_outcome", Kind.TEXT, "越界结果", "Outcome beyond", "Outcome beyond the boundary"),
        col("next_step", Kind.TEXT, "下一步", "Next step", "Name of the first step of the scheme that would help"),
        col("next_count", Kind.COUNT, "尚需", "Still to go", "How many more it takes"),
        col("policy", Kind.TEXT, "制度", "Policy", "Name of the policy", required=True),
        col("policy_version", Kind.ID, "制度版本", "Policy version", "First eight signs of the SHA-256 of its file", required=True),
    ),
)
# fmt: on


# Columns that no ledger gives, and the table without which a lender cannot have them.
GIVEN_BY = {
    **{column.name: "finding" for column in _CLAIM[:6]},
    "is_impaired": "provision",
    "expected_loss_share": "provision",
    "over_90_share": "other_bank_debt",
}


def feature_columns(subject: str) -> dict[str, Column]:
    """Return the columns that a scheme about a ``loan`` or a ``customer`` may name, by name."""
    table = {"loan": LOAN_FEATURE, "customer": CUSTOMER_FEATURE}[subject]
    return {column.name: column for column in table.columns if column.name not in table.grain}


INSTALMENT_COLUMNS = {
    column.name: column for column in DUE_INSTALMENT.columns if column.name not in DUE_INSTALMENT.grain
}
