"""What the invented lender is made of: branches, regions, industries, products. All of it is fiction."""

from __future__ import annotations

from dataclasses import dataclass

LENDER_ZH = "合成示例贷款公司（合成数据）"
LENDER_EN = "Synthetic Sample Lender (synthetic data)"

REGIONS = ("东江省", "南屏省", "西岭省", "北原省", "中湖省")


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch: the province it works in, a city, its share of customers and its level of risk."""

    name: str
    region: str
    city: str
    share: float
    risk: float


BRANCHES = (
    Branch("城东支行", "东江省", "东江市", 0.16, 0.95),
    Branch("城西支行", "东江省", "江口市", 0.12, 1.00),
    Branch("江南支行", "南屏省", "南屏市", 0.15, 0.90),
    Branch("高新支行", "南屏省", "云桥市", 0.10, 0.85),
    Branch("滨湖支行", "中湖省", "中湖市", 0.13, 1.00),
    Branch("中心支行", "中湖省", "湖山市", 0.10, 0.90),
    Branch("北郊支行", "北原省", "北原市", 0.09, 1.10),
    Branch("西岭支行", "西岭省", "西岭市", 0.08, 1.15),
    Branch("矿区支行", "西岭省", "石门市", 0.07, 1.20),
)

# Names as in GB/T 4754-2017.
CONSTRUCTION, FARMING = "建筑业", "农、林、牧、渔业"
INDUSTRIES = (
    CONSTRUCTION,
    FARMING,
    "制造业",
    "批发和零售业",
    "交通运输、仓储和邮政业",
    "住宿和餐饮业",
    "信息传输、软件和信息技术服务业",
    "居民服务、修理和其他服务业",
    "采矿业",
    "教育",
    "卫生和社会工作",
)
INDUSTRY_WEIGHTS = {
    "individual": (0.06, 0.14, 0.22, 0.16, 0.08, 0.08, 0.07, 0.07, 0.02, 0.06, 0.04),
    "micro": (0.18, 0.08, 0.20, 0.30, 0.07, 0.09, 0.02, 0.05, 0.01, 0.0, 0.0),
    "company": (0.16, 0.06, 0.36, 0.20, 0.08, 0.03, 0.05, 0.02, 0.04, 0.0, 0.0),
}
CUSTOMER_KINDS = tuple(INDUSTRY_WEIGHTS)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a product repays: method, months between instalments, terms on offer, share of its loans."""

    method: str
    step: int
    terms: tuple[int, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Product:
    """One product: sizes in yuan, rates and fees as fractions, habits as chances per instalment.

    ``misses`` is the chance that an instalment isn't paid by a loan that owes nothing else,
    ``misses_last`` the same for a last instalment that carries the principal, ``settles`` the
    chance of an early settlement.
    """

    name: str
    share: float
    customer_kind: str
    median_yuan: int
    spread: float
    smallest_yuan: int
    largest_yuan: int
    step_yuan: int
    rates: tuple[float, float]
    layouts: tuple[Layout, ...]
    securities: dict[str, float]
    misses: float
    misses_last: float
    settles: float
    industry: str | None = None
    industry_share: float = 0.0
    fee_rate: float = 0.0
    grace_days: int = 0


# fmt: off
PRODUCTS = (
    Product("个人消费贷", 0.46, "individual", 48_000, 0.60, 5_000, 300_000, 1_000, (0.072, 0.155),
            (Layout("annuity", 1, (6, 12, 12, 24, 24, 36), 0.9), Layout("interest_only", 1, (12,), 0.1)),
            {"credit": 0.9, "guarantee": 0.1}, 0.0125, 0.030, 0.010, fee_rate=0.0005, grace_days=3),
    Product("住房按揭", 0.06, "individual", 720_000, 0.45, 150_000, 3_500_000, 10_000, (0.033, 0.046),
            (Layout("annuity", 1, (120, 180, 240, 240, 300), 0.7), Layout("equal_principal", 1, (120, 180, 240), 0.3)),
            {"mortgage": 1.0}, 0.0032, 0.004, 0.004),
    Product("小微经营贷", 0.24, "micro", 280_000, 0.65, 20_000, 3_000_000, 10_000, (0.045, 0.088),
            (Layout("interest_only", 1, (12,), 0.55), Layout("annuity", 1, (12, 24, 36), 0.45)),
            {"credit": 0.35, "guarantee": 0.35, "mortgage": 0.25, "pledge": 0.05}, 0.0085, 0.028, 0.006),
    Product("工程机械融资", 0.09, "micro", 420_000, 0.50, 80_000, 3_000_000, 10_000, (0.055, 0.095),
            (Layout("annuity", 1, (24, 36, 36, 48), 0.8), Layout("equal_principal", 1, (24, 36), 0.2)),
            {"mortgage": 0.7, "guarantee": 0.3}, 0.0105, 0.012, 0.003, industry=CONSTRUCTION, industry_share=0.6),
    Product("农业贷款", 0.125, "individual", 95_000, 0.55, 10_000, 800_000, 5_000, (0.048, 0.075),
            (Layout("bullet", 12, (6, 9, 12), 0.7), Layout("other", 6, (24, 36), 0.3)),
            {"credit": 0.4, "guarantee": 0.5, "mortgage": 0.1}, 0.020, 0.045, 0.0, industry=FARMING, industry_share=1.0),
    Product("企业流动资金贷款", 0.025, "company", 2_800_000, 0.60, 500_000, 15_000_000, 100_000, (0.036, 0.062),
            (Layout("interest_only", 3, (12, 12, 24), 0.75), Layout("equal_principal", 3, (24, 36), 0.25)),
            {"mortgage": 0.45, "guarantee": 0.40, "pledge": 0.10, "credit": 0.05}, 0.0080, 0.022, 0.004),
)
# fmt: on

# Lending by month of the year: Spring Festival dip, year-end push.
SEASON = (0.95, 0.60, 1.15, 1.05, 1.00, 1.05, 0.95, 0.95, 1.05, 0.95, 1.10, 1.35)
GROWTH_PER_MONTH = 0.012


def position(names: tuple[str, ...], name: str) -> int:
    """Return where ``name`` stands in ``names``; raises ValueError if it doesn't."""
    return names.index(name)
