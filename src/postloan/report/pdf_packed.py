"""A PDF with its small objects packed: a typesetter writes every cell of every table as an object of its own.

Two thirds of a tagged pack are such objects, a few words repeated thousands of times. In compressed object
streams (ISO 32000-1, 7.5.7) they take a twentieth. Content, fonts and charts are copied as they are.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise

_AT_ONCE = 1000  # objects in one stream: a reader unpacks all of them to get at one
_TABLE = re.compile(
    rb"xref\n0 (\d+)\n((?:\d{10} \d{5} [nf]\r\n)+)trailer\n<<(.*)>>\nstartxref\n(\d+)\n%%EOF\s*", re.DOTALL
)
_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*)\nendobj\s*", re.DOTALL)
_FREE = (0, 0, 65535)  # what the table of objects says of number 0

Place = tuple[int, int, int]
"""Kind (1 at an offset, 2 in an object stream), offset or stream, generation or position."""


def packed(pdf: bytes) -> bytes:
    """Return the same document with every object that is not a stream in compressed streams.

    The same bytes give the same bytes. A file that is not laid out as typst does it, which is one table of
    all objects at the end, is returned as it is.
    """
    table = _TABLE.match(pdf, pdf.rfind(b"\nxref\n0 ") + 1)
    if table is None or table.end() != len(pdf) or int(table[4]) != table.start():
        return pdf
    objects = _objects(pdf, table[2], table.start())
    if len(objects) != int(table[1]) - 1:
        return pdf
    written = {number: body for number, body in objects.items() if body.endswith(b"endstream")}
    plain = sorted(objects.keys() - written.keys())
    places: dict[int, Place] = {0: _FREE}
    number = int(table[1])
    for start in range(0, len(plain), _AT_ONCE):
        held = plain[start : start + _AT_ONCE]
        written[number] = _object_stream([(name, objects[name]) for name in held])
        places |= {name: (2, number, i) for i, name in enumerate(held)}
        number += 1
    return _file(pdf[: pdf.index(b"1 0 obj\n")], written, places, re.sub(rb"/Size \d+", b"", table[3]))


def _objects(pdf: bytes, table: bytes, end: int) -> dict[int, bytes]:
    """Return the body of every object by its number; what is written otherwise is left out."""
    offsets = sorted(int(line[:10]) for line in table.split(b"\r\n") if line.endswith(b"n"))
    found = {}
    for start, stop in pairwise([*offsets, end]):
        match = _OBJECT.fullmatch(pdf, start, stop)
        if match is not None:
            found[int(match[1])] = match[2]
    return found


def _object_stream(objects: Sequence[tuple[int, bytes]]) -> bytes:
    heads, at = [], 0
    for number, body in objects:
        heads.append(b"%d %d" % (number, at))
        at += len(body) + 1
    head = b" ".join(heads) + b"\n"
    entries = b"/Type/ObjStm/N %d/First %d" % (len(objects), len(head))
    return _stream(entries, head + b"\n".join(body for _, body in objects))


def _stream(entries: bytes, content: bytes) -> bytes:
    data = zlib.compress(content, 9)
    return b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (entries, len(data), data)


def _file(head: bytes, written: Mapping[int, bytes], places: dict[int, Place], trailer: bytes) -> bytes:
    parts, offset = [head], len(head)
    for number, body in sorted(written.items()):
        places[number] = (1, offset, 0)
        parts.append(b"%d 0 obj\n%b\nendobj\n\n" % (number, body))
        offset += len(parts[-1])
    last = max(places) + 1  # the table of objects is an object itself
    places[last] = (1, offset, 0)
    rows = [places[number] for number in range(last + 1)]
    content = b"".join(
        b"%b%b%b" % (k.to_bytes(1, "big"), at.to_bytes(4, "big"), n.to_bytes(2, "big")) for k, at, n in rows
    )
    table = _stream(b"/Type/XRef/W[1 4 2]/Size %d%b" % (last + 1, trailer), content)
    parts.append(b"%d 0 obj\n%b\nendobj\n\nstartxref\n%d\n%%%%EOF\n" % (last, table, offset))
    return b"".join(parts)
