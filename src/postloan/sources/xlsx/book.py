"""What a workbook says of itself: its sheets, its number formats, its day zero."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import join, normpath

from postloan.sources.xlsx.markup import Package, tags

_WORKBOOK, _RELATIONS, _STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
_PERCENT_FORMATS = ("9", "10")  # 0% and 0.00%, known by their number alone
# What a number format shows as it stands, or takes as an instruction: a % in there is no percent sign.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of cells: its name, its part of the file, and whether readers of the workbook see it."""

    name: str
    part: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook without its cells.

    Args:
        sheets: In the order of their tabs; charts and macro sheets are none.
        percent_styles: Styles (``s`` of a cell) that show 0.045 as 4.5%.
        counts_from_1904: Whether day 0 is 1904-01-01, as old Excel for Mac had it.
    """

    sheets: tuple[Sheet, ...]
    percent_styles: frozenset[str]
    counts_from_1904: bool


def read_workbook(package: Package) -> Workbook:
    """Read what a workbook says of itself; raises Fault 3 where its parts are missing or damaged."""
    targets = {
        attributes.get("Id", ""): normpath(join("/xl", attributes.get("Target", ""))).lstrip("/")
        for tag, attributes in tags(package, _RELATIONS)
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet")
    }
    found = tags(package, _WORKBOOK)
    properties = next((attributes for tag, attributes in found if tag == "workbookPr"), {})
    return Workbook(
        sheets=tuple(
            Sheet(a.get("name", ""), targets[a["id"]], a.get("state", "visible") != "visible")
            for tag, a in found
            if tag == "sheet" and a.get("id") in targets
        ),
        percent_styles=_percent_styles(package),
        counts_from_1904=is_true(properties.get("date1904")),
    )


def is_true(attribute: str | None) -> bool:
    """Say whether an XML attribute says yes."""
    return attribute in ("1", "true")


def _percent_styles(package: Package) -> frozenset[str]:
    if not package.has(_STYLES):
        return frozenset()
    own: dict[str, str] = {}
    formats: list[str] = []
    within = ""
    for tag, attributes in tags(package, _STYLES):
        if tag in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            within = tag
        elif tag == "numFmt" and not within:
            own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and within == "cellXfs":
            formats.append(attributes.get("numFmtId", "0"))
    return frozenset(str(style) for style, number in enumerate(formats) if _shows_percent(number, own))


def _shows_percent(number: str, own: dict[str, str]) -> bool:
    if number in own:
        return "%" in _LITERAL.sub("", own[number])
    return number in _PERCENT_FORMATS
