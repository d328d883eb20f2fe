"""The exploration on the page: controls change the view, the answer to the last view is shown, errors stay seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as ipw

from postloan.report.display import SECTION_CSS, section_html
from postloan.report.style import Style
from postloan.report.tables_html import escaped
from postloan.report.text import Text
from postloan.widgets.controls import Controls
from postloan.widgets.desk import Answer, Desk, answer
from postloan.widgets.export import export
from postloan.widgets.history import History
from postloan.widgets.latest import Latest, Scheduler
from postloan.widgets.panels import Panels
from postloan.widgets.render import (
    HEADLINE_COLUMNS,
    NAME_WIDTH,
    banner_html,
    headline_lines,
    note,
    queries_html,
)
from postloan.widgets.rows import Rows
from postloan.widgets.view import Behind, Tab, View, opened
from postloan.widgets.words import error_sentence

MOST_ERRORS = 5
_CSS = Path(__file__).parent / "explore.css"


class Explorer:
    """The widgets of one exploration; display ``box``.

    Args:
        desk: The book and how it is told.
        view: Where to start.
        scheduler: When and where answers are computed.
    """

    def __init__(self, desk: Desk, view: View, scheduler: Scheduler) -> None:
        self._desk = desk
        self.history = History.of(view)
        self._latest = Latest(scheduler, self._show, self._failed)
        self._shown: Answer | None = None
        self._errors: list[BaseException] = []
        portfolio = desk.portfolio
        self.controls = Controls(portfolio.months, portfolio.groups, self._safely(self._changed))
        self.headline = Rows(self._safely(self._figure_clicked), NAME_WIDTH)
        self.panels = Panels(self._safely(self.change), lambda: self.view)
        self.banner, self.errors, self.busy, self.note, self.dossier, self.query, self.told = (
            ipw.HTML() for _ in range(7)
        )
        self.text = ipw.Textarea(layout=ipw.Layout(width="40em", height="3.2em"))
        self.buttons = {name: self._button(act) for name, act in self._actions().items()}
        self.box = self._laid_out()
        self.go(view)

    @property
    def view(self) -> View:
        """Return the view asked for last."""
        return self.history.now

    def change(self, **changes: Any) -> None:
        """Change the view and answer at once."""
        self.go(self.view.to(**changes))

    def go(self, view: View, delay: float = 0) -> None:
        """Go to a view, and show it after ``delay`` seconds unless something else is asked by then."""
        self._ask(self.history.to(view), delay)

    def _ask(self, history: History, delay: float = 0) -> None:
        self.history = history
        self.controls.show(self.view, self._style)
        self.busy.value = escaped(Text(self.view.lang)("Working …"))
        self._latest.ask(partial(answer, self._desk, self.view), delay)

    @property
    def _style(self) -> Style:
        return self._desk.style(self.view.lang)

    def _changed(self, changes: dict[str, Any], delay: float) -> None:
        self.go(self.view.to(**changes), delay)

    def _figure_clicked(self, place: int) -> None:
        """Choose a figure; a click on the chosen one lists the loans in its numerator."""
        if self._shown is None:
            return
        slug = self._shown.headline[place].metric.slug
        if slug == self.view.figure:
            self.change(tab=Tab.LOANS, pick=Behind(metric=slug))
        else:
            self.change(figure=slug)

    def _actions(self) -> dict[str, Callable[[], None]]:
        return {
            "undo": lambda: self._ask(self.history.undo()),
            "redo": lambda: self._ask(self.history.redo()),
            "reset": lambda: self._ask(self.history.reset()),
            "copy": self._copy,
            "open": lambda: self.go(self._desk.portfolio.check(opened(self.text.value))),
            "export": self._export,
            "card": lambda: self.change(shows_card=not self.view.shows_card),
            "close": lambda: self.change(loan=None, shows_card=False),
            "clear": self._clear,
        }

    def _copy(self) -> None:
        self.text.value = self.view.text()

    def _export(self) -> None:
        """Write the loans shown; in the worker, after what was asked before."""
        self._export_latest().ask(partial(export, self._desk, self.view))

    def _export_latest(self) -> Latest:
        return Latest(self._latest.scheduler, self._exported, self._failed)

    def _exported(self, path: Path) -> None:
        self.told.value = escaped(Text(self.view.lang)("Written: {path}", path=path))

    def _clear(self) -> None:
        self._errors.clear()
        self._show_errors()

    def _show(self, found: Answer) -> None:
        """Put an answer on the page."""
        view, style = found.view, self._desk.style(found.view.lang)
        text = Text(view.lang)
        self._shown = found
        self.banner.value = banner_html(self._desk.heads[view.lang], style)
        self.headline.show(headline_lines(found.headline, view, style), HEADLINE_COLUMNS)
        self.panels.show(found.shown, view, style)
        self.note.value = f'<p class="px-note">{escaped(note(view, style))}</p>'
        self.query.value = queries_html(found.queries, view.lang)
        self.dossier.value = section_html(found.dossier, style) if found.dossier else ""
        _display(self.buttons["close"], found.dossier is not None)
        _display(self.buttons["card"], found.dossier is not None and self._desk.explain is not None)
        _display(self.buttons["export"], view.tab is Tab.LOANS)
        for name, label in _button_names(text).items():
            self.buttons[name].description = label
        self.busy.value = ""
        self._show_errors()

    def _failed(self, error: BaseException) -> None:
        """Say what went wrong, and go back to the view that is shown: controls and figures must agree."""
        self._errors = [error, *self._errors][:MOST_ERRORS]
        if self._shown is not None and self._shown.view != self.view:
            self.history = self.history.to(self._shown.view)
            self.controls.show(self.view, self._style)
        self.busy.value = ""
        self._show_errors()

    def _show_errors(self) -> None:
        told = "".join(f"<p>{escaped(error_sentence(error, self.view.lang))}</p>" for error in self._errors)
        self.errors.value = f'<div class="px-errors" role="alert">{told}</div>' if told else ""
        _display(self.buttons["clear"], bool(told))

    def _safely(self, act: Callable[..., None]) -> Callable[..., None]:
        """Return ``act`` with its errors shown: widgets would swallow them."""

        def safe(*args: Any, **changes: Any) -> None:
            try:
                act(*args, **changes)
            except Exception as error:
                self._failed(error)

        return safe

    def _button(self, act: Callable[[], None]) -> ipw.Button:
        button = ipw.Button(layout=ipw.Layout(width="auto"))
        safe = self._safely(act)
        button.on_click(lambda _: safe())
        return button

    def _laid_out(self) -> ipw.VBox:
        css = f"{SECTION_CSS.read_text(encoding='utf-8')}{_CSS.read_text(encoding='utf-8')}"
        wrap = ipw.Layout(flex_flow="row wrap", align_items="center")
        bar = [self.buttons[name] for name in ("undo", "redo", "reset", "copy", "open")]
        parts = [
            ipw.HTML(f"<style>{css}</style>", layout=ipw.Layout(display="none")),
            self.banner,
            ipw.HBox([self.errors, self.buttons["clear"]], layout=wrap),
            self.controls.box,
            ipw.HBox([self.controls.lang, *bar, self.text, self.busy], layout=wrap),
            self.headline.box,
            ipw.HBox(
                [self.controls.tab, self.controls.query, self.buttons["export"], self.told], layout=wrap
            ),
            self.query,
            self.note,
            self.panels.box,
            ipw.HBox([self.buttons["card"], self.buttons["close"]]),
            self.dossier,
        ]
        box = ipw.VBox(parts)
        box.add_class("px")
        return box


def _display(widget: ipw.Widget, is_shown: bool) -> None:
    widget.layout.display = "" if is_shown else "none"


def _button_names(text: Text) -> dict[str, str]:
    return {
        "undo": text("Undo"),
        "redo": text("Redo"),
        "reset": text("Reset"),
        "copy": text("Copy view"),
        "open": text("Open view"),
        "export": text("Export to Excel"),
        "card": text("Grades and why"),
        "close": text("Close dossier"),
        "clear": text("Clear errors"),
    }
