"""Loan lists: what a column is decides how it is shown, and names leave masked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from postloan.report.head import Head
from postloan.report.listings import SHOWN, loan_listing, loan_table
from postloan.report.pack import Pack
from postloan.report.section import Figure, Format
from postloan.report.style import Style
from postloan.report.text import Text

HEAD = Head(
    report="monthly_review",
    lender="合成机构",
    as_of=date(2026, 10, 31),
    scope="all",
    lang="zh",
    currency="CNY",
    version="v001",
    is_final=True,
    is_synthetic=True,
    is_masked=True,
    book_version="1",
    policy="cn_regulation",
    policy_version="0",
    prepared_by="",
    generated_on=date(2026, 11, 22),
)


def near(count: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "scope": "all",
            "loan_id": [f"L{number:03d}" for number in range(count)],
            "customer_id": "C1",
            "balance_minor": pd.array([123_456] * count, dtype="Int64"),
            "risk_class": "special_mention",
            "boundary": "substandard",
            "days_to_boundary": pd.array([3] * count, dtype="Int64"),
            "name": "张三丰",
        }
    )


def pack(frame: pd.DataFrame, head: Head = HEAD) -> Pack:
    return Pack(head, Style.for_amounts("zh", "CNY", 10_000), Text("zh"), {}, {"cliff": frame})


@pytest.mark.parametrize(("is_masked", "shown"), [(True, "张**"), (False, "张三丰")])
def test_names_are_masked_unless_the_pack_says_otherwise(is_masked: bool, shown: str) -> None:
    chosen = pack(near(), replace(HEAD, is_masked=is_masked))
    for row in (
        loan_table(chosen, "cliff", "t", "cliff").rows[0].cells,
        loan_listing(chosen, "t", "cliff").rows[0],
    ):
        assert shown in row
        assert "L000" in row


def test_codes_are_labelled_and_numbers_stay_numbers() -> None:
    listing = loan_listing(pack(near()), "t", "cliff")
    found = dict(zip([field.key for field in listing.fields], listing.rows[0], strict=True))
    assert found["risk_class"] == "关注"
    assert found["boundary"] == "次级"
    assert found["balance_minor"] == 123_456
    assert {field.key: field.format for field in listing.fields}["loan_id"] is Format.ID


def test_what_is_missing_is_never_zero() -> None:
    frame = near().assign(balance_minor=pd.array([None], dtype="Int64"), name=None)
    cells = loan_table(pack(frame), "cliff", "t", "cliff").rows[0].cells
    assert Figure(None) in cells
    assert "—" in cells


@pytest.mark.parametrize("count", [SHOWN, SHOWN + 1])
def test_a_long_list_is_cut_on_the_page_and_whole_in_the_appendix(count: int) -> None:
    chosen = pack(near(count))
    table = loan_table(chosen, "cliff", "t", "cliff")
    assert len(table.rows) == SHOWN
    assert (str(count) in table.note) == (count > SHOWN)
    assert len(loan_listing(chosen, "t", "cliff").rows) == count


def test_an_empty_list_says_so() -> None:
    assert loan_table(pack(near(0)), "cliff", "t", "cliff").note == "没有贷款。"
