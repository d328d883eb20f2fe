"""Privacy at the door: secrets are refused, identifiers are checked, and no message gives one away."""

from __future__ import annotations

from pathlib import Path

import pytest
from lender_delivery import LOANS, deliver

from postloan.model.contract import Column, Kind, Sensitivity
from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.never_accepted import forbidden

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
