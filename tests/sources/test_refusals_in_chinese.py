"""A refusal is repeated on a page for the data owner: whoever reads Chinese finds nothing of it in English."""

from __future__ import annotations

import ast
import html
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bad_deliveries import XLSX, Files, archive, loans, old_office, workbook
from lender_delivery import LOANS, MAPPING, PAYMENTS

import postloan.sources
from postloan.jobs.check import check
from postloan.model.label import Label
from postloan.report.check_page import CheckHead, check_page

SOURCES = Path(postloan.sources.__file__).parent
CHINESE = re.compile("[一-鿿]")
ENGLISH = re.compile(r"[A-Za-z']{2,}(?:,? [A-Za-z']{2,})+")


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Yield the calls of functions by their bare names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def assigned(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """Return what is given to every name of a module, wherever that is."""
    found: defaultdict[str, list[ast.expr]] = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id].append(node.value)
    return found


def is_text(node: ast.expr, names: dict[str, list[ast.expr]]) -> bool:
    """Say whether an expression is a text, or a name that is given one: it has one language only."""
    if isinstance(node, ast.Name):
        return any(is_text(value, {}) for value in names.get(node.id, []))
    if isinstance(node, ast.BinOp):
        return is_text(node.left, names) or is_text(node.right, names)
    if isinstance(node, ast.IfExp):
        return is_text(node.body, names) or is_text(node.orelse, names)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_refusal(call: ast.Call) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "REFUSED" for node in call.args[2:])


def found_in_sources(wrong: Callable[[ast.AST], Iterator[ast.expr]]) -> list[str]:
    """Return file and line of whatever is wrong in the modules that read and judge files."""
    return [
        f"{path.relative_to(SOURCES)}:{node.lineno}"
        for path in sorted(SOURCES.rglob("*.py"))
        for node in wrong(ast.parse(path.read_text(encoding="utf-8")))
    ]


def in_one_language(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the refusals of a module of which a sentence is a text."""
    names = assigned(tree)
    for call in calls(tree, "Fault"):
        if is_refusal(call) and any(is_text(argument, names) for argument in call.args[:2]):
            yield call


def without_chinese(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the labels and refusals whose Chinese is a text of words without a Chinese character."""
    for call in calls(tree, "Label", "refusal"):
        zh = call.args[0 if isinstance(call.func, ast.Name) and call.func.id == "Label" else 1]
        words = "".join(
            node.value
            for node in ast.walk(zh)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if is_text(zh, {}) and re.search("[A-Za-z]{2}", words) and not CHINESE.search(words):
            yield call


def test_every_refusal_of_a_file_is_said_in_both_languages() -> None:
    assert found_in_sources(in_one_language) == []


def test_the_chinese_of_every_label_is_chinese() -> None:
    assert found_in_sources(without_chinese) == []


@pytest.mark.parametrize(
    "source",
    [
        "raise Fault('x', mend, REFUSED)",
        "raise Fault(f'{x}: y', mend, REFUSED)",
        "raise Fault(what, 'a' if b else c, REFUSED)",
        "what = f'{x}: y'\nraise Fault(what, mend, REFUSED)",
        "return Fault(Label('x', 'x'), 'a' + b, REFUSED)",
    ],
)
def test_a_refusal_in_one_language_would_be_found(source: str) -> None:
    assert len(list(in_one_language(ast.parse(source)))) == 1


BAD: dict[str, tuple[Files, str]] = {
    "empty file": ({"loans.csv": b""}, MAPPING),
    "no records": ({"loans.csv": "借据号,机构,金额,放款日\n"}, MAPPING),
    "a quote that never closes": (loans('9,"北,1,2025-01-01'), MAPPING),
    "a name twice": ({"loans.csv": LOANS.replace("机构", "金额")}, MAPPING),
    "no names": ({"loans.csv": LOANS.split("\n", 1)[1]}, MAPPING),
    "two encodings": ({"loans.csv": LOANS.encode() + "9,南山支行,1,2025-01-01\n".encode("gbk")}, MAPPING),
    "another encoding": ({"loans.csv": LOANS.encode("utf-16-le")}, MAPPING),
    "a password among the columns": ({"loans.csv": LOANS.replace("机构", "登录密码")}, MAPPING),
    "a damaged archive": ({"loans.csv": b"PK\x03\x04" + bytes(40)}, MAPPING),
    "a damaged gzip file": ({"loans.csv": b"\x1f\x8b" + bytes(40)}, MAPPING),
    "a damaged Parquet file": (
        {"loans.csv": b"PAR1" + bytes(40)},
        MAPPING.replace("path: loans.csv", "path: loans.csv\n    format: parquet"),
    ),
    "a web page": ({"loans.csv": "<html><table></table></html>"}, MAPPING),
    "a text as a workbook": ({"loans.xlsx": LOANS}, XLSX),
    "a workbook with a password": ({"loans.xlsx": old_office("EncryptedPackage")}, XLSX),
    "a workbook with macros": ({"loans.xlsx": archive("xl/vbaProject.bin")}, XLSX),
    "an empty sheet": ({"loans.xlsx": workbook(lambda sheet: sheet.delete_rows(1, 9))}, XLSX),
    "two sheets": ({"loans.xlsx": workbook(lambda sheet: sheet.parent.create_sheet("备注"))}, XLSX),
    "merged cells": ({"loans.xlsx": workbook(lambda sheet: sheet.merge_cells("B2:B3"))}, XLSX),
    "a value beside the table": ({"loans.xlsx": workbook(lambda sheet: sheet.cell(2, 5, "x"))}, XLSX),
    "a name twice in a sheet": ({"loans.xlsx": workbook(lambda sheet: sheet.cell(1, 2, "金额"))}, XLSX),
}


@pytest.mark.parametrize("fault", BAD)
def test_the_chinese_page_says_nothing_of_a_refusal_in_english(tmp_path: Path, fault: str) -> None:
    files, mapping = BAD[fault]
    (tmp_path / "in").mkdir()
    for name, content in {"loans.csv": LOANS, "payments.csv": PAYMENTS, **files}.items():
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "in" / name).write_bytes(data)
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    report = check(tmp_path / "mapping.yaml", tmp_path / "in").as_dict()
    page = html.unescape(check_page(report, CheckHead(Label("测试", "Test"), "CNY", True, {}), "zh"))
    assert len(report["refusals"]) == 1
    refusal = report["refusals"][0]
    assert refusal["what_zh"] in page
    assert refusal["mend_zh"] in page
    assert refusal["what"] not in page
    assert refusal["mend"] not in page
    for said in (refusal["what_zh"], refusal["mend_zh"]):
        assert CHINESE.search(said)
        assert not ENGLISH.search(said)
