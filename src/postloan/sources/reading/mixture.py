"""Lines of UTF-8 in a text that is not UTF-8 as a whole: found by a state machine over its bytes."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Of 300,000 random texts in GB18030, none of three characters of three bytes was valid UTF-8 from end to
# end; of shorter ones four in ten thousand were.
SURELY_WIDE, MOST_BY_CHANCE = 3, 0.01

# What a byte of UTF-8 is: a character of its own, the second or a later one, the first of two, three or four.
_ASCII, _LATER, _TWO, _THREE, _FOUR, _NEVER, _END = range(7)
# How many bytes a character still lacks; _LOST is a line that is no UTF-8.
_LOST = 4
_NEXT = np.array(
    [
        [0, _LOST, 1, 2, 3, _LOST, 0],
        [_LOST, 0, _LOST, _LOST, _LOST, _LOST, 0],
        [_LOST, 1, _LOST, _LOST, _LOST, _LOST, 0],
        [_LOST, 2, _LOST, _LOST, _LOST, _LOST, 0],
        [_LOST, _LOST, _LOST, _LOST, _LOST, _LOST, 0],
    ],
    dtype=np.uint8,
)
_KINDS = np.full(256, _NEVER, dtype=np.uint8)
for _first, _last, _kind in (
    (0x00, 0x7F, _ASCII),
    (0x80, 0xBF, _LATER),
    (0xC2, 0xDF, _TWO),
    (0xE0, 0xEF, _THREE),
    (0xF0, 0xF4, _FOUR),
    (10, 10, _END),
    (13, 13, _END),
):
    _KINDS[_first : _last + 1] = _kind


def utf8_line(text: NDArray[np.uint8]) -> int:
    """Return the number of a line that is UTF-8 and can't be so by chance; 0 if there is none.

    A line is so for sure if it holds at least ``SURELY_WIDE`` characters of three or four bytes; lines with
    fewer are, once they are more than ``MOST_BY_CHANCE`` of the lines that aren't ASCII.
    """
    return int(_find_line(text, _KINDS, _NEXT))


def find_line(text: NDArray[np.uint8], kind_of: NDArray[np.uint8], following: NDArray[np.uint8]) -> int:
    """Do what ``utf8_line`` says, given what each byte is and the next state by state and kind."""
    size, line, n_lines, n_wide = len(text), 1, 0, 0
    state, wide, foreign = 0, 0, False
    for i in range(size + 1):
        kind = _END if i == size else kind_of[text[i]]
        if kind == _END:
            n_lines += foreign
            if state == 0 and wide > 0:
                n_wide += 1
                if wide >= SURELY_WIDE or n_wide > max(1, MOST_BY_CHANCE * n_lines):
                    return line
            if i + 1 >= size or text[i] == 10 or text[i + 1] != 10:
                line += 1
            wide, foreign = 0, False
        elif kind != _ASCII:
            foreign = True
            wide += _THREE <= kind <= _FOUR
        state = following[state, kind]
    return 0


_find_line = njit(cache=True)(find_line)
