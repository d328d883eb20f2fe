"""Arrow columns from the arrays that the generator works with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.sources.synthetic.types import NEVER, Flags, Ints

_SECONDS = 86_400


def numbered(prefix: str, number: Ints, width: int) -> pa.Array:
    """Return running numbers as text of one width."""
    text = pc.utf8_lpad(pa.array(number).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, text, "")


def named(names: list[str], place: Ints, is_blank: Flags | None = None) -> pa.Array:
    """Return names by position."""
    return keyed(pa.array(names, pa.string()), place, is_blank)


def keyed(values: pa.Array, place: Ints, is_blank: Flags | None = None) -> pa.Array:
    """Return text by position, as a dictionary, which is how Parquet stores it anyway."""
    return pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32), mask=is_blank), values)


def dates(day: Ints, is_blank: Flags | None = None) -> pa.Array:
    """Return days since 1970 as dates."""
    return pa.array(day.astype(np.int32), mask=is_blank).cast(pa.date32())


def dates_if(day: Ints) -> pa.Array:
    """Return days as dates, blank where they are NEVER."""
    return dates(day, day == NEVER)


def moments(day: Ints, second: Ints, is_blank: Flags | None = None) -> pa.Array:
    """Return moments from days and seconds of the day."""
    return pa.array(day * _SECONDS + second, mask=is_blank).cast(pa.timestamp("s"))
