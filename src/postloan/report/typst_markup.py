"""Sections as the data that the print template reads: plain JSON, never markup.

Everything is text already, in the pack's language and units, with glyphs the font has; the template
only places it. Nothing from data is ever parsed by the typesetter, so ``#read(…)`` prints as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from postloan.model.label import Label
from postloan.report import typst_columns as columns
from postloan.report.charts import alternative, chart_svg
from postloan.report.fonts import covered, require_glyphs
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
from postloan.report.section import (
    Cell,
    Chart,
    Field,
    Figure,
    Format,
    Missing,
    Paragraphs,
    Row,
    RowKind,
    Section,
    Table,
)
from postloan.report.sparkline import sparkline
from postloan.report.style import Style

MOST_ROWS = 40  # body rows of a table in print
ONE_PAGE = "summary"  # the section that must stand on one page
_WORDS = {
    "contents": Label("目录", "Contents"),
    "as_of": Label("数据截至", "As of"),
    "generated": Label("生成日期", "Generated on"),
    "book": Label("数据版本", "Book version"),
    "missing": Label("缺少数据表", "Table not given"),
    "more": Label(
        "仅列前 {shown} 行，共 {all} 行；完整清单见附录 {sheet}",
        "First {shown} of {all} rows; the full list is in the appendix, sheet {sheet}",
    ),
}
_LEFT = (Format.TEXT, Format.ID, Format.DATE, Format.MONTH)
_WRAPPED = (Format.TEXT, Format.ID)


@dataclass
class Document:
    """What one print run needs: the template's data, its charts, and characters no font has."""

    data: dict[str, Any]
    charts: dict[str, str] = field(default_factory=dict)  # file name to SVG
    replaced: int = 0  # characters of data printed as 〓 or escaped


def document(sections: Sequence[Section], head: Head, style: Style) -> Document:
    """Return the template's data for a pack.

    Raises:
        Fault: 4 if our own text (headings, column heads) has a character that the font lacks.
    """
    return _Writer(head, style).document(sections)


class _Writer:
    """Collects charts and counts replaced characters while records become data."""

    def __init__(self, head: Head, style: Style) -> None:
        self._head = head
        self._style = style
        self._charts: dict[str, str] = {}
        self._replaced = 0

    def document(self, sections: Sequence[Section]) -> Document:
        items = [item for section in sections for item in self._section(section)]
        runs = [
            {"landscape": turned, "items": list(run)}
            for turned, run in groupby(items, key=lambda item: bool(item.pop("landscape", False)))
        ]
        return Document({"head": self._cover(), "runs": runs}, self._charts, self._replaced)

    def _cover(self) -> dict[str, Any]:
        head, lang = self._head, self._head.lang
        words = {name: label.text(lang) for name, label in _WORDS.items()}
        return {
            "lang": lang,
            "title": report_title(head),
            "period": self._print(period(head)),
            "lender": self._print(head.lender),
            "as_of": long_date(head.as_of, lang),
            "status": status(head),
            "is_final": head.is_final,
            "synthetic": synthetic_label(head),
            "running": [self._print(part) for part in running_head(head, self._style)],
            "items": [
                [self._print(name), self._print(value)] for name, value in head_items(head, self._style)
            ],
            "generated": [head.generated_on.year, head.generated_on.month, head.generated_on.day],
            "generated_on": head.generated_on.isoformat(),
            "book_version": self._print(head.book_version),
            "author": self._print(head.prepared_by or head.lender),
            "words": words,
        }

    def _section(self, section: Section) -> Iterator[dict[str, Any]]:
        require_glyphs(section.heading)
        head = {
            "kind": "head",
            "key": section.key,
            "heading": section.heading,
            "takeaway": self._print(section.takeaway),
        }
        blocks = [item for block in section.blocks if (item := self._block(section, block))]
        items: list[dict[str, Any]] = [head, *blocks]
        if section.footnotes:
            items.append({"kind": "notes", "notes": [self._print(note) for note in section.footnotes]})
        if section.key == ONE_PAGE:
            # One page, whatever it holds: the template sets it smaller until it fits.
            yield {"kind": "page", "items": items}
            return
        # The head goes with the first block and the notes with the last, on whichever page that is.
        items[0]["landscape"] = bool(blocks) and blocks[0].get("landscape", False)
        items[-1]["landscape"] = bool(blocks) and blocks[-1].get("landscape", False)
        yield from items

    def _block(self, section: Section, block: object) -> dict[str, Any] | None:
        match block:
            case Table():
                return self._table(section, block)
            case Chart():
                return self._chart(section, block)
            case Paragraphs():
                sentences = [self._print(sentence) for sentence in block.sentences]
                return {"kind": "text", "sentences": sentences, "bullets": block.bullets}
            case Missing():
                return {"kind": "missing", "table": block.table, "sentence": self._print(block.sentence)}
            case _:
                return None  # listings are for Excel alone

    def _chart(self, section: Section, chart: Chart) -> dict[str, Any]:
        name = f"{section.key}.{chart.key}.svg"
        self._charts[name] = chart_svg(chart, self._style)
        return {
            "kind": "chart",
            "id": f"{section.key}.{chart.key}",
            "file": name,
            "title": self._print(chart.title),
            "subtitle": self._print(chart.subtitle),
            "alt": self._print(alternative(chart)),
        }

    def _table(self, section: Section, table: Table) -> dict[str, Any]:
        rows = _shown_rows(table)
        heat = _heat_range(table)
        cells = [
            [self._cell(row, i, table.fields[i], heat) for i in range(len(table.fields))] for row in rows
        ]
        heads = [self._print(self._style.head(column)) for column in table.fields]
        needs = [
            _needs(column, head, _figures_under(i, rows, cells))
            for i, (column, head) in enumerate(zip(table.fields, heads, strict=True))
        ]
        layout = columns.lay_out(needs, upright=section.key == ONE_PAGE)
        return {
            "kind": "table",
            "id": f"{section.key}.{table.key}",
            "title": self._print(table.title),
            "landscape": layout.is_landscape,
            "size": layout.size,
            "widths": layout.widths,
            "heads": heads,
            "left": [column.format in _LEFT for column in table.fields],
            "rows": [{"kind": row.kind.value, "cells": line} for row, line in zip(rows, cells, strict=True)],
            "note": self._print(table.note),
            "more": self._more(section, table, rows),
        }

    def _cell(
        self, row: Row, position: int, column: Field, heat: dict[str, tuple[float, float]]
    ) -> dict[str, Any]:
        cell = row.cells[position]
        if row.kind is RowKind.GROUP and not isinstance(cell, str):
            return {"t": ""}
        if isinstance(cell, tuple):
            return {"t": "", "svg": sparkline(cell)}
        text = self._print(self._style.text(cell, column.format))
        # A figure never breaks: "▲ 18 bp" keeps together by no-break spaces.
        shown = columns.breakable(text) if column.format in _WRAPPED else text.replace(" ", "\u00a0")
        tone = self._style.tone(cell, column)
        return {"t": shown, "tone": tone, **_shade(cell, column, row, heat)}

    def _more(self, section: Section, table: Table, rows: Sequence[Row]) -> str:
        shown, whole = _body_count(rows), _body_count(table.rows)
        if shown == whole:
            return ""
        sentence = _WORDS["more"].text(self._head.lang)
        return sentence.format(
            shown=shown, all=f"{whole:,}", sheet=self._print(table.sheet or section.heading)
        )

    def _print(self, text: str) -> str:
        shown, replaced = covered(" ".join(text.replace("✕", "×").split()))
        self._replaced += replaced
        return shown


def _needs(column: Field, head: str, cells: Sequence[str]) -> columns.Column:
    if column.format is Format.TREND:
        return columns.trend_column(head)
    if column.format in _WRAPPED:
        return columns.text_column(head, cells)
    return columns.number_column(head, cells)


def _figures_under(
    position: int, rows: Sequence[Row], cells: Sequence[Sequence[dict[str, Any]]]
) -> list[str]:
    """Return the texts of one column; a group row runs across all columns and needs none."""
    return [
        line[position]["t"] for row, line in zip(rows, cells, strict=True) if row.kind is not RowKind.GROUP
    ]


def _body_count(rows: Sequence[Row]) -> int:
    return sum(row.kind is RowKind.BODY for row in rows)


def _shown_rows(table: Table) -> list[Row]:
    """Return the rows for print: the first ``MOST_ROWS`` of the body, and every total."""
    shown, body = [], 0
    for row in table.rows:
        body += row.kind is RowKind.BODY
        if body <= MOST_ROWS or row.kind is RowKind.TOTAL:
            shown.append(row)
    return shown


def _heat_range(table: Table) -> dict[str, tuple[float, float]]:
    """Return least and greatest value of the shaded columns together, so that shades compare."""
    values = [
        float(figure.value)
        for row, column, figure in table.figures()
        if column.key in table.heat and row.kind is RowKind.BODY and figure.value is not None
    ]
    if not values:
        return {}
    return dict.fromkeys(table.heat, (min(values), max(values)))


def _shade(cell: Cell, column: Field, row: Row, heat: dict[str, tuple[float, float]]) -> dict[str, float]:
    if column.key not in heat or row.kind is not RowKind.BODY:
        return {}
    if not isinstance(cell, Figure) or cell.value is None:
        return {}
    low, high = heat[column.key]
    return {"heat": round((cell.value - low) / (high - low), 3) if high > low else 0.0}
