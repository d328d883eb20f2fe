"""Bands of the amount lent, in decades of the currency's minor unit."""

from __future__ import annotations

from typing import Any

import ibis

from postloan.model.scope import MISSING
from postloan.report.section import Format
from postloan.report.style import Style
from postloan.report.text import Text

BOUNDS = (10**6, 10**7, 10**8, 10**9)  # minor units; a band holds its upper bound
BANDS = tuple(str(place) for place in range(len(BOUNDS) + 1))


def band(table: ibis.Table) -> Any:
    """Return the band of each row's ``principal_minor``: its place among ``BANDS``, or ``(missing)``."""
    amount = table["principal_minor"]
    steps = [(amount <= bound, place) for bound, place in zip(BOUNDS, BANDS, strict=False)]
    return ibis.cases((amount.isnull(), MISSING), *steps, else_=BANDS[-1])


def band_label(code: str, style: Style) -> str:
    """Return a band for a reader, in whole units of the currency."""
    text = Text(style.lang)
    if code == MISSING:
        return text("Not given")
    place = int(code)
    if place == 0:
        return text("up to {amount}", amount=_amount(BOUNDS[0], style))
    if place == len(BOUNDS):
        return text("over {amount}", amount=_amount(BOUNDS[-1], style))
    return f"{_amount(BOUNDS[place - 1], style)}–{_amount(BOUNDS[place], style)}"


def _amount(minor: int, style: Style) -> str:
    return Style(style.lang, style.currency, 0).text(minor, Format.MONEY).removesuffix(".00")
