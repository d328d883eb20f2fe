"""Names, numbers and addresses of people and firms who don't exist.

Phone numbers begin with 100, which no mobile network has; identity numbers carry a right check
digit but the area 999999, which is no place.
"""

from __future__ import annotations

import numpy as np

from postloan.sources.synthetic.types import Ints, Random

SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
_GIVEN = tuple("建国志强秀英丽华文军海燕晓明玉兰春梅永平桂芳振宇思远雨桐子涵欣怡浩然俊杰立新国栋淑珍永康嘉宁")
_FIRM_WORDS = tuple(
    [
        "顺达",
        "恒通",
        "金禾",
        "瑞丰",
        "博远",
        "宏盛",
        "嘉业",
        "中诚",
        "广源",
        "兴隆",
        "万利",
        "新泰",
        "安和",
        "永固",
        "鼎新",
        "华茂",
    ]
)
_TRADES = {
    "建筑业": ("建筑工程", "机械租赁"),
    "农、林、牧、渔业": ("农业", "种养殖"),
    "制造业": ("机械制造", "塑料制品"),
    "批发和零售业": ("商贸", "百货"),
    "交通运输、仓储和邮政业": ("物流", "运输"),
    "住宿和餐饮业": ("餐饮", "酒店"),
    "信息传输、软件和信息技术服务业": ("信息技术", "网络科技"),
    "居民服务、修理和其他服务业": ("生活服务", "汽车维修"),
    "采矿业": ("矿业", "石材"),
    "教育": ("教育咨询", "培训"),
    "卫生和社会工作": ("医疗器械", "健康管理"),
}
_AREA = 999_999
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"  # GB 11643
_FIRM_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_FIRM_CHECKS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100


def person_names(count: int, random: Random) -> list[str]:
    """Return invented personal names of two or three characters."""
    surname = random.integers(0, len(SURNAMES), count).tolist()
    given = random.integers(0, len(_GIVEN), (2, count)).tolist()
    is_short = (random.random(count) < 0.2).tolist()
    return [
        SURNAMES[s] + _GIVEN[a] + ("" if short else _GIVEN[b])
        for s, a, b, short in zip(surname, given[0], given[1], is_short, strict=True)
    ]


def firm_names(cities: list[str], industries: list[str], suffixes: list[str], random: Random) -> list[str]:
    """Return invented firm names: city, word, trade of the industry, legal form."""
    word = random.integers(0, len(_FIRM_WORDS), len(cities)).tolist()
    trade = random.integers(0, 2, len(cities)).tolist()
    return [
        f"{city}{_FIRM_WORDS[w]}{_TRADES[industry][t]}{suffix}"
        for city, industry, suffix, w, t in zip(cities, industries, suffixes, word, trade, strict=True)
    ]


def addresses(cities: list[str], random: Random) -> list[str]:
    """Return addresses on invented roads."""
    number = random.integers(1, 999, len(cities)).tolist()
    room = random.integers(101, 2_999, len(cities)).tolist()
    return [f"{city}示例路{n}号{r}室" for city, n, r in zip(cities, number, room, strict=True)]


def phones(count: int, random: Random) -> list[str]:
    """Return eleven digits shaped like a mobile number that can't be dialled."""
    return [f"100{number:08d}" for number in random.integers(0, 100_000_000, count).tolist()]


def resident_numbers(count: int, random: Random) -> list[str]:
    """Return 18-character resident identity numbers of no real area."""
    born = (
        random.integers(1960, 2003, count) * 10_000
        + random.integers(1, 13, count) * 100
        + random.integers(1, 29, count)
    )
    body = (_AREA * 10**8 + born) * 1_000 + random.integers(1, 1_000, count)
    return _with_check(body, _RESIDENT_WEIGHTS, 11, _RESIDENT_CHECKS)


def firm_numbers(count: int, random: Random) -> list[str]:
    """Return 18-character unified social credit codes of no real area."""
    body = (91 * 10**6 + _AREA) * 10**9 + random.integers(0, 10**9, count)
    return _with_check(body, _FIRM_WEIGHTS, 31, "".join(_FIRM_CHECKS[-place % 31] for place in range(31)))


def _with_check(body: Ints, weights: tuple[int, ...], modulus: int, checks: str) -> list[str]:
    """Append to 17 digits the check character of their weighted sum."""
    powers = 10 ** np.arange(16, -1, -1, dtype=np.int64)
    total = np.zeros(len(body), np.int64)
    for power, weight in zip(powers.tolist(), weights, strict=True):
        total += body // power % 10 * weight
    return [
        f"{number}{checks[rest]}"
        for number, rest in zip(body.tolist(), (total % modulus).tolist(), strict=True)
    ]
