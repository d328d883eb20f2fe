"""Which encoding a text is in: declared and checked, or found out, never guessed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.sources.reading.handover import mapped
from postloan.sources.reading.mixture import utf8_line
from postloan.sources.reading.refusal import SAVE_AS_UTF8, refusal

# The mark of UTF-32 starts like that of UTF-16: the longer one is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BLOCK = 1 << 20

# The 3,755 characters of everyday Chinese lie in these bytes; Big5 read as GB18030 hits them four times in ten.
_DOUBLE = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_COMMON = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe]")
_UTF32 = Label("编码是UTF-32", "is UTF-32")
_UNMARKED = Label(
    "没有字节序标记（BOM），UTF-16的字节序无从确定",
    "has no byte order mark, so its UTF-16 can be read in two ways",
)
_APART = Label(
    "疑似两个编码不同的文件被拼接在一起，请分别报送",
    "probably two files in different encodings were joined: deliver them apart",
)
_DECLARE = Label(
    "请另存为UTF-8；如确为GB18030，请声明 `encoding: gb18030`",
    "save it as UTF-8, or declare `encoding: gb18030` if that is what it is",
)
_LEAST_COMMON, _ENOUGH = 0.5, 10_000


def to_utf8(path: Path, declared: str | None, name: str, target: Path) -> tuple[str, int]:
    """Write a text as UTF-8; return the encoding it was in, and the length of a mark to pass over in ``target``.

    A declared encoding is checked; else a byte order mark decides, else strict UTF-8, else strict
    GB18030. Nothing else is tried: Latin-1 would read anything and mean nothing.

    Args:
        path: The text as delivered, unpacked.
        declared: Its encoding as declared, None to find out.
        name: For messages.
        target: What is written; a text that is UTF-8 already becomes a second name of ``path``.

    Raises:
        Fault: 3 with byte offset and line, where the bytes are not in the encoding; where some lines are
            UTF-8 and some are not (probably two files glued together); where the text could be read as
            GB18030 but would hardly be Chinese.
    """
    mark, marked = _mark(path)
    if declared is not None and marked and not marked.startswith(declared):
        zh = f"字节序标记（BOM）表明编码是{marked}，而声明的是{declared}"
        raise _refused(name, zh, f"is {marked} by its byte order mark, not {declared} as declared", declared)
    if marked == "utf-32" or (declared == "utf-16" and not marked):
        what = _UTF32 if marked else _UNMARKED
        raise refusal(name, what.zh, what.en, SAVE_AS_UTF8)
    encoding = marked or declared or "utf-8"
    try:
        return encoding, _written(path, mark, encoding, target)
    except UnicodeDecodeError as error:
        if declared or marked:
            raise _undecodable(path, name, encoding, error.start) from None
        _refuse_mixture(path, name, error.start)
    try:
        _written(path, b"", "gb18030", target)
    except UnicodeDecodeError as error:
        raise _undecodable(path, name, "gb18030", error.start) from None
    _refuse_unlikely(path, name)
    return "gb18030", 0


def _mark(path: Path) -> tuple[bytes, str]:
    with path.open("rb") as file:
        head = file.read(4)
    return next(((bom, encoding) for bom, encoding in _MARKS if head.startswith(bom)), (b"", ""))


def _written(path: Path, mark: bytes, encoding: str, target: Path) -> int:
    """Decode block by block; raises UnicodeDecodeError whose ``start`` counts from the file's first byte."""
    if encoding == "utf-8":
        for _ in _decoded(path, len(mark), encoding):
            pass
        target.hardlink_to(path)
        return len(mark)
    with target.open("w", encoding="utf-8", newline="") as sink:
        sink.writelines(_decoded(path, len(mark), encoding))
    return 0


def _decoded(path: Path, start: int, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        file.seek(start)
        while True:
            # The decoder keeps the bytes of a character that the last block cut in two.
            offset = file.tell() - len(decoder.getstate()[0])
            block = file.read(_BLOCK)
            try:
                yield decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                error.start += offset
                raise
            if not block:
                return


def _refuse_mixture(path: Path, name: str, offset: int) -> None:
    """Refuse a text that is not UTF-8 as a whole, but in lines that no GB18030 text has by chance."""
    if line := utf8_line(np.frombuffer(mapped(path), dtype=np.uint8)):
        where = _place(path, offset, "utf-8")
        zh, en = f"{where.zh}不是UTF-8编码，而第{line}行是", f"{where.en} is not UTF-8, line {line} is"
        raise refusal(name, zh, en, _APART)


def _refuse_unlikely(path: Path, name: str) -> None:
    """Refuse what decodes as GB18030 but is hardly Chinese: Big5 and Shift-JIS decode without an error."""
    n, n_common = 0, 0
    with path.open("rb") as file:
        # A character cut by the end of a block puts the count off by one or two at most.
        while n < _ENOUGH and (block := file.read(_BLOCK)):
            pairs = _DOUBLE.findall(block)
            n += len(pairs)
            n_common += sum(_COMMON.fullmatch(pair) is not None for pair in pairs)
    if n_common < _LEAST_COMMON * n:
        raise refusal(
            name,
            f"既不是UTF-8，也不大可能是GB18030：{n}个字符中会有{n - n_common}个生僻字",
            f"neither UTF-8 nor likely to be GB18030: {n - n_common} of {n} characters would be rare ones",
            _DECLARE,
        )


def _undecodable(path: Path, name: str, encoding: str, offset: int) -> Fault:
    where = _place(path, offset, encoding)
    return _refused(name, f"{where.zh}不是{encoding}编码", f"{where.en} is not {encoding}", encoding)


def _place(path: Path, offset: int, encoding: str) -> Label:
    with path.open("rb") as file:
        text = file.read(offset).decode(encoding, "ignore")
    line = text.count("\n") + text.count("\r") - text.count("\r\n") + 1
    return Label(f"第{line}行（字节偏移{offset}）", f"byte {offset} on line {line}")


def _refused(name: str, zh: str, en: str, encoding: str) -> Fault:
    mend = Label(
        f"请声明文件的真实编码，或另存为{encoding}",
        f"declare the file's true encoding, or save it as {encoding}",
    )
    return refusal(name, zh, en, mend)
