"""How well a name in a lender's file fits a name of the contract. Used only to propose a mapping."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

from postloan.model.contract import CodeList, Column, Table
from postloan.sources.proposing.aliases import ALIASES, CODE_ALIASES

_BRACKETS = re.compile(r"[(\[【（].*?[)\]】）]")
_NOISE = re.compile(r"[^0-9a-z\u3400-\u9fff]")
_LEAST_LIKENESS = 0.78
_OTHERWISE = re.compile("[实已逾剩欠未原]|收回|回收")  # 实还本金 is no 本金 that is due
_SHORT = 6  # start and state differ in one letter
_LEAST_CHINESE = 0.85  # one character more or less is another thing: 应还本金, 实还本金


def plain(name: str) -> str:
    """Return a name as it is compared: width, case, spaces, underscores and bracketed units don't count."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return _NOISE.sub("", _BRACKETS.sub("", text)) or _NOISE.sub("", text)


def names_of(table: Table, column: Column) -> tuple[str, ...]:
    """Return every name of a contract column as it is compared, the likeliest first."""
    more = (*ALIASES.get(f"{table.name}.{column.name}", ()), *ALIASES.get(column.name, ()))
    own = (column.name, column.name.removesuffix("_minor"), column.label.zh, column.label.en)
    return tuple(dict.fromkeys(plain(name) for name in (*own, *more)))


def likeness(name: str, known: tuple[str, ...]) -> float:
    """Return how well a file's column name fits: above 1 by name, the likelier the more; 0 not at all."""
    asked = plain(name)
    if asked in known:
        return 2 - known.index(asked) / 100
    if len(asked) < _SHORT and asked.isascii():
        return 0
    least = _LEAST_LIKENESS if asked.isascii() else _LEAST_CHINESE
    return max((score for word in known if (score := _alike(asked, word)) >= least), default=0)


def code_of(codes: CodeList, text: str) -> str | None:
    """Return the contract's code that a file's text stands for; None if it isn't known."""
    asked, more = plain(text), CODE_ALIASES.get(codes.name, {})
    for code in codes.codes:
        words = (code.value, code.label.zh, code.label.en, *more.get(code.value, ()))
        if asked and asked in {plain(word) for word in words}:
            return code.value
    return None


def _alike(asked: str, word: str) -> float:
    """Return the likeness of two names; a Chinese name whose end is the known word is a closer kin of it."""
    is_kin = len(word) >= 2 and not word.isascii() and asked.endswith(word)
    if is_kin and not _OTHERWISE.search(asked.removesuffix(word)):
        return 0.9 if len(word) >= 3 else 0.85
    return SequenceMatcher(None, asked, word, autojunk=False).ratio()
