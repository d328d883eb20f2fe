"""Unpack gzip and zip within limits: what is inflated is counted, what a header promises is not believed."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NoReturn
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from postloan.model.fault import CRASHED, Fault
from postloan.model.label import Label
from postloan.sources.reading.refusal import DELIVER_AGAIN, refusal

MOST_MEMBERS = 200
MOST_BYTES = 1 << 30
# Repetitive sheets shrink a hundredfold, small ones more; only what is large as well is taken for a bomb.
_MOST_RATIO = 100
_HARMLESS_BYTES = 100 << 20

_CHUNK = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_END_OF_DIRECTORY = struct.Struct("<4s4xHHII")
_MOST_DIRECTORY = 1 << 20
_ENCRYPTED, _UTF8_NAME = 0x1, 0x800
_MOST_SHOWN, _LONGEST_SHOWN = 20, 80  # names in a message, characters of a name
_BY_THE_SYSTEM = ("__MACOSX/", ".DS_Store")

_ONE_BY_ONE = Label("请解压后将文件逐个报送", "unpack it, and deliver its files one by one")
_NO_PASSWORD = Label(
    "请取消密码，改由本身安全的渠道报送",
    "deliver it without a password, over a channel that is safe by itself",
)
_DEFLATE = Label(
    "请用常用方法（deflate）压缩，或不压缩直接报送",
    "pack it with the usual method (deflate), or deliver it unpacked",
)
_SEVERAL = Label(
    "请分成多个文件报送，或直接报送未压缩的CSV或Parquet",
    "deliver it in several files, or as unpacked CSV or Parquet",
)
_UNPACKED = Label("如内容无误，请不压缩直接报送", "deliver it unpacked, if it is what it should be")
_ONE_TABLE = Label(
    "请每个文件只报送一张表，工作簿中不留其他工作表",
    "deliver one table per file, in a workbook without other sheets",
)


def gunzipped(path: Path, to: Path, name: str) -> None:
    """Unpack a gzip file into ``to``; raises Fault 3 where it is damaged or too large."""
    try:
        with gzip.open(path) as packed, to.open("xb") as file:
            _copy(iter(lambda: packed.read(_CHUNK), b""), file, path.stat().st_size, name)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise refusal(name, "gzip文件已损坏", f"the gzip file is damaged: {error}", DELIVER_AGAIN) from None


def unzipped(path: Path, to: Path, name: str) -> str:
    """Unpack the one file in a zip archive into ``to`` and return what it is called.

    Its name is shown and never used as a path.

    Raises:
        Fault: 3 where the archive is damaged, encrypted, too large, or holds no file or several.
    """
    with opened_zip(path, name) as archive:
        members = [info for info in archive.infolist() if not _is_beside_the_point(info)]
        if len(members) != 1:
            names = listed([member_name(info) for info in members])
            zh = f"一个zip压缩包只能有一个文件，此包有{len(members)}个：{names.zh}"
            en = f"a zip archive may hold one file, this one holds {len(members)}: {names.en}"
            raise refusal(name, zh, en, _ONE_BY_ONE)
        with to.open("xb") as file:
            _copy(inflated(path, members[0], name), file, members[0].compress_size, name)
        return shown_name(member_name(members[0]))


def opened_zip(path: Path, name: str) -> ZipFile:
    """Open an archive to list its members; raises Fault 3 where it is damaged, crowded or encrypted."""
    _refuse_crowded(path, name)
    try:
        archive = ZipFile(path)
    except (BadZipFile, NotImplementedError, OSError, ValueError) as error:
        _refuse_damaged(name, "无法读取其目录", str(error))
    if len(archive.infolist()) > MOST_MEMBERS:
        archive.close()
        raise _crowded(name)
    locked = next((info for info in archive.infolist() if info.flag_bits & _ENCRYPTED), None)
    if locked is not None:
        archive.close()
        member = shown_name(member_name(locked))
        zh, en = f"压缩包内的{member}有密码保护", f"{member} in the archive is protected by a password"
        raise refusal(name, zh, en, _NO_PASSWORD)
    return archive


def inflated(path: Path, info: ZipInfo, name: str) -> Iterator[bytes]:
    """Yield a member's content in chunks of at most 1 MiB, until its compressed bytes end.

    Raises:
        Fault: 3 where the content is not as long, or not as summed, as the directory says: readers that
            believe the directory would see another content than readers that don't.
    """
    member, method = shown_name(member_name(info)), info.compress_type
    if method not in (ZIP_DEFLATED, ZIP_STORED):
        zh, en = f"{member}的压缩方法（{method}号）不受支持", f"{member} is packed by method {method}"
        raise refusal(name, zh, en, _DEFLATE)
    size, checksum = 0, 0
    with path.open("rb") as file:
        try:
            _to_content(file, info)
            for chunk in _stream(file, info):
                size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
                yield chunk
        except (zlib.error, struct.error, BadZipFile) as error:
            _refuse_damaged(name, f"{member}无法解压", f"{member}: {error}")
    if (size, checksum) != (info.file_size, info.CRC):
        _refuse_damaged(
            name, f"{member}的内容与压缩包目录不符", f"{member} is not what the archive's directory says"
        )


def refuse_oversized(path: Path, archive: ZipFile, name: str) -> None:
    """Inflate every member once and count; raises Fault 3 where together they are too large."""
    packed, total = path.stat().st_size, 0
    for info in archive.infolist():
        for chunk in inflated(path, info, name):
            total += len(chunk)
            _refuse_bomb(total, packed, name)


def member_name(info: ZipInfo) -> str:
    """Return a member's name as its author wrote it: Windows in China writes GBK and doesn't say so."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def listed(names: Sequence[str]) -> Label:
    """Return names for a message: control characters escaped, and not more than a reader can take in."""
    shown = [shown_name(name) for name in names[:_MOST_SHOWN]]
    if not shown:
        return Label("无", "none")
    more = len(names) - len(shown)
    zh, en = ([f"……（另有{more}个）"], [f"… ({more} more)"]) if more else ([], [])
    return Label("、".join([*shown, *zh]), ", ".join([*shown, *en]))


def shown_name(name: str) -> str:
    """Return a name that comes from inside a file for a message: control characters escaped, not too long."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[:_LONGEST_SHOWN]}…"


def _copy(chunks: Iterator[bytes], file: IO[bytes], packed: int, name: str) -> None:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        _refuse_bomb(total, packed, name)
        try:
            file.write(chunk)
        except OSError as error:
            what = f"{name}: can't be unpacked: {error.strerror} after {total} bytes"
            raise Fault(what, "make room on the disk that holds temporary files", CRASHED) from None


def _refuse_bomb(total: int, packed: int, name: str) -> None:
    if total > MOST_BYTES:
        zh, en = f"解压后超过{MOST_BYTES}字节", f"unpacked it is larger than {MOST_BYTES} bytes"
        raise refusal(name, zh, en, _SEVERAL)
    if total > _HARMLESS_BYTES and total > _MOST_RATIO * packed:
        zh = f"解压后的大小超过压缩时的{_MOST_RATIO}倍"
        en = f"unpacked it is more than {_MOST_RATIO} times as large as packed"
        raise refusal(name, zh, en, _UNPACKED)


def _refuse_crowded(path: Path, name: str) -> None:
    """Look at the end of the archive before its directory is read: a million entries fill the memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16) - 22))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END_OF_DIRECTORY.size:
        _refuse_damaged(
            name, "缺少目录，说明文件末尾不完整", "its directory is missing, so the end of the file is too"
        )
    _, _, members, directory, _ = _END_OF_DIRECTORY.unpack_from(tail, at)
    if members > MOST_MEMBERS or directory > _MOST_DIRECTORY:
        raise _crowded(name)


def _crowded(name: str) -> Fault:
    return refusal(
        name, f"所含部分超过{MOST_MEMBERS}个", f"it holds more than {MOST_MEMBERS} parts", _ONE_TABLE
    )


def _is_beside_the_point(info: ZipInfo) -> bool:
    return info.is_dir() or info.filename.startswith(_BY_THE_SYSTEM) or info.filename.endswith("/.DS_Store")


def _to_content(file: IO[bytes], info: ZipInfo) -> None:
    file.seek(info.header_offset)
    magic, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    if magic != b"PK\x03\x04":
        raise BadZipFile("no header where the directory says")
    file.seek(name_length + extra_length, 1)


def _stream(file: IO[bytes], info: ZipInfo) -> Iterator[bytes]:
    machine = zlib.decompressobj(-15) if info.compress_type == ZIP_DEFLATED else None
    left = info.compress_size
    while left > 0 and (packed := file.read(min(_CHUNK, left))):
        left -= len(packed)
        if machine is None:
            yield packed
            continue
        while packed:
            yield machine.decompress(packed, _CHUNK)
            packed = machine.unconsumed_tail
    if machine is not None:
        yield machine.flush()


def _refuse_damaged(name: str, zh: str, en: str) -> NoReturn:
    raise refusal(name, f"zip压缩包已损坏：{zh}", f"the zip archive is damaged: {en}", DELIVER_AGAIN)
