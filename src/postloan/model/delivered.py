"""Tables that come from a lender's files. One record per table, one line per column.

Money is in minor units, dates are calendar dates, ``known_on`` is when the lender knew the fact
(posting date, else load date).
"""

from __future__ import annotations

from postloan.model import codes, work_codes
from postloan.model.columns import col, known_on, loan_id
from postloan.model.contract import Check, Delivery, Kind, Sensitivity, Table
from postloan.model.label import Label

# fmt: off
CUSTOMER = Table(
    name="customer",
    label=Label("客户", "Customer"),
    grain=("customer_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("customer_id", Kind.ID, "客户号", "Customer", "Customer number as in the core system", required=True),
        col("name", Kind.TEXT, "客户名称", "Name", "Person or company name", sensitivity=Sensitivity.NAME),
        col("customer_kind", Kind.CODE, "客户类型", "Customer kind", "Who borrows", codes=codes.CUSTOMER_KIND),
        col("id_number", Kind.ID, "证件号码", "ID number", "Resident or company identity number", sensitivity=Sensitivity.ID_NUMBER),
        col("phone", Kind.ID, "电话", "Phone", "Contact number", sensitivity=Sensitivity.PHONE),
        col("address", Kind.TEXT, "地址", "Address", "Contact address", sensitivity=Sensitivity.ADDRESS),
        col("industry", Kind.TEXT, "行业", "Industry", "Industry of the business or employer"),
        col("region", Kind.TEXT, "地区", "Region", "Region of residence or registration"),
        col("size_class", Kind.CODE, "企业规模", "Size", "Size of a company", codes=work_codes.SIZE_CLASS),
        col("group_id", Kind.ID, "集团号", "Group", "Connected group the customer belongs to; blank: none known"),
        col("employer", Kind.TEXT, "工作单位", "Employer", "Employer of a person", sensitivity=Sensitivity.NAME),
        col("contact_updated_on", Kind.DATE, "联系信息更新日", "Contact updated on", "When contact details were last confirmed (S2-4)"),
        col("customer_since_on", Kind.DATE, "建档日", "Customer since", "When the relationship began"),
        known_on(),
    ),
)

LOAN = Table(
    name="loan",
    label=Label("借据", "Loan"),
    grain=("loan_id",),
    delivery=Delivery.UPSERT,
    columns=(
        loan_id(references=False),
        col("customer_id", Kind.ID, "客户号", "Customer", "Borrower; loans without one are their own customer"),
        col("product", Kind.TEXT, "产品", "Product", "Loan product as the lender names it"),
        col("branch", Kind.TEXT, "机构", "Branch", "Branch that manages the loan"),
        col("officer_id", Kind.ID, "客户经理", "Officer", "Staff member responsible", references="staff.staff_id"),
        col("industry", Kind.TEXT, "投向行业", "Industry", "Industry the money goes to; else the customer's"),
        col("region", Kind.TEXT, "地区", "Region", "Region of the loan; else the customer's"),
        col("principal_minor", Kind.MONEY, "放款金额", "Principal", "Amount lent", required=True, minimum=0),
        col("currency", Kind.TEXT, "币种", "Currency", "ISO 4217 code; one per book"),
        col("disbursed_on", Kind.DATE, "放款日", "Disbursed on", "When the money was paid out; blank if not yet"),
        col("matures_on", Kind.DATE, "到期日", "Matures on", "Contractual maturity"),
        col("term_months", Kind.COUNT, "期限(月)", "Term (months)", "Contract term", minimum=0),
        col("annual_rate", Kind.FRACTION, "年利率", "Annual rate", "Nominal annual rate as a fraction"),
        col("repayment_method", Kind.CODE, "还款方式", "Repayment method", "How instalments are laid out", codes=codes.REPAYMENT_METHOD),
        col("security", Kind.CODE, "担保方式", "Security", "Main security", codes=codes.SECURITY),
        col("grace_days", Kind.DAYS, "宽限期", "Grace days", "Days after the due date the product does not count", minimum=0),
        col("is_restructured", Kind.FLAG, "是否重组", "Restructured", "Lent to replace a loan in difficulty"),
        col("renewed_from", Kind.ID, "续贷原借据", "Renewed from", "Loan that this one renews"),
        known_on(),
    ),
    checks=(
        Check("matures_after_disbursement", "matures_on >= disbursed_on", Label("到期日不得早于放款日", "Maturity must not be before disbursement")),
        Check("rate_is_a_fraction", "annual_rate >= 0 AND annual_rate < 1", Label("年利率应为小数（4.35% 写作 0.0435）", "Annual rate must be a fraction (4.35 % is 0.0435)")),
    ),
)

INSTALMENT = Table(
    name="instalment",
    label=Label("还款计划", "Instalment"),
    grain=("loan_id", "schedule_no", "instalment_no"),
    delivery=Delivery.UPSERT,
    columns=(
        loan_id(),
        col("schedule_no", Kind.COUNT, "计划版本", "Schedule", "1 for the first plan, 2 for the plan of the first reschedule, …", minimum=1),
        col("instalment_no", Kind.COUNT, "期次", "Instalment", "Position in its schedule, in due order", required=True, minimum=0),
        col("due_on", Kind.DATE, "应还日", "Due on", "Last day on which payment is on time", required=True),
        col("principal_minor", Kind.MONEY, "应还本金", "Principal due", "Principal part", required=True, minimum=0),
        col("interest_minor", Kind.MONEY, "应还利息", "Interest due", "Interest part; blank is none", minimum=0),
        col("fee_minor", Kind.MONEY, "应还费用", "Fee due", "Fee part; blank is none", minimum=0),
        col("penalty_minor", Kind.MONEY, "应还罚息", "Penalty due", "Penalty part; blank is none", minimum=0),
        col("is_withdrawn", Kind.FLAG, "是否作废", "Withdrawn", "No longer owed: the plan was overwritten without a new number"),
        known_on(),
    ),
)

PAYMENT = Table(
    name="payment",
    label=Label("还款流水", "Payment"),
    grain=("payment_id",),
    delivery=Delivery.APPEND,
    columns=(
        col("payment_id", Kind.ID, "流水号", "Payment", "Unique number of the posting", required=True),
        loan_id(),
        col("paid_on", Kind.DATE, "还款日", "Paid on", "Value date; for a reversal the day of the bounce", required=True),
        col("amount_minor", Kind.MONEY, "金额", "Amount", "Always positive; the kind says the direction", required=True, minimum=0),
        col("payment_kind", Kind.CODE, "类型", "Kind", "Repayment unless said otherwise", codes=codes.PAYMENT_KIND),
        col("payer", Kind.CODE, "付款人", "Payer", "Borrower unless said otherwise", codes=codes.PAYER),
        col("reverses_id", Kind.ID, "被冲正流水", "Reverses", "Payment that a reversal cancels"),
        col("channel", Kind.TEXT, "渠道", "Channel", "How the money came"),
        known_on(),
    ),
    checks=(Check("reversal_names_its_payment", "payment_kind <> 'reversal' OR reverses_id IS NOT NULL", Label("冲正须写明被冲正流水", "A reversal must name the payment it cancels")),),
)

LOAN_EVENT = Table(
    name="loan_event",
    label=Label("借据事件", "Loan event"),
    grain=("event_id",),
    delivery=Delivery.APPEND,
    columns=(
        col("event_id", Kind.ID, "事件号", "Event", "Unique number of the event", required=True),
        loan_id(),
        col("event_kind", Kind.CODE, "事件", "Event kind", "What happened", required=True, codes=codes.EVENT_KIND),
        col("event_on", Kind.DATE, "发生日", "Event on", "Day from which it counts", required=True),
        col("until_on", Kind.DATE, "截止日", "Until", "End of a pause, first day that counts again"),
        col("amount_minor", Kind.MONEY, "金额", "Amount", "Recovered, advanced, waived or received", minimum=0),
        col("component", Kind.CODE, "科目", "Component", "What a waiver forgives; blank is in allocation order", codes=codes.COMPONENT),
        col("schedule_no", Kind.COUNT, "计划版本", "Schedule", "Plan in force from the event on", minimum=1),
        col("is_distressed", Kind.FLAG, "是否因困难", "Because of difficulty", "Terms changed because the borrower was in difficulty"),
        col("counterparty", Kind.TEXT, "交易对手", "Counterparty", "Buyer, guarantor or court", sensitivity=Sensitivity.NAME),
        known_on(),
    ),
    checks=(
        Check("reschedule_names_its_schedule", "event_kind NOT IN ('reschedule', 'extension') OR schedule_no IS NOT NULL", Label("重新约定须写明计划版本", "A reschedule must name the schedule it brings into force")),
        Check("pause_ends_after_it_starts", "event_kind <> 'pause' OR until_on IS NULL OR until_on >= event_on", Label("暂停的截止日不得早于发生日", "A pause must not end before it starts")),
        Check(
            "amount_where_money_moves",
            "event_kind NOT IN ('waiver', 'guarantor_advance', 'post_write_off_recovery') OR amount_minor IS NOT NULL",
            Label("减免、垫付、核销后收回须有金额", "Waivers, advances and recoveries need an amount"),
        ),
    ),
)

STAFF = Table(
    name="staff",
    label=Label("员工", "Staff"),
    grain=("staff_id",),
    delivery=Delivery.UPSERT,
    columns=(
        col("staff_id", Kind.ID, "工号", "Staff number", "Staff member", required=True),
        col("name", Kind.TEXT, "姓名", "Name", "Full name", sensitivity=Sensitivity.NAME),
        col("branch", Kind.TEXT, "机构", "Branch", "Where the person works"),
        col("team", Kind.TEXT, "团队", "Team", "Team the person belongs to"),
        col("staff_role", Kind.CODE, "岗位", "Role", "Duty", codes=codes.STAFF_ROLE),
        col("department", Kind.TEXT, "部门", "Department", "Department of the lender"),
        col("staff_tier", Kind.CODE, "级别", "Tier", "Level of a collector (S2-8)", codes=work_codes.STAFF_TIER),
        col("joined_on", Kind.DATE, "入职日", "Joined on", "First day of work"),
        col("left_on", Kind.DATE, "离职日", "Left on", "Last day of work"),
        known_on(),
    ),
    checks=(Check("left_after_joining", "left_on >= joined_on", Label("离职日不得早于入职日", "Nobody leaves before joining")),),
)

PROVISION = Table(
    name="provision",
    label=Label("拨备", "Provision"),
    grain=("loan_id", "month_end"),
    delivery=Delivery.UPSERT,
    columns=(
        loan_id(),
        col("month_end", Kind.DATE, "月末", "Month end", "Balance sheet date", required=True),
        col("provision_minor", Kind.MONEY, "拨备余额", "Provision", "Loss allowance held against the loan", required=True, minimum=0),
        col("stage", Kind.COUNT, "减值阶段", "Stage", "Impairment stage 1, 2 or 3 (CAS 22)", minimum=1),
        known_on(),
    ),
)

LOAN_TAPE = Table(
    name="loan_tape",
    label=Label("月末台账", "Month-end tape"),
    grain=("loan_id", "observed_on"),
    delivery=Delivery.UPSERT,
    columns=(
        loan_id(),
        col("observed_on", Kind.DATE, "报告日", "Observed on", "Day whose state the row gives", required=True),
        col("status_code", Kind.TEXT, "状态代码", "Status code", "Delinquency code as the lender writes it; a note for readers, no figure is made of it"),
        col("dpd", Kind.DAYS, "逾期天数", "Days past due", "At observed_on; goes before the paid-through date and the range", minimum=0),
        col("paid_through_on", Kind.DATE, "已还至日", "Paid through", "Due date of the last instalment paid in full; without dpd, days past due count from the due date after it"),
        col("payment_months", Kind.COUNT, "还款间隔(月)", "Payment interval", "Months from one due date to the next; blank is 1", minimum=1),
        col("dpd_low", Kind.DAYS, "逾期天数下限", "Days past due, from", "Least days past due of the lender's code", minimum=0),
        col("dpd_high", Kind.DAYS, "逾期天数上限", "Days past due, to", "Most days past due of the lender's code; blank with a lower end is no limit", minimum=0),
        col("balance_minor", Kind.MONEY, "本金余额", "Outstanding principal", "Principal not repaid", minimum=0),
        col("overdue_minor", Kind.MONEY, "逾期金额", "Overdue amount", "Unpaid parts of instalments due before the date", minimum=0),
        col("is_restructured", Kind.FLAG, "是否重组", "Restructured", "Terms changed because of difficulty, so far"),
        col("exit_kind", Kind.CODE, "退出方式", "Exit", "How the loan left the book; blank while it is open", codes=codes.EXIT_KIND),
        col("closed_on", Kind.DATE, "退出日", "Closed on", "Day on which it left; blank while it is open"),
        col("loss_minor", Kind.MONEY, "累计损失", "Loss so far", "Principal lost so far, repeated in every later row: the largest counts, once", minimum=0),
        known_on(),
    ),
    checks=(
        Check("range_rises", "dpd_high IS NULL OR (dpd_low IS NOT NULL AND dpd_low <= dpd_high)", Label("逾期天数下限不得缺失或大于上限", "The lower end of a range of days past due must be given and not above its upper end")),
    ),
)

CONTROL_TOTAL = Table(
    name="control_total",
    label=Label("控制总数", "Control total"),
    grain=("control_item", "as_of", "branch"),
    delivery=Delivery.UPSERT,
    columns=(
        col("control_item", Kind.CODE, "项目", "Item", "What the ledger's total is of", required=True, codes=codes.CONTROL_ITEM),
        col("as_of", Kind.DATE, "日期", "As of", "Date of the total", required=True),
        col("branch", Kind.TEXT, "机构", "Branch", "Branch of the total; blank is the whole lender"),
        col("total_minor", Kind.MONEY, "金额", "Amount", "Total in minor units; blank for a number of rows", minimum=0),
        col("total_rows", Kind.COUNT, "行数", "Rows", "Total number of rows; blank for an amount", minimum=0),
        known_on(),
    ),
)
# fmt: on
