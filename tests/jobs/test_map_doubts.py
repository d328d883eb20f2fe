"""What a proposed mapping doubts is marked where it belongs."""

from __future__ import annotations

from pathlib import Path

import pytest
from map_drafts import LOANS, mapped, only_file

from postloan.model.fault import Fault
from postloan.sources.mapping import read_mapping


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("放款金额(元)", "放款金额", "金额单位未写明"),
        ("放款金额(元)", "放款的金额(元)", "按列名相似认出"),
        ("2025-02-28", "04/03/2026", "99/99/9999 也可以读作 %m/%d/%Y"),
        ("2025-02-28", "04/03/2026", "dates are written in several ways in one column"),
        ("2025-02-28", "9999-12-31", "these are read as blank: 9999-12-31"),
        ("000124", "1.10101E+17", "destroyed by Excel"),
        ("机构,", "放款日期,", "could as well be 放款日期"),
        ("放款日\n", "日\n", "columns not used:\n    #   日  (日期 / date %Y-%m-%d)"),
        ("放款金额(元)", "款", "the name isn't known: recognised by its values only"),
        ("放款金额(元)", "", "a required column was not found: Amount lent"),
    ],
)
def test_a_doubt_is_marked_where_it_belongs(tmp_path: Path, old: str, new: str, said: str) -> None:
    content = LOANS.replace(old, new).replace("东", "2025-01-15").replace("西", "2025-01-15")
    assert said in mapped(tmp_path, {"loans.csv": content})[1]


@pytest.mark.parametrize(
    ("name", "values", "money"),
    [
        ("放款金额(万元)", "1.5", "ten_thousand"),
        ("放款金额（千元）", "1500", "thousand"),
        ("放款金额(分)", "150000", "minor"),
        ("放款金额（亿元）", "0.5", "hundred_million"),
        ("principal_minor", "150000", "minor"),
        ("Principal (USD)", "1500.00", "major"),
    ],
)
def test_the_money_unit_is_taken_from_the_name(tmp_path: Path, name: str, values: str, money: str) -> None:
    spec, text = only_file(tmp_path, f"借据号,{name}\nA1,{values}\n")
    assert spec.formats.money == money
    assert "单位" not in text


@pytest.mark.parametrize(
    ("value", "marks"),
    [('"1,234.56"', (None, ",")), ('"1.234,56"', (",", ".")), ("1234.56", (None, None))],
)
def test_the_marks_of_numbers_are_found(
    tmp_path: Path, value: str, marks: tuple[str | None, str | None]
) -> None:
    spec, _ = only_file(tmp_path, f"借据号,放款金额(元)\nA1,{value}\n")
    assert (spec.formats.decimal_mark, spec.formats.thousands_mark) == marks


@pytest.mark.parametrize(
    ("name", "values", "fraction", "asks"),
    [
        ("年利率(%)", "4.35", "percent", False),
        ("年利率", "4.35", "percent", True),
        ("年利率", "0.0435", "fraction", True),
        ("年利率‰", "43.5", "permille", False),
    ],
)
def test_percent_or_fraction(tmp_path: Path, name: str, values: str, fraction: str, asks: bool) -> None:
    spec, text = only_file(tmp_path, f"借据号,放款金额(元),{name}\nA1,1,{values}\n")
    assert spec.formats.fraction == fraction
    assert ("percent or fraction" in text) == asks


def test_known_codes_are_proposed_and_the_others_asked(tmp_path: Path) -> None:
    content = "借据号,放款金额(元),担保方式,还款方式\nA1,1,抵押担保,01\nA2,1,其他方式,02\n"
    spec, text = only_file(tmp_path, content)
    columns = spec.tables["loan"].columns
    assert columns["security"].codes == {"抵押担保": "mortgage"}
    assert "这些代码是什么：其他方式 (1)" in text
    assert "as one of: credit 信用, guarantee 保证, mortgage 抵押, pledge 质押" in text
    assert "repayment_method" not in columns
    assert '# repayment_method: {column: 还款方式, codes: {"01": "?", "02": "?"}}' in text
    assert '这些代码是什么："01" (1), "02" (1)' in text


def test_unknown_kinds_of_payment_must_be_settled_before_the_mapping_can_be_read(tmp_path: Path) -> None:
    """A reversal that is read as a payment would be silently wrong."""
    content = "流水号,借据号,还款日,金额(元),还款类型\nP1,A1,20250215,100,91\n"
    report, text = mapped(tmp_path, {"p.csv": content})
    assert '\n          payment_kind: {column: 还款类型, codes: {"91": "?"}}' in text
    with pytest.raises(Fault, match=r"payment_kind: no code \?"):
        read_mapping(report.mapping)
