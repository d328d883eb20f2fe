"""The controls: they show a view, and say which view was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import ipywidgets as ipw

from postloan.report.style import Style
from postloan.report.text import Text
from postloan.widgets.latest import DEBOUNCE_SECONDS
from postloan.widgets.view import FILTERS, Tab, View
from postloan.widgets.words import filter_name, group_name, tab_name

_LANGUAGES = (("中文", "zh"), ("English", "en"))
Change = Callable[[dict[str, Any], float], None]
"""Takes what of the view changes, and after how many seconds it is to be answered."""

_ALL = ""  # no group is called so; a dropdown would show a choice of None as blank


class Controls:
    """Filters, tabs and language. A filter waits a moment for the next change, a click does not.

    Args:
        months: To choose from, the latest last.
        groups: By filter.
        change: Takes what the user changes.
    """

    def __init__(
        self, months: tuple[date, ...], groups: Mapping[str, tuple[str, ...]], change: Change
    ) -> None:
        self._months, self._groups, self._change = months, groups, change
        self._is_showing = False
        self.month = ipw.Dropdown(layout=_width())
        self.filters = {by: ipw.Dropdown(layout=_width()) for by in FILTERS}
        self.tab = ipw.ToggleButtons(style={"button_width": "9em"})
        self.lang = ipw.ToggleButtons(options=_LANGUAGES, style={"button_width": "6em"})
        self.query = ipw.ToggleButton(layout=ipw.Layout(width="auto"))
        self._watch(self.month, "month", DEBOUNCE_SECONDS)
        for by, control in self.filters.items():
            self._watch(control, by, DEBOUNCE_SECONDS)
        self._watch(self.tab, "tab", 0)
        self._watch(self.lang, "lang", 0)
        self._watch(self.query, "shows_query", 0)
        self.box = ipw.HBox(
            [self.month, *self.filters.values()], layout=ipw.Layout(flex_flow="row wrap", width="100%")
        )

    def show(self, view: View, style: Style) -> None:
        """Set every control to the view, in its language; this is no change by the user."""
        text = Text(view.lang)
        with self._showing():
            self.month.description = filter_name("month", view.lang)
            _set(self.month, [(on.isoformat(), on) for on in reversed(self._months)], view.month)
            for by, control in self.filters.items():
                control.description = filter_name(by, view.lang)
                offered = [(group_name(by, group, style), group) for group in self._groups[by]]
                _set(control, [(text("All"), _ALL), *offered], getattr(view, by) or _ALL)
            _set(self.tab, [(tab_name(tab, view.lang), tab) for tab in Tab], view.tab)
            self.lang.value = view.lang
            self.query.description = text("Definition and query")
            self.query.value = view.shows_query

    def _watch(self, control: ipw.Widget, name: str, delay: float) -> None:
        def changed(event: Mapping[str, Any]) -> None:
            if not self._is_showing:
                self._change({name: None if event["new"] == _ALL else event["new"]}, delay)

        control.observe(changed, "value")

    @contextmanager
    def _showing(self) -> Iterator[None]:
        self._is_showing = True
        try:
            yield
        finally:
            self._is_showing = False


def _width() -> ipw.Layout:
    return ipw.Layout(width="21em")


def _set(control: ipw.Widget, options: list[tuple[str, Any]], value: Any) -> None:
    """Offer ``options`` and choose ``value``; a control is sent to the page only where it differs."""
    if list(control.options) != options:
        control.options = options
    if control.value != value:
        control.value = value
