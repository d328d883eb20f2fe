"""How a column's values seem to be written: date formats, money unit, percent, codes. With its doubts."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

import pyarrow as pa

from postloan.model.contract import Column, Kind
from postloan.model.label import Label
from postloan.sources.dates import to_dates, without_time
from postloan.sources.mapping import Formats, FractionUnit, MoneyUnit
from postloan.sources.proposing.likeness import code_of
from postloan.sources.proposing.sniff import Seen

_DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日"),
    *("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S"),
    *("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"),
    *(
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%m-%d-%Y",
        "%d.%m.%Y",
        "%m.%d.%Y",
        "%d/%m/%Y %H:%M",
        "%m/%d/%Y %H:%M",
    ),
)
_MOMENTS = tuple(pattern for pattern in _DATES if without_time(pattern) is None)
_NOTHING = (
    "-",
    "--",
    "—",
    "/",
    "N/A",
    "NA",
    "n/a",
    "#N/A",
    "NULL",
    "null",
    "(null)",
    "None",
    "\\N",
    "无",
    "空",
)
_NO_DAY = ("0", "00000000", "0000-00-00", "0001-01-01", "00010101", "9999-12-31", "99991231", "9999/12/31")
_WRITTEN_NULL = ("NULL", "null", "(null)", "\\N")  # of a text or an id: anything else may be a name
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d{1,2}")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_UNITS: tuple[tuple[str, MoneyUnit], ...] = (
    (r"亿", "hundred_million"),
    (r"万", "ten_thousand"),
    (r"千元|'000|thousand|\(k\)", "thousand"),
    (r"\(分\)|单位:?分|minor|cents?\b|_fen$", "minor"),
    (r"元|\((cny|rmb|usd|eur|hkd|jpy|gbp)\)|\$|￥|¥", "major"),
)
_PERCENT = re.compile(r"%|百分|percent|pct")
_TERM_OTHER = re.compile(r"\(?(天|日|days?|年|years?)\)?$")
_YES, _NO = (
    ("true", "1", "是", "Y", "y", "yes", "T", "有", "已"),
    ("false", "0", "否", "N", "n", "no", "F", "无", "未"),
)
_READ_AS_FLAG = ("true", "false", "1", "0", "是", "否", "Y", "N")
_MOST_CODES = 30
_ANY = Column("any", Kind.DATE, Label("任意", "any"), "")
_SHARE_OF_A_FORMAT = 0.05


@dataclass(frozen=True, slots=True)
class Guess:
    """How a column is written.

    Args:
        fit: Share of its values that the contract's column could take so; 1 where it holds none.
        formats: As a mapping says it.
        codes: Source value to contract code; None where the file writes the contract's own.
        unknown: Source values that no code could be found for, with their rows.
        doubts: What a person should look at.
    """

    fit: float = 1
    formats: Formats = field(default_factory=Formats)
    codes: dict[str, str] | None = None
    unknown: dict[str, int] = field(default_factory=dict)
    doubts: tuple[Label, ...] = ()


def guess(seen: Seen, column: Column) -> Guess:
    """Return how ``seen`` is written if it is the contract's ``column``."""
    nothing = _WRITTEN_NULL if column.kind in (Kind.ID, Kind.TEXT) else _NOTHING
    nothing = (*nothing, *_NO_DAY) if column.kind in (Kind.DATE, Kind.MOMENT) else nothing
    blank = tuple(sorted(set(seen.values) & set(nothing)))
    values = [value for value in seen.values if value not in blank]
    found = _GUESSES.get(column.kind, _plain)(seen, column, values)
    if not blank:
        return found
    texts = " ".join(blank)
    doubt = Label(f"以下写法当作空白：{texts}", f"these are read as blank: {texts}")
    formats = found.formats.model_copy(update={"blank": blank})
    return Guess(found.fit, formats, found.codes, found.unknown, (*found.doubts, doubt))


def could_be(seen: Seen, column: Column) -> bool:
    """Say whether the values alone could be the contract's column: dates, amounts, numbers that never repeat."""
    values = list(seen.values)
    if column.kind is Kind.DATE:
        found = _date(seen, column, values)
        return bool(values and found.formats.dates) and found.fit == 1
    if column.kind is Kind.MONEY:
        return bool(values) and _numbers(values)[0] == 1
    if column.kind is not Kind.ID or len(values) < 2 or len(set(values)) < len(values):
        return False
    return not (has_unit(seen) or could_be(seen, _ANY) or any("." in value for value in values))


def has_unit(seen: Seen) -> bool:
    """Say whether a column's name tells a unit of money."""
    return _unit(seen.name) is not None


def looks(seen: Seen) -> str:
    """Return what a column seems to hold, in both languages, for who must say what it is."""
    values = list(seen.values)
    if not values:
        return "空 / empty"
    dates = _date(seen, _ANY, values)
    if dates.fit == 1 and dates.formats.dates:
        return f"日期 / date {', '.join(dates.formats.dates)}"
    if _numbers(values)[0] == 1:
        return "数字 / number"
    return f"文本 / text, {len(set(values))} 种 / different"


def shape(value: str) -> str:
    """Return the shape of a value, so that it can be shown: digits as 9, letters as a, Chinese as 字."""
    text = re.sub(r"\d", "9", unicodedata.normalize("NFKC", value)[:40])
    return re.sub(r"[^\W\d_]", lambda char: "a" if char.group().isascii() else "字", text)


def _plain(seen: Seen, column: Column, values: Sequence[str]) -> Guess:
    if column.kind is not Kind.ID:
        return Guess()
    broken = [value for value in values if _SCIENTIFIC.fullmatch(value)]
    if not broken:
        return Guess()
    doubt = Label(
        f"{len(broken)}个号码已被Excel写成科学计数法，无法复原：请按文本格式重新导出",
        f"{len(broken)} numbers were destroyed by Excel (1.1E+17): export the column as text again",
    )
    return Guess(doubts=(doubt,))


def _date(seen: Seen, column: Column, values: Sequence[str]) -> Guess:
    if seen.type == "date" or not values:
        return Guess(formats=Formats(dates=("%Y-%m-%d",)))
    return _dated(values, _DATES)


def _moment(seen: Seen, column: Column, values: Sequence[str]) -> Guess:
    if seen.type == "date" or not values:
        return Guess(formats=Formats(dates=("%Y-%m-%d %H:%M:%S",)))
    return _dated(values, _MOMENTS)


def _dated(values: Sequence[str], patterns: Sequence[str]) -> Guess:
    counts, chosen, left = Counter(values), [], len(values)
    doubts: list[Label] = []
    while counts:
        reads = {pattern: _read(counts, pattern) for pattern in patterns}
        best = max(patterns, key=lambda pattern: reads[pattern].total())
        if reads[best].total() < max(1, len(values) * _SHARE_OF_A_FORMAT):
            break
        twins = [p for p in patterns if p != best and _twin(p, best) and reads[p] == reads[best]]
        doubts += [_ambiguous(best, twin, reads[best]) for twin in twins]
        chosen.append(best)
        counts, left = counts - reads[best], left - reads[best].total()
    if left and chosen:
        sample = shape(next(iter(counts)))
        doubts.append(
            Label(f"{left}个值不是这种日期，例如 {sample}", f"{left} values are no such date, like {sample}")
        )
    if len(chosen) > 1:
        doubts.append(Label("一列中有几种日期写法", "dates are written in several ways in one column"))
    return Guess(1 - left / len(values), Formats(dates=tuple(chosen) or None), doubts=tuple(doubts))


def _read(counts: Counter[str], pattern: str) -> Counter[str]:
    texts = list(counts)
    _, bad = to_dates(pa.array(texts, pa.string()), (pattern,))
    return Counter({text: counts[text] for text, wrong in zip(texts, bad, strict=True) if not wrong})


def _twin(pattern: str, other: str) -> bool:
    return re.sub("%[dm]", "%_", pattern) == re.sub("%[dm]", "%_", other)


def _ambiguous(best: str, twin: str, read: Counter[str]) -> Label:
    sample = shape(next(iter(read)))
    return Label(f"{sample} 也可以读作 {twin}", f"{sample} could as well be {twin} (not {best})")


def _numbers(values: Sequence[str]) -> tuple[float, dict[str, str], list[float]]:
    """Return the share of values that are numbers, the marks they are written with, and the numbers."""
    comma = [v for v in values if _COMMA.fullmatch(v)]
    grouped = [v for v in values if _GROUPED.fullmatch(v)]
    plain = [v for v in values if _NUMBER.fullmatch(v)]
    if len(comma) > len(grouped) + sum("." in v for v in plain):
        marks = {"decimal_mark": ",", **({"thousands_mark": "."} if any("." in v for v in comma) else {})}
        numbers = [float(v.replace(".", "").replace(",", ".")) for v in comma]
        return (len({*comma, *plain}) and len([*comma, *plain]) / len(values), marks, numbers)
    numbers = [float(v.replace(",", "")) for v in (*plain, *grouped)]
    return (len(numbers) / len(values) if values else 1, {"thousands_mark": ","} if grouped else {}, numbers)


def _money(seen: Seen, column: Column, values: Sequence[str]) -> Guess:
    fit, marks, numbers = _numbers(values)
    unit = _unit(seen.name)
    doubts = []
    if unit is None:
        middle = f"{median(numbers):,.0f}" if numbers else "-"
        doubts.append(
            Label(
                f"金额单位未写明：元（major）、万元（ten_thousand）还是分（minor）？中位数{middle}",
                f"the unit isn't written: units (major), ten thousands or cents (minor)? the median is {middle}",
            )
        )
    if seen.type == "float":
        doubts.append(
            Label(
                "金额存为浮点数，不精确：请改存为小数或文本",
                "amounts are floating point, not exact: store decimals or text",
            )
        )
    return Guess(fit, Formats(money=unit or "major", **marks), doubts=tuple(doubts))  # type: ignore[arg-type]


def _unit(name: str) -> MoneyUnit | None:
    told = unicodedata.normalize("NFKC", name).casefold()
    return next((unit for pattern, unit in _UNITS if re.search(pattern, told)), None)


def _fraction(seen: Seen, column: Column, values: Sequence[str]) -> Guess:
    bare = [value.rstrip("%‰ ") for value in values]
    fit, marks, numbers = _numbers(bare)
    told = _PERCENT.search(unicodedata.normalize("NFKC", seen.name).casefold())
    signed = any(value.endswith("%") for value in values)
    is_large = seen.type != "float" and any(n > 1 for n in numbers)  # a typed ratio may be over 1
    unit: FractionUnit = "percent" if told or signed or is_large else "fraction"
    if "‰" in seen.name:
        unit = "permille"
    doubts = []
    if any("‰" in value for value in values):
        doubts.append(Label("数值带有‰号，读不进来", "the values carry a ‰ sign, which is not read"))
    elif not told and not signed and unit != "permille":
        doubts.append(Label(f"是百分数还是小数？按{unit}", f"percent or fraction? taken as {unit}"))
    return Guess(fit, Formats(fraction=unit, **marks), doubts=tuple(doubts))  # type: ignore[arg-type]


def _whole(seen: Seen, column: Column, values: Sequence[str]) -> Guess:
    fit, marks, numbers = _numbers(values)
    name = unicodedata.normalize("NFKC", seen.name).casefold()
    doubts = []
    if column.name.endswith("_months") and (_TERM_OTHER.search(name) or any(n > 480 for n in numbers)):
        doubts.append(Label("期限似乎不以月计", "the term seems not to be in months"))
    return Guess(fit, Formats(**marks), doubts=tuple(doubts))  # type: ignore[arg-type]


def _code(seen: Seen, column: Column, values: Sequence[str]) -> Guess:
    counts = Counter(values)
    if column.codes is None or set(counts) <= set(column.codes.values()):
        return Guess()
    known = {text: code for text in counts if (code := code_of(column.codes, text)) is not None}
    return _looked_up(counts, known)


def _flag(seen: Seen, column: Column, values: Sequence[str]) -> Guess:
    counts = Counter(values)
    if seen.type == "flag" or set(counts) <= set(_READ_AS_FLAG):
        return Guess()
    known = {text: "true" if text in _YES else "false" for text in counts if text in (*_YES, *_NO)}
    return _looked_up(counts, known)


def _looked_up(counts: Counter[str], known: dict[str, str]) -> Guess:
    unknown = {text: n for text, n in sorted(counts.items()) if text not in known}
    if len(counts) > _MOST_CODES:
        return Guess(fit=0)
    return Guess(codes=dict(sorted(known.items())), unknown=unknown)


_GUESSES: dict[Kind, Callable[[Seen, Column, Sequence[str]], Guess]] = {
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.MONEY: _money,
    Kind.FRACTION: _fraction,
    Kind.COUNT: _whole,
    Kind.DAYS: _whole,
    Kind.CODE: _code,
    Kind.FLAG: _flag,
}
