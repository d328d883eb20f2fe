"""A pack's sections with the awkward data that must not break an export."""

from __future__ import annotations

from datetime import date

from postloan.report.head import Head
from postloan.report.section import (
    Block,
    Cell,
    Chart,
    ChartKind,
    Field,
    Figure,
    Format,
    Listing,
    Missing,
    Paragraphs,
    Row,
    RowKind,
    Section,
    Series,
    Table,
)
from postloan.report.style import Style

ATTACKS = (
    "=1+1",
    "@SUM(A1)",
    '#read("/etc/passwd")',
    "<script>alert(1)</script>",
    "$x$ *bold* _it_ `raw` @ref <label> // note",
    "https://example.test/x",
    "\\u{202e} \u202egnp.exe",
    "𠮷田\x07商店",
)
LONG_NAME = "中国（上海）自由贸易试验区临港新片区" * 4 + "有限责任公司"
LONG_WORD = "ABCDEFGHIJ" * 6
MONTHS = tuple(f"{2024 + (m + 5) // 12}-{(m + 5) % 12 + 1:02d}" for m in range(13))


def head(lang: str = "zh", **changes: object) -> Head:
    content: dict[str, object] = {
        "report": "monthly_review",
        "lender": "湖山小额贷款公司" if lang == "zh" else "Lakeside Credit",
        "as_of": date(2025, 6, 30),
        "scope": "all",
        "lang": lang,
        "currency": "CNY" if lang == "zh" else "USD",
        "version": "v002",
        "is_final": False,
        "is_synthetic": True,
        "is_masked": True,
        "book_version": "b0003-1f2e3d4c",
        "policy": "cn_regulation",
        "policy_version": "2023-07-01",
        "prepared_by": "风险管理部" if lang == "zh" else "Risk",
        "generated_on": date(2025, 7, 3),
        **changes,
    }
    return Head(**content)  # type: ignore[arg-type]


def style(lang: str = "zh") -> Style:
    return Style(lang, "CNY" if lang == "zh" else "USD", 4 if lang == "zh" else 3)


def sections(lang: str = "zh") -> list[Section]:
    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    return [
        _summary(say),
        Section(
            "overdue",
            say("逾期", "Overdue"),
            say(
                "逾期率升至 2.31%，较上月上升 18 个基点，集中在个人消费贷",
                "The overdue rate rose 18 bp to 2.31%, mostly in personal consumer loans",
            ),
            (_trend(say), _branches(say), _attacks(say)),
            (say("分母为本金余额。", "The denominator is outstanding principal."),),
        ),
        Section(
            "flows",
            say("迁徙", "Flows"),
            say("M1→M2 滚动率连续三个月上升", "The M1→M2 roll rate rose for the third month"),
            (_wide(say), Paragraphs("after", (say("退出单列。", "Exits are kept apart."),))),
        ),
        Section(
            "provisions",
            say("拨备", "Provisions"),
            "",
            (Missing("provision", say("机构未提供拨备表。", "The lender gives no provision table.")),),
        ),
        Section(
            "maturities",
            say("到期与临界", "Maturities and cliff list"),
            say("300 笔贷款距更差阶段不足五天", "300 loans are within five days of a worse bucket"),
            (_long(say), _listing(say)),
        ),
    ]


def _summary(say) -> Section:  # type: ignore[no-untyped-def]
    trend = (0.018, 0.019, None, 0.0185, 0.02, 0.021, 0.0205, 0.021, 0.0212, 0.022, 0.0215, 0.0213, 0.0231)
    fields = (
        Field("name", say("指标", "Indicator"), Format.TEXT),
        Field("value", say("本月", "This month"), Format.PERCENT),
        Field("target", say("目标", "Target"), Format.TEXT),
        Field("met", say("达标", "Met"), Format.VERDICT),
        Field("month", say("较上月", "On the month"), Format.BASIS_POINTS),
        Field("year", say("较上年", "On the year"), Format.BASIS_POINTS),
        Field("trend", say("近13个月", "13 months"), Format.TREND),
    )
    names = (
        say("逾期率（余额）", "Overdue rate (balance)"),
        say("不良率", "NPL ratio"),
        say("逾期90天以上/不良", "Over 90 days to NPL"),
        say("M0→M1 滚动率", "Roll rate M0→M1"),
        say("拨备覆盖率", "Provision coverage"),
    )
    values = (0.0231, 0.0142, 0.88, 0.0123, None)
    rows = tuple(
        Row(
            f"m{i}",
            (
                name,
                Figure(value, 2310, 100000, 1200, 3, 0.021, 0.0252, metric=f"m{i}"),
                "≤1.50%",
                (False, True, None, True, None)[i],
                Figure((0.0018, -0.0003, 0.0, 0.0012, None)[i]),
                Figure(0.0042),
                trend if value is not None else (None,) * 13,
            ),
        )
        for i, (name, value) in enumerate(zip(names, values, strict=True))
    )
    bridge = Chart(
        "bridge",
        ChartKind.WATERFALL,
        say(
            "不良率上升 11 个基点，主要来自新增不良",
            "The NPL ratio rose 11 bp, mostly from new non-performing loans",
        ),
        say("较上月，基点", "On the month, bp"),
        tuple(say("期初,新增,收回,核销,期末", "Opening,New,Recovered,Written off,Closing").split(",")),
        (Series("bp", (0.0131, 0.0019, -0.0005, -0.0003, 0.0142)),),
        Format.BASIS_POINTS,
    )
    sentences = (
        say(
            "不良率 1.42%，较上月下降 3 个基点：核销 1,200.50 万元与收回 310.00 万元抵消了新增不良 1,380.00 万元。",
            "The NPL ratio fell 3 bp to 1.42%: write-offs and recoveries outweighed new non-performing loans.",
        ),
        say(
            "逾期率上升 18 个基点，其中结构变化贡献 5 个基点，各产品自身上升贡献 13 个基点，个人消费贷占九成。",
            "The overdue rate rose 18 bp: 5 bp from mix and 13 bp from rates, nine tenths of it in consumer loans.",
        ),
        say(
            "城东支行首期逾期率 2.9%（区间 0.9%–8.1%），样本仅 34 户，不足以判断。",
            "First-payment default at East branch is 2.9% (0.9%–8.1%); with 34 loans this is not enough to judge.",
        ),
    )
    matters = tuple(
        Row(f"d{i}", (say("是否收紧个人消费贷准入", "Whether to tighten consumer lending"), "", ""))
        for i in range(3)
    )
    decisions = Table(
        "decisions",
        say("需要决定的事", "For decision"),
        (
            Field("matter", say("事项", "To decide"), Format.TEXT),
            Field("owner", say("负责人", "Owner"), Format.TEXT),
            Field("by", say("期限", "By"), Format.TEXT),
        ),
        matters,
    )
    return Section(
        "summary",
        say("摘要", "Summary"),
        say(
            "余额 18.20 亿元，逾期率 2.31% 高于目标",
            "1.82 billion outstanding; the overdue rate of 2.31% misses its target",
        ),
        (
            Paragraphs("findings", sentences * 2, bullets=True),
            Table("headline", say("主要指标", "Headline figures"), fields, rows),
            bridge,
            decisions,
        ),
        metrics=("m0", "m1"),
    )


def _trend(say) -> Chart:  # type: ignore[no-untyped-def]
    return Chart(
        "trend",
        ChartKind.LINES,
        say("逾期率自三月起上升", "The overdue rate has risen since March"),
        say("占余额比例，%，近 13 个月", "Share of balance, %, last 13 months"),
        MONTHS,
        (
            Series(say("逾期率", "Overdue"), tuple(0.018 + 0.0004 * m for m in range(13))),
            Series(say("逾期30天以上", "Over 30 days"), tuple(0.011 + 0.0002 * m for m in range(13))),
        ),
        Format.PERCENT,
    )


def _branches(say) -> Table:  # type: ignore[no-untyped-def]
    fields = (
        Field("group", say("机构", "Branch"), Format.TEXT),
        Field("loans", say("笔数", "Loans"), Format.COUNT),
        Field("balance", say("本金余额", "Balance"), Format.MONEY),
        Field("rate", say("逾期率", "Overdue rate"), Format.PERCENT),
        Field("month", say("较上月", "On the month"), Format.BASIS_POINTS),
        Field("opened", say("开业", "Opened"), Format.DATE),
    )
    names = [say(f"{place}支行", f"Branch {place}") for place in "东西南北中"] + [LONG_NAME]
    rows: list[Row] = [Row("g", (say("城区", "City"), None, None, None, None, None), RowKind.GROUP)]
    for i, name in enumerate(names):
        rate = Figure(0.004 * i, 400 * i, 100000, 200, 0)
        amounts: tuple[Cell, ...] = (
            Figure(1200 + i),
            Figure(1_234_567_890_12 * (i + 1)),
            rate,
            Figure(0.0008 * (i - 2)),
        )
        rows.append(Row(f"b{i}", (name, *amounts, date(2010 + i, 3, 1))))
    total: tuple[Cell, ...] = (
        say("合计", "Total"),
        Figure(7215),
        Figure(25_925_925_690_52),
        Figure(0.0101),
        Figure(0.0002),
        None,
    )
    rows.append(Row("total", total, RowKind.TOTAL))
    note = say("按余额从大到小。", "Largest balance first.")
    return Table(
        "by_branch", say("各机构逾期", "Overdue by branch"), fields, tuple(rows), note, heat=("rate",)
    )


def _attacks(say) -> Table:  # type: ignore[no-untyped-def]
    fields = (
        Field("name", say("客户", "Customer"), Format.TEXT),
        Field("id", say("借据号", "Loan"), Format.ID),
    )
    rows = tuple(Row(f"a{i}", (text, f"00{i}")) for i, text in enumerate((*ATTACKS, LONG_WORD)))
    return Table("attacks", say("名称", "Names"), fields, rows)


def _wide(say) -> Table:  # type: ignore[no-untyped-def]
    ends = (
        *(f"M{i}" for i in range(8)),
        *say("未知,结清,核销,转让,抵债,合计", "Unknown,Settled,Written off,Sold,Repossessed,Total").split(
            ","
        ),
    )
    fields = (
        Field("from", say("期初", "From"), Format.TEXT),
        *(Field(f"c{i}", e, Format.MONEY) for i, e in enumerate(ends)),
    )
    rows = tuple(
        Row(f"r{j}", (f"M{j}", *(Figure(10**11 + 1_000_100 * (j * 100 + i)) for i in range(len(ends)))))
        for j in range(8)
    )
    return Table("matrix", say("转移矩阵", "Flow matrix"), fields, rows)


def _long(say) -> Table:  # type: ignore[no-untyped-def]
    fields = (
        Field("loan_id", say("借据号", "Loan"), Format.ID),
        Field("name", say("姓名", "Name"), Format.TEXT),
        Field("balance", say("余额", "Balance"), Format.MONEY),
        Field("dpd", say("逾期天数", "Days past due"), Format.DAYS),
    )
    rows = tuple(
        Row(f"L{i:05d}", (f"L{i:05d}", "张**", Figure(10**7 + i), Figure(i % 200))) for i in range(300)
    )
    return Table("cliff", say("临界贷款", "Loans near a boundary"), fields, rows, sheet="cliff")


def _listing(say) -> Block:  # type: ignore[no-untyped-def]
    fields = (
        Field("loan_id", say("借据号", "Loan"), Format.ID),
        Field("name", say("姓名", "Name"), Format.TEXT),
        Field("disbursed_on", say("放款日", "Disbursed on"), Format.DATE),
        Field("balance", say("余额", "Balance"), Format.MONEY),
        Field("rate", say("年利率", "Annual rate"), Format.PERCENT),
        Field("restructured", say("重组", "Restructured"), Format.VERDICT),
    )
    rows = tuple(
        (f"0{i:05d}", ATTACKS[i % len(ATTACKS)], date(2024, 1, 1 + i % 28), 10**7 + i, 0.0435, i % 2 == 0)
        for i in range(300)
    )
    blank: tuple[object, ...] = ("=cmd", None, None, None, None, None)
    return Listing("cliff", say("临界贷款全部", "All loans near a boundary"), fields, (*rows, blank))
