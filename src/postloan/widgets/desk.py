"""What an exploration works with, and its answer to a view: figures, what is under them, a dossier, queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from postloan.report.head import Head
from postloan.report.section import Section
from postloan.report.style import Style
from postloan.widgets.dossier import Explain, dossier
from postloan.widgets.figures import Age, Headline, ageing, headline
from postloan.widgets.loans import LoanPage, loan_page
from postloan.widgets.matrices import Matrix, flow_matrix, vintage_matrix
from postloan.widgets.portfolio import Portfolio
from postloan.widgets.queries import Query, queries
from postloan.widgets.view import Tab, View

Shown: TypeAlias = tuple[Age, ...] | Matrix | LoanPage


@dataclass(frozen=True, slots=True)
class Desk:
    """The book, how it is told, and where exports go.

    Args:
        portfolio: The book, opened for exploring.
        heads: Its identity by language.
        largest_minor: Largest amount shown, which chooses the money unit.
        exports: Folder that exports are written to.
        explain: Writes a loan's card of grades; None where no plan is given.
    """

    portfolio: Portfolio
    heads: Mapping[str, Head]
    largest_minor: int
    exports: Path
    explain: Explain | None = None

    def style(self, lang: str) -> Style:
        """Return how values are written."""
        return Style.for_amounts(lang, self.heads[lang].currency, self.largest_minor)

    @property
    def is_masked(self) -> bool:
        """Say whether personal data is masked."""
        return next(iter(self.heads.values())).is_masked


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that a view shows."""

    view: View
    headline: tuple[Headline, ...]
    shown: Shown
    dossier: Section | None
    queries: tuple[Query, ...]


def answer(desk: Desk, view: View) -> Answer:
    """Return what ``view`` shows.

    Raises:
        Fault: 2 for a month, group, column or loan that the book does not have.
    """
    portfolio = desk.portfolio
    portfolio.check(view)
    style = desk.style(view.lang)
    found = None
    if view.loan is not None:
        card = desk.explain if view.shows_card else None
        found = dossier(portfolio, view.loan, style, is_masked=desk.is_masked, explain=card)
    return Answer(
        view,
        headline(portfolio, view),
        _shown(desk, view),
        found,
        queries(portfolio, view) if view.shows_query else (),
    )


def _shown(desk: Desk, view: View) -> Shown:
    if view.tab is Tab.AGEING:
        return ageing(desk.portfolio, view)
    if view.tab is Tab.LOANS:
        return loan_page(desk.portfolio, view, is_masked=desk.is_masked)
    return (flow_matrix if view.tab is Tab.FLOWS else vintage_matrix)(desk.portfolio, view)
