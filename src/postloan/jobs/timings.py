"""How long a build took, step by step, as a table for the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from postloan.model.label import Label

_SHARED = ("facts", "metrics")  # computed once for all packs of a run
_STEPS = {
    "facts": Label("事实", "facts"),
    "metrics": Label("指标", "metrics"),
    "notebook": Label("笔记本", "notebook"),
    "figures": Label("数字", "figures"),
    "html": Label("HTML", "html"),
    "pdf": Label("PDF", "pdf"),
    "xlsx": Label("XLSX", "xlsx"),
    "check": Label("检查", "check"),
    "publish": Label("发布", "publish"),
}
_PACK = Label("报告（秒）", "pack (seconds)")
_ALL = Label("全部报告共用", "shared by all packs")
_GAP = "  "


def timing_lines(seconds: Mapping[str, Mapping[str, float]], lang: str) -> list[str]:
    """Return one line for the steps that all packs share, then one per pack, in aligned columns.

    Formats are made beside each other, so the steps of a pack add up to more than the time that passed.

    Args:
        seconds: By scope, then step; a step that was not taken is absent.
        lang: ``zh`` or ``en``.
    """
    if not seconds:
        return []
    taken = [step for step in _STEPS if any(step in of_pack for of_pack in seconds.values())]
    heads = [_PACK.text(lang), *(_STEPS[step].text(lang) for step in taken)]
    shared = next(iter(seconds.values()))
    rows = [[_ALL.text(lang), *(_cell(shared, step, step in _SHARED) for step in taken)]]
    rows += [
        [scope, *(_cell(of_pack, step, step not in _SHARED) for step in taken)]
        for scope, of_pack in seconds.items()
    ]
    return _aligned([heads, *rows])


def _cell(seconds: Mapping[str, float], step: str, is_here: bool) -> str:
    return f"{seconds[step]:.1f}" if is_here and step in seconds else ""


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows with their first column to the left and the others to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *rest in rows:
        cells = [first + " " * (widths[0] - _width(first))]
        cells += [" " * (width - _width(text)) + text for text, width in zip(rest, widths[1:], strict=True)]
        lines.append(_GAP.join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
