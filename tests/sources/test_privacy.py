"""Privacy at the door: secrets are refused, identifiers are checked, and no message gives one away."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lender_delivery import LOANS, deliver
from stdnum.cn import ric

from postloan.model.contract import Column, Kind, Sensitivity
from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.never_accepted import forbidden
from postloan.sources.identifiers import RESIDENT as RESIDENT_REASON
from postloan.sources.identifiers import doubtful_numbers, doubtful_phones

SECRETS = (
    *(
        "密码",
        "登录密码",
        "交易口令",
        "密保答案",
        "PIN",
        "ＰＩＮ",
        "pin_code",
        "PIN码",
        "userPIN",
        "PINBlock",
    ),
    *("password", "passwd", "user_pwd", "pass_word", "CVV", "CVV2", "cvn2", "安全码", "卡片有效期"),
    *(
        "card_expiry_date",
        "磁道2数据",
        "track2",
        "track_2_data",
        "Track2Data",
        "短信验证码",
        "OTP",
        "sms_code",
    ),
    *(
        "私钥",
        "private_key",
        "指纹特征",
        "finger_print",
        "人脸照片",
        "face_image",
        "FaceID",
        "虹膜",
        "iris_code",
    ),
    *("声纹", "DNA", "biometrics"),
)
HARMLESS = (
    *(
        "面签日期",
        "面签人",
        "面值",
        "地面部分",
        "初步态度",
        "校验码",
        "证件有效期",
        "客户编码",
        "支付密码器编号",
    ),
    *("pinyin", "pin_yin", "姓名PinYin", "opinion", "spinoff", "shipping", "pint", "Irish", "surface_area"),
    *("face_value", "interface_id", "track_record", "security_code", "设备指纹", "device_fingerprint"),
    *(
        "certificate_sha256_fingerprint",
        "是否人脸识别",
        "人脸识别结果",
        "密码修改日期",
        "otp_status",
        "OTP状态",
    ),
    *("has_password", "借据号", "loan_id", "备注"),
)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_told_by_the_name_of_its_column(name: str) -> None:
    assert forbidden(name) is not None


@pytest.mark.parametrize("name", HARMLESS)
def test_a_name_that_only_looks_like_a_secret_is_let_in(name: str) -> None:
    assert forbidden(name) is None


@pytest.mark.parametrize("column", ["登录密码", "CVV2", "人脸照片"])
def test_a_file_with_a_secret_is_refused_whole_even_where_nothing_maps_it(
    tmp_path: Path, column: str
) -> None:
    text = (
        LOANS.replace("放款日\n", f"放款日,{column}\n")
        .replace("15\n", "15,886622\n")
        .replace("28\n", "28,x\n")
    )
    with pytest.raises(Fault, match=f"loans.csv: the column {column} holds a ") as caught:
        deliver(tmp_path, {"loans.csv": text})
    assert "886622" not in caught.value.what
    assert "remove the column" in caught.value.mend
    assert caught.value.exit_code == REFUSED
    assert not (tmp_path / "book" / "CURRENT").exists()


@pytest.mark.parametrize("kind", [Sensitivity.SECRET, Sensitivity.BIOMETRIC])
def test_the_contract_has_no_place_for_secrets(kind: Sensitivity) -> None:
    with pytest.raises(ValueError, match="no place in the contract"):
        Column("pin", Kind.TEXT, Label("密码", "PIN"), "Never", sensitivity=kind)


def test_a_file_without_names_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="the file has values where the names of columns should be") as caught:
        deliver(
            tmp_path,
            {"loans.csv": "000123,张三,13812345678,2025-01-15\n000124,李四,13912345678,2025-01-16\n"},
        )
    assert "张三" not in caught.value.what + caught.value.mend


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


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_resident_numbers_agree_with_an_independent_check(number: str) -> None:
    found = doubtful_numbers(pa.array([number]), pa.array(["individual"]))
    # The library also asks whether the place exists; what it accepts is never doubted.
    assert not (ric.is_valid(number) and found[RESIDENT_REASON].any())


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
        ("12812345678", False),
        ("1381234567", False),
        ("138123456789", False),
        ("无", False),
    ],
)
def test_phones_are_judged_by_their_form(phone: str, good: bool) -> None:
    assert list(doubtful_phones(pa.array([phone]))) == [not good]
