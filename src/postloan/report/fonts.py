"""One font everywhere: Noto Sans SC Regular from a package, in charts, pages and print.

There is no bold face; hierarchy comes from size, colour and space. The digits of the font are all
equally wide, so columns of figures line up without a font feature.
"""

from __future__ import annotations

import base64
import io
import unicodedata
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTFont

from postloan.model.fault import CRASHED, Fault

FAMILY = "Noto Sans SC"
GETA = "〓"  # printed in place of a character that the font does not have
_SPACES = "\n\t\r"
_DROPPED_TABLES = ["BASE", "VORG", "vhea", "vmtx", "DSIG"]  # vertical setting, signatures


def font_path() -> Path:
    """Return the font file, the same bytes in every installation."""
    return Path(pylopdf_fonts_zh_cn.sans_path())


@cache
def glyphs() -> frozenset[str]:
    """Return every character the font can print."""
    with TTFont(font_path(), lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def covered(text: str) -> tuple[str, int]:
    """Return text from data as it can be printed, and how many characters had to be replaced.

    A character the font does not have becomes 〓. Invisible control characters, above all those that
    turn the reading direction round, are shown as ``[U+202E]``: a name must look like what it is.
    """
    if glyphs().issuperset(text) and text.isprintable():
        return text, 0
    shown = [_shown(char) for char in text]
    return "".join(shown), sum(new != old for new, old in zip(shown, text, strict=True))


def _shown(char: str) -> str:
    if char in _SPACES:
        return char
    if unicodedata.category(char) in ("Cf", "Cc", "Co", "Cs", "Zl", "Zp"):
        return f"[U+{ord(char):04X}]"
    return char if char in glyphs() else GETA


def require_glyphs(text: str) -> None:
    """Refuse our own text if the font lacks a character of it.

    Raises:
        Fault: naming the characters; this is a fault of the package, not of the data.
    """
    lacking = sorted(set(text) - glyphs() - set(_SPACES))
    if lacking:
        named = ", ".join(f"U+{ord(char):04X}" for char in lacking)
        raise Fault(f"{FAMILY} has no glyph for {named}", "word the text without these characters", CRASHED)


@cache
def register() -> None:
    """Make the family known to matplotlib in this process, whatever its font cache holds."""
    from matplotlib import font_manager  # a second to import, and only charts need it

    font_manager.fontManager.addfont(str(font_path()))


def font_face(text: str) -> str:
    """Return the CSS rule that embeds the characters of ``text``; the same characters give the same bytes.

    About 220 bytes a Chinese character, half a second; characters the font lacks are left out. Packed as
    WOFF2 it would be a fifth smaller and take three times as long.
    """
    chars = "".join(sorted(glyphs().intersection(text) | {GETA}))
    encoded = base64.b64encode(_subset(chars)).decode("ascii")
    return (
        f"@font-face{{font-family:'{FAMILY}';font-weight:100 900;"
        f"src:url(data:font/otf;base64,{encoded}) format('opentype')}}"
    )


@cache
def _subset(chars: str) -> bytes:
    from fontTools import subset  # only pages embed the font

    options = subset.Options()
    options.hinting = False
    options.layout_features = ["ccmp", "locl"]
    options.name_IDs = []
    options.drop_tables += _DROPPED_TABLES
    options.notdef_outline = True
    options.recalc_timestamp = False  # the time of subsetting would change the bytes
    packed = io.BytesIO()
    with subset.load_font(str(font_path()), options, lazy=True) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=chars)
        subsetter.subset(font)
        subset.save_font(font, packed, options)
    return packed.getvalue()
