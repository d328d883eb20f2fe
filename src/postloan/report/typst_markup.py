"""Sections as the data that the print template reads: plain JSON, never markup.

Everything is text already, in the pack's language and units, with glyphs the font has; the template
only places it. Nothing from data is ever parsed by the typesetter, so ``#read(…)`` prints as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from postloan.model.label import Label
from postloan.report.fonts import require_glyphs
from postloan.report.head import Head
from postloan.report.heading import (
    head_items,
    long_date,
    period,
    report_title,
    running_head,
    status,
    synthetic_label,
)
from postloan.report.section import Block, Chart, Missing, Paragraphs, Section, Table
from postloan.report.style import Style
from postloan.report.typst_table import Printer, table_item

ONE_PAGE = "summary"  # the section that must stand on one page
_WORDS = {
    "contents": Label("目录", "Contents"),
    "as_of": Label("数据截至", "As of"),
    "generated": Label("生成日期", "Generated on"),
    "book": Label("数据版本", "Book version"),
    "missing": Label("缺少数据表", "Table not given"),
}

Item = dict[str, Any]


@dataclass
class Document:
    """What one print run needs: the template's data, its charts, and characters no font has."""

    data: dict[str, Any]
    charts: dict[str, Chart] = field(default_factory=dict)  # by file name; drawn when the page is set
    replaced: int = 0  # characters of data printed as 〓 or escaped


def document(sections: Sequence[Section], head: Head, style: Style) -> Document:
    """Return the template's data for a pack; items are grouped into runs of upright or landscape pages.

    Raises:
        Fault: 4 if a heading, which is our own text, has a character that the font lacks.
    """
    printer = Printer(style)
    charts: dict[str, Chart] = {}
    items = [item for section in sections for item in _section(section, printer, charts)]
    runs = [
        {"landscape": is_landscape, "items": list(run)}
        for is_landscape, run in groupby(items, key=lambda item: bool(item.get("landscape")))
    ]
    return Document({"head": _cover(head, printer), "runs": runs}, charts, printer.replaced)


def _cover(head: Head, printer: Printer) -> dict[str, Any]:
    lang, style = head.lang, printer.style
    return {
        "lang": lang,
        "title": report_title(head),
        "period": period(head),
        "lender": printer(head.lender),
        "as_of": long_date(head.as_of, lang),
        "status": status(head),
        "is_final": head.is_final,
        "synthetic": synthetic_label(head),
        "running": [printer(part) for part in running_head(head, style)],
        "items": [[printer(name), printer(value)] for name, value in head_items(head, style)],
        "generated": [head.generated_on.year, head.generated_on.month, head.generated_on.day],
        "generated_on": head.generated_on.isoformat(),
        "book_version": printer(head.book_version),
        "author": printer(head.prepared_by or head.lender),
        "words": {name: label.text(lang) for name, label in _WORDS.items()},
    }


def _section(section: Section, printer: Printer, charts: dict[str, Chart]) -> Iterator[Item]:
    require_glyphs(section.heading)
    blocks = [item for block in section.blocks if (item := _block(section, block, printer, charts))]
    head: Item = {
        "kind": "head",
        "heading": section.heading,
        "takeaway": printer(section.takeaway),
        # The head stands with the first block, on whichever page that is.
        "landscape": bool(blocks) and blocks[0].get("landscape", False),
    }
    notes: list[Item] = [{"kind": "notes", "notes": [printer(note) for note in section.footnotes]}]
    items = [head, *blocks, *(notes if section.footnotes else [])]
    if section.key == ONE_PAGE:
        yield {"kind": "page", "items": items}
        return
    for before, item in pairwise(items):
        if item["kind"] in ("text", "notes"):
            item["landscape"] = before.get("landscape", False)
    yield from items


def _block(section: Section, block: Block, printer: Printer, charts: dict[str, Chart]) -> Item | None:
    match block:
        case Table():
            sheet = block.sheet or section.heading
            is_upright = section.key == ONE_PAGE
            return table_item(f"{section.key}.{block.key}", block, sheet, printer, upright=is_upright)
        case Chart():
            return _chart(section, block, printer, charts)
        case Paragraphs():
            sentences = [printer(sentence) for sentence in block.sentences]
            return {"kind": "text", "sentences": sentences, "bullets": block.bullets}
        case Missing():
            return {"kind": "missing", "table": printer(block.table), "sentence": printer(block.sentence)}
        case _:
            return None  # listings are for Excel alone


def _chart(section: Section, chart: Chart, printer: Printer, charts: dict[str, Chart]) -> Item:
    id_ = f"{section.key}.{chart.key}"
    charts[f"{id_}.svg"] = chart
    return {
        "kind": "chart",
        "id": id_,
        "file": f"{id_}.svg",
        "title": printer(chart.title),
        "subtitle": printer(chart.subtitle),
        "alt": printer(chart.alternative()),
    }
