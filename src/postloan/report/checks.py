"""The gate before publication: what is about to be published is read back and compared with its records.

A pack goes out only if every section is there, every figure is the same in every format, no identifier
stands unmasked and nothing refers to anything outside the file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from postloan.model.fault import CRASHED, Fault
from postloan.model.mask import unmasked
from postloan.report import workbook
from postloan.report.excel_sheets import safe
from postloan.report.figures import figures_of
from postloan.report.fonts import covered
from postloan.report.section import Field, Figure, Row, RowKind, Section, Table
from postloan.report.style import Style
from postloan.report.tables_html import shown_rows

FIGURES_SHEET = "figures"
_SHOWN = 5  # problems named in one message
_REFERENCES = ("src", "href", "srcset", "data", "action", "formaction", "poster", "background", "xlink:href")
_INLINE = frozenset(("span", "strong", "em", "b", "i"))
_LOADS = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)", re.IGNORECASE)


class Page(HTMLParser):
    """What a reader of an HTML page sees and what a browser would fetch.

    Args:
        figures: Printed text by figure id.
        text: All text between tags, style and script left out.
        references: Tag and address of everything that lies outside the file.
    """

    def __init__(self) -> None:
        super().__init__()
        self.figures: dict[str, str] = {}
        self.text: list[str] = []
        self.references: list[str] = []
        self._figure: str | None = None
        self._raw: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a figure's cell, a style or script, and any address."""
        given = {name: value or "" for name, value in attrs}
        self._raw = tag if tag in ("style", "script") else None
        if "data-figure" in given:
            self._figure = given["data-figure"]
            self.figures[self._figure] = ""
        for name in _REFERENCES:
            if name in given and not given[name].startswith(("#", "data:")):
                self.references.append(f"<{tag} {name}={given[name]!r}>")
        if _LOADS.search(given.get("style", "")):
            self.references.append(f"<{tag} style=…>")
        self.text += [given[name] for name in ("alt", "title") if given.get(name)]

    def handle_endtag(self, tag: str) -> None:
        """Close the cell or style; text of two cells is not one text."""
        self._raw = None
        if tag not in _INLINE:
            self.text.append("\n")
        if tag == "td":
            self._figure = None

    def handle_data(self, data: str) -> None:
        """Note text, and addresses in style sheets."""
        if self._raw is not None:
            if self._raw == "style" and _LOADS.search(data):
                self.references.append("<style> loads a file")
            return
        self.text.append(data)
        if self._figure is not None:
            self.figures[self._figure] += data


def check_sections(sections: Sequence[Section], expected: Sequence[str]) -> None:
    """Raise Fault 4 unless the notebook displayed exactly the expected sections in order."""
    found = [section.key for section in sections]
    if found != list(expected):
        missing = sorted(set(expected) - set(found))
        raise _refused("sections", [f"missing {missing}" if missing else f"out of order: {found}"])


def check_html(path: Path, sections: Sequence[Section], style: Style) -> str:
    """Return what a reader of the page sees.

    Raises:
        Fault: 4 unless it shows every figure of ``sections`` and refers to nothing outside.
    """
    page = read_page(path)
    if page.references:
        raise _refused(f"{path.name} refers to other files", page.references)
    expected = {
        covered(f"{section.key}.{block.key}.{row.key}.{column.key}")[0]: covered(
            style.text(figure, column.format)
        )[0]
        for section in sections
        for block in section.blocks
        if isinstance(block, Table)
        for row, column, figure in _shown_figures(block)
    }
    _compare(path, expected, page.figures)
    return "".join(page.text)


def check_figures(path: Path, sections: Sequence[Section], style: Style) -> None:
    """Raise Fault 4 unless ``figures.json`` holds exactly the figures of ``sections``."""
    expected = {figure["id"]: (figure["value"], figure["display"]) for figure in figures_of(sections, style)}
    content = json.loads(path.read_text(encoding="utf-8"))
    _compare(
        path, expected, {figure["id"]: (figure["value"], figure["display"]) for figure in content["figures"]}
    )


def check_workbook(path: Path, sections: Sequence[Section], style: Style) -> None:
    """Raise Fault 4 unless the workbook's sheet of figures holds exactly those of ``sections``."""
    expected = {
        safe(figure["id"]): (figure["value"], figure["display"]) for figure in figures_of(sections, style)
    }
    names = workbook.sheet_names(path)
    sheet = workbook.rows(path, names.index(FIGURES_SHEET)) if FIGURES_SHEET in names else iter(())
    lines = [row for row in sheet if "A" in row and "G" in row][1:]  # the first is the column heads
    found = {
        row["A"]: (_as_written(row.get("I"), expected.get(row["A"], (None,))[0]), row["G"]) for row in lines
    }
    _compare(path, expected, found)


def _as_written(stored: str | None, value: float | None) -> float | None:
    """Return ``value`` if ``stored`` is it: the writer keeps 16 digits, and a float may need 17."""
    if stored is None or stored == "":
        return None
    number = float(stored)
    return value if value is not None and math.isclose(number, value, rel_tol=1e-14) else number


def _compare(path: Path, expected: Mapping[str, object], found: Mapping[str, object]) -> None:
    wrong = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
    if wrong:
        raise _refused(f"{path.name} and the results differ in figures", sorted(wrong))


def check_masked(texts: Mapping[str, str], shown: Collection[str]) -> None:
    """Raise Fault 4 if any text, by the file a reader finds it in, holds an unmasked identifier.

    Args:
        texts: What a reader of each file sees.
        shown: Loan and customer numbers, which may look like a phone.
    """
    hits = [
        f"{name}: {hit.kind.value} {hit.masked}"
        for name, text in texts.items()
        for hit in unmasked(text, shown)
    ]
    if hits:
        raise _refused("identifiers stand unmasked", hits)


def read_page(path: Path) -> Page:
    """Return what the HTML file shows."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page


def strings_in(content: Any) -> Iterator[str]:
    """Yield every text in JSON content; numbers are amounts, and an amount may look like a phone."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield str(name)
            yield from strings_in(value)
    elif isinstance(content, Sequence):
        for value in content:
            yield from strings_in(value)


def _shown_figures(table: Table) -> list[tuple[Row, Field, Figure]]:
    keys = {row.key for row in shown_rows(table) if row.kind is not RowKind.GROUP}
    return [found for found in table.figures() if found[0].key in keys]


def _refused(what: str, problems: Sequence[str]) -> Fault:
    named = "; ".join(problems[:_SHOWN])
    more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    mend = "nothing was published; run again with -v and report what it prints"
    return Fault(f"the pack was not published: {what}: {named}{more}", mend, CRASHED)
