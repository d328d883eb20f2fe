"""The words of an exploration: filters, groups, picks and errors, in the language of the view."""

from __future__ import annotations

from postloan.metrics.catalogue import metric
from postloan.metrics.dimensions import DIMENSIONS
from postloan.model import codes
from postloan.model.buckets import BUCKET_CODES
from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.model.mask import scrubbed
from postloan.model.scope import MISSING
from postloan.report.sections.flows import EXITS
from postloan.report.style import Style
from postloan.report.text import Text
from postloan.widgets.bands import band_label
from postloan.widgets.matrices import cohort_label
from postloan.widgets.view import FILTERS, Behind, CohortCell, FlowCell, Tab, View

_NAMES = {
    "month": Label("月末", "Month end"),
    **{by: DIMENSIONS[by].label for by in FILTERS if by in DIMENSIONS},
    "band": Label("放款金额段", "Amount lent"),
    "lang": Label("语言", "Language"),
}
_TABS = {
    Tab.AGEING: Label("账龄", "Ageing"),
    Tab.FLOWS: Label("状态流转", "Flows"),
    Tab.VINTAGES: Label("放款批次", "Vintages"),
    Tab.LOANS: Label("贷款清单", "Loans"),
}


def filter_name(by: str, lang: str) -> str:
    """Return the name of a filter."""
    return _NAMES[by].text(lang)


def tab_name(tab: Tab, lang: str) -> str:
    """Return the name of a tab."""
    return _TABS[tab].text(lang)


def group_name(by: str, group: str, style: Style) -> str:
    """Return the name of a group of a filter."""
    if group == MISSING:
        return Text(style.lang)("Not given")
    if by == "band":
        return band_label(group, style)
    return codes.RISK_CLASS.label(group).text(style.lang) if by == "risk_class" else group


def state_name(state: str, lang: str) -> str:
    """Return the name of a flow's state."""
    if state in BUCKET_CODES:
        return state
    if state in EXITS:
        return codes.LOAN_STATUS.label(state).text(lang)
    text = Text(lang)
    return text("New") if state == "new" else text("Unknown")


def picked(view: View) -> str:
    """Return which loans the view lists, in a sentence."""
    text, pick = Text(view.lang), view.pick
    if isinstance(pick, FlowCell):
        names = (state_name(state, view.lang) for state in (pick.from_state, pick.to_state))
        start, end = names
        return text("Loans that went from {start} to {end} in the month", start=start, end=end)
    if isinstance(pick, CohortCell):
        cohort = cohort_label(pick.cohort, pick.grain)
        return text("Loans of {cohort} first over 30 days by month {mob}", cohort=cohort, mob=pick.mob)
    if isinstance(pick, Behind):
        return text("Loans counted in: {name}", name=metric(pick.metric).label.text(view.lang))
    return text("Active loans")


def filters_told(view: View, style: Style) -> tuple[tuple[str, str], ...]:
    """Return every filter and its setting, whether it cuts or not, and which loans are listed."""
    text = Text(view.lang)
    settings = [
        (filter_name(by, view.lang), group_name(by, value, style) if value else text("All"))
        for by in FILTERS
        for value in [getattr(view, by)]
    ]
    return (
        (filter_name("month", view.lang), view.month.isoformat()),
        *settings,
        (text("Listed"), picked(view)),
    )


def error_sentence(error: BaseException, lang: str) -> str:
    """Return what went wrong in one sentence; of an error that nobody foresaw its kind and what it says."""
    if isinstance(error, Fault):
        mark = "。" if lang == "zh" else "."
        joint = "；" if lang == "zh" else "; "
        return f"{error.label.text(lang)}{joint}{error.remedy.text(lang)}{mark}"
    told = scrubbed(f"{type(error).__name__}: {error}".splitlines()[0])
    return Text(lang)("Something failed that should not: {what}", what=told)
