"""The page of a check says what is wrong, where and how to mend it, in one safe file."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from postloan.model.label import Label
from postloan.report.check_page import CheckHead, check_page

HEAD = CheckHead(
    Label("测试银行", "Test Bank"),
    "CNY",
    True,
    {"blank": Label("空行", "blank"), "total_line": Label("合计行", "total line")},
)


def reason(**given: Any) -> dict[str, Any]:
    """Return a reason as the accounts give it, ``given`` over it."""
    return {
        "reason": "paid_on: not a date like %Y-%m-%d",
        "reason_zh": "还款日：不是日期（%Y-%m-%d）",
        "rows": 2,
        "first_row": 7,
        "column": "paid_on",
        "example": "2025-02-30",
        "mend": "mend the date, or declare its format in `dates`",
        "mend_zh": "请改写日期，或在映射的 dates 中声明其格式",
        **given,
    }


def entry(**given: Any) -> dict[str, Any]:
    """Return the account of a file without faults, ``given`` over it."""
    return {
        "file": "还款流水.csv",
        "table": "payment",
        "encoding": "gb18030",
        "rows_read": 1200,
        "rows_accepted": 1200,
        "rows_quarantined": 0,
        "rows_ignored": 0,
        "ignored": {},
        "money": {},
        "reasons": [],
        "warnings": [],
        "notes": [],
        "ignored_columns": [],
        **given,
    }


FAULTY = entry(
    rows_accepted=1195,
    rows_quarantined=3,
    rows_ignored=2,
    ignored={"blank": 1, "total_line": 1},
    money={
        "amount_minor": {
            "read": 1_234_567,
            "accepted": 1_200_000,
            "quarantined": 34_567,
            "ignored": 0,
            "unreadable_rows": 1,
        }
    },
    reasons=[reason(rows=1, reason_zh="借据号：借据表中没有", first_row=9), reason()],
    warnings=[reason(reason_zh="还款日早于放款日", reason="paid_on: before disbursement", first_row=12)],
    notes=[{"note": "two hidden rows were read", "note_zh": "读入了两行隐藏行"}],
    ignored_columns=["实还本金", "实还利息"],
)
REFUSAL = {
    "file": "借据.csv",
    "what": "借据.csv: dates like %Y-%m-%d in 借据号",
    "what_zh": "借据.csv：借据号中有 %Y-%m-%d 式日期",
    "mend": "declare `dates: ['%Y-%m-%d']`",
    "mend_zh": "请声明 `dates: ['%Y-%m-%d']`",
}
RETRY = {"file": "上月.csv", "table": "payment", "tried": 5, "released": 2, "superseded": 1, "still": 2}


def page(*files: dict[str, Any], lang: str = "zh", refusals: list[dict[str, str]] | None = None) -> str:
    return check_page({"files": list(files), "refusals": refusals or [], "retries": [RETRY]}, HEAD, lang)


def words(markup: str) -> str:
    """Return the text of a page's body, tags and style left out."""
    body = markup.partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_the_page_says_what_is_wrong_where_and_how_to_mend_it() -> None:
    said = words(page(FAULTY))
    assert "1,200行中有3行需要更正，1,195行可以入账。" in said
    assert "还款日：不是日期（YYYY-MM-DD） 2 7 2025-02-30 请改写日期，或在映射的 dates 中声明其格式" in said
    assert "忽略：空行 1，合计行 1" in said
    assert "读入了两行隐藏行" in said
    assert "未用的列：实还本金，实还利息" in said
    assert "已接收，但请核对 问题 行数 首次出现行 示例（已脱敏） 如何更正 还款日早于放款日" in said


def test_the_commonest_reason_is_the_first() -> None:
    said = words(page(FAULTY))
    assert said.index("不是日期") < said.index("借据表中没有")


def test_amounts_stand_in_major_units_and_tie() -> None:
    assert "金额 12,345.67 12,000.00 345.67 0.00 1" in words(page(FAULTY))


def test_the_page_is_in_english_too() -> None:
    said = words(page(FAULTY, lang="en"))
    assert "3 of 1,200 rows must be mended; 1,195 would be taken in." in said
    assert "paid_on: not a date like YYYY-MM-DD 2 7 2025-02-30 mend the date" in said
    assert "Test Bank" in said


@pytest.mark.parametrize(
    ("files", "refusals", "badge", "headline"),
    [
        ([entry()], [], "可以入账", "无需更正：1,200行可以入账。"),
        ([FAULTY], [], "有行待更正", "1,200行中有3行需要更正"),
        ([FAULTY], [REFUSAL], "拒收", "拒收文件1个"),
        ([], [REFUSAL], "拒收", "拒收文件1个"),
    ],
)
def test_the_verdict_comes_first(
    files: list[dict[str, Any]], refusals: list[dict[str, str]], badge: str, headline: str
) -> None:
    said = words(page(*files, refusals=refusals))
    assert said.index(badge) < said.index(headline)


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("zh", "借据.csv 借据.csv：借据号中有 YYYY-MM-DD 式日期 请声明 `dates: ['%Y-%m-%d']`"),
        ("en", "借据.csv 借据.csv: dates like YYYY-MM-DD in 借据号 declare `dates: ['%Y-%m-%d']`"),
    ],
)
def test_a_refused_file_comes_with_its_remedy_in_the_pages_language(lang: str, told: str) -> None:
    assert told in html.unescape(words(page(lang=lang, refusals=[REFUSAL])))


def test_rows_of_earlier_loads_are_told() -> None:
    said = words(page(entry()))
    assert "5行以前隔离的数据中，2行现在可以入账。" in said
    assert "上月.csv 还款流水 5 2 1 2" in said


def test_what_files_hold_is_never_markup() -> None:
    attack = '<script>alert(1)</script><img src="http://x.test/">'
    faulty = entry(
        file=f"{attack}.csv",
        rows_quarantined=1,
        reasons=[reason(example=attack, reason_zh=attack)],
        notes=[{"note": attack, "note_zh": attack}],
        ignored_columns=[attack],
    )
    markup = page(faulty, refusals=[dict.fromkeys(REFUSAL, attack)])
    assert "<script" not in markup
    assert "<img" not in markup
    assert "&lt;script&gt;" in markup


def test_the_page_runs_nothing_and_loads_nothing() -> None:
    markup = html.unescape(page(FAULTY))
    assert "default-src 'none'" in markup
    assert "script-src" not in markup
    assert not re.findall(r'(?:src|href)="(?!#)', markup)
    assert not re.findall(r"https?://", markup)


def test_the_same_check_gives_the_same_bytes() -> None:
    assert page(FAULTY) == page(FAULTY)


def test_synthetic_data_is_called_so() -> None:
    assert "合成数据" in words(page(entry()))
