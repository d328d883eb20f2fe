"""What lenders call a contract column, beside its own name and its labels. Read only to propose a mapping."""

from __future__ import annotations

# By column, or by table.column where the word means this only there. The likelier word goes first.
# fmt: off
ALIASES: dict[str, tuple[str, ...]] = {
    "loan_id": (
        "借据编号", "借据", "贷款借据号", "借据序号", "贷款编号", "贷款号", "贷款账号", "账户号",
        "duebill no", "loan no", "loan number", "loan account", "account number", "account no",
        "contract id", "facility id", "agreement no", "agreement number", "contract no",
        "contract number", "deal id", "合同号", "合同编号",
    ),
    "loan.loan_id": ("id",),
    "customer_id": (
        "客户编号", "客户代码", "客户ID", "借款人编号", "核心客户号", "会员号", "ecif客户号", "cif",
        "customer no", "customer number", "client id", "client no", "borrower id", "member id",
        "cust id", "client ref", "customer ref", "borrower no",
    ),
    "customer.name": (
        "姓名", "客户姓名", "借款人", "借款人名称", "借款人姓名", "企业名称", "户名", "名称",
        "customer name", "client name", "borrower name", "borrower", "full name",
    ),
    "customer_kind": (
        "客户类别", "客户性质", "借款人类型", "对公对私标志", "customer type", "borrower type",
        "client type",
    ),
    "id_number": (
        "证件号", "身份证号", "身份证号码", "身份证", "证件编号", "统一社会信用代码", "社会信用代码",
        "national id", "identity number", "id no", "id card", "id card no", "tax id",
    ),
    "phone": (
        "手机号", "手机号码", "手机", "联系电话", "移动电话", "电话号码", "phone number", "mobile",
        "mobile phone", "mobile no", "tel", "telephone",
    ),
    "address": (
        "联系地址", "通讯地址", "住址", "家庭住址", "注册地址", "居住地址", "contact address",
        "street address",
    ),
    "industry": ("所属行业", "行业类别", "行业名称", "贷款投向行业", "贷款投向", "投向", "sector"),
    "region": (
        "所在地区", "省份", "区域", "所在地", "城市", "state", "province", "country", "country code",
        "city",
    ),
    "customer_since_on": (
        "建档日期", "开户日期", "开户日", "建立关系日期", "opened on", "customer since", "onboarded",
    ),
    "product": (
        "产品名称", "贷款产品", "产品类型", "业务品种", "贷款品种", "贷款种类", "product name",
        "loan product", "product type", "loan type",
    ),
    "branch": (
        "机构名称", "经办机构", "管理机构", "所属机构", "支行", "分行", "网点", "机构号", "机构代码",
        "部门", "branch name", "office", "branch code", "partner id", "cost center", "dealer branch",
        "store",
    ),
    "officer_id": (
        "客户经理号", "客户经理工号", "客户经理编号", "管户客户经理", "管户经理", "经办人", "信贷员",
        "officer", "loan officer", "officer no", "account manager", "relationship manager", "rm id",
    ),
    "loan.principal_minor": (
        "放款本金", "贷款金额", "借据金额", "发放金额", "放款额", "贷款本金", "借款金额", "本金",
        "合同金额", "principal amount", "loan amount", "disbursed amount", "disbursal amount",
        "original loan amount", "amount lent", "amount financed", "original principal",
        "facility amount", "amount borrowed", "advance", "principal lent",
    ),
    "currency": ("货币", "币别", "ccy", "currency code", "disbursal currency"),
    "disbursed_on": (
        "放款日期", "发放日期", "发放日", "起息日", "起息日期", "借款日期", "贷款发放日", "借据起始日",
        "贷款起始日", "disbursement date", "disbursal date", "disbursed", "drawdown date",
        "origination date", "start date", "value date", "funded date", "loan date", "start",
        "advanced on", "paid out", "payout date", "issue date",
    ),
    "matures_on": (
        "到期日期", "贷款到期日", "借据到期日", "终止日期", "结束日期", "maturity date", "maturity",
        "end date", "final due date", "final instalment", "final payment", "last due date",
        "expiry date",
    ),
    "term_months": (
        "期限", "贷款期限", "期数", "总期数", "term", "tenor", "loan term", "repayment term",
        "number of instalments", "tenor months", "no of payments", "number of payments", "months",
        "periods",
    ),
    "annual_rate": (
        "利率", "执行利率", "贷款利率", "执行年利率", "合同利率", "interest rate", "rate", "apr",
        "nominal rate", "annual interest rate",
    ),
    "repayment_method": (
        "还款类型", "偿还方式", "repayment type", "amortisation type", "amortization type",
        "payment type", "instalment type",
    ),
    "security": (
        "主要担保方式", "担保类型", "主担保方式", "collateral type", "security type", "guarantee type",
        "collateral",
    ),
    "grace_days": ("宽限天数", "宽限期天数", "grace period", "grace period days"),
    "is_restructured": ("重组标志", "是否重组贷款", "restructured flag"),
    "renewed_from": ("原借据号", "续贷借据号", "renewed loan", "previous loan"),
    "schedule_no": ("计划号", "计划序号", "版本", "版本号", "schedule number", "schedule version"),
    "instalment_no": (
        "期号", "期数", "期序", "还款期次", "当前期次", "当期期数", "instalment number", "installment",
        "installment no", "installment number", "period", "seq",
    ),
    "due_on": (
        "应还日期", "应还款日", "应还款日期", "计划还款日", "还款到期日", "约定还款日", "due date",
        "payment due date", "scheduled date", "due", "payable on", "instalment date", "installment date",
    ),
    "instalment.principal_minor": (
        "计划本金", "本期本金", "当期本金", "本金", "应收本金", "principal amount",
        "scheduled principal", "capital due", "principal component", "amount", "amount due", "capital",
        "capital amount",
    ),
    "instalment.interest_minor": (
        "计划利息", "本期利息", "当期利息", "利息", "应收利息", "interest", "interest amount",
        "scheduled interest", "interest component",
    ),
    "instalment.fee_minor": ("费用", "手续费", "应还手续费", "fee", "fees", "fees due"),
    "instalment.penalty_minor": ("罚息", "应收罚息", "penalty", "late fee"),
    "payment_id": (
        "交易流水号", "还款流水号", "流水编号", "交易流水", "还款编号", "凭证号", "交易号", "payment no",
        "payment number", "transaction id", "transaction no", "receipt no", "txn id", "reference",
        "receipt", "receipt number", "posting no", "entry no", "voucher no",
    ),
    "paid_on": (
        "还款日期", "实还日", "实还日期", "实际还款日", "实际还款日期", "交易日期", "回款日期", "到账日",
        "收款日期", "收款日", "收回日期",
        "payment date", "paid date", "processed date", "transaction date", "value date", "received on",
        "date", "paid", "banked", "banked on", "posted on", "posted", "posting date", "received",
    ),
    "payment.amount_minor": (
        "实还金额", "还款金额", "交易金额", "还款总额", "实还总额", "回款金额", "发生额", "实际还款金额",
        "收款金额", "收款合计", "收回金额", "收回合计", "还款合计", "收回本息", "收回本息合计",
        "payment amount", "amount paid", "paid amount", "local amount", "transaction amount",
        "amount received", "sum", "total paid", "received amount",
    ),
    "payment_kind": (
        "还款类型", "交易类型", "冲正标志", "还款类别", "payment type", "transaction type", "type",
        "kind",
    ),
    "payer": ("还款人", "付款方", "还款人类型", "paid by"),
    "reverses_id": (
        "原流水号", "被冲正流水号", "原交易流水号", "reversed payment", "original payment",
        "reversal of", "against", "reverses", "原凭证号",
    ),
    "channel": ("还款渠道", "交易渠道", "收款方式", "收款渠道", "payment channel", "payment method"),
    "event_id": ("事件编号", "事件流水号", "业务编号", "event no", "event number"),
    "event_kind": ("事件类型", "业务类型", "event type", "event"),
    "event_on": ("事件日期", "发生日期", "生效日期", "event date", "effective date"),
    "until_on": ("截止日期", "结束日期", "until date", "end date"),
    "loan_event.amount_minor": ("发生金额", "事件金额", "减免金额", "event amount"),
    "component": ("减免科目", "费用类型"),
    "is_distressed": ("困难标志", "distressed flag"),
    "counterparty": ("受让方", "对手方", "buyer"),
    "staff_id": ("员工号", "员工编号", "柜员号", "人员编号", "employee id", "employee no", "staff no"),
    "staff.name": ("员工姓名", "员工名称", "staff name", "employee name", "full name"),
    "team": ("小组", "所属团队", "组别", "team name"),
    "staff_role": ("职务", "角色", "职位", "position", "job title"),
    "joined_on": ("入职日期", "hire date", "start date"),
    "left_on": ("离职日期", "termination date"),
    "month_end": ("数据日期", "报告期", "报表日期", "统计日期", "reporting date", "month", "report date"),
    "provision_minor": (
        "拨备", "减值准备", "贷款损失准备", "准备金", "provision amount", "allowance", "ecl",
    ),
    "stage": ("三阶段", "减值阶段分类", "ifrs9 stage", "impairment stage"),
    "control_item": ("控制项", "科目名称", "指标", "总数项目", "control item", "measure"),
    "as_of": ("数据日期", "统计日期", "报表日期", "as of date", "report date"),
    "control_total.total_minor": ("总金额", "合计金额", "total", "total amount", "amount"),
    "total_rows": ("笔数", "总笔数", "记录数", "row count", "count", "records"),
    "observed_on": (
        "数据日期", "统计日期", "报表日期", "观察日", "截至日期", "report date", "reporting date",
        "as of date", "snapshot date", "reporting period end date", "month end",
    ),
    "status_code": (
        "逾期状态", "贷款状态", "状态", "payment status", "delinquency status", "loan status",
        "payment status loan code",
    ),
    "dpd": ("当前逾期天数", "拖欠天数", "days past due", "days overdue", "days in arrears"),
    "paid_through_on": ("已还至日期", "paid through date", "paid to date"),
    "balance_minor": (
        "贷款余额", "余额", "剩余本金", "结余本金", "outstanding balance", "current balance", "balance",
        "principal balance", "report period end actual balance amount",
    ),
    "overdue_minor": (
        "逾期本金", "逾期总额", "欠款金额", "拖欠金额", "arrears", "amount overdue", "past due amount",
    ),
    "closed_on": ("结清日期", "结清日", "closed date", "closing date"),
    "loss_minor": (
        "损失金额", "累计损失金额", "loss amount", "realized loss", "realized loss to trust amount",
    ),
    "known_on": ("入账日期", "记账日", "记账日期", "posting date", "booked on", "booking date"),
}

# What a code is written as, beside the contract's own word and its labels.
CODE_ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    "customer_kind": {
        "individual": ("自然人", "对私", "个人客户", "person", "retail"),
        "micro": ("小微", "个体工商户", "小微客户", "sme", "micro"),
        "company": ("对公", "公司", "企业客户", "法人", "corporate", "business"),
    },
    "repayment_method": {
        "annuity": ("等额还款", "按月等额本息", "annuity", "equal instalments", "equal installments"),
        "equal_principal": ("等本", "按月等额本金", "equal principal", "linear"),
        "interest_only": ("按月付息到期还本", "按月付息", "按期付息到期还本", "interest only"),
        "bullet": ("到期还本付息", "一次性还本付息", "利随本清", "bullet"),
    },
    "security": {
        "credit": ("信用贷款", "无担保", "unsecured", "none"),
        "guarantee": ("保证担保", "保证贷款", "guaranteed"),
        "mortgage": ("抵押担保", "抵押贷款", "secured", "collateral"),
        "pledge": ("质押担保", "质押贷款", "pledged"),
    },
    "payment_kind": {
        "repayment": ("正常", "还款", "收款", "正常收款", "normal", "payment", "正常回收"),
        "early_repayment": ("部分提前还款", "提前还款", "prepayment", "partial prepayment"),
        "early_settlement": ("提前还清", "提前全部还款", "early settlement", "full prepayment"),
        "reversal": ("冲销", "撤销", "红冲", "reversed", "bounced", "chargeback"),
        "refund": ("退还", "退回", "refunded"),
    },
    "payer": {
        "borrower": ("本人", "客户", "customer"),
        "guarantor": ("保证人", "担保公司"),
        "other": ("他人", "其他"),
    },
    "event_kind": {
        "write_off": ("呆账核销", "charge off", "charged off", "write-off"),
        "sale": ("债权转让", "出售", "sold"),
        "settlement": ("还清", "settled", "closed"),
        "reschedule": ("调整还款计划", "重组", "rescheduled"),
        "extension": ("展期申请", "extended"),
        "waiver": ("利息减免", "减免息", "waived"),
    },
    "control_item": {
        "rows": ("笔数", "记录数", "count"),
        "principal": ("放款金额", "贷款发放额", "放款总额", "disbursed"),
        "balance": ("贷款余额", "余额", "outstanding"),
        "overdue_amount": ("逾期本金", "overdue"),
        "payments": ("回款", "还款总额", "实还金额", "collections"),
    },
    "staff_role": {
        "officer": ("信贷员", "管户经理", "loan officer"),
        "collector": ("贷后专员", "清收员", "collections"),
        "manager": ("经理", "行长", "支行行长", "团队长"),
    },
}
# fmt: on
