"""Masking of what points at a person: one pattern per kind of sensitive column, on the way out (F-55).

Loan numbers and customer numbers are shown: without them no figure can be traced, and they say nothing
to who has no access to the core system. A lender whose customer number *is* a resident identity number
is caught by ``unmasked``. Masked data is still personal data (PIPL): 去标识化 is not 匿名化.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain

from stdnum.cn import ric, uscc

from postloan.model.contract import NEVER_ACCEPTED, Sensitivity

STAR = "*"

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_COMPANY = re.compile(r"公司|集团|合作社|企业|工厂|商行|经营部|中心|[厂店铺馆行社部院坊]$")
_REGION = re.compile(
    r"^(?:.{1,6}?(?:省|自治区|特别行政区))?(?:.{1,7}?(?:自治州|地区|市|盟))?(?:.{1,7}?(?:(?<![小社园校片])区|县|旗|市))?"
)
_PHONE = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?![0-9A-Za-z]|\.\d)")
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[0-9A-Z]{17}[0-9A-Zx](?![0-9A-Za-z])")
_DATA_URI = re.compile(r"data:[a-z0-9.+/-]+;base64,[A-Za-z0-9+/=]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """An unmasked identifier: its kind, where it starts and ends, and its masked form (never the value)."""

    kind: Sensitivity
    start: int
    end: int
    masked: str


def mask(value: str | None, kind: Sensitivity) -> str | None:
    """Return ``value`` as a reader may see it; None stays None, a blank stays blank.

    张三丰 → 张**, 13812345678 → 138****5678, identity numbers keep the first three and last two,
    addresses keep province, city and county.
    """
    if value is None or not value.strip():
        return value
    return PATTERNS[kind](value.strip())


def unmasked(text: str, shown: Collection[str] = ()) -> list[Hit]:
    """Return mainland mobile numbers, resident ids and company codes that stand unmasked in ``text``.

    Identity numbers count only with a valid check digit (and date of birth), so that a loan number of 18
    digits is not one by its length. Old 15-digit ids carry no check digit and are not looked for.

    Args:
        text: What a reader of the file sees. Of JSON pass the strings only: an amount of 138 million
            yuan in fen has the shape of a mobile number. Embedded base64 is passed over.
        shown: Loan and customer numbers, which may have the shape of a phone; identity numbers are
            found even there.
    """
    seen = _DATA_URI.sub(lambda found: " " * len(found.group()), text)
    return sorted(chain(_phones(seen, shown), _identities(seen)), key=lambda hit: hit.start)


def scrubbed(text: str) -> str:
    """Return free text with the identifiers that ``unmasked`` finds in it masked; for messages and lists."""
    for hit in reversed(unmasked(text)):
        text = text[: hit.start] + hit.masked + text[hit.end :]
    return text


def is_resident_id(value: str) -> bool:
    """Say whether a text is a resident identity number: 18 digits, a date of birth, the right check digit."""
    # Not ric.is_valid: its table of places lags behind new county codes, and a miss is a leak.
    number = value.upper()
    if len(number) != 18 or not number[:-1].isdecimal() or ric.calc_check_digit(number) != number[-1]:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return born.year >= 1900


def is_company_code(value: str) -> bool:
    """Say whether a text is a 统一社会信用代码: two signs, six digits of place, ten signs, the last a check."""
    # Not uscc.is_valid: it refuses the codes of rural collectives, which begin with N2.
    number = value.upper()
    if len(number) != 18 or not number[2:8].isdecimal():
        return False
    try:
        return bool(uscc.calc_check_digit(number) == number[-1])
    except ValueError:  # a letter that no code has
        return False


def _phones(text: str, shown: Collection[str]) -> Iterator[Hit]:
    for found in _PHONE.finditer(text):
        if found.group(1) not in shown:
            yield Hit(Sensitivity.PHONE, found.start(1), found.end(1), _phone(found.group(1)))


def _identities(text: str) -> Iterator[Hit]:
    for found in _IDENTITY.finditer(text):
        if is_resident_id(found.group()) or is_company_code(found.group()):
            yield Hit(Sensitivity.ID_NUMBER, found.start(), found.end(), _id_number(found.group()))


def _name(value: str) -> str:
    if not _HAN.search(value):
        return re.sub(r"\w+", lambda word: _keep(word.group(), 1, 0), value)
    if not _COMPANY.search(value):
        return _keep(value, 1, 0)
    # A shop is often named after its owner: 张三面馆 must not give 张三 away.
    return _keep(value, 2, 2) if len(value) >= 8 else _keep(value, 1, 1)


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", value).removeprefix("86")
    if len(digits) >= 11:
        return f"{digits[:3]}{STAR * (len(digits) - 7)}{digits[-4:]}"
    return _keep(digits, 0, 2 if len(digits) >= 7 else 0)


def _id_number(value: str) -> str:
    return _keep(value, 3, 2) if len(value) >= 10 else STAR * len(value)


def _address(value: str) -> str:
    if _HAN.search(value):
        found = _REGION.match(value)
        return f"{found.group() if found else ''}{STAR * 4}"
    place = value.rpartition(",")[2].strip()
    return f"{STAR * 4}, {place}" if "," in value and not re.search(r"\d", place) else STAR * 4


def _keep(value: str, first: int, last: int) -> str:
    hidden = max(len(value) - first - last, 1)
    return value[:first] + STAR * hidden + value[len(value) - last :]


PATTERNS: dict[Sensitivity, Callable[[str], str]] = {
    Sensitivity.INTERNAL: str,
    Sensitivity.NAME: _name,
    Sensitivity.PHONE: _phone,
    Sensitivity.ID_NUMBER: _id_number,
    Sensitivity.ADDRESS: _address,
    **dict.fromkeys(sorted(NEVER_ACCEPTED), lambda value: STAR * 3),
}
