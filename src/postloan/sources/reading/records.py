"""Where records start and end: a state machine over the bytes of a delimited file.

It is written apart from the parser that reads the values, so that the two counts can be compared:
a parser that swallows a record cannot hide it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Flags of a record: holds more than delimiters and spaces; text after a closing quote; control characters;
# a field over the limit.
CONTENT, TORN, UNCLEAN, GIANT = 1, 2, 4, 8

# A field of a loan file is never this long: it is a fault, or an attempt to fill the memory.
MOST_FIELD_BYTES = 3_000_000

# What a byte is.
_OTHER, _QUOTE, _DELIMITER, _SPACE, _CONTROL, _CR, _END = range(7)
# Where the machine stands: at a field's start, inside it, inside quotes, behind a closing quote.
_START, _PLAIN, _QUOTED, _CLOSED = range(4)

_NEXT = np.array(
    # other  quote    delimiter space    control  CR       END
    [
        [_PLAIN, _QUOTED, _START, _PLAIN, _PLAIN, _START, _START],
        [_PLAIN, _PLAIN, _START, _PLAIN, _PLAIN, _PLAIN, _START],
        [_QUOTED, _CLOSED, _QUOTED, _QUOTED, _QUOTED, _QUOTED, _QUOTED],
        [_PLAIN, _QUOTED, _START, _PLAIN, _PLAIN, _CLOSED, _START],
    ],
    dtype=np.uint8,
)
_FOUND = np.array([[CONTENT, 0, 0, 0, CONTENT | UNCLEAN, 0, 0]] * 4, dtype=np.uint8)
_FOUND[_CLOSED, [_OTHER, _SPACE, _CONTROL]] |= TORN


@dataclass(frozen=True, slots=True)
class Records:
    """One entry per record, the header's among them.

    Args:
        start: Offset of its first byte.
        end: Offset of the LF or CR that ends it (of a CRLF, the LF).
        line: Line on which it starts, from 1; a quoted line end makes one record span lines.
        fields: Number of fields.
        flags: CONTENT, TORN, UNCLEAN, GIANT or-ed together.
        open_quote: Line on which a quote opened that never closes; 0 if none.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    line: NDArray[np.int64]
    fields: NDArray[np.int32]
    flags: NDArray[np.uint8]
    open_quote: int

    def shifted(self, offset: int) -> Records:
        """Return the records with offsets from ``offset`` bytes earlier."""
        return replace(self, start=self.start + offset, end=self.end + offset) if offset else self


def scan(text: NDArray[np.uint8], delimiter: str, quote: str = '"') -> Records:
    """Find the records in the bytes of a file; lines may end in LF, CRLF or CR, even mixed."""
    room = int(_count_ends(text)) + 1
    spans = np.zeros((3, room), dtype=np.int64)
    fields = np.zeros(room, dtype=np.int32)
    flags = np.zeros(room, dtype=np.uint8)
    n, open_quote = _find_records(text, kinds(delimiter, quote), _NEXT, _FOUND, spans, fields, flags)
    return Records(spans[0, :n], spans[1, :n], spans[2, :n], fields[:n], flags[:n], int(open_quote))


def kinds(delimiter: str, quote: str) -> NDArray[np.uint8]:
    """Return what each of the 256 bytes is."""
    table = np.full(256, _OTHER, dtype=np.uint8)
    table[:32] = _CONTROL
    table[127] = _CONTROL
    for mark, kind in (("\t", _SPACE), (" ", _SPACE), ("\r", _END), ("\n", _END)):
        table[ord(mark)] = kind
    table[ord(quote)] = _QUOTE
    table[ord(delimiter)] = _DELIMITER
    return table


def count_ends(text: NDArray[np.uint8]) -> int:
    """Return how many bytes are CR or LF: no file has more records than that and one."""
    n = 0
    for i in range(len(text)):
        if text[i] == 10 or text[i] == 13:
            n += 1
    return n


def find_records(
    text: NDArray[np.uint8],
    kind_of: NDArray[np.uint8],
    following: NDArray[np.uint8],
    found: NDArray[np.uint8],
    spans: NDArray[np.int64],
    fields: NDArray[np.int32],
    flags: NDArray[np.uint8],
) -> tuple[int, int]:
    """Fill spans (start, end, line), fields and flags; return how many records, and the open quote's line.

    Args:
        text: The file's bytes.
        kind_of: What a byte is, by its value; of a CRLF only the LF ends the record and counts a line.
        following: Next state by state and kind.
        found: Flags to add by state and kind.
        spans, fields, flags: Filled here, one column or entry per record.
    """
    size, n, start, line, quote_line = len(text), 0, 0, 1, 0
    first_line, count, seen, state, field = 1, 0, 0, _START, 0
    for i in range(size + 1):
        kind = _END if i == size else kind_of[text[i]]
        if kind == _END and i + 1 < size and text[i] == 13 and text[i + 1] == 10:
            kind = _CR
        is_end = kind == _END and (state != _QUOTED or i == size)
        if is_end or (kind == _DELIMITER and state != _QUOTED):
            if i - field > MOST_FIELD_BYTES:
                seen |= GIANT
            field, count = i + 1, count + 1
        elif kind == _QUOTE and state == _START:
            quote_line = line
        if is_end and start < size:
            spans[0, n], spans[1, n], spans[2, n], fields[n], flags[n] = start, i, first_line, count, seen
            n += 1
        line += kind == _END
        if is_end:
            start, first_line, count, seen = i + 1, line, 0, 0
        seen |= found[state, kind]
        state = following[state, kind]
    return n, quote_line if state == _QUOTED else 0


_count_ends = njit(cache=True)(count_ends)
_find_records = njit(cache=True)(find_records)
