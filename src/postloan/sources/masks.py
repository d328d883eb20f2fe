"""Which rows something is true of: NumPy masks out of Arrow columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
_CONTROL = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]"


def truth(mask: pa.Array | pa.ChunkedArray) -> Mask:
    """Return a boolean array in which unknown is false."""
    filled: Mask = np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
    return filled


def control_characters(source: pa.Array) -> Mask:
    """Return the rows of a text column that hold a NUL or another control character."""
    if not pa.types.is_string(source.type):
        return np.zeros(len(source), dtype=np.bool_)
    return truth(pc.match_substring_regex(source, _CONTROL))
