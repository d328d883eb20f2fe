"""Rows that can be clicked: a button that names the row, and its cells beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ipywidgets as ipw

from postloan.report.tables_html import escaped


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what its button says, what a click does in words, its cells as safe HTML, and whether it is chosen."""

    name: str
    told: str
    cells: tuple[str, ...]
    is_on: bool = False


class Rows:
    """A list of rows whose widgets are made once and said anew.

    Args:
        click: Takes the place of the row clicked.
        name_width: Of the buttons, in CSS.
    """

    def __init__(self, click: Callable[[int], None], name_width: str) -> None:
        self._click, self._name_width = click, name_width
        self._pool: list[tuple[ipw.Button, ipw.HTML, ipw.HBox]] = []
        self.box = ipw.VBox(layout=ipw.Layout(width="100%"))

    def show(self, lines: Sequence[Line], columns: str) -> None:
        """Show ``lines``, their cells in CSS grid ``columns``."""
        while len(self._pool) < len(lines):
            self._pool.append(self._made(len(self._pool)))
        for line, (button, html, _) in zip(lines, self._pool, strict=False):
            button.description, button.tooltip = line.name, line.told
            button.button_style = "primary" if line.is_on else ""
            html.value = cells_html(line.cells, columns)
        self.box.children = [row for _, _, row in self._pool[: len(lines)]]

    def button(self, place: int) -> ipw.Button:
        """Return the button of a row."""
        return self._pool[place][0]

    def cells(self, place: int) -> str:
        """Return the cells of a row as HTML."""
        return str(self._pool[place][1].value)

    def _made(self, place: int) -> tuple[ipw.Button, ipw.HTML, ipw.HBox]:
        button = ipw.Button(
            layout=ipw.Layout(width=self._name_width, flex="0 0 auto", margin="1px 8px 1px 0")
        )
        button.add_class("px-name")
        button.on_click(lambda _: self._click(place))
        html = ipw.HTML(layout=ipw.Layout(flex="1 1 auto", margin="0"))
        row = ipw.HBox([button, html], layout=ipw.Layout(align_items="center"))
        row.add_class("px-row")
        return button, html, row


def cells_html(cells: Sequence[str], columns: str) -> str:
    """Return cells of safe HTML as one line of a grid."""
    spans = "".join(f'<span role="cell">{cell}</span>' for cell in cells)
    return f'<div class="px-cells" role="row" style="grid-template-columns:{escaped(columns)}">{spans}</div>'


class Grid:
    """A matrix of buttons with heads, made once and said anew; a cell without anything behind it cannot be clicked.

    Args:
        click: Takes row and column of the cell clicked.
    """

    def __init__(self, click: Callable[[int, int], None]) -> None:
        self._click = click
        self._heads: list[ipw.HTML] = []
        self._cells: dict[tuple[int, int], ipw.Button] = {}
        self.box = ipw.GridBox(layout=ipw.Layout(grid_gap="2px", width="fit-content", overflow="auto"))

    def show(self, rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[GridCell]]) -> None:
        """Show one row of ``cells`` under another, named by ``rows`` and ``columns``."""
        names = ["", *columns, *rows]
        while len(self._heads) < len(names):
            self._heads.append(ipw.HTML(layout=ipw.Layout(margin="0")))
        for name, head in zip(names, self._heads, strict=False):
            head.value = f'<span class="px-head">{escaped(name)}</span>'
        children: list[ipw.Widget] = self._heads[: len(columns) + 1]
        for y, line in enumerate(cells):
            children += [
                self._heads[len(columns) + 1 + y],
                *(self._said(y, x, cell) for x, cell in enumerate(line)),
            ]
        self.box.layout.grid_template_columns = f"max-content repeat({len(columns)}, 62px)"
        self.box.children = children

    def cell(self, row: int, column: int) -> ipw.Button:
        """Return the button of a cell."""
        return self._cells[row, column]

    def _said(self, row: int, column: int, cell: GridCell) -> ipw.Button:
        if (row, column) not in self._cells:
            button = ipw.Button(layout=ipw.Layout(width="62px", height="26px", margin="0", padding="0"))
            button.add_class("px-cell")
            button.on_click(lambda _: self._click(row, column))
            self._cells[row, column] = button
        button = self._cells[row, column]
        button.description, button.tooltip, button.disabled = cell.text, cell.told, not cell.leads
        button.style.button_color, button.style.text_color = cell.fill, cell.ink
        return button


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell: its text, what it stands on in words, whether a click leads on, and its colours."""

    text: str
    told: str
    leads: bool
    fill: str
    ink: str
