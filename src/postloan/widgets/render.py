"""An answer in the words and marks of the page: lines, cells, sentences. No number is computed here."""

from __future__ import annotations

from matplotlib import colormaps
from matplotlib.colors import to_hex

from postloan.model.buckets import BUCKETS
from postloan.model.scope import MISSING
from postloan.report.chart_heat import ink_on
from postloan.report.head import Head
from postloan.report.heading import head_items, report_title
from postloan.report.section import Field, Figure, Format
from postloan.report.style import INK, Style, grouped
from postloan.report.tables_html import escaped
from postloan.report.text import Text
from postloan.widgets.figures import Age, Headline
from postloan.widgets.loans import LoanPage, fields
from postloan.widgets.matrices import Matrix, MatrixCell
from postloan.widgets.queries import Query
from postloan.widgets.rows import GridCell, Line
from postloan.widgets.view import FlowCell, Tab, View
from postloan.widgets.words import state_name

HEADLINE_COLUMNS = "11em 6em 15em minmax(16em,1fr)"
AGEING_COLUMNS = "8em 6em 14em 8em minmax(8em,16em) 13em"
NAME_WIDTH = "22em"
_WIDTHS = {Format.TEXT: "8em", Format.DATE: "6.5em", Format.MONEY: "8em", Format.DAYS: "5em"}
_FIRST_COLUMNS = ("11em",)  # of names, which are long


def banner_html(head: Head, style: Style) -> str:
    """Return who, when, what version, in what state, masked or not."""
    items = "".join(
        f"<span><em>{escaped(name)}</em> {escaped(value)}</span>" for name, value in head_items(head, style)
    )
    return f'<div class="px-banner"><strong>{escaped(report_title(head))}</strong><p>{items}</p></div>'


def headline_lines(found: tuple[Headline, ...], view: View, style: Style) -> list[Line]:
    """Return a line per figure: value, change, numerator over denominator, n, unknown and interval."""
    text = Text(style.lang)
    return [
        Line(
            one.metric.label.text(style.lang),
            text("See definition, query and loans of this figure"),
            (
                f'<b data-figure="{escaped(one.metric.slug)}">{_with_unit(one.now, one.format, style)}</b>',
                _change(one, style),
                _interval(one.now, style),
                _basis(one, style),
            ),
            one.metric.slug == view.figure,
        )
        for one in found
    ]


def _with_unit(figure: Figure, form: Format, style: Style) -> str:
    written = style.text(figure, form)
    unit = style.unit(form) if form is Format.MONEY and figure.value is not None else ""
    return escaped(f"{written} {unit}".strip())


def _change(one: Headline, style: Style) -> str:
    """Return the movement since the date before: basis points of a ratio, percent of an amount."""
    now, before = one.now.value, one.before.value if one.before else None
    if now is None or before is None or (one.format is not Format.PERCENT and not before):
        return style.text(None, Format.PERCENT)
    if one.format is Format.PERCENT:
        moved = Figure(now - before, higher_is_worse=one.now.higher_is_worse)
        tone = style.tone(moved, Field("change", "", Format.BASIS_POINTS))
        return f'<span class="px-{tone}">{escaped(style.text(moved, Format.BASIS_POINTS))}</span>'
    share = (now - before) / before
    mark = "▲" if share > 0 else "▼" if share < 0 else ""
    return escaped(f"{mark} {style.text(abs(share), Format.PERCENT)}".strip())


def _interval(figure: Figure, style: Style) -> str:
    if figure.low is None or figure.high is None:
        return ""
    low, high = (style.text(bound, Format.PERCENT) for bound in (figure.low, figure.high))
    return escaped(Text(style.lang)("95% interval {low}–{high}", low=low, high=high))


def _basis(one: Headline, style: Style) -> str:
    text, figure = Text(style.lang), one.now
    counts = text(
        "n {n}, unknown {unknown}",
        n=style.text(figure.n, Format.COUNT),
        unknown=style.text(figure.unknown, Format.COUNT),
    )
    if figure.denominator is None:
        return escaped(counts)
    top, bottom = (style.text(part, one.sums) for part in (figure.numerator, figure.denominator))
    unit = f" {style.unit(Format.MONEY)}" if one.sums is Format.MONEY else ""
    return escaped(f"{top} / {bottom}{unit} · {counts}")


def ageing_lines(ages: tuple[Age, ...], view: View, style: Style) -> list[Line]:
    """Return a line per bucket with a bar of its share."""
    text = Text(style.lang)
    return [
        Line(
            text("Unknown") if age.bucket == MISSING else age.bucket,
            text("See the loans of this bucket"),
            (
                escaped(_days(age.bucket)),
                _number(age.loans, Format.COUNT, style),
                _number(age.balance, Format.MONEY, style),
                _number(age.share, Format.PERCENT, style),
                _bar(age.share),
                _number(age.overdue, Format.MONEY, style),
            ),
            age.bucket == view.bucket,
        )
        for age in ages
    ]


def ageing_heads(style: Style) -> tuple[str, ...]:
    """Return the heads over the cells of ``ageing_lines``."""
    text = Text(style.lang)
    unit = style.unit(Format.MONEY)
    heads = (
        text("Days past due"),
        text("Loans"),
        f"{text('Balance now')} ({unit})",
        text("Share of balance"),
        "",
        f"{text('Overdue')} ({unit})",
    )
    return tuple(escaped(head) for head in heads)


def _days(code: str) -> str:
    spans = {b.code: f"{b.from_days}–{b.to_days}" if b.to_days else f">{b.from_days - 1}" for b in BUCKETS}
    return {**spans, "M0": "0"}.get(code, "")


def _number(figure: Figure, form: Format, style: Style) -> str:
    return f'<span class="px-n">{escaped(style.text(figure, form))}</span>'


def _bar(share: Figure) -> str:
    width = 0 if share.value is None else round(100 * share.value, 1)
    return f'<span class="px-bar"><i style="width:{width}%"></i></span>'


def grid_cells(matrix: Matrix, style: Style) -> list[list[GridCell]]:
    """Return the cells of a matrix, darker for more, with what each stands on."""
    known = [cell.figure.value for cell in matrix.cells.values() if cell.figure.value]
    largest = max(known, default=1.0)
    return [
        [_grid_cell(matrix.cells[row, column], (row, column), largest, style) for column in matrix.columns]
        for row in matrix.rows
    ]


def _grid_cell(cell: MatrixCell, at: tuple[str, str], largest: float, style: Style) -> GridCell:
    value = cell.figure.value
    fill, ink = "#FFFFFF", INK
    if value:
        rgb = colormaps["cividis"](1.0 - 0.95 * (value / largest) ** 0.5)[:3]
        fill, ink = to_hex(rgb), ink_on(rgb)
    return GridCell(_short(cell, style), _told(cell, at, style), cell.pick is not None, fill, ink)


def _short(cell: MatrixCell, style: Style) -> str:
    """Return a share with one decimal; of what has no share, its loans."""
    if cell.figure.value is not None:
        return grouped(style.scaled(cell.figure.value, Format.PERCENT), 1) if cell.figure.value else "0"
    return f"n {cell.figure.n}" if cell.pick is not None else ""


def _told(cell: MatrixCell, at: tuple[str, str], style: Style) -> str:
    text, figure = Text(style.lang), cell.figure
    start, end = at
    if isinstance(cell.pick, FlowCell):
        start, end = (state_name(state, style.lang) for state in at)
    return text(
        "{row} → {column}: {value}, {top} of {bottom} {unit}, n {n}",
        row=start,
        column=end,
        value=style.text(figure, Format.PERCENT),
        top=style.text(figure.numerator, Format.MONEY),
        bottom=style.text(figure.denominator, Format.MONEY),
        unit=style.unit(Format.MONEY),
        n=style.text(figure.n, Format.COUNT),
    )


def loan_columns() -> str:
    """Return the CSS columns of a line of the loan list."""
    forms = [field.format for field in fields("en")][1:]
    return " ".join([*_FIRST_COLUMNS, *(_WIDTHS.get(form, "6em") for form in forms[1:])])


def loan_lines(page: LoanPage, view: View, style: Style) -> list[Line]:
    """Return a line per loan."""
    told = Text(style.lang)("Open the dossier of this loan")
    forms = [field.format for field in fields(style.lang)]
    return [
        Line(
            loan_id,
            told,
            tuple(
                _number(cell, form, style) if isinstance(cell, Figure) else escaped(style.text(cell, form))
                for cell, form in zip(row[1:], forms[1:], strict=True)
            ),
            loan_id == view.loan,
        )
        for loan_id, row in zip(page.ids, page.rows, strict=True)
    ]


def note(view: View, style: Style) -> str:
    """Return what a reader of the tab must know."""
    text = Text(style.lang)
    return {
        Tab.AGEING: text("Click a bucket to see its loans."),
        Tab.FLOWS: text(
            "Share of opening balance, %, from row to column in the month; click a cell to see its loans."
            " Bucket and class are those at opening."
        ),
        Tab.VINTAGES: text(
            "Ever more than 30 days past due, % of amount lent, by months on book, as of the book's date;"
            " bucket and class do not cut a cohort. Click a cell to see its loans."
        ),
        Tab.LOANS: text("Click a loan to open its dossier, a head to sort."),
    }[view.tab]


def queries_html(found: tuple[Query, ...], lang: str) -> str:
    """Return definitions and SQL."""
    return "".join(
        f'<section class="px-query"><h4>{escaped(query.title.text(lang))}</h4>'
        f"<p>{escaped(query.definition.text(lang))} [{escaped(query.source)}]</p><pre>{escaped(query.sql)}</pre></section>"
        for query in found
    )
