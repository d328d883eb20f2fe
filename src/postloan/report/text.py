"""Sentences of a pack in its language: English in the code, Chinese in ``locale/zh.po``.

Labels of metrics, columns and rules live with their records; only sentences go through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from postloan.model.fault import CRASHED, Fault

LANGUAGES = ("zh", "en")
CATALOGUE = Path(__file__).parent / "locale" / "zh.po"


@cache
def chinese() -> Mapping[str, str]:
    """Return the Chinese sentence of every English one, fuzzy and empty entries left out."""
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="zh")
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string and not m.fuzzy}


@dataclass(frozen=True, slots=True)
class Text:
    """Sentences in one language: ``text("{n} loans are overdue", n="12")``.

    Raises:
        Fault: for a language that is not offered, or a sentence without Chinese. An English sentence
            in a Chinese pack would be worse than no pack.
    """

    lang: str

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise Fault(f"no language {self.lang!r}", f"choose from {', '.join(LANGUAGES)}")

    def __call__(self, sentence: str, **values: object) -> str:
        """Return ``sentence`` in the language with its ``{name}`` parts filled in, as they are."""
        return self._pattern(sentence).format(**values)

    def of(self, record: Mapping[str, Any], name: str) -> str:
        """Return what plain data tells in both languages: ``name`` in English, ``name_zh`` in Chinese."""
        return str(record[name] if self.lang == "en" else record[f"{name}_zh"])

    def _pattern(self, sentence: str) -> str:
        if self.lang == "en":
            return sentence
        found = chinese().get(sentence)
        if found is None:
            raise Fault(f"no Chinese for {sentence!r}", "add the sentence to report/locale/zh.po", CRASHED)
        return found
