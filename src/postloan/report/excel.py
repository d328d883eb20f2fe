"""The Excel appendix: full tables and loan lists behind every figure, as real numbers, dates and text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlsxwriter

from postloan.model.label import Label
from postloan.report.excel_sheets import Formats, Sheet, sheet_name, tab_colour, widths
from postloan.report.figures import figures_of
from postloan.report.head import Head
from postloan.report.heading import head_items, report_title, running_head
from postloan.report.section import Field, Format, Listing, RowKind, Section, Table
from postloan.report.style import Style

MOST_ROWS = 1_048_573  # of a list on one sheet: Excel's limit less head line, title and labels

_WORDS = {
    "contents": Label("目录", "Contents"),
    "sheet": Label("工作表", "Sheet"),
    "content": Label("内容", "Content"),
    "rows": Label("行数", "Rows"),
    "figures": Label("全部数字", "All figures"),
    "definitions": Label("指标定义", "Definitions"),
}
_FIGURE_COLUMNS = {
    "id": Label("编号", "Id"),
    "section": Label("章节", "Section"),
    "table": Label("表", "Table"),
    "row": Label("行", "Row"),
    "column": Label("列", "Column"),
    "metric": Label("指标", "Metric"),
    "display": Label("显示值", "As shown"),
    "unit": Label("单位", "Unit"),
    "value": Label("原值", "Raw value"),
    "numerator": Label("分子", "Numerator"),
    "denominator": Label("分母", "Denominator"),
    "n": Label("笔数", "n"),
    "unknown": Label("未知", "Unknown"),
    "low": Label("区间下限", "Low"),
    "high": Label("区间上限", "High"),
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One line of the definitions sheet."""

    slug: str
    name: str
    definition: str
    source: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """A sheet before it is written: the contents sheet stands first and names them all."""

    name: str
    title: str
    kind: str
    rows: int
    parts: tuple[Table | Listing, ...]


def write_workbook(
    path: Path,
    sections: Sequence[Section],
    listings: Sequence[Listing],
    head: Head,
    style: Style,
    definitions: Iterable[Definition],
) -> None:
    """Write the appendix; the same arguments give the same bytes.

    A sheet per section with its tables in full, a sheet per list (of the sections, then ``listings``; a
    key already written is not repeated), every figure by id with raw values, and the definitions.
    Money is in whole units of the currency, ratios are fractions shown as percent. Trends are left to
    the page. Listings must be masked before they come here.
    """
    plain = Style(style.lang, style.currency, 0)
    plans = _plans(
        sections, listings, [_figure_list(sections, style), _definition_list(style, definitions)], style
    )
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        generated = datetime(head.generated_on.year, head.generated_on.month, head.generated_on.day)
        book.set_properties({"title": report_title(head), "author": head.prepared_by, "created": generated})
        formats = Formats(book, plain)
        for plan in plans:
            page = book.add_worksheet(plan.name)
            page.set_tab_color(tab_colour(plan.kind))
            page.hide_gridlines(2)
            sheet = Sheet(page, formats)
            sheet.head_line(" · ".join(running_head(head, plain)))
            if plan.kind == "contents":
                _write_contents(sheet, plans, head)
            else:
                _write_parts(sheet, plan)


def _plans(
    sections: Sequence[Section], listings: Sequence[Listing], reference: Sequence[Listing], style: Style
) -> list[_Plan]:
    contents = _WORDS["contents"].text(style.lang)
    lists = [block for section in sections for block in section.blocks if isinstance(block, Listing)]
    once: dict[str, Listing] = {}
    for listing in (*lists, *listings):
        once.setdefault(listing.key, listing)
    plans = [_Plan(contents, contents, "contents", 0, ())]
    taken = [contents, *once, *(listing.key for listing in reference)]
    for section in sections:
        tables = tuple(_without_trends(block) for block in section.blocks if isinstance(block, Table))
        if tables:
            name = sheet_name(section.heading, taken)
            taken.append(name)
            plans.append(_Plan(name, section.heading, "section", sum(len(t.rows) for t in tables), tables))
    for listing in once.values():
        plans += _list_plans(listing, "list", plans)
    for listing in reference:
        plans += _list_plans(listing, "reference", plans)
    return plans


def _list_plans(listing: Listing, kind: str, before: Sequence[_Plan]) -> list[_Plan]:
    """Return one sheet for a list, or several where it has more rows than a sheet holds."""
    plans: list[_Plan] = []
    for start in range(0, max(len(listing.rows), 1), MOST_ROWS):
        rows = listing.rows[start : start + MOST_ROWS]
        name = sheet_name(listing.key, [plan.name for plan in (*before, *plans)])
        part = Listing(listing.key, listing.title, listing.fields, rows)
        plans.append(_Plan(name, listing.title, kind, len(rows), (part,)))
    return plans


def _write_contents(sheet: Sheet, plans: Sequence[_Plan], head: Head) -> None:
    style = sheet.formats.style
    sheet.page.set_column(0, 0, 32)
    sheet.page.set_column(1, 1, 60)
    sheet.line(report_title(head), sheet.formats.title)
    pair = (Field("name", "", Format.TEXT), Field("value", "", Format.TEXT))
    for name, value in head_items(head, style):
        sheet.values(pair, (name, value))
    sheet.row += 1
    heads = {name: _WORDS[name].text(style.lang) for name in ("sheet", "content", "rows")}
    fields = (
        Field("sheet", heads["sheet"], Format.TEXT),
        Field("content", heads["content"], Format.TEXT),
        Field("rows", heads["rows"], Format.COUNT),
    )
    sheet.labels(fields)
    for plan in plans[1:]:
        sheet.values(fields, (plan.name, plan.title, plan.rows))


def _write_parts(sheet: Sheet, plan: _Plan) -> None:
    _set_widths(sheet, plan)
    for part in plan.parts:
        sheet.line(part.title, sheet.formats.title)
        first = sheet.row
        sheet.labels(part.fields)
        for row in part.rows:
            if isinstance(row, tuple):
                sheet.values(part.fields, row)
            else:
                sheet.values(part.fields, row.cells, is_total=row.kind is RowKind.TOTAL)
        if len(plan.parts) == 1:
            sheet.page.freeze_panes(first + 1, 1)
            sheet.page.autofilter(first, 0, max(sheet.row - 1, first), max(len(part.fields) - 1, 0))
        if isinstance(part, Table) and part.note:
            sheet.line(part.note, sheet.formats.note)
        sheet.row += 1
    if len(plan.parts) > 1:
        sheet.page.freeze_panes(1, 1)


def _set_widths(sheet: Sheet, plan: _Plan) -> None:
    widest: dict[int, float] = {}
    for part in plan.parts:
        rows = [row if isinstance(row, tuple) else row.cells for row in part.rows[:200]]
        for column, width in enumerate(widths(part.fields, rows, sheet.formats.style)):
            widest[column] = max(width, widest.get(column, 0.0))
    for column, width in sorted(widest.items()):
        sheet.page.set_column(column, column, width)


def _without_trends(table: Table) -> Table:
    kept = [i for i, column in enumerate(table.fields) if column.format is not Format.TREND]
    fields = tuple(table.fields[i] for i in kept)
    rows = tuple(type(row)(row.key, tuple(row.cells[i] for i in kept), row.kind) for row in table.rows)
    return Table(table.key, table.title, fields, rows, table.note, table.sheet)


def _figure_list(sections: Sequence[Section], style: Style) -> Listing:
    lang = style.lang
    fields = tuple(
        Field(name, label.text(lang), Format.TEXT)  # raw values: no unit, no scaling
        for name, label in _FIGURE_COLUMNS.items()
    )
    rows = tuple(tuple(figure[name] for name in _FIGURE_COLUMNS) for figure in figures_of(sections, style))
    return Listing("figures", _WORDS["figures"].text(lang), fields, rows)


def _definition_list(style: Style, definitions: Iterable[Definition]) -> Listing:
    labels = {
        "slug": Label("编号", "Id"),
        "name": Label("指标", "Indicator"),
        "definition": Label("定义", "Definition"),
        "source": Label("依据", "Source"),
    }
    fields = tuple(Field(name, label.text(style.lang), Format.TEXT) for name, label in labels.items())
    rows = tuple((d.slug, d.name, d.definition, d.source) for d in definitions)
    return Listing("definitions", _WORDS["definitions"].text(style.lang), fields, rows)
