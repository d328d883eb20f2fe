"""Where records start and end: a state machine over the bytes of a delimited file.

It is written apart from the parser that reads the values, so that the two counts can be compared:
a parser that swallows a record cannot hide it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Flags of a record: holds more than delimiters and spaces; text after a closing quote; control characters.
CONTENT, TORN, UNCLEAN = 1, 2, 4

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
        flags: CONTENT, TORN, UNCLEAN or-ed together.
        open_quote: Line on which a quote opened that never closes; 0 if none.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    line: NDArray[np.int64]
    fields: NDArray[np.int32]
    flags: NDArray[np.uint8]
    open_quote: int


def scan(data: bytes, delimiter: str, quote: str = '"') -> Records:
    """Find the records of a file; lines may end in LF, CRLF or CR, even mixed."""
    kinds = _kinds(data, delimiter, quote)
    room = int(np.count_nonzero(kinds == _END)) + 1
    spans = np.zeros((room, 3), dtype=np.int64)
    fields = np.zeros(room, dtype=np.int32)
    flags = np.zeros(room, dtype=np.uint8)
    n, open_quote = _find_records(kinds, _NEXT, _FOUND, spans, fields, flags)
    start, end, line = (np.ascontiguousarray(spans[:n, k]) for k in range(3))
    return Records(start, end, line, fields[:n], flags[:n], int(open_quote))


def _kinds(data: bytes, delimiter: str, quote: str) -> NDArray[np.uint8]:
    table = np.full(256, _OTHER, dtype=np.uint8)
    table[:32] = _CONTROL
    table[127] = _CONTROL
    for mark, kind in (("\t", _SPACE), (" ", _SPACE), ("\r", _END), ("\n", _END)):
        table[ord(mark)] = kind
    table[ord(quote)] = _QUOTE
    table[ord(delimiter)] = _DELIMITER
    kinds = np.empty(len(data), dtype=np.uint8)
    _classify(np.frombuffer(data, dtype=np.uint8), table, kinds)
    return kinds


def classify(text: NDArray[np.uint8], table: NDArray[np.uint8], kinds: NDArray[np.uint8]) -> None:
    """Fill ``kinds`` with what each byte is; of a CRLF only the LF ends the record and counts a line."""
    for i in range(len(text)):
        kinds[i] = table[text[i]]
        if kinds[i] == _END and i > 0 and text[i] == 10 and text[i - 1] == 13:
            kinds[i - 1] = _CR


def find_records(
    kinds: NDArray[np.uint8],
    following: NDArray[np.uint8],
    found: NDArray[np.uint8],
    spans: NDArray[np.int64],
    fields: NDArray[np.int32],
    flags: NDArray[np.uint8],
) -> tuple[int, int]:
    """Fill spans (start, end, line), fields and flags; return how many records, and the open quote's line.

    Args:
        kinds: What each byte is.
        following: Next state by state and kind.
        found: Flags to add by state and kind.
        spans, fields, flags: Filled here, one row per record.
    """
    n, start, line, quote_line = 0, 0, 1, 0
    first_line, count, seen, state = 1, 1, 0, _START
    for i in range(len(kinds)):
        kind = kinds[i]
        if kind == _END:
            line += 1
        if kind == _END and state != _QUOTED:
            spans[n, 0], spans[n, 1], spans[n, 2] = start, i, first_line
            fields[n], flags[n] = count, seen
            n += 1
            start, first_line, count, seen = i + 1, line, 1, 0
        elif kind == _DELIMITER and state != _QUOTED:
            count += 1
        elif kind == _QUOTE and state == _START:
            quote_line = line
        seen |= found[state, kind]
        state = following[state, kind]
    if start < len(kinds):
        spans[n, 0], spans[n, 1], spans[n, 2] = start, len(kinds), first_line
        fields[n], flags[n] = count, seen
        n += 1
    return n, quote_line if state == _QUOTED else 0


_classify = njit(cache=True)(classify)
_find_records = njit(cache=True)(find_records)
