"""Reading back the workbook that was just written, cell by cell, to compare it with the results."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet_names(path: Path) -> list[str]:
    """Return the names of the workbook's sheets in order."""
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - our own file
    return [sheet.attrib["name"] for sheet in root.iter(f"{_NAMESPACE}sheet")]


def rows(path: Path, position: int) -> Iterator[dict[str, str]]:
    """Yield the rows of the sheet at ``position`` (from 0): cell text by column letter, as stored.

    Numbers come as Excel stores them, formulas as ``=`` and their text: a reader of ours must see them.
    """
    with zipfile.ZipFile(path) as archive:
        shared = _shared(archive)
        with archive.open(f"xl/worksheets/sheet{position + 1}.xml") as source:
            for _, element in ElementTree.iterparse(source):  # noqa: S314 - our own file
                if element.tag == f"{_NAMESPACE}row":
                    yield dict(_cell(cell, shared) for cell in element)
                    element.clear()


def texts(path: Path) -> Iterator[str]:
    """Yield every text of every sheet; numbers are left out."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet") or name == "xl/sharedStrings.xml":
                with archive.open(name) as source:
                    for _, element in ElementTree.iterparse(source):  # noqa: S314 - our own file
                        if element.tag == f"{_NAMESPACE}t" and element.text:
                            yield element.text
                        if element.tag in (f"{_NAMESPACE}row", f"{_NAMESPACE}si"):
                            element.clear()


def _shared(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314 - our own file
    return ["".join(item.itertext()) for item in root.iter(f"{_NAMESPACE}si")]


def _cell(cell: ElementTree.Element, shared: list[str]) -> tuple[str, str]:
    column = re.sub(r"\d", "", cell.attrib["r"])
    if cell.attrib.get("t") == "inlineStr":
        return column, "".join(cell.itertext())
    formula = cell.find(f"{_NAMESPACE}f")
    if formula is not None:
        return column, f"={formula.text}"
    value = cell.find(f"{_NAMESPACE}v")
    text = value.text or "" if value is not None else ""
    return column, shared[int(text)] if cell.attrib.get("t") == "s" else text
