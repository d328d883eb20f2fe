"""How wide the columns of a printed table are, so that nothing is cut and no number breaks.

Widths are measured with the font's own metrics, in em. A table that does not fit upright goes to a
landscape page; one that does not fit there is set smaller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from fontTools.ttLib import TTFont

from postloan.report.fonts import font_path

PORTRAIT_MM, LANDSCAPE_MM = 166.0, 257.0
PORTRAIT_PAGE_MM, LANDSCAPE_PAGE_MM = 220.0, 140.0  # heights, as in the template
MOST_UPRIGHT = 12  # columns
TREND_MM = 24.0
PADDING_MM = 2.4  # both sides of a cell
GUTTER_MM = 2.8  # more of it before a column of text that is not the first
_SIZES = (8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0, 4.5, 4.0, 3.5, 3.0, 2.5, 2.0)  # points
_COMFORTABLE = 3  # of these are tried before a page is turned
_MM_PER_POINT = 25.4 / 72
_LINE_EM = 1.6  # height of a line, at most
_NOTE_MM = 7.5 * _MM_PER_POINT
_ROUND_A_TABLE_MM = 15.0  # its title, and the space around it
_WORD_EM = 14.0  # longer words may be broken anywhere
_TEXT_EM = 8.0  # a text column is not squeezed under this unless its text is shorter
_WIDEST_EM = 26.0
_SLACK = 1.02  # Chinese–Latin spacing that the typesetter adds
_WORDS = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+"
)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column needs, in em: at least, and to stand without breaking; or a fixed width in mm."""

    least: float
    natural: float
    is_text: bool
    fixed_mm: float = 0.0

    def least_mm(self, size: float) -> float:
        """Return the width under which something would be cut, at a font size in points."""
        return self.fixed_mm + PADDING_MM + self.least * size * _MM_PER_POINT

    def natural_mm(self, size: float) -> float:
        """Return the width at which nothing breaks."""
        return self.fixed_mm + PADDING_MM + self.natural * size * _MM_PER_POINT


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table stands on the page: turned or not, font size in points, column widths in mm."""

    is_landscape: bool
    size: float
    widths: tuple[float, ...]


def number_column(head: Sequence[str], cells: Iterable[str]) -> Column:
    """Return what a column of figures needs: its figures never break, its head may (label, then unit)."""
    widest = max((em(cell) for cell in cells), default=0.0)
    return Column(max(widest, _head_least(head)), max(widest, em("".join(head))), False)


def text_column(head: Sequence[str], cells: Iterable[str], *, is_first: bool) -> Column:
    """Return what a column of text needs: it wraps between words and Chinese characters."""
    texts = list(cells)
    natural = max((em(text) for text in texts), default=0.0)
    word = min(max((_longest_word(text) for text in texts), default=0.0), _WORD_EM)
    least = max(word, min(natural, _TEXT_EM), _head_least(head))
    return Column(least, max(natural, em("".join(head))), True, 0.0 if is_first else GUTTER_MM)


def trend_column(head: Sequence[str]) -> Column:
    """Return what a column of sparklines needs."""
    return Column(0.0, max(em("".join(head)) - TREND_MM / 3.0, 0.0), False, TREND_MM)


def lay_out(columns: Sequence[Column], *, upright: bool = False) -> Layout:
    """Choose page, size and widths for a table; the widths fill the page.

    Upright at a comfortable size if it fits, else landscape, set as small as it takes; ``upright``
    keeps it from being turned. Never under 2 pt: some sixty columns of amounts.
    """
    choices = _choices(upright or len(columns) <= MOST_UPRIGHT, upright)
    fitting = (choice for choice in choices if _least(columns, choice[2]) <= choice[1])
    is_landscape, page, size = next(fitting, choices[-1])
    return Layout(is_landscape, size, _widths(columns, size, page))


def _choices(may_stand: bool, must_stand: bool) -> list[tuple[bool, float, float]]:
    upright = [(False, PORTRAIT_MM, size) for size in _SIZES if may_stand]
    if must_stand:
        return upright
    return [*upright[:_COMFORTABLE], *((True, LANDSCAPE_MM, size) for size in _SIZES)]


def may_be_high(layout: Layout, columns: Sequence[Column], rows: Iterable[Sequence[str]], notes: str) -> bool:
    """Say whether a table may be higher than a page; where this says no, the typesetter need not measure.

    Args:
        layout: Where the table stands.
        columns: What its columns need.
        rows: Texts of its heads and rows, a cell each.
        notes: What stands under it.
    """
    em_mm = layout.size * _MM_PER_POINT
    rooms = [
        width - PADDING_MM - (column.fixed_mm if column.is_text else 0.0)
        for column, width in zip(columns, layout.widths, strict=True)
    ]
    height = _ROUND_A_TABLE_MM + _most_lines(em(notes) * _NOTE_MM, PORTRAIT_MM) * 2 * _NOTE_MM
    for row in rows:
        lines = max(_most_lines(em(text) * em_mm, room) for text, room in zip(row, rooms, strict=True))
        height += PADDING_MM + 0.3 + lines * _LINE_EM * em_mm
    return height > (LANDSCAPE_PAGE_MM if layout.is_landscape else PORTRAIT_PAGE_MM)


def _most_lines(width: float, room: float) -> float:
    """Return the most lines that text of a width takes: words may leave half of each line empty."""
    return 1.0 if width <= room else 2.0 + 2.0 * width / max(room, 1.0)


def breakable(text: str) -> str:
    """Return text in which words too long for any column may be broken, by zero-width spaces."""
    return _WORDS.sub(lambda word: _split(word.group()), text)


def em(text: str) -> float:
    """Return the width of text in em; characters that the font lacks count as a full one."""
    advances = _advances()
    return sum(advances.get(char, 1.0) for char in text) * _SLACK


@cache
def _advances() -> dict[str, float]:
    with TTFont(font_path(), lazy=True) as font:
        metrics, per_em = font["hmtx"].metrics, font["head"].unitsPerEm
        return {chr(code): metrics[name][0] / per_em for code, name in font.getBestCmap().items()}


def _split(word: str) -> str:
    if em(word) <= _WORD_EM:
        return word
    return "\u200b".join(word[start : start + 8] for start in range(0, len(word), 8))


def _longest_word(text: str) -> float:
    return max((em(word) for word in _WORDS.findall(text)), default=0.0)


def _head_least(head: Sequence[str]) -> float:
    # Three Chinese characters a line at least: one a line is unreadable. A unit stays whole.
    label, unit = head
    return max(min(em(label), 3.1), _longest_word(label), em(unit))


def _least(columns: Sequence[Column], size: float) -> float:
    return sum(column.least_mm(size) for column in columns)


def _widths(columns: Sequence[Column], size: float, page: float) -> tuple[float, ...]:
    least = [column.least_mm(size) for column in columns]
    cap = _WIDEST_EM * size * _MM_PER_POINT
    wanted = [
        max(min(c.natural_mm(size), max(cap, low)) - low, 0.0) for c, low in zip(columns, least, strict=True)
    ]
    spare = page - sum(least)
    share = min(1.0, spare / sum(wanted)) if sum(wanted) and spare > 0 else 0.0
    widths = [low + want * share for low, want in zip(least, wanted, strict=True)]
    return _filled(widths, columns, size, page)


def _filled(widths: list[float], columns: Sequence[Column], size: float, page: float) -> tuple[float, ...]:
    """Spread what is left over: first to text that still breaks, by how much it lacks, then to all.

    Of the latter the text columns take most, so that figures stay near each other.
    """
    rest = max(page - sum(widths), 0.0)
    lack = [
        max(c.natural_mm(size) - w, 0.0) if c.is_text else 0.0 for c, w in zip(columns, widths, strict=True)
    ]
    if sum(lack) > 0.0:
        part = min(rest / sum(lack), 1.0)
        widths = [w + lacking * part for w, lacking in zip(widths, lack, strict=True)]
        rest = max(page - sum(widths), 0.0)
    weights = [3.0 if column.is_text else 1.0 for column in columns]
    total = sum(weights)
    return tuple(
        round(w + rest * weight / total - 0.001, 3) for w, weight in zip(widths, weights, strict=True)
    )
