"""Code lists of post-loan work: collections, visits, warnings, legal steps and what secures a loan."""

from __future__ import annotations

from postloan.model.codes import code_list

# fmt: off
STAFF_TIER = code_list(
    "staff_tier",  # S2-8
    ("junior", "初级", "Junior"), ("middle", "中级", "Middle"), ("senior", "高级", "Senior"),
)

SIZE_CLASS = code_list(
    "size_class",
    ("large", "大型", "Large"), ("medium", "中型", "Medium"), ("small", "小型", "Small"), ("micro", "微型", "Micro"),
)

IDENTIFIED_BY = code_list(
    "identified_by",  # S2-1
    ("system", "系统监测", "System"), ("manual", "人工核查", "Staff"),
)

OVERDUE_REASON = code_list(
    "overdue_reason",  # S0-11, P4-6, P8-5
    ("forgot", "忘记还款", "Forgot"),
    ("temporary", "临时困难", "Temporary difficulty"),
    ("deteriorating", "经营恶化", "Business deteriorates"),
    ("disaster", "灾害", "Disaster"),
    ("illness", "疾病", "Illness"),
    ("income_fall", "收入下降", "Income fell"),
    ("dispute", "有争议", "Disputed"),
    ("evasion", "逃废债", "Evasion"),
    ("unreachable", "失联", "Unreachable"),
    ("other", "其他", "Other"),
)

WILLINGNESS = code_list(
    "willingness",
    ("willing", "愿意还款", "Willing"), ("partly", "部分愿意", "Partly"), ("refuses", "拒绝还款", "Refuses"),
)

MEASURE = code_list(
    "measure",  # P4-6, P8-5
    ("plan", "还款计划", "Repayment plan"),
    ("grace", "宽限", "Grace"),
    ("extension", "展期", "Extension"),
    ("restructuring", "重组", "Restructuring"),
    ("asset_disposal", "资产处置", "Asset disposal"),
    ("litigation", "诉讼", "Litigation"),
)

ACTION_CHANNEL = code_list(
    "action_channel",  # S0-9, S0-10, S2-3, P9-2: from the mildest on
    ("sms", "短信", "SMS"),
    ("app", "APP推送", "App message"),
    ("email", "邮件", "E-mail"),
    ("robot_call", "机器人外呼", "Robot call"),
    ("call", "电话", "Call"),
    ("letter", "信函", "Letter"),
    ("on_site", "上门", "On site"),
    ("third_party", "委外", "Third party"),
    ("lawyer_letter", "律师函", "Lawyer's letter"),
)

ACTION_PURPOSE = code_list(
    "action_purpose",
    ("reminder", "还款提醒", "Reminder"),
    ("collection", "催收", "Collection"),
    ("demand_notice", "催收通知书", "Demand notice"),
    ("maturity_notice", "到期通知", "Maturity notice"),
)

PERSON_REACHED = code_list(
    "person_reached",  # F-33, F-50
    ("debtor", "本人", "Debtor"),
    ("joint", "共同还款人或担保人", "Co-debtor or guarantor"),
    ("contact", "联系人", "Contact"),
    ("other", "其他人", "Someone else"),
    ("nobody", "未接通", "Nobody"),
)

ACTION_OUTCOME = code_list(
    "action_outcome",
    ("delivered", "已送达", "Delivered"),
    ("promise", "承诺还款", "Promise"),
    ("talked", "已沟通", "Talked"),
    ("refused", "拒绝", "Refused"),
    ("asked_to_stop", "要求停止联系", "Asked to stop"),
    ("failed", "未成功", "Failed"),
)

PROMISE_STATE = code_list(
    "promise_state",  # F-34
    ("kept", "履约", "Kept"), ("partial", "部分履约", "Partly kept"), ("broken", "违约", "Broken"),
    ("pending", "未到期", "Pending"), ("superseded", "被替代", "Superseded"), ("incomplete", "要素不全", "Incomplete"),
)

VISIT_KIND = code_list(
    "visit_kind",
    ("first", "首次回访", "First visit"),
    ("regular", "定期回访", "Regular visit"),
    ("key_customer", "重要客户走访", "Key customer visit"),
    ("follow_up", "跟进回访", "Follow-up"),
)

VISIT_CHANNEL = code_list(
    "visit_channel",
    ("on_site", "现场", "On site"), ("phone", "电话", "Phone"), ("sms", "短信", "SMS"),
    ("email", "邮件", "E-mail"), ("online", "线上", "Online"),
)

INSPECTION_KIND = code_list(
    "inspection_kind",  # P1-2 … P1-7, P2-7, P2-9, P4-4, P5-2, P9-4
    ("monthly_check", "序时检查", "Monthly check"),
    ("cross_check", "交叉检查", "Cross-check"),
    ("screening", "风险排查", "Risk screening"),
    ("spot_check", "抽查", "Spot check"),
    ("on_site", "现场检查", "On-site inspection"),
    ("off_site", "非现场检查", "Off-site review"),
    ("self_check", "合规自查", "Compliance self-check"),
    ("unit", "单位检查", "Inspection of a unit"),
)

IMPROVEMENT_SOURCE = code_list(
    "improvement_source",
    ("survey", "满意度调查", "Survey"), ("complaint", "投诉", "Complaint"),
    ("inspection", "检查", "Inspection"), ("meeting", "会议", "Meeting"),
)

CARE_KIND = code_list(
    "care_kind",  # S0-6, P4-7, P4-9, P5-5, P6-6
    ("visit", "定期拜访", "Visit"), ("greeting", "节日祝福", "Greeting"), ("offer", "优惠活动", "Offer"),
    ("event", "答谢活动", "Appreciation event"), ("forum", "座谈会", "Forum"),
)

STATEMENT_ITEM = code_list(
    "statement_item",  # P5-3, P8-2, P4-3
    ("debt_ratio", "资产负债率", "Debt ratio"),
    ("current_ratio", "流动比率", "Current ratio"),
    ("gross_margin", "毛利率", "Gross margin"),
    ("capacity_use", "产能利用率", "Capacity use"),
    ("orders", "订单量", "Orders"),
    ("receivables_turnover", "应收账款周转率", "Receivables turnover"),
    ("inventory", "原材料库存", "Raw material stock"),
    ("income", "收入", "Income"),
    ("debt_to_income", "负债收入比", "Debt to income"),
)

SIGNAL_KIND = code_list(
    "signal_kind",  # S0-7, P1-8, P4-3, P7-3, P9-3, S1-6
    ("operating_poor", "经营指标不理想", "Operating indicators poor"),
    ("operating_anomaly", "经营异常", "Operating anomaly"),
    ("funds_not_returned", "货款不归行", "Sales money not returned"),
    ("cover_ratio_fall", "物资保证率下降", "Stock cover falls"),
    ("guarantor_weaker", "担保能力下降", "Guarantor weaker"),
    ("collateral_change", "抵押物价值重大变化", "Collateral value changes"),
    ("severe_deterioration", "严重恶化", "Severe deterioration"),
    ("industry_position", "行业地位下降", "Standing in the industry falls"),
    ("competition", "市场竞争力下降", "Competitiveness falls"),
    ("management_change", "管理层变动", "Management changes"),
    ("income_change", "收入波动", "Income changes"),
    ("contact_change", "联系方式变更", "Contact details change"),
    ("large_overdraft", "大额透支", "Large overdraft"),
    ("cross_region_spending", "频繁跨区域消费", "Spending across regions"),
    ("credit_report_overdue", "征信新增逾期", "New overdue debt in the credit report"),
    ("litigation", "涉诉", "Lawsuit"),
    ("media", "负面舆情", "Bad press"),
    ("machine_idle", "机械停工", "Machine idle"),
    ("machine_incident", "机械重大险情", "Machine incident"),
    ("major_event", "重大突发性事件", "Major event"),
)

WARNING_FAMILY = code_list(
    "warning_family",  # S0-7
    ("financial", "财务指标", "Financial"), ("non_financial", "非财务指标", "Non-financial"),
    ("composite", "综合", "Composite"),
)

WARNING_RESPONSE = code_list(
    "warning_response",  # P1-9, S0-8
    ("talk", "约谈并限期整改", "Talk and deadline"),
    ("more_security", "追加担保", "More security"),
    ("trace_recover", "追查并收回", "Trace and recover"),
    ("exit", "退出或提前收回", "Exit or early recovery"),
    ("restructure", "重组", "Restructure"),
    ("transfer", "风险转移", "Transfer of the risk"),
    ("bear", "风险承担", "Bear the risk"),
    ("watch", "加强监测", "Watch closely"),
)

WARNING_OUTCOME = code_list(
    "warning_outcome",  # F-32: the first three are a success
    ("lifted", "解除", "Lifted"), ("recovered", "收回", "Recovered"), ("secured", "担保落实", "Secured"),
    ("deteriorated", "恶化", "Deteriorated"), ("written_off", "核销", "Written off"),
)

LEGAL_STEP = code_list(
    "legal_step",  # S1-12, S1-13, in the order in which they are taken
    ("bank_file_copied", "复印银行档案", "Bank file copied"),
    ("balances_verified", "核对余额与垫款", "Balances and advances verified"),
    ("complaint_drafted", "起草起诉状", "Complaint drafted"),
    ("statement_ready", "出具逾期明细", "Overdue statement ready"),
    ("materials_ready", "材料齐备", "Materials ready"),
    ("filed", "申请立案", "Filed"),
    ("preserved", "财产保全", "Preservation"),
    ("judged", "判决或调解", "Judgment or settlement"),
    ("enforced", "申请执行", "Enforcement"),
    ("towed", "法院拖车", "Vehicle towed by the court"),
)

LEGAL_RESULT = code_list(
    "legal_result",
    ("won", "胜诉", "Won"), ("settled", "调解", "Settled"), ("lost", "败诉", "Lost"), ("withdrawn", "撤诉", "Withdrawn"),
)

COLLATERAL_KIND = code_list(
    "collateral_kind",
    ("property", "房产", "Property"), ("plant", "厂房", "Plant"), ("equipment", "设备", "Equipment"),
    ("vehicle", "车辆", "Vehicle"), ("machine", "工程机械", "Construction machine"), ("inventory", "存货", "Inventory"),
    ("receivable", "应收账款", "Receivables"), ("deposit", "存单", "Deposit"), ("other", "其他", "Other"),
)

FINDING_KIND = code_list(
    "finding_kind",  # F-12: facts about a claim that no ledger shows
    ("technical_delay", "技术性或操作性逾期", "Technical or operational delay"),
    ("purpose_changed", "擅自改变用途", "Purpose changed without consent"),
    ("paid_by_new_debt", "借新还旧", "Paid by borrowing new"),
    ("rating_collapse", "评级大幅下调", "Rating collapsed"),
    ("evasion", "逃废债", "Evasion"),
    ("bankruptcy", "破产清算", "Bankruptcy liquidation"),
)

DOCUMENT_KIND = code_list(
    "document_kind",  # P4-12, S4-4
    ("contract", "借款合同", "Loan contract"), ("voucher", "还款凭证", "Repayment vouchers"),
    ("assessment", "风险评估报告", "Risk assessment"), ("security", "担保合同", "Security contract"),
    ("visit_report", "回访报告", "Visit report"), ("photo", "影像资料", "Photographs"),
)

MEETING_KIND = code_list(
    "meeting_kind",  # P1-6, P4-6, P4-9, P5-5, P6-6, P7-7, P10-1
    ("risk", "风险例会", "Risk meeting"), ("overdue", "逾期分析会", "Overdue meeting"),
    ("bank_firm", "银企座谈会", "Bank-firm forum"), ("forum", "客户座谈会", "Customer forum"),
    ("publicity", "宣传活动", "Publicity"), ("appreciation", "感恩答谢活动", "Appreciation event"),
)

DISPOSAL_KIND = code_list(
    "disposal_kind",  # P2-4
    ("collect", "清收", "Collection"), ("sue", "依法起诉", "Lawsuit"), ("revive", "盘活", "Revival"),
    ("preserve", "保全", "Preservation"), ("repossess", "以资抵债", "Repossession"), ("write_off", "核销", "Write-off"),
)

MATURITY_DECISION = code_list(
    "maturity_decision",  # P2-6
    ("collect", "到期收回", "Collect at maturity"), ("renew", "展期或借新还旧", "Extend or renew"),
    ("recover", "清收保全", "Recover and preserve"),
)
# fmt: on
