"""A table record as a plain semantic HTML table: scopes, caption, one id per figure, no inline style."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence
from urllib.parse import quote

from postloan.report.fonts import covered
from postloan.report.section import Cell, Field, Figure, Format, Row, RowKind, Section, Table
from postloan.report.sparkline import sparkline
from postloan.report.style import Style
from postloan.report.text import Text

MOST_ROWS = 200  # body rows on the page; the rest is in the Excel appendix
MOST_PRINTED = 40  # body rows that the page prints; the style sheet hides the rest
MOST_UPRIGHT = 12  # columns; a wider table prints on a landscape page
SHADES = 5
_NOT_IN_ID = re.compile(r"[\s%\"'<>&]|[^\x20-\uffff]")
_UNBROKEN = (Format.DATE, Format.MONTH)
_LEFT = (Format.TEXT, Format.ID, Format.DATE, Format.MONTH, Format.TREND)


def escaped(text: str) -> str:
    """Return text as it is safe in HTML, with characters that cannot be printed replaced."""
    return html.escape(covered(text)[0], quote=True)


def table_html(section: Section, table: Table, style: Style) -> str:
    """Return ``table`` as HTML. Trailing totals go into the foot, so that sorting leaves them there.

    Rows beyond ``MOST_ROWS`` are cut, said so and referred to the Excel sheet; totals are never cut.
    """
    shown = shown_rows(table)
    foot = _trailing_totals(shown)
    body = shown[: len(shown) - len(foot)]
    shades = _shades(table)
    unit = _only_unit(table, style)
    heads = "".join(
        f'<th scope="col"{_class(column)}>{_head(column, style, bool(unit))}</th>' for column in table.fields
    )
    parts = [
        f'<div class="pl-table{" pl-wide" if is_wide(table) else ""}" id="t-{_id(section.key, table.key)}">',
        f"<table><caption>{escaped(table.title)}{unit}</caption><thead><tr>{heads}</tr></thead><tbody>",
        *(_row(section, table, row, style, shades) for row in body),
        "</tbody>",
    ]
    if foot:
        parts += ["<tfoot>", *(_row(section, table, row, style, shades) for row in foot), "</tfoot>"]
    parts += ["</table>", *_notes(table, shown, style), "</div>"]
    return "".join(parts)


def _only_unit(table: Table, style: Style) -> str:
    """Return the money unit for the caption where every figure column is money; else it stands in the heads."""
    kinds = {column.format for column in table.fields[1:] if column.format not in _LEFT}
    if kinds != {Format.MONEY}:
        return ""
    return f'<span class="pl-unit">{escaped(style.unit(Format.MONEY))}</span>'


def _head(column: Field, style: Style, unit_is_told: bool) -> str:
    head = style.head(column)
    if unit_is_told or head == column.label:
        return escaped(column.label)
    return f'{escaped(column.label)}<span class="pl-of">{escaped(head[len(column.label) :])}</span>'


def is_wide(table: Table) -> bool:
    """Say whether the table prints on a landscape page: many columns, or several of words among them."""
    words = sum(column.format in (Format.TEXT, Format.ID) for column in table.fields)
    return len(table.fields) > MOST_UPRIGHT or len(table.fields) + words > MOST_UPRIGHT + 2


def shown_rows(table: Table) -> list[Row]:
    """Return the rows that the page shows: the first ``MOST_ROWS`` of the body, and every total."""
    shown, body = [], 0
    for row in table.rows:
        body += row.kind is RowKind.BODY
        if body <= MOST_ROWS or row.kind is RowKind.TOTAL:
            shown.append(row)
    return shown


def _trailing_totals(rows: Sequence[Row]) -> list[Row]:
    count = 0
    for row in reversed(rows):
        if row.kind is not RowKind.TOTAL:
            break
        count += 1
    # A walk of totals alone has no body; it is no foot either.
    return list(rows[len(rows) - count :]) if 0 < count < len(rows) else []


def _row(section: Section, table: Table, row: Row, style: Style, shades: dict[tuple[str, str], int]) -> str:
    if row.kind is RowKind.GROUP:
        title = next((cell for cell in row.cells if isinstance(cell, str)), "")
        return f'<tr class="pl-group"><th scope="rowgroup" colspan="{len(table.fields)}">{escaped(title)}</th></tr>'
    cells = [
        _cell(
            f"{section.key}.{table.key}.{row.key}.{column.key}",
            cell,
            column,
            style,
            i,
            shades.get((row.key, column.key)),
        )
        for i, (column, cell) in enumerate(zip(table.fields, row.cells, strict=True))
    ]
    mark = ' class="pl-total"' if row.kind is RowKind.TOTAL else ""
    return f"<tr{mark}>{''.join(cells)}</tr>"


def _cell(name: str, cell: Cell, column: Field, style: Style, position: int, shade: int | None) -> str:
    if isinstance(cell, tuple):
        return f'<td class="pl-trend">{_trend(cell, style)}</td>'
    text = escaped(style.text(cell, column.format))
    if position == 0 and column.format in _LEFT:
        return f'<th scope="row"{_class(column)}>{text}</th>'
    tones = [f"pl-{tone}" for tone in [style.tone(cell, column)] if tone]
    tones += [f"pl-heat{shade}"] if shade is not None else []
    known = f' id="f-{_id(name)}" data-figure="{escaped(name)}"' if isinstance(cell, Figure) else ""
    return f"<td{_class(column, *tones)}{known}>{text}</td>"


def _class(column: Field, *more: str) -> str:
    kind = "d" if column.format in _UNBROKEN else "" if column.format in _LEFT else "n"
    names = [name for name in (kind, *more) if name]
    return f' class="{" ".join(names)}"' if names else ""


def _id(*keys: str) -> str:
    """Return keys as one HTML id: readable, without spaces or quotes, different keys staying different."""
    return _NOT_IN_ID.sub(lambda char: quote(char[0]), ".".join(keys))


def _trend(values: tuple[float | None, ...], style: Style) -> str:
    svg = sparkline(values)
    if not svg:
        return escaped(style.text(None, Format.TREND))
    said = Text(style.lang)("Last {n} months", n=len(values))
    return image(svg, said)


def image(svg: str, alt: str) -> str:
    """Return an SVG as an image that cannot run scripts and needs no other file."""
    data = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return f'<img alt="{escaped(alt)}" src="data:image/svg+xml;base64,{data}">'


def _shades(table: Table) -> dict[tuple[str, str], int]:
    """Return a shade 0 to 4 by row and column for the columns to be compared, one scale for all of them."""
    cells = {
        (row.key, column.key): figure.value
        for row, column, figure in table.figures()
        if column.key in table.heat and row.kind is RowKind.BODY and figure.value is not None
    }
    low, high = min(cells.values(), default=0), max(cells.values(), default=0)
    if low == high:
        return {}
    return {key: min(SHADES - 1, int((value - low) / (high - low) * SHADES)) for key, value in cells.items()}


def _notes(table: Table, shown: Sequence[Row], style: Style) -> list[str]:
    notes = [f'<p class="pl-note">{escaped(table.note)}</p>'] if table.note else []
    count, kept = (sum(row.kind is RowKind.BODY for row in rows) for rows in (table.rows, shown))
    if kept < count:
        notes.append(f'<p class="pl-note pl-screen">{escaped(_cut(table, kept, count, style))}</p>')
    if kept > MOST_PRINTED:
        notes.append(f'<p class="pl-note pl-printed">{escaped(_cut(table, MOST_PRINTED, count, style))}</p>')
    return notes


def _cut(table: Table, kept: int, count: int, style: Style) -> str:
    return Text(style.lang)(
        "{shown} of {n} rows, full list in Excel sheet {sheet}",
        shown=style.text(kept, Format.COUNT),
        n=style.text(count, Format.COUNT),
        sheet=table.sheet or table.title,
    )
