"""Which encoding a text is in: declared and checked, or found out, never guessed."""

from __future__ import annotations

import codecs

from postloan.model.fault import REFUSED, Fault

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def to_utf8(data: bytes, declared: str | None, name: str) -> tuple[bytes, str]:
    """Return the text as UTF-8 without a byte order mark, and the encoding it was in.

    A declared encoding is checked; else a byte order mark decides, else strict UTF-8, else strict
    GB18030. Nothing else is tried: Latin-1 would read anything and mean nothing.

    Raises:
        Fault: 3 with byte offset and line, where the bytes are not in the encoding, or where most
            lines are UTF-8 and some are not (probably two files glued together).
    """
    mark = next(((bom, encoding) for bom, encoding in _MARKS if data.startswith(bom)), None)
    if mark is not None:
        body, found = data[len(mark[0]) :], mark[1]
        if declared is not None and not found.startswith(declared):
            raise _refused(name, f"is {found} by its byte order mark, not {declared} as declared", declared)
        return _strict(body, found, name), found
    if declared is not None:
        return _strict(data, declared, name), declared
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_mixture(data, error.start, name)
        return _strict(data, "gb18030", name), "gb18030"
    return data, "utf-8"


def _strict(data: bytes, encoding: str, name: str) -> bytes:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte {error.start} on line {_line(data, error.start)}"
        raise _refused(name, f"{where} is not {encoding}", encoding) from None
    return data if encoding == "utf-8" else text.encode("utf-8")


def _refuse_mixture(data: bytes, offset: int, name: str) -> None:
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    n_utf8 = sum(_is_utf8(line) for line in lines)
    if n_utf8 > len(lines) - n_utf8:
        line = _line(data, offset)
        raise Fault(
            f"{name}: byte {offset} on line {line} is not UTF-8, most other lines are",
            "probably two files in different encodings were joined: deliver them apart",
            REFUSED,
        )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _refused(name: str, problem: str, encoding: str) -> Fault:
    return Fault(f"{name}: {problem}", f"declare the file's true encoding, or save it as {encoding}", REFUSED)
