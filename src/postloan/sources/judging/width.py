"""Full-width, no-break and invisible characters: in numbers and dates they are read, in identifiers refused."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from postloan.sources.masks import Mask, truth

# Full-width forms, no-break and zero-width spaces, byte order mark.
_DISGUISED = "[\\x{FF01}-\\x{FF5E}\\x{200B}-\\x{200F}\\x{2060}\\x{FEFF}\\x{00A0}\\x{202F}\\x{3000}]"
# Not all of NFKC: it would turn 10² into 102.
_PLAIN = str.maketrans(
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys((0x00A0, 0x202F, 0x3000), " ")
    | dict.fromkeys((*range(0x200B, 0x2010), 0x2060, 0xFEFF), None)
)


def disguised(text: pa.Array) -> Mask:
    """Return which texts hold a character that looks like another, or like none."""
    return truth(pc.match_substring_regex(text, _DISGUISED))


def plain(text: pa.Array) -> pa.Array:
    """Return the texts with ordinary characters, null where nothing is left; １２３ → 123."""
    if not disguised(text).any():
        return text
    values = (value and value.translate(_PLAIN).strip() for value in text.to_pylist())
    return pa.array([value or None for value in values], pa.string())
