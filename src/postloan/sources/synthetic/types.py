"""Array types and the two row layouts that the generator collects."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.void]
Random = np.random.Generator

NEVER = 2**30  # a day number that no date reaches

PAYMENT = np.dtype(
    [
        ("plan", np.int64),
        ("day", np.int64),
        ("amount", np.int64),
        ("kind", np.int8),  # position in codes.PAYMENT_KIND
        ("delay", np.int64),  # days after the due date; 0 for a payment on arrears
        ("reverses", np.int64),  # row of the payment that a reversal cancels, else -1
    ]
)
EVENT = np.dtype(
    [
        ("plan", np.int64),
        ("day", np.int64),
        ("kind", np.int8),  # position in codes.EVENT_KIND
        ("until", np.int64),  # NEVER where there is none
        ("amount", np.int64),  # -1 where there is none
    ]
)


def rows(dtype: np.dtype[Any], **columns: Any) -> Rows:
    """Return one structured array; every column is an array of one length or a constant."""
    length = max(np.size(value) for value in columns.values() if np.ndim(value))
    table = np.zeros(length, dtype)
    for name, value in columns.items():
        table[name] = value
    return table


def joined(parts: list[Rows], dtype: np.dtype[Any]) -> Rows:
    """Return the parts as one array, empty when there are none."""
    return np.concatenate([np.zeros(0, dtype), *parts])
