"""Can an identifier exist: resident numbers (GB 11643), company codes (GB 32100) and phones of mainland China.

A number is judged by its own digits, never looked up. Passports, permits and numbers of other
countries have other shapes and pass.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.label import Label
from postloan.model.mask import is_company_code, is_resident_id
from postloan.sources.masks import Mask, truth

RESIDENT = Label("身份证号校验码或出生日期有误", "resident number with a wrong check digit or date of birth")
COMPANY = Label("统一社会信用代码校验码有误", "company code with a wrong check digit")
EITHER = Label(
    "身份证号或统一社会信用代码校验码有误", "neither a resident number nor a company code: wrong check digit"
)
OTHER_KIND = Label("证件号码与客户类型不符", "number of another kind of customer")
LENGTH = Label("身份证号位数有误", "digits of a resident number lost or added")
OLD = Label("15位旧身份证号", "old resident number of 15 digits, which has no check digit")
PHONE = Label("不是电话号码", "not a phone number")

_SHAPE = r"^\d{17}[\dXx]$|^[0-9A-HJ-NPQRTUWXY]{18}$"
_LENGTHS = r"^\d{14}$|^\d{16,17}$|^\d{19,20}$"
_OLD = r"^\d{15}$"
_PHONES = (
    r"^((\+|00)?86)?1\d{10}$"  # mobile; new second digits are given out every few years
    r"|^((\+|00)?86)?0\d{2,3}\d{7,8}(转?\d{1,6})?$|^[2-8]\d{6,7}$"  # fixed line
    r"|^[48]00\d{7}$"
    r"|^(\+|00)[1-9]\d{6,14}$"  # abroad
)


def doubtful_numbers(numbers: pa.Array, kinds: pa.Array) -> dict[Label, Mask]:
    """Return the identity numbers that cannot exist, by reason; ``OLD`` ones can, and can't be checked.

    Args:
        numbers: As delivered; null passes.
        kinds: Customer kind of each row. A micro business, or a customer whose kind is not known,
            may have either number.
    """
    shaped = truth(pc.match_substring_regex(numbers, _SHAPE))
    is_person, is_company = truth(pc.equal(kinds, "individual")), truth(pc.equal(kinds, "company"))
    person = _judged(numbers, shaped, is_resident_id)
    # A company code takes longest to judge, and most customers are people.
    company = _judged(numbers, shaped & (~person | is_company), is_company_code)
    neither = shaped & ~person & ~company
    return {
        RESIDENT: neither & is_person,
        COMPANY: neither & is_company,
        EITHER: neither & ~is_person & ~is_company,
        OTHER_KIND: (is_person & company & ~person) | (is_company & person & ~company),
        LENGTH: truth(pc.match_substring_regex(numbers, _LENGTHS)) & is_person,
        OLD: truth(pc.match_substring_regex(numbers, _OLD)) & is_person,
    }


def doubtful_phones(phones: pa.Array) -> Mask:
    """Return the phones that cannot be called; spaces, hyphens and brackets in them don't matter."""
    plain = pc.replace_substring_regex(phones, r"[\s()（）-]", "")
    return ~truth(pc.match_substring_regex(plain, _PHONES)) & truth(phones.is_valid())


def _judged(numbers: pa.Array, asked: Mask, judge: Callable[[str], bool]) -> Mask:
    """Return the rows among those ``asked`` whose number ``judge`` accepts."""
    found = np.zeros(len(numbers), dtype=np.bool_)
    index = np.flatnonzero(asked)
    found[index] = [judge(value) for value in numbers.take(pa.array(index)).to_pylist()]
    return found
