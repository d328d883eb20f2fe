"""What stands under the headline figures: ageing, flows, vintages or loans; a click leads to the loans behind."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as ipw

from postloan.report.style import Style
from postloan.report.tables_html import escaped
from postloan.report.text import Text
from postloan.widgets.desk import Shown
from postloan.widgets.figures import Age
from postloan.widgets.loans import SORTED_BY, LoanPage, fields
from postloan.widgets.matrices import Matrix
from postloan.widgets.render import (
    AGEING_COLUMNS,
    ageing_heads,
    ageing_lines,
    grid_cells,
    loan_columns,
    loan_lines,
)
from postloan.widgets.rows import Grid, Rows, cells_html
from postloan.widgets.view import Tab, View
from postloan.widgets.words import picked, state_name

_BUCKET_WIDTH, _LOAN_WIDTH = "6em", "13em"


class Panels:
    """The four tabs, of which one is shown.

    Args:
        change: Takes what a click changes of the view.
        view: Returns the view now.
    """

    def __init__(self, change: Callable[..., None], view: Callable[[], View]) -> None:
        self._change, self._view = change, view
        self._shown: Shown = ()
        self.ages = Rows(self._bucket_clicked, _BUCKET_WIDTH)
        self.age_heads = ipw.HTML()
        self.flows, self.vintages = Grid(self._cell_clicked), Grid(self._cell_clicked)
        self.loans = LoanPanel(change, view)
        self._tabs = {
            Tab.AGEING: ipw.VBox([self.age_heads, self.ages.box]),
            Tab.FLOWS: self.flows.box,
            Tab.VINTAGES: self.vintages.box,
            Tab.LOANS: self.loans.box,
        }
        self.box = ipw.VBox([], layout=ipw.Layout(width="100%"))

    def show(self, shown: Shown, view: View, style: Style) -> None:
        """Show what the tab of ``view`` holds."""
        self._shown = shown
        if isinstance(shown, LoanPage):
            self.loans.show(shown, view, style)
        elif isinstance(shown, Matrix):
            self._show_matrix(shown, view, style)
        else:
            heads = cells_html(ageing_heads(style), AGEING_COLUMNS)
            self.age_heads.value = (
                f'<div class="px-heads" style="margin-left:calc({_BUCKET_WIDTH} + 8px)">{heads}</div>'
            )
            self.ages.show(ageing_lines(shown, view, style), AGEING_COLUMNS)
        self.box.children = [self._tabs[view.tab]]

    def _show_matrix(self, matrix: Matrix, view: View, style: Style) -> None:
        cells = grid_cells(matrix, style)
        if view.tab is Tab.FLOWS:
            rows, columns = (
                [state_name(state, view.lang) for state in states] for states in (matrix.rows, matrix.columns)
            )
            self.flows.show(rows, columns, cells)
        else:
            self.vintages.show(matrix.rows, [f"MOB{mob}" for mob in matrix.columns], cells)

    def _bucket_clicked(self, place: int) -> None:
        if isinstance(self._shown, tuple) and isinstance(self._shown[place], Age):
            self._change(bucket=self._shown[place].bucket, tab=Tab.LOANS, pick=None)

    def _cell_clicked(self, row: int, column: int) -> None:
        if isinstance(self._shown, Matrix):
            cell = self._shown.cells[self._shown.rows[row], self._shown.columns[column]]
            self._change(pick=cell.pick, tab=Tab.LOANS)


class LoanPanel:
    """The list of loans, page by page; see ``Panels``."""

    def __init__(self, change: Callable[..., None], view: Callable[[], View]) -> None:
        self._change, self._view = change, view
        self._page = LoanPage((), (), 0, 1)
        self.rows = Rows(lambda place: change(loan=self._page.ids[place]), _LOAN_WIDTH)
        self.told = ipw.HTML()
        self.heads = {column.name: self._head(column.name) for column in SORTED_BY}
        self.name = ipw.HTML()
        self.before, self.after, self.all = (ipw.Button(layout=ipw.Layout(width="auto")) for _ in range(3))
        self.before.on_click(lambda _: change(page=self._page.page - 1, loan=None))
        self.after.on_click(lambda _: change(page=self._page.page + 1, loan=None))
        self.all.on_click(lambda _: change(pick=None))
        wrap = ipw.Layout(flex_flow="row wrap", align_items="center")
        pager = ipw.HBox([self.told, self.before, self.after, self.all], layout=wrap)
        self.box = ipw.VBox([pager, self._head_line(), self.rows.box], layout=ipw.Layout(overflow="auto"))

    def show(self, page: LoanPage, view: View, style: Style) -> None:
        """Show a page."""
        self._page = page
        text = Text(view.lang)
        told = text(
            "{what}: {n} loans, page {page} of {pages}",
            what=picked(view),
            n=f"{page.n_loans:,}",
            page=page.page,
            pages=page.n_pages,
        )
        self.told.value = escaped(told)
        self.before.description, self.after.description = text("Earlier page"), text("Next page")
        self.before.disabled, self.after.disabled = page.page <= 1, page.page >= page.n_pages
        self.all.description, self.all.disabled = text("All active loans"), view.pick is None
        for field in fields(view.lang):
            self._name_head(field.key, style.head(field), view, text)
        self.rows.show(loan_lines(page, view, style), loan_columns())

    def _name_head(self, key: str, label: str, view: View, text: Text) -> None:
        if key not in self.heads:
            self.name.value = f'<span class="px-head">{escaped(label)}</span>'
            return
        head = self.heads[key]
        mark = ("▼" if view.is_descending else "▲") if key == view.sort else ""
        head.description = f"{label} {mark}".strip()
        head.tooltip = text("Sort by {column}", column=label)

    def _head(self, key: str) -> ipw.Button:
        head = ipw.Button(layout=ipw.Layout(width="100%", height="26px", margin="0", padding="0"))
        head.add_class("px-head")
        head.on_click(lambda _: self._sorted(key))
        return head

    def _sorted(self, key: str) -> None:
        view = self._view()
        self._change(sort=key, is_descending=not view.is_descending if key == view.sort else True)

    def _head_line(self) -> ipw.GridBox:
        first, *others = self.heads.values()
        layout = ipw.Layout(grid_template_columns=f"{_LOAN_WIDTH} {loan_columns()}", grid_gap="0 10px")
        return ipw.GridBox([first, self.name, *others], layout=layout)
