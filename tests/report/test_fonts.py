"""One font: what it lacks is shown and counted in data, and refused in our own text."""

from __future__ import annotations

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from postloan.model.fault import Fault
from postloan.report.fonts import covered, font_face, glyphs, require_glyphs
from postloan.report.text import chinese


@pytest.mark.parametrize(
    ("text", "shown", "count"),
    [
        ("正常 abc — −1,234 ▲▼✓×", "正常 abc — −1,234 ▲▼✓×", 0),
        ("𠮷田", "〓田", 1),
        ("a\u202eb", "a[U+202E]b", 1),
        ("a\x00b\tc\n", "a[U+0000]b\tc\n", 1),
        ("", "", 0),
    ],
)
def test_covered(text: str, shown: str, count: int) -> None:
    assert covered(text) == (shown, count)


def test_our_own_text_has_every_glyph() -> None:
    for english, zh in chinese().items():
        assert set(english + zh) - glyphs() == set()


def test_a_missing_glyph_in_our_own_text_is_a_fault() -> None:
    with pytest.raises(Fault, match=r"no glyph for U\+2715"):
        require_glyphs("达标 ✕")


def subset_of(css: str) -> TTFont:
    encoded = re.search(r"base64,([A-Za-z0-9+/=]+)", css)
    assert encoded
    return TTFont(io.BytesIO(base64.b64decode(encoded[1])))


def test_the_embedded_font_has_the_page_s_characters_and_no_more() -> None:
    font = subset_of(font_face("贷后管理2025𠮷\n"))
    assert {chr(code) for code in font.getBestCmap()} == set("贷后管理2025〓")


def test_the_same_characters_give_the_same_bytes() -> None:
    assert font_face("管理 abc") == font_face("cba 理管")


def test_digits_are_equally_wide() -> None:
    font = subset_of(font_face("0123456789"))
    cmap = font.getBestCmap()
    assert len({font["hmtx"][cmap[ord(digit)]][0] for digit in "0123456789"}) == 1


def test_gb2312_is_covered() -> None:
    level_one = {chr(code) for code in range(0x4E00, 0xA000) if is_gb2312(chr(code))}
    assert level_one <= glyphs()


def is_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
