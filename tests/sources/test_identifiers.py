"""Identity numbers and phones are judged by their own digits."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.sources.judging.identifiers import doubtful_numbers, doubtful_phones

RESIDENT, COMPANY = "11010119900307002X", "91110000600037341L"
WRONG_DIGIT = "resident number with a wrong check digit or date of birth"
WRONG_CODE = "company code with a wrong check digit"


@pytest.mark.parametrize(
    ("number", "kind", "reason"),
    [
        (RESIDENT, "individual", None),
        (RESIDENT.lower(), "individual", None),
        (RESIDENT[:-1] + "1", "individual", WRONG_DIGIT),
        ("110101199002300029", "individual", WRONG_DIGIT),  # 30 February
        (RESIDENT[:-1], "individual", "digits of a resident number lost or added"),
        ("110101900307002", "individual", "old resident number of 15 digits, which has no check digit"),
        ("E12345678", "individual", None),  # a passport
        (COMPANY, "company", None),
        ("N2330106MF1234567" + "0", "company", WRONG_CODE),
        (COMPANY[:-1] + "M", "company", WRONG_CODE),
        (COMPANY, "individual", "number of another kind of customer"),
        (RESIDENT, "company", "number of another kind of customer"),
        (COMPANY, "micro", None),
        (RESIDENT, None, None),
        (RESIDENT[:-1] + "1", None, "neither a resident number nor a company code: wrong check digit"),
        (None, "individual", None),
    ],
)
def test_identity_numbers_are_judged_by_their_own_digits(
    number: str | None, kind: str | None, reason: str | None
) -> None:
    found = doubtful_numbers(pa.array([number], pa.string()), pa.array([kind], pa.string()))
    assert [label.en for label, mask in found.items() if mask.any()] == ([reason] if reason else [])


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(110000, 999999), st.integers(1, 999))
def test_exactly_one_check_digit_makes_a_resident_number(born: date, place: int, serial: int) -> None:
    body = f"{place}{born:%Y%m%d}{serial:03d}"
    weights = [2**power % 11 for power in range(17, 0, -1)]
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    right = "10X98765432"[total % 11]
    numbers = pa.array([body + check for check in "0123456789X"])
    # Some wrong one may happen to be a company code; it is doubted then for the kind of customer.
    doubted = np.any(list(doubtful_numbers(numbers, pa.array(["individual"] * 11)).values()), axis=0)
    assert [check for check, doubt in zip("0123456789X", doubted, strict=True) if not doubt] == [right]


@pytest.mark.parametrize(
    ("phone", "good"),
    [
        ("13812345678", True),
        ("+86 138-1234-5678", True),
        ("010-12345678", True),
        ("(0571)88776655转802", True),
        ("400-800-1234", True),
        ("+1 212 555 0100", True),
        ("88776655", True),
        ("22812345678", False),
        ("1381234567", False),
        ("138123456789", False),
        ("无", False),
    ],
)
def test_phones_are_judged_by_their_form(phone: str, good: bool) -> None:
    assert list(doubtful_phones(pa.array([phone]))) == [not good]
