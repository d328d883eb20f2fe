"""Both sides of masking: what is hidden, and what stays readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from postloan.model.contract import Sensitivity
from postloan.model.mask import mask, scrubbed, unmasked

RESIDENT = "11010519491231002X"
COMPANY = "91110000600037341L"


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        (Sensitivity.NAME, "张三", "张*"),
        (Sensitivity.NAME, "张三丰", "张**"),
        (Sensitivity.NAME, "欧阳修文", "欧***"),
        (Sensitivity.NAME, "𠮷野家", "𠮷**"),
        (Sensitivity.NAME, "阿卜杜拉·买买提", "阿*******"),
        (Sensitivity.NAME, "李", "李*"),
        (Sensitivity.NAME, "杭州西湖贸易有限公司", "杭州******公司"),
        (Sensitivity.NAME, "张三面馆", "张**馆"),
        (Sensitivity.NAME, "John Smith", "J*** S****"),
        (Sensitivity.NAME, "A", "A*"),
        (Sensitivity.PHONE, "13812345678", "138****5678"),
        (Sensitivity.PHONE, "+86 138-1234-5678", "138****5678"),
        (Sensitivity.PHONE, "010-12345678", "010****5678"),
        (Sensitivity.PHONE, "12345678", "******78"),
        (Sensitivity.PHONE, "12345", "*****"),
        (Sensitivity.ID_NUMBER, RESIDENT, "110*************2X"),
        (Sensitivity.ID_NUMBER, "A1234567", "********"),
        (Sensitivity.ADDRESS, "浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区****"),
        (Sensitivity.ADDRESS, "内蒙古自治区锡林郭勒盟正蓝旗上都镇", "内蒙古自治区锡林郭勒盟正蓝旗****"),
        (Sensitivity.ADDRESS, "幸福小区3幢201", "****"),
        (Sensitivity.ADDRESS, "12 Main Street, Springfield", "****, Springfield"),
        (Sensitivity.ADDRESS, "12 Main Street, IL 62704", "****"),
        (Sensitivity.INTERNAL, "L0001", "L0001"),
    ],
)
def test_patterns(kind: Sensitivity, value: str, masked: str) -> None:
    assert mask(value, kind) == masked


@pytest.mark.parametrize("value", [None, "", "  "])
def test_nothing_stays_nothing(value: str | None) -> None:
    assert mask(value, Sensitivity.NAME) == value


@given(
    st.text(min_size=1).filter(str.strip),
    st.sampled_from([k for k in Sensitivity if k != Sensitivity.INTERNAL]),
)
def test_never_shows_a_whole_value(value: str, kind: Sensitivity) -> None:
    assert mask(value, kind) != value.strip() or not any(character.isalnum() for character in value)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("电话13812345678。", ["phone"]),
        ("+8613812345678", ["phone"]),
        ("138 1234 5678", ["phone"]),
        (f"<td>{RESIDENT}</td>", ["id_number"]),
        (f"<td>{RESIDENT.lower()}</td>", ["id_number"]),
        (COMPANY, ["id_number"]),
        (f"{RESIDENT},13812345678", ["id_number", "phone"]),
    ],
)
def test_finds_what_is_not_masked(text: str, kinds: list[str]) -> None:
    hits = unmasked(text)
    assert [hit.kind for hit in hits] == kinds
    assert all("*" in hit.masked and hit.masked not in text for hit in hits)


@pytest.mark.parametrize(
    "text",
    [
        "138****5678",
        "110*************2X",
        "12812345678",  # no mobile prefix
        "138123456789",  # twelve digits
        "L13812345678",  # part of a loan number
        "13,812,345,678",
        "0.13812345678",
        "13812345678.5",
        "110105194912310021",  # check digit wrong
        "110105194913310029",
        "data:font/woff2;base64,13812345678",
        "910000000000000000",
    ],
)
def test_leaves_other_numbers_alone(text: str) -> None:
    assert unmasked(text) == []


def test_loan_numbers_may_look_like_phones_but_not_like_people() -> None:
    assert unmasked("13812345678", shown={"13812345678"}) == []
    assert [hit.kind for hit in unmasked(RESIDENT, shown={RESIDENT})] == ["id_number"]


@given(st.dates().filter(lambda born: born.year >= 1900), st.integers(0, 999))
def test_finds_every_resident_id_and_none_once_masked(born: object, order: int) -> None:
    body = f"110105{born:%Y%m%d}{order:03d}"
    number = body + ric.calc_check_digit(body + "0")
    assert len(unmasked(f"x {number} y")) == 1
    assert unmasked(str(mask(number, Sensitivity.ID_NUMBER))) == []


def test_identifiers_inside_a_text_are_masked_where_they_stand() -> None:
    text = "致电 13812345678 后，证件 11010519491231002X 已核"
    assert scrubbed(text) == "致电 138****5678 后，证件 110*************2X 已核"
    assert scrubbed("P13812345678 is a loan") == "P13812345678 is a loan"
