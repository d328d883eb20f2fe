"""What a file is, told by its first bytes and never by its name; packed files are unpacked within limits."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.sources.reading.refusal import DELIVER_AGAIN, refusal
from postloan.sources.reading.unpack import gunzipped, opened_zip, refuse_oversized, unzipped


class Content(StrEnum):
    """What a readable file holds."""

    TEXT = "text"
    XLSX = "xlsx"
    PARQUET = "parquet"


_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_XLSX = Label(
    "请用Excel打开后另存为.xlsx，或导出为CSV", "open it in Excel and save it as .xlsx, or export it as CSV"
)
_SAVE_SHEET = Label(
    "请用WPS或LibreOffice打开后另存为.xlsx，或导出为CSV",
    "open it in WPS or LibreOffice and save it as .xlsx, or export it as CSV",
)
_NO_MACROS = Label(f"{_SAVE_XLSX.zh}；宏一律不予接收", f"{_SAVE_XLSX.en}: macros are never taken in")
_NO_PASSWORD = Label(
    "请用Excel打开，取消密码后另存为.xlsx，并通过安全渠道报送",
    "open it in Excel, save it as .xlsx without a password, and deliver it over a safe channel",
)
_EXPORT = Label("请将其中的表导出为CSV、Excel或Parquet", "export the table from it as CSV, Excel or Parquet")
_UNPACK = Label(
    "请解压后报送文件本身，或改用.zip、.gz压缩",
    "unpack it, and deliver the file itself, or as .zip or .gz",
)
_AS_PARQUET = Label("请改用Parquet报送", "deliver it as Parquet")
_PACK_ONCE = Label("请只压缩一次", "pack the file once")
_PICTURE = Label("图片", "a picture")

# First bytes of what is no table file: what it is, and what to do.
_FOREIGN = (
    (b"%PDF", Label("PDF文件", "a PDF file"), _EXPORT),
    (b"SQLite format 3\0", Label("SQLite数据库", "an SQLite database"), _EXPORT),
    (b"7z\xbc\xaf\x27\x1c", Label("7z压缩包", "a 7z archive"), _UNPACK),
    (b"Rar!\x1a\x07", Label("RAR压缩包", "a RAR archive"), _UNPACK),
    (b"BZh", Label("bzip2压缩文件", "a bzip2 file"), _UNPACK),
    (b"\xfd7zXZ\0", Label("xz压缩文件", "an xz file"), _UNPACK),
    (b"\x28\xb5\x2f\xfd", Label("zstd压缩文件", "a zstd file"), _UNPACK),
    (b"ARROW1\0\0", Label("Arrow文件", "an Arrow file"), _AS_PARQUET),
    (b"\x89PNG\r\n\x1a\n", _PICTURE, _EXPORT),
    (b"\xff\xd8\xff", _PICTURE, _EXPORT),
    (b"{\\rtf", Label("Word文档（RTF）", "a Word document (RTF)"), _EXPORT),
)
# What an Office archive holds by which it is known; the first that fits counts.
_OFFICE = (
    ("xl/workbook.bin", Label("二进制Excel工作簿（.xlsb）", "a binary Excel workbook (.xlsb)"), _SAVE_XLSX),
    (
        "xl/vbaProject.bin",
        Label("含宏的Excel工作簿（.xlsm）", "an Excel workbook with macros (.xlsm)"),
        _NO_MACROS,
    ),
    ("content.xml", Label("OpenDocument表格（.ods）", "an OpenDocument file (.ods)"), _SAVE_SHEET),
    ("word/document.xml", Label("Word文档", "a Word document"), _EXPORT),
    ("ppt/presentation.xml", Label("PowerPoint文件", "a PowerPoint file"), _EXPORT),
)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HTML = ("<html", "<!doctype html", "<table", "<head", "<meta", "<style", "<body", "<div", "<tr")
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Plain:
    """A file that can be read as it stands.

    Args:
        path: Where it lies.
        name: How to speak of it: of a zip archive, with the member's name.
        content: What it holds.
    """

    path: Path
    name: str
    content: Content


def unpacked(path: Path, name: str, folder: Path) -> Plain:
    """Return the file itself, or what a gzip or a zip of one file holds.

    Args:
        path: The file as delivered.
        name: For messages.
        folder: Private; what is unpacked goes here.

    Raises:
        Fault: 3 for content that is no table file (password, macros, old Excel, HTML named .xls, PDF …),
            a damaged, oversized, nested or crowded archive; 4 where the disk is full.
    """
    head = _head(path)
    if not _is_packed(path, head, name):
        return Plain(path, name, _content(path, head, name))
    inner = folder / "unpacked"
    if head.startswith(_GZIP):
        gunzipped(path, inner, name)
    else:
        name = f"{name}/{unzipped(path, inner, name)}"
    head = _head(inner)
    if not head:
        raise refusal(name, "空文件", "empty file", DELIVER_AGAIN)
    if _is_packed(inner, head, name):
        raise refusal(name, "压缩包内又有压缩包", "an archive within an archive", _PACK_ONCE)
    return Plain(inner, name, _content(inner, head, name))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _is_packed(path: Path, head: bytes, name: str) -> bool:
    """Say whether the file is a gzip, or a zip that is no Office document."""
    return head.startswith(_GZIP) or (_is_zip(head) and not _is_office(_members(path, name)))


def _is_zip(head: bytes) -> bool:
    return head.startswith(_ZIP) and head[2:4] in (b"\x03\x04", b"\x05\x06", b"\x07\x08")


def _members(path: Path, name: str) -> frozenset[str]:
    with opened_zip(path, name) as archive:
        return frozenset(archive.namelist())


def _is_office(members: frozenset[str]) -> bool:
    return "[Content_Types].xml" in members or "mimetype" in members


def _content(path: Path, head: bytes, name: str) -> Content:
    for magic, what, mend in _FOREIGN:
        if head.startswith(magic):
            raise _refused(name, what, mend)
    if head.startswith(_OLE):
        raise _old_office(path, name)
    if head.startswith(b"PAR1"):
        return Content.PARQUET
    if _is_zip(head):
        return _office(path, name)
    _refuse_markup(head, name)
    return Content.TEXT


def _office(path: Path, name: str) -> Content:
    members = _members(path, name)
    for member, what, mend in _OFFICE:
        if member in members:
            raise _refused(name, what, mend)
    if "xl/workbook.xml" not in members:
        raise _refused(name, Label("不含工作簿的Office文件", "an Office file without a workbook"), _SAVE_XLSX)
    with opened_zip(path, name) as archive:
        refuse_oversized(path, archive, name)
    return Content.XLSX


def _old_office(path: Path, name: str) -> Fault:
    """Tell a workbook with a password from an old one: both are OLE2, only the names within differ."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            what = Label("有密码保护的Office文件", "an Office file protected by a password")
            return _refused(name, what, _NO_PASSWORD)
        if data.find("Workbook".encode("utf-16-le")) >= 0 or data.find("Book".encode("utf-16-le")) >= 0:
            return _refused(
                name, Label("旧版Excel工作簿（.xls）", "an old Excel workbook (.xls)"), _SAVE_XLSX
            )
    return _refused(name, Label("旧版Office文件", "an old Office file"), _EXPORT)


def _refuse_markup(head: bytes, name: str) -> None:
    """Refuse web pages and XML that systems export under the name .xls."""
    mark = next(((bom, encoding) for bom, encoding in _MARKS if head.startswith(bom)), (b"", "latin-1"))
    text = head[len(mark[0]) :].decode(mark[1], "replace").lstrip().lower()
    if text.startswith(_HTML) or (text.startswith(("<?xml", "<!--")) and any(tag in text for tag in _HTML)):
        raise _misnamed(name, Label("HTML表格", "an HTML table"))
    if text.startswith("mime-version:"):
        raise _misnamed(name, Label("网页归档（MHTML）", "a web archive (MHTML)"))
    if text.startswith("<?xml"):
        raise _misnamed(name, Label("XML文件", "an XML file"))


def _misnamed(name: str, what: Label) -> Fault:
    told = Label(f"{what.zh}（不论扩展名是什么）", f"{what.en}, whatever its name")
    return _refused(name, told, _SAVE_XLSX)


def _refused(name: str, what: Label, mend: Label) -> Fault:
    return refusal(name, f"此文件是{what.zh}", f"the file is {what.en}", mend)
