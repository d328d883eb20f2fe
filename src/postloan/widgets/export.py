"""The loans listed as an Excel file: the rows shown, masked as shown, with the filter written inside."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from postloan.atomic import staging
from postloan.metrics.catalogue import metric
from postloan.report.excel import Definition, write_workbook
from postloan.report.section import Field, Format, Listing, Row, Section, Table
from postloan.report.style import Style
from postloan.report.text import Text
from postloan.widgets.desk import Desk
from postloan.widgets.loans import all_loans, fields
from postloan.widgets.portfolio import HEADLINE
from postloan.widgets.view import View
from postloan.widgets.words import filters_told


def export(desk: Desk, view: View) -> Path:
    """Write the loans that ``view`` lists, those of all pages in the order shown; return the file.

    The same view of the same book gives the same file, under the same name.

    Raises:
        Fault: 2 for more loans than can be exported.
        OSError: no space or no permission; nothing is left behind.
    """
    style = desk.style(view.lang)
    rows = all_loans(desk.portfolio, view, is_masked=desk.is_masked)
    told = filters_told(view, style)
    title = " · ".join(f"{name}: {value}" for name, value in told)
    listing = Listing("loans", title, fields(view.lang), tuple(tuple(row) for row in rows))
    head = replace(desk.heads[view.lang], as_of=view.month)
    path = desk.exports / f"loans-{view.month}-{_mark(desk, view)}.xlsx"
    desk.exports.mkdir(parents=True, exist_ok=True)
    staged = staging(desk.exports)
    try:
        write_workbook(staged, [_filter(view, told)], [listing], head, style, _definitions(style))
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
    return path


def _mark(desk: Desk, view: View) -> str:
    """Return what tells exports apart: the book and what of the view decides the rows."""
    kept = view.to(page=1, loan=None, shows_query=False)
    return hashlib.sha256(f"{desk.heads[view.lang].book_version} {kept.text()}".encode()).hexdigest()[:8]


def _filter(view: View, told: tuple[tuple[str, str], ...]) -> Section:
    text = Text(view.lang)
    columns = (Field("name", text("Filter"), Format.TEXT), Field("value", text("Setting"), Format.TEXT))
    rows = [Row(name, (name, value)) for name, value in told]
    rows.append(Row("view", (text("View, to be opened again"), view.text())))
    return Section("filter", text("Filter"), "", (Table("filter", text("Filter"), columns, tuple(rows)),))


def _definitions(style: Style) -> list[Definition]:
    lang = style.lang
    chosen = map(metric, HEADLINE)
    return [Definition(m.slug, m.label.text(lang), m.definition.text(lang), m.source) for m in chosen]
