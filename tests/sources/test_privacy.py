"""Privacy at the door: secrets are refused, and no message gives a person away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lender_delivery import LOANS, deliver

from postloan.jobs.check import check
from postloan.jobs.load import load
from postloan.model.contract import Column, Kind, Sensitivity
from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.mask import unmasked
from postloan.model.never_accepted import forbidden
from postloan.sources.synthetic import people

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


def test_a_value_that_stands_twice_where_names_should_be_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="columns 2 and 4 are both named a value, no name of a column"):
        deliver(tmp_path, {"loans.csv": "000123,张三,13812345678,张三\n000124,李四,13912345678,王五\n"})


LEAK_MAPPING = """
lender: {zh: 测试, en: Test}
is_synthetic: true
currency: CNY
timezone: none
delivered_on: 2026-10-31
limits: {quarantine_share: 1}
formats: {dates: ['%Y-%m-%d'], money: major, fraction: fraction}
files:
  - path: customers.csv
    tables:
      customer:
        columns:
          customer_id: 客户号
          name: 姓名
          customer_kind: {column: 类型, codes: {个人: individual}}
          id_number: 证件号码
          phone: 电话
          address: 地址
          region: 地区
          customer_since_on: 建档日
  - path: loans.csv
    tables:
      loan:
        columns:
          loan_id: 借据号
          customer_id: 客户号
          branch: 机构
          officer_id: 经理
          principal_minor: 金额
          disbursed_on: 放款日
          annual_rate: 年利率
          term_months: 期限
          security: {column: 担保, codes: {信用: credit}}
          is_restructured: 重组
"""
PERSONS = 1000


def persons() -> list[list[str]]:
    random = np.random.default_rng(20261031)
    names = people.person_names(PERSONS, random)
    ids = people.resident_numbers(PERSONS, random)
    phones = [f"1{random.integers(30, 99)}{random.integers(10**7, 10**8)}" for _ in range(PERSONS)]
    homes = people.addresses(["杭州市西湖区"] * PERSONS, random)
    return [
        [f"K{n:05d}", names[n], "个人", ids[n], phones[n], homes[n], "浙江", "2020-01-31"]
        for n in range(PERSONS)
    ]


def with_faults(rows: list[list[str]], sensitive: list[list[str]]) -> list[list[str]]:
    """Return the rows with every column of some rows filled with what is a person's own, and rows torn."""
    width = len(rows[0])
    for column in range(width):
        for kind in range(4):
            n = 20 + 4 * column + kind
            rows[n][column] = sensitive[n][kind]
    for n, row in enumerate(sensitive[-40:], len(rows) - 40):
        rows[n] = [*rows[n], *row] if n % 2 else rows[n][:-2]
    rows[-60][3] = rows[-60][3][:-1] + ("1" if rows[-60][3][-1] != "1" else "2")
    rows[-61][4] = rows[-61][4][:-1]
    rows.append([*rows[-50][:1], *rows[-51][1:]])  # the same key with another person
    return rows


def spoken(value: object) -> list[str]:
    """Return every text in plain data, keys too."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in spoken(part)]
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in spoken(part)]
    return [value] if isinstance(value, str) else []


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    """A delivery of 1,000 persons with faults in every column, and what must not be seen of them."""
    folder = tmp_path_factory.mktemp("leak")
    rows = persons()
    own = [[row[1], row[3], row[4], row[5]] for row in rows]
    loans = [
        [f"L{n:05d}", row[0], "东", "S1", "1000", "2024-01-31", "0.05", "12", "信用", "否"]
        for n, row in enumerate(rows)
    ]
    (folder / "in").mkdir()
    heads = {
        "customers": "客户号,姓名,类型,证件号码,电话,地址,地区,建档日",
        "loans": "借据号,客户号,机构,经理,金额,放款日,年利率,期限,担保,重组",
    }
    for name, table in (("customers", rows), ("loans", loans)):
        lines = [heads[name], *(",".join(row) for row in with_faults([list(row) for row in table], own))]
        (folder / "in" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "mapping.yaml").write_text(LEAK_MAPPING, encoding="utf-8")
    return folder, own


def leaks(text: str, own: list[list[str]]) -> list[str]:
    return sorted({value for person in own for value in person if value in text})


def test_what_check_says_gives_no_person_away(leaky: tuple[Path, list[list[str]]]) -> None:
    folder, own = leaky
    report = check(folder / "mapping.yaml", folder / "in")
    entries = {entry["table"]: entry for entry in report.as_dict()["files"]}
    assert {reason["column"] for reason in entries["loan"]["reasons"]} >= {
        "principal_minor",
        "annual_rate",
        "security",
    }
    assert {reason["column"] for reason in entries["customer"]["warnings"]} == {"id_number", "phone"}
    for text in (*spoken(report.as_dict()), report.text("en"), report.text("zh")):
        assert leaks(text, own) == []
        assert unmasked(text) == []


def test_what_a_load_says_and_remembers_gives_no_person_away(leaky: tuple[Path, list[list[str]]]) -> None:
    folder, own = leaky
    report = load(folder / "mapping.yaml", folder / "in", folder / "book")
    remembered = [path.read_text(encoding="utf-8") for path in (folder / "book").rglob("*.json")]
    assert remembered
    for text in (*spoken(report.as_dict()), report.text("en"), report.text("zh"), *remembered):
        assert leaks(text, own) == []
        assert unmasked(text) == []
