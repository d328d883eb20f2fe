"""From raw values to what stands on the page: units, rounding, signs, colours.

The only place where yuan, percent and basis points exist; everything before it is in minor units and
fractions. Rounding is half away from zero on exact decimals, so that 0.125 % prints as 0.13 % on every
machine and a total of printed figures can be checked by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_name, get_currency_precision

from postloan.report.section import Cell, Field, Figure, Format

UNKNOWN = "—"
MINUS = "\u2212"

INK, GREY, LIGHT = "#1F2A37", "#8A94A6", "#E5E9F0"
MAIN, SECOND, THIRD, FOURTH, ALARM = "#1F5A99", "#D98A00", "#2E8B77", "#8C4A9E", "#B3261E"

# Largest amount of a pack in major units, and the power of ten its amounts are then printed in.
_YUAN = ((10**6, 0), (10**11, 4), (None, 8))
_PLAIN = ((10**7, 0), (10**10, 3), (None, 6))
_POWERS = {
    "zh": {0: "", 3: "千", 4: "万", 6: "百万", 8: "亿"},
    "en": {0: "", 3: " thousand", 6: " million"},
}


@dataclass(frozen=True, slots=True)
class Style:
    """How values are written in one pack: one language, one currency, one money unit throughout.

    Args:
        lang: ``zh`` or ``en``.
        currency: ISO 4217 code; its exponent says what a minor unit is (JPY has none).
        money_scale: power of ten of the printed money unit: 0, 4 (万), 8 (亿), or 0, 3, 6.
    """

    lang: str
    currency: str
    money_scale: int

    @classmethod
    def for_amounts(cls, lang: str, currency: str, largest_minor: int) -> Style:
        """Choose the money unit by the largest amount of the pack, so that it reads without counting zeros."""
        major = abs(largest_minor) // 10 ** get_currency_precision(currency)
        steps = _YUAN if (lang, currency) == ("zh", "CNY") else _PLAIN
        scale = next(power for limit, power in steps if limit is None or major < limit)
        return cls(lang, currency, scale)

    def text(self, value: Cell | float, form: Format) -> str:
        """Return ``value`` as printed. None and NaN are "—"; text passes unchanged; a trend has no text."""
        raw = value.value if isinstance(value, Figure) else value
        if raw is None or (isinstance(raw, float) and not math.isfinite(raw)):
            return UNKNOWN
        if form is Format.TREND or isinstance(raw, tuple):
            return ""
        if isinstance(raw, str):
            return raw
        if isinstance(raw, bool):
            return "✓" if raw else "×"  # the font has no U+2715
        return self._dated(raw, form) if isinstance(raw, date) else _WRITERS[form](self, raw)

    def unit(self, form: Format) -> str:
        """Return the unit of a format as it stands in a column head or a subtitle; blank where none."""
        if form is Format.MONEY:
            return self.money_unit()
        if form is Format.DAYS:
            return "天" if self.lang == "zh" else "days"
        return {Format.PERCENT: "%", Format.BASIS_POINTS: "bp"}.get(form, "")

    def head(self, column: Field) -> str:
        """Return a column's head: label, and the unit where the cells don't carry it themselves."""
        if column.format not in (Format.MONEY, Format.DAYS) or not column.label:
            return column.label
        unit = self.unit(column.format)
        if self.lang == "zh":
            return f"{column.label}（{unit}）"
        return f"{column.label} ({unit})"

    def money_unit(self) -> str:
        """Return the unit of money: 元, 万元, 亿元; 千美元; ``USD``, ``USD thousand``."""
        power = _POWERS[self.lang][self.money_scale]
        if self.lang == "en":
            return self.currency + power
        name = "元" if self.currency == "CNY" else get_currency_name(self.currency, locale="zh")
        return power + str(name)

    def money_decimals(self) -> int:
        """Return the decimals money is printed with: the currency's own when plain, else one or two."""
        if self.money_scale == 0:
            return int(get_currency_precision(self.currency))
        return 1 if self.money_scale == 3 else 2

    def scaled(self, value: float, form: Format) -> Decimal:
        """Return ``value`` in the printed unit, exact: minor units to 万元, a fraction to percent or bp."""
        exact = Decimal(value) if isinstance(value, int) else Decimal(repr(float(value)))
        if form is Format.MONEY:
            return exact.scaleb(-self.money_scale - get_currency_precision(self.currency))
        return exact.scaleb({Format.PERCENT: 2, Format.BASIS_POINTS: 4}.get(form, 0))

    def tone(self, value: Cell | float, column: Field) -> str:
        """Return "bad", "good" or "": how a change or verdict is coloured.

        A change that prints as 0 is neutral, and so is one whose direction is neither good nor bad.
        """
        raw = value.value if isinstance(value, Figure) else value
        if column.format is Format.VERDICT and isinstance(raw, bool):
            return "good" if raw else "bad"
        worse = value.higher_is_worse if isinstance(value, Figure) else None
        if worse is None or not isinstance(raw, int | float):
            return ""
        if not math.isfinite(raw) or self.text(raw, column.format).strip("0. bp%") == "":
            return ""
        return "bad" if (raw > 0) == worse else "good"

    def _dated(self, value: date, form: Format) -> str:
        if form is not Format.MONTH:
            return value.isoformat()[:10]
        if self.lang == "zh":
            return f"{value.year % 100:02d}年{value.month}月"
        return value.isoformat()[:7]


def grouped(value: Decimal, decimals: int) -> str:
    """Return ``value`` rounded half away from zero, with thousands separators and a true minus sign."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded if rounded else abs(rounded):,.{decimals}f}".replace("-", MINUS)


def basis_points(value: Decimal, decimals: int = 0) -> str:
    """Return basis points with their direction: ``▲ 18 bp``, ``▼ 3 bp``, ``0 bp``."""
    size = grouped(abs(value), decimals)
    if not size.strip("0."):
        return f"{size} bp"
    return f"{'▲' if value > 0 else '▼'} {size} bp"


_WRITERS: dict[Format, Callable[[Style, float], str]] = {
    Format.TEXT: lambda style, value: str(value),
    Format.ID: lambda style, value: str(value),
    Format.DATE: lambda style, value: str(value),
    Format.MONTH: lambda style, value: str(value),
    Format.MONEY: lambda style, value: grouped(style.scaled(value, Format.MONEY), style.money_decimals()),
    Format.PERCENT: lambda style, value: grouped(style.scaled(value, Format.PERCENT), 2) + "%",
    Format.BASIS_POINTS: lambda style, value: basis_points(style.scaled(value, Format.BASIS_POINTS)),
    Format.COUNT: lambda style, value: grouped(style.scaled(value, Format.COUNT), 0),
    Format.DAYS: lambda style, value: grouped(style.scaled(value, Format.DAYS), 0),
    Format.NUMBER: lambda style, value: grouped(style.scaled(value, Format.NUMBER), 2),
    Format.VERDICT: lambda style, value: str(value),
}
