"""A file is what its first bytes say, and is unpacked within limits; the process that asked lives on."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lender_delivery import HEAD, LOAN_FILE, LOANS, deliver, entry
from workbooks import SHEET, bent, packed, replaced, workbook

from postloan.book.store import Book
from postloan.model.fault import REFUSED, Fault
from postloan.sources.reading.containers import Content, unpacked
from postloan.sources.reading.unpack import MOST_BYTES

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
LOAN_SHEET = HEAD + LOAN_FILE.replace("loans.csv", "loans.csv\n    format: xlsx")
PAYMENT_SHEET = """
  - path: payments.csv
    format: xlsx
    tables:
      payment: {columns: {payment_id: 流水号, loan_id: 借据号, paid_on: 日期, amount_minor: 金额}}
"""


def content(folder: Path, data: bytes, name: str = "loans.csv") -> Content:
    path = folder / "delivered"
    path.write_bytes(data)
    return unpacked(path, name, folder).content


def refusal(folder: Path, data: bytes) -> Fault:
    with pytest.raises(Fault) as caught:
        content(folder, data)
    assert caught.value.exit_code == REFUSED
    return caught.value


def encrypted(parts: dict[str, bytes]) -> bytes:
    """Return a zip archive that says its first member is encrypted."""
    data = bytearray(packed(parts))
    data[6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def named_in_gbk(*names: str) -> bytes:
    """Return a zip archive as Windows in China writes it: names in GBK, and no word of it."""
    data = packed({f"{number}{'x' * 20}": b"a,b\n1,2\n" for number, _ in enumerate(names)})
    for number, name in enumerate(names):
        raw = name.encode("gbk").ljust(21, b"_")
        data = data.replace(f"{number}{'x' * 20}".encode(), raw)
    return data


def test_office_files_text_and_parquet_are_told_apart_whatever_their_name(tmp_path: Path) -> None:
    assert content(tmp_path, workbook(), "loans.csv") is Content.XLSX
    assert content(tmp_path, LOANS.encode(), "loans.xlsx") is Content.TEXT
    assert content(tmp_path, b"PAR1" + bytes(20), "loans.xls") is Content.PARQUET


@pytest.mark.parametrize(
    ("data", "what", "mend"),
    [
        (
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "an Office file protected by a password",
            "without a password",
        ),
        (OLE + "Workbook".encode("utf-16-le"), "an old Excel workbook (.xls)", "save it as .xlsx"),
        (OLE + "WordDocument".encode("utf-16-le"), "an old Office file", "export"),
        (
            packed({"[Content_Types].xml": "", "xl/workbook.bin": ""}),
            "binary Excel workbook (.xlsb)",
            ".xlsx",
        ),
        (
            packed({"[Content_Types].xml": "", "xl/workbook.xml": "", "xl/vbaProject.bin": ""}),
            "an Excel workbook with macros (.xlsm)",
            "macros are never taken in",
        ),
        (
            packed({"mimetype": "application/x", "content.xml": ""}),
            "an OpenDocument file (.ods)",
            "LibreOffice",
        ),
        (packed({"[Content_Types].xml": "", "word/document.xml": ""}), "a Word document", "export the table"),
        (packed({"[Content_Types].xml": ""}), "an Office file without a workbook", "save it as .xlsx"),
        (b"%PDF-1.7\n", "a PDF file", "export the table"),
        (b"SQLite format 3\x00", "an SQLite database", "export the table"),
        (b"Rar!\x1a\x07\x00", "a RAR archive", "unpack it"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
        (b"\n <TABLE border=1><tr><td>", "an HTML table, whatever its name", "save it as .xlsx"),
        (b'\xef\xbb\xbf<html xmlns:x="urn:schemas-microsoft-com:office:excel">', "an HTML table", ".xlsx"),
        ("\ufeff<html><table>".encode("utf-16-le"), "an HTML table", "Excel"),
        (b'<?xml version="1.0"?><html>', "an HTML table", "Excel"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "an XML",
            "Excel",
        ),
        (b"MIME-Version: 1.0\nX-Document-Type: Workbook\n", "a web archive (MHTML)", "save it as .xlsx"),
    ],
)
def test_what_is_no_table_file_is_refused_with_advice(
    tmp_path: Path, data: bytes, what: str, mend: str
) -> None:
    fault = refusal(tmp_path, data)
    assert f"loans.csv: the file is {what}" in fault.what or what in fault.what
    assert mend in fault.mend


@pytest.mark.parametrize(
    ("data", "what", "mend"),
    [
        (packed({"a.csv": "1", "b/c.csv": "2"}), "this one holds 2: a.csv, b/c.csv", "one by one"),
        (packed({"__MACOSX/._a": "1"}), "this one holds 0: none", "one by one"),
        (named_in_gbk("借据明细.csv", "还款明细.csv"), "借据明细.csv", "one by one"),
        (packed({"a\x1b[31m\n.csv": "1", "b": ""}), "a\\x1b[31m\\n.csv", "one by one"),
        (packed({"a.zip": packed({"a.csv": "1"})}), "loans.csv/a.zip: an archive within an archive", "once"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "loans.csv: an archive within an archive", "once"),
        (packed({"a.csv": ""}), "loans.csv/a.csv: empty file", "again"),
        (encrypted({"a.csv": b"1"}), "a.csv in the archive is protected by a password", "safe"),
        (packed({"a.csv": "1" * 99}, zipfile.ZIP_LZMA), "a.csv is packed by method 14", "deflate"),
        (packed({"a.csv": "1" * 99})[:-30], "its directory is missing", "again"),
        (
            packed({"a.csv": "1"}, zipfile.ZIP_STORED).replace(b"csv1", b"csv2"),
            "the zip archive is damaged",
            "again",
        ),
        (packed({f"{n}.csv": "" for n in range(201)}), "it holds more than 200 parts", "one table per file"),
        (gzip.compress(LOANS.encode())[:-9], "the gzip file is damaged", "again"),
    ],
)
def test_an_archive_that_is_not_one_plain_file_is_refused(
    tmp_path: Path, data: bytes, what: str, mend: str
) -> None:
    fault = refusal(tmp_path, data)
    assert what in fault.what
    assert mend in fault.mend
    assert list(tmp_path.parent.glob("*.csv")) == []


def test_names_in_an_archive_are_no_paths(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    assert content(folder, packed({"../../evil.csv": LOANS, "__MACOSX/._x": "1", "d/": ""})) is Content.TEXT
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["delivered", "in", "unpacked"]


@pytest.mark.parametrize(
    "data",
    [
        packed({"放款/loans.csv": LOANS, "__MACOSX/._loans.csv": "1", ".DS_Store": "1"}),
        packed({"loans.csv": LOANS}, zipfile.ZIP_STORED),
        gzip.compress(LOANS.encode()) + gzip.compress(b"9,\xe4\xb8\x9c,1,2025-01-15\n"),
    ],
)
def test_an_archive_of_one_file_is_loaded(tmp_path: Path, data: bytes) -> None:
    report = deliver(tmp_path, {"loans.csv": data}, HEAD + LOAN_FILE)
    assert Book.open(tmp_path / "book").read("loan").column("loan_id").to_pylist()[:2] == ["000123", "1E10"]
    assert entry(report, "loan")["rows_quarantined"] == 0


@pytest.mark.parametrize(
    ("data", "mapping", "what"),
    [
        (LOANS.encode(), LOAN_SHEET, "loans.csv: the mapping says xlsx, the file is text"),
        (workbook(), HEAD + LOAN_FILE, "loans.csv: the mapping says csv, the file is an Excel file"),
    ],
)
def test_a_file_of_another_format_than_the_mapping_says_is_refused(
    tmp_path: Path, data: bytes, mapping: str, what: str
) -> None:
    with pytest.raises(Fault) as caught:
        deliver(tmp_path, {"loans.csv": data}, mapping)
    assert caught.value.what == what
    assert "correct `format`" in caught.value.mend


def lying(data: bytes, size: int) -> bytes:
    """Return a zip archive whose directory gives another unpacked size for its first member."""
    changed = bytearray(data)
    struct.pack_into("<I", changed, changed.find(b"PK\x01\x02") + 24, size)
    return bytes(changed)


def zeros(mib: int, name: str = "a.csv", more: dict[str, bytes] | None = None) -> bytes:
    """Return a zip archive with one member that unpacks to so many MiB of zeros, and others as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in (more or {}).items():
            archive.writestr(other, content)
        with archive.open(name, "w", force_zip64=True) as member:
            for _ in range(mib):
                member.write(bytes(1 << 20))
    return buffer.getvalue()


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    assert "more than 100 times as large as packed" in refusal(tmp_path, zeros(128)).what
    assert (tmp_path / "unpacked").stat().st_size < 128 << 20


def test_a_workbook_is_counted_over_all_its_parts_before_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert "more than 100 times" in refusal(tmp_path, zeros(128, "xl/media/picture.png", more=parts)).what


def test_what_a_directory_says_of_sizes_is_not_believed(tmp_path: Path) -> None:
    honest = packed({"a.csv": LOANS})
    assert "a.csv is not what the archive's directory says" in refusal(tmp_path, lying(honest, 10)).what


def test_nothing_larger_than_the_limit_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postloan.sources.reading.unpack.MOST_BYTES", 1000)
    assert MOST_BYTES == 1 << 30
    assert "unpacked it is larger than 1000 bytes" in refusal(tmp_path, packed({"a.csv": "1" * 1001})).what


LAUGHS = """<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>"""


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
def test_entities_are_refused_in_every_part_that_is_read(tmp_path: Path, part: str) -> None:
    data = bent(
        workbook(), lambda text: LAUGHS + text.partition("?>\n")[2] if "?>" in text else LAUGHS + text, part
    )
    with pytest.raises(Fault, match=f"{part} declares a document type") as caught:
        deliver(tmp_path, {"loans.csv": data}, LOAN_SHEET)
    assert caught.value.exit_code == REFUSED


def test_a_hundred_thousand_sheets_are_refused(tmp_path: Path) -> None:
    sheets = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2, 100_000))
    data = bent(workbook(), replaced("</sheets>", sheets + "</sheets>"), "xl/workbook.xml")
    with pytest.raises(Fault, match="the workbook has 99999 sheets") as caught:
        deliver(tmp_path, {"loans.csv": data}, LOAN_SHEET)
    assert caught.value.what.endswith("s19, s20, … (99979 more)")


@pytest.mark.slow
def test_a_small_workbook_that_holds_a_giant_sheet_is_survived(tmp_path: Path) -> None:
    row = "<row>{}</row>".format('<c t="inlineStr"><is><t>0</t></is></c>' * 1000).encode()
    head, tail = b"<worksheet><sheetData>", b"</sheetData></worksheet>"
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != SHEET}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        with archive.open(SHEET, "w") as member:
            member.write(head)
            for _ in range(11_000):
                member.write(row)
            member.write(tail)
    with pytest.raises(Fault) as caught:
        deliver(tmp_path, {"loans.csv": buffer.getvalue()}, LOAN_SHEET)
    assert caught.value.exit_code == REFUSED
    assert "loans.csv" in caught.value.what
    deliver(tmp_path, {}, HEAD + LOAN_FILE)


@pytest.mark.parametrize("pack", [lambda data: packed({"还款.xlsx": data}), gzip.compress, lambda data: data])
def test_a_workbook_may_be_packed(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    report = deliver(tmp_path, {"payments.csv": pack(workbook())}, HEAD + LOAN_FILE + PAYMENT_SHEET)
    assert entry(report, "payment")["rows_accepted"] == 3
    assert entry(report, "payment")["file"] == "payments.csv[还款]"
