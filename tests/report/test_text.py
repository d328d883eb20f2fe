"""Every sentence of a pack has Chinese, with the same parts to fill in, and no Chinese is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import postloan
from postloan.model.fault import Fault
from postloan.report.text import CATALOGUE, Text

SOURCE = Path(postloan.__file__).parent


def is_sentence(call: ast.Call) -> bool:
    """Say whether a call looks a sentence up: ``text(…)``, ``pack.text(…)``, ``Text(lang)(…)``."""
    match call.func:
        case ast.Name(id="text") | ast.Call(func=ast.Name(id="Text")):
            return True
        case ast.Attribute(value=ast.Name(id="pack") | ast.Attribute(attr="pack"), attr="text"):
            return True
        case ast.Attribute(value=ast.Name(id="self"), attr="_text"):
            return True
    return False


def sentences() -> Iterator[tuple[str, str]]:
    """Yield every sentence in the code and where it stands; a sentence must be a literal."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and is_sentence(node) and node.args):
                continue
            where = f"{path.relative_to(SOURCE)}:{node.lineno}"
            match node.args[0]:
                case ast.Constant(value=str(sentence)):
                    yield sentence, where
                case _:
                    pytest.fail(f"{where}: a sentence must be a literal, or it cannot be translated")


@pytest.fixture(scope="module")
def used() -> dict[str, str]:
    return dict(sentences())


@pytest.fixture(scope="module")
def catalogue() -> dict[str, str]:
    with CATALOGUE.open("rb") as source:
        return {str(m.id): "" if m.fuzzy else str(m.string) for m in read_po(source) if m.id}


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_every_sentence_has_chinese(used: dict[str, str], catalogue: dict[str, str]) -> None:
    missing = sorted(sentence for sentence in used if not catalogue.get(sentence))
    entries = "\n".join(f'# {used[m]}\nmsgid {quoted(m)}\nmsgstr ""\n' for m in missing)
    assert not missing, f"add to locale/zh.po:\n\n{entries}"


def test_no_chinese_is_left_over(used: dict[str, str], catalogue: dict[str, str]) -> None:
    assert sorted(set(catalogue) - set(used)) == []


def parts(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name is not None}


def test_both_languages_fill_in_the_same_parts(catalogue: dict[str, str]) -> None:
    differing = {en: zh for en, zh in catalogue.items() if parts(en) != parts(zh)}
    assert differing == {}


def test_entries_are_sorted_and_said_once() -> None:
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines()
    ids = [line for line in lines if line.startswith("msgid ")][1:]
    assert ids == sorted(set(ids))


def test_english_is_the_sentence_itself() -> None:
    assert Text("en")("{a} of {b}", a="1", b="<2>") == "1 of <2>"


def test_values_are_not_patterns() -> None:
    assert Text("zh")("Target {value}", value="{0} {x}") == "目标 {0} {x}"


def test_a_sentence_without_chinese_is_a_fault() -> None:
    with pytest.raises(Fault, match="no Chinese for 'Nobody said this'"):
        Text("zh")("Nobody said this")


def test_only_two_languages() -> None:
    with pytest.raises(Fault, match="no language 'fr'"):
        Text("fr")
