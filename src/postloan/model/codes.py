"""Code lists: every closed vocabulary of the contract, in display order."""

from __future__ import annotations

from postloan.model.contract import Code, CodeList
from postloan.model.label import Label


def code_list(name: str, *rows: tuple[str, str, str]) -> CodeList:
    """Declare a code list: value, Chinese and English label of each code, in display order."""
    return CodeList(name, tuple(Code(value, Label(zh, en)) for value, zh, en in rows))


CUSTOMER_KIND = code_list(
    "customer_kind",
    ("individual", "个人", "Individual"),
    ("micro", "小微企业", "Micro and small business"),
    ("company", "企业", "Company"),
)

REPAYMENT_METHOD = code_list(
    "repayment_method",
    ("annuity", "等额本息", "Level instalments"),
    ("equal_principal", "等额本金", "Level principal"),
    ("interest_only", "先息后本", "Interest only, principal at maturity"),
    ("bullet", "到期一次还本付息", "Single payment at maturity"),
    ("other", "其他", "Other"),
)

SECURITY = code_list(
    "security",
    ("credit", "信用", "Unsecured"),
    ("guarantee", "保证", "Guarantee"),
    ("mortgage", "抵押", "Mortgage"),
    ("pledge", "质押", "Pledge"),
)

PAYMENT_KIND = code_list(
    "payment_kind",
    ("repayment", "正常还款", "Repayment"),
    ("early_repayment", "提前部分还款", "Partial early repayment"),
    ("early_settlement", "提前结清", "Early settlement"),
    ("reversal", "冲正", "Reversal of a bounced payment"),
    ("refund", "退款", "Refund"),
)

PAYER = code_list(
    "payer",
    ("borrower", "借款人", "Borrower"),
    ("guarantor", "担保人", "Guarantor"),
    ("other", "第三方", "Third party"),
)

EVENT_KIND = code_list(
    "event_kind",
    ("reschedule", "重新约定还款计划", "Reschedule"),
    ("extension", "展期", "Extension"),
    ("renewal", "续贷", "Renewal"),
    ("pause", "暂停计逾期", "Pause"),
    ("resume", "恢复计逾期", "Resume"),
    ("waiver", "减免", "Waiver"),
    ("settlement", "结清", "Settlement"),
    ("write_off", "核销", "Write-off"),
    ("sale", "转让", "Sale"),
    ("repossession", "以资抵债", "Repossession"),
    ("guarantor_advance", "担保垫付", "Guarantor advance"),
    ("post_write_off_recovery", "核销后收回", "Recovery after write-off"),
)

COMPONENT = code_list(
    "component",
    ("penalty", "罚息", "Penalty"),
    ("fee", "费用", "Fee"),
    ("interest", "利息", "Interest"),
    ("principal", "本金", "Principal"),
    ("credit", "预存", "Credit"),
)

LOAN_STATUS = code_list(
    "loan_status",
    ("active", "存续", "Active"),
    ("settled", "结清", "Settled"),
    ("written_off", "核销", "Written off"),
    ("sold", "转让", "Sold"),
    ("repossessed", "以资抵债", "Repossessed"),
)

# How a loan left, as a month-end tape says it: the statuses of a loan without "active".
EXIT_KIND = CodeList("exit_kind", LOAN_STATUS.codes[1:])

CONTROL_ITEM = code_list(
    "control_item",
    ("rows", "行数", "Rows"),
    ("principal", "放款本金", "Principal lent"),
    ("balance", "本金余额", "Outstanding principal"),
    ("overdue_amount", "逾期金额", "Overdue amount"),
    ("payments", "还款金额", "Payments"),
    ("net_capital", "资本净额", "Net capital"),
)

STAFF_ROLE = code_list(
    "staff_role",
    ("officer", "客户经理", "Relationship officer"),
    ("collector", "催收员", "Collector"),
    ("manager", "主管", "Manager"),
    ("other", "其他", "Other"),
)

# Five categories, best first (商业银行金融资产风险分类办法, 2023 No. 1, art. 6).
RISK_CLASS = code_list(
    "risk_class",
    ("normal", "正常", "Normal"),
    ("special_mention", "关注", "Special mention"),
    ("substandard", "次级", "Substandard"),
    ("doubtful", "可疑", "Doubtful"),
    ("loss", "损失", "Loss"),
)
NPL_CLASSES = ("substandard", "doubtful", "loss")

SUBJECT = code_list("subject", ("loan", "借据", "Loan"), ("customer", "客户", "Customer"))
