"""A proposed mapping names what it found, marks what it doubts, and can be loaded once it is corrected."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from map_drafts import LOANS, mapped, only_file, settled
from xlsxwriter import Workbook

from postloan.book.store import Book
from postloan.jobs.demo import demo
from postloan.jobs.load import load
from postloan.jobs.map import propose_mapping
from postloan.model.fault import REFUSED, USAGE, Fault
from postloan.sources.mapping import Mapping, read_mapping
from postloan.sources.proposing.draft_yaml import CONFIRM

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def test_clean_files_need_no_correction(tmp_path: Path) -> None:
    payments = "流水号,借据号,还款日,金额(元)\nP1,000123,20250215,100\n"
    report, text = mapped(tmp_path, {"loans.csv": LOANS, "flow/payments.csv": payments})
    report.mapping.write_text(settled(text), encoding="utf-8")
    load(report.mapping, report.folder, tmp_path / "book")
    book = Book.open(tmp_path / "book")
    assert book.read("loan").column("principal_minor").to_pylist() == [100_000, 200_050]
    assert book.read("payment").column("amount_minor").to_pylist() == [10_000]
    assert f"next: postloan check {report.mapping} --from {report.folder}" in report.text()


def test_only_the_lender_and_the_currency_are_asked_where_all_else_is_plain(tmp_path: Path) -> None:
    report, text = mapped(tmp_path, {"loans.csv": LOANS})
    asked = [line for line in text.splitlines() if CONFIRM in line]
    assert len(asked) == report.doubts == 2
    assert "机构名称" in asked[0]
    assert "the currency" in asked[1]


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter", "header"),
    [
        (LOANS.encode("gb18030"), "gb18030", ",", 1),
        (LOANS.encode("utf-16"), "utf-16", ",", 1),
        (LOANS.replace(",", "|").encode(), "utf-8", "|", 1),
        (LOANS.replace(",", "\t").encode(), "utf-8", "\t", 1),
        (LOANS.replace(",", ";").encode("gbk"), "gb18030", ";", 1),
        (("合成数据\n制表日期：2025-03-01\n\n" + LOANS).encode(), "utf-8", ",", 4),
        (gzip.compress(LOANS.encode(), mtime=0), "utf-8", ",", 1),
        (b"loan_id,principal (USD),disbursed_on\nL1,5,2025-01-01\n", None, ",", 1),
    ],
)
def test_how_a_text_is_written_is_found(
    tmp_path: Path, content: bytes, encoding: str | None, delimiter: str, header: int
) -> None:
    spec, _ = only_file(tmp_path, content)
    assert (spec.encoding, spec.delimiter, spec.header) == (encoding, delimiter, header)
    assert spec.tables["loan"].columns["principal_minor"].column


def test_a_workbook_is_proposed_sheet_by_sheet(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with Workbook(tmp_path / "in" / "staff.xlsx") as book:
        sheets: dict[str, list[list[object]]] = {
            "员工": [["员工名册（合成数据）"], [], ["工号", "姓名", "岗位"], ["0001", "张三", "催收员"]],
            "说明": [["本表由人事部提供"]],
            "总账": [["项目", "日期", "金额(元)"], ["本金余额", "2025-12-31", 5]],
        }
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    report = propose_mapping([tmp_path / "in"], tmp_path / "mapping.yaml")
    files = read_mapping(report.mapping).files
    assert [(f.format, f.sheet, f.header, *f.tables) for f in files] == [
        ("xlsx", "员工", 3, "staff"),
        ("xlsx", "总账", 1, "control_total"),
    ]


def test_parquet_of_minor_units_raises_no_doubt(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    rows = {"payment_id": ["1"], "loan_id": ["a"], "paid_on": ["2025-01-01"], "amount_minor": [5]}
    pq.write_table(pa.table(rows), tmp_path / "in" / "p.parquet")
    report = propose_mapping([tmp_path / "in"], tmp_path / "mapping.yaml")
    spec = read_mapping(report.mapping).files[0]
    assert (spec.format, spec.formats.money, list(spec.tables)) == ("parquet", "minor", ["payment"])
    assert report.doubts == 2


def test_a_file_that_is_not_understood_comes_as_a_form_to_fill_in(tmp_path: Path) -> None:
    content = "编码;日期;借据号;数;量\nA1;2025-01-31;7;1,5;1\nA2;2025-02-28;7;2,5;2\n"
    _, text = mapped(tmp_path, {"x.csv": content})
    assert (
        '#   - path: x.csv\n#     encoding: utf-8\n#     delimiter: ";"\n#     tables:\n#       ?:  # customer, loan'
        in text
    )
    assert "#           ?: 编码  # 文本 / text, 2 种 / different" in text
    assert "#           ?: 日期  # 日期 / date %Y-%m-%d" in text
    assert "#           ?: 数  # 数字 / number" in text


def test_the_currency_is_taken_from_a_name_or_a_column(tmp_path: Path) -> None:
    _, text = mapped(tmp_path, {"l.csv": "loan id,principal (EUR)\nA1,5\n"})
    assert f"{CONFIRM} 币种 / the currency\ncurrency: EUR" in text
    _, text = mapped(tmp_path / "b", {"l.csv": "loan id,principal,currency\nA1,5,JPY\n"})
    assert "\ncurrency: JPY" in text
    assert "/ the currency" not in text


def test_the_other_columns_of_the_table_are_named(tmp_path: Path) -> None:
    _, text = mapped(tmp_path, {"l.csv": LOANS})
    assert "# 还可填 / can also be given: customer_id 客户号, product 产品, officer_id 客户经理, " in text


def test_names_nobody_knows_are_told_by_their_values(tmp_path: Path) -> None:
    """A leasing firm's words: one date, one amount with a unit, one number that never repeats."""
    content = "单号\t租赁合同号\t进账\t所收(元)\t门店\nS1\tQ1\t2026.01.31\t5\t1\nS2\tQ1\t2026.02.28\t6\t1\n"
    spec, text = only_file(tmp_path, content)
    columns = {name: origin.column[0] for name, origin in spec.tables["payment"].columns.items()}
    assert columns == {
        "payment_id": "单号",
        "loan_id": "租赁合同号",
        "paid_on": "进账",
        "amount_minor": "所收(元)",
    }
    assert text.count("recognised by its values only") == 3


def test_a_wide_file_feeds_two_tables(tmp_path: Path) -> None:
    content = "借据号,放款金额(元),客户号,客户名称,手机号\nA1,1,C1,张三,13800000000\n"
    spec, text = only_file(tmp_path, content)
    assert list(spec.tables) == ["loan", "customer"]
    assert spec.tables["customer"].columns.keys() == {"customer_id", "name", "phone"}
    assert "张三" not in text


@pytest.mark.parametrize("others", ["借据号,放款金额(元),客户号,客户名称", "甲,乙,丙,丁"])
def test_a_column_that_is_never_accepted_is_said_and_not_proposed(tmp_path: Path, others: str) -> None:
    content = f"{others},交易密码,手机号\nA1,1,C1,张三,138000,13800000000\n"
    report, text = mapped(tmp_path, {"l.csv": content})
    (told,) = [line for line in text.splitlines() if "交易密码" in line]
    assert told.strip().startswith(
        f"# {CONFIRM} 按列名，“交易密码”列存放的是密码，一律不予接收：须从文件中删除后再报送"
    )
    assert "it must be removed from the file before delivery" in told
    assert report.as_dict()["files"][0]["never_accepted"] == ["交易密码"]
    assert "交易密码" not in report.as_dict()["files"][0]["unused"]
    assert "never accepted, remove before delivery: 交易密码" in report.text()


def test_a_register_of_receipts_is_no_schedule(tmp_path: Path) -> None:
    register = "收款日期,借款合同号,收回本金,收回利息,收款合计,收款方式,凭证号\n2026-07-02,X1,90,10,100,现金,P1\n2026-07-03,X2,80,5,85,转账,P2\n"
    file, _ = only_file(tmp_path, register, "还款登记簿.csv")
    columns = file.tables["payment"].columns
    assert set(file.tables) == {"payment"}
    assert columns["paid_on"].column == ("收款日期",)
    assert columns["amount_minor"].column == ("收款合计",)


def test_a_tape_whose_day_only_the_files_name_tells_asks_for_it(tmp_path: Path) -> None:
    wide = "借据号,放款金额(元),放款日,到期日,本金余额(元),逾期天数\nA,1000.00,2025-01-15,2027-01-15,900.00,0\nB,2000.00,2025-02-28,2027-02-28,1500.00,31\n"
    report, text = mapped(tmp_path, {"台账202607.csv": wide, "台账202608.csv": wide})
    assert "where only the file's name tells the day: an entry for each file" in text
    with pytest.raises(Fault, match="observed_on"):
        read_mapping(report.mapping)


def test_a_schedule_without_numbers_gets_them_by_due_date(tmp_path: Path) -> None:
    spec, _ = only_file(tmp_path, "借据号,应还日,应还本金(元)\nA1,2025-01-01,1\n", "还款计划.csv")
    columns = spec.tables["instalment"].columns
    assert columns["schedule_no"].value == "1"
    assert columns["instalment_no"].sequence is not None


def test_monthly_files_of_one_layout_are_one_entry(tmp_path: Path) -> None:
    files = {f"loans_2025{month}.csv": LOANS for month in ("01", "02")}
    report, text = mapped(tmp_path, files)
    assert [file.path for file in read_mapping(report.mapping).files] == ["loans_*.csv"]
    assert "2 files of one layout" in text


def test_no_value_is_shown_where_the_header_may_be_data(tmp_path: Path) -> None:
    report, text = mapped(tmp_path, {"loans.csv": LOANS, "x.csv": "张三,13800000000\n李四,13900000000\n"})
    assert "?: 字字  # " in text
    assert "?: 99999999999  # " in text
    assert "13800000000" not in text
    assert "x.csv → no table found" in report.text()


def test_a_name_that_yaml_would_read_otherwise_comes_back_as_it_is(tmp_path: Path) -> None:
    content = '借据号,放款金额(元),"放款日(""x"": #1)"\nA1,1,2025-01-01\n'
    spec, _ = only_file(tmp_path, content, "loans [1].csv")
    assert spec.tables["loan"].columns["disbursed_on"].column == ('放款日("x": #1)',)
    assert (tmp_path / "in" / "loans [1].csv") in (tmp_path / "in").glob(spec.path)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "empty file"), (b"\n\n", "no records"), (b"PK\x03\x04x", "the zip archive is damaged")],
)
def test_a_file_that_cannot_be_looked_at_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(Fault, match=what) as caught:
        mapped(tmp_path, {"loans.csv": content})
    assert caught.value.exit_code == REFUSED


def test_corrections_are_never_overwritten(tmp_path: Path) -> None:
    mapped(tmp_path, {"loans.csv": LOANS})
    with pytest.raises(Fault, match="exists already") as caught:
        mapped(tmp_path, {"loans.csv": LOANS})
    assert caught.value.exit_code == USAGE


def test_an_empty_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="no files to look at"):
        propose_mapping([tmp_path], tmp_path / "mapping.yaml")


def sources(mapping: Mapping) -> dict[str, set[str]]:
    """Return which source columns feed which contract column, over all files."""
    return {
        f"{name}.{column}": {*spec.column, *spec.coalesce}
        for file in mapping.files
        for name, table in file.tables.items()
        for column, spec in table.columns.items()
    }


def test_the_demo_lender_is_understood_whole(tmp_path: Path) -> None:
    demo(tmp_path / "in", loans=200)
    (tmp_path / "in" / "truth.json").unlink()
    report = propose_mapping([tmp_path / "in"], tmp_path / "mapping.yaml")
    text = settled(report.mapping.read_text(encoding="utf-8"))
    # So small a lender sues nobody: that a file may hold nothing is for its owner to say.
    text = text.replace("    format: parquet\n", "    format: parquet\n    allow_empty: true\n")
    report.mapping.write_text(text, encoding="utf-8")
    by_hand = read_mapping(Path(__file__).parents[2] / "params" / "sources" / "demo.yaml")
    assert sources(read_mapping(report.mapping)) == sources(by_hand)
    assert load(report.mapping, report.folder, tmp_path / "book").changed


def test_a_platforms_files_are_understood(tmp_path: Path) -> None:
    if not (DATA / "kiva").is_dir():
        pytest.skip("the real files aren't here")
    report = propose_mapping([DATA / "kiva"], tmp_path / "mapping.yaml")
    proposed = sources(read_mapping(report.mapping))
    by_hand = sources(read_mapping(Path(__file__).parents[2] / "params" / "sources" / "kiva.yaml"))
    differing = {name for name in proposed if proposed[name] != by_hand.get(name)}
    assert differing == {"loan.principal_minor"}
    assert "也可能是 disbursal_amount" in report.mapping.read_text(encoding="utf-8")
