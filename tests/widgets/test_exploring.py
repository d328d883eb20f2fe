"""Exploring a book without a browser: controls are set and what is shown is compared with the records themselves."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import date
from pathlib import Path
from threading import Timer
from typing import Any

import openpyxl
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.explore import open_desk
from postloan.metrics.catalogue import measured
from postloan.model.fault import Fault
from postloan.widgets.desk import Desk, answer
from postloan.widgets.explorer import Explorer
from postloan.widgets.export import export
from postloan.widgets.figures import headline
from postloan.widgets.history import History
from postloan.widgets.latest import AtOnce, InKernel, Latest
from postloan.widgets.loans import PAGE_ROWS, loan_page
from postloan.widgets.portfolio import HEADLINE
from postloan.widgets.view import Behind, FlowCell, Tab, View, opened

PROJECT = Path(__file__).parents[2]
AS_OF = date(2026, 10, 31)
BRANCH = "江南支行"


@pytest.fixture(scope="module")
def book(small_lender: Path) -> Path:
    return small_lender


@pytest.fixture(scope="module")
def desk(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    exports = tmp_path_factory.mktemp("exports")
    return open_desk(book, AS_OF, "cn_regulation", "synthetic_lender", exports=exports, masked=True)


@pytest.fixture(scope="module")
def positions(book: Path) -> list[dict[str, Any]]:
    position = open_facts(Book.open(book), AS_OF).table("position")
    rows: list[dict[str, Any]] = position.filter(position.month_end == AS_OF).to_pyarrow().to_pylist()
    return rows


@pytest.fixture
def explorer(desk: Desk) -> Explorer:
    return Explorer(desk, View(month=AS_OF), AtOnce())


def test_headline_figures_are_those_of_the_records(desk: Desk, book: Path) -> None:
    wanted = measured(open_facts(Book.open(book), AS_OF), HEADLINE, [AS_OF], ["branch"])
    wanted = wanted[wanted["branch"] == BRANCH].set_index("metric")
    found = headline(desk.portfolio, View(month=AS_OF, branch=BRANCH))
    assert [line.metric.slug for line in found] == list(HEADLINE)
    for line in found:
        row = wanted.loc[line.metric.slug]
        assert line.now.numerator == row["numerator"]
        assert line.now.n == row["n"]
        if line.now.low is not None:
            assert (line.now.low, line.now.high) == (row["low"], row["high"])


def test_the_list_is_that_of_the_positions_sorted_paged_and_masked(
    desk: Desk, positions: list[dict[str, Any]], book: Path
) -> None:
    theirs = [row for row in positions if row["status"] == "active" and row["branch"] == BRANCH]
    ordered = sorted(theirs, key=lambda row: (-row["balance_minor"], row["loan_id"]))
    view = View(month=AS_OF, branch=BRANCH, tab=Tab.LOANS)
    first = loan_page(desk.portfolio, view, is_masked=True)
    second = loan_page(desk.portfolio, view.to(page=2), is_masked=True)
    assert first.n_loans == len(theirs) > PAGE_ROWS
    assert [*first.ids, *second.ids][: 2 * PAGE_ROWS] == [row["loan_id"] for row in ordered][: 2 * PAGE_ROWS]
    names = set(Book.open(book).read("customer")["name"].drop_null().to_pylist())
    shown = {cell for row in first.rows for cell in row if isinstance(cell, str)}
    assert not shown & names
    open_names = {c for r in loan_page(desk.portfolio, view, is_masked=False).rows for c in r}
    assert open_names & names


def test_the_loans_behind_a_figure_are_those_in_its_numerator(
    desk: Desk, positions: list[dict[str, Any]]
) -> None:
    view = View(month=AS_OF, tab=Tab.LOANS, pick=Behind(metric="par_30"))
    late = [row for row in positions if row["status"] == "active" and (row["dpd"] or 0) > 30]
    assert loan_page(desk.portfolio, view, is_masked=True).n_loans == len(late) > 0


def test_the_loans_behind_a_cell_of_the_flows_are_those_that_moved(desk: Desk) -> None:
    flow = desk.portfolio.facts.table("flow").to_pyarrow()
    moved = flow.filter(
        (pc.field("base") == "month")
        & (pc.field("month_end") == AS_OF)
        & (pc.field("from_state") == "M0")
        & (pc.field("to_state") == "M1")
    )
    view = View(month=AS_OF, tab=Tab.LOANS, pick=FlowCell(from_state="M0", to_state="M1"))
    page = loan_page(desk.portfolio, view, is_masked=True)
    assert page.n_loans == moved.num_rows > 0
    assert set(page.ids) <= set(moved["loan_id"].to_pylist())


def test_every_tab_has_an_answer_in_both_languages_with_a_dossier_and_queries(desk: Desk) -> None:
    loan = loan_page(desk.portfolio, View(month=AS_OF), is_masked=True).ids[0]
    for tab in Tab:
        for lang in ("zh", "en"):
            view = View(month=AS_OF, tab=tab, lang=lang, loan=loan, shows_card=True, shows_query=True)
            found = answer(desk, view)
            assert found.shown
            assert found.dossier
            assert all("SELECT" in query.sql for query in found.queries)
            assert found.queries


def test_an_export_holds_the_rows_shown_and_the_filter(desk: Desk) -> None:
    view = View(month=AS_OF, branch=BRANCH, tab=Tab.LOANS, pick=Behind(metric="overdue_rate_count"))
    path = export(desk, view)
    page = loan_page(desk.portfolio, view, is_masked=True)
    sheets = openpyxl.load_workbook(path)
    listed = [str(cell.value) for row in sheets["loans"].iter_rows() for cell in row if cell.value]
    assert set(page.ids) <= set(listed)
    assert len([text for text in listed if re.fullmatch(r"JD\d+", text)]) == page.n_loans
    told = [str(c.value) for sheet in sheets for row in sheet.iter_rows() for c in row if c.value]
    assert BRANCH in told
    assert view.text() in told
    assert opened(view.text()) == view
    assert export(desk, view) == path


def test_a_filter_changes_what_is_shown_and_is_undone_redone_and_reset(explorer: Explorer) -> None:
    start, whole = explorer.view, explorer.headline.cells(0)
    explorer.controls.filters["branch"].value = BRANCH
    assert explorer.view.branch == BRANCH
    assert explorer.headline.cells(0) != whole
    explorer.buttons["undo"].click()
    assert (explorer.view, explorer.headline.cells(0)) == (start, whole)
    explorer.buttons["redo"].click()
    assert explorer.view.branch == BRANCH
    explorer.buttons["reset"].click()
    assert explorer.view == start
    assert explorer.errors.value == ""


def test_a_copied_view_opens_again(explorer: Explorer) -> None:
    explorer.change(branch=BRANCH, tab=Tab.FLOWS)
    kept = explorer.view
    explorer.buttons["copy"].click()
    explorer.buttons["reset"].click()
    explorer.buttons["open"].click()
    assert explorer.view == kept


def pasted(explorer: Explorer, **parts: str) -> str:
    """Open a pasted view and return the errors told."""
    explorer.text.value = json.dumps({"month": AS_OF.isoformat(), **parts})
    explorer.buttons["open"].click()
    return str(explorer.errors.value)


def test_an_error_is_shown_in_a_sentence_and_the_view_stays(explorer: Explorer) -> None:
    explorer.change(lang="en")
    kept = explorer.view
    told = pasted(explorer, branch="no such branch", lang="en")
    assert "the book has no branch" in told.lower()
    assert "Traceback" not in told
    assert explorer.view == kept
    explorer.buttons["clear"].click()
    assert explorer.errors.value == ""


def test_markup_in_an_error_is_text(explorer: Explorer) -> None:
    assert "<script>" not in pasted(explorer, branch="<script>alert(1)</script>")


@pytest.mark.parametrize(
    "text", ["", "{}", '{"month": "2026-10-31", "colour": 1}', '{"month": 3, "page": 0}']
)
def test_what_is_no_view_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="no view"):
        opened(text)


class Held:
    """Keeps what it is given until it is told to go on, in any order."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.answers: list[Callable[[], None]] = []

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        self.waiting.append(act)

    def work(self, compute: Callable[[], Any], done: Callable[[Future[Any]], None]) -> None:
        future: Future[Any] = Future()
        future.set_result(compute())
        self.answers.append(lambda: done(future))


@settings(max_examples=40)
@given(st.data(), st.integers(1, 6))
def test_whatever_the_order_only_the_last_request_is_shown(data: st.DataObject, n: int) -> None:
    held, shown, failed = Held(), list[int](), list[BaseException]()
    latest = Latest(held, shown.append, failed.append)

    def requests() -> Iterator[int]:
        yield from range(n)

    for number in requests():
        latest.ask(lambda number=number: number)  # type: ignore[misc]
        if data.draw(st.booleans()):
            held.waiting[-1]()
    for act in data.draw(st.permutations(held.waiting)):
        act()
    for act in data.draw(st.permutations(held.answers)):
        act()
    assert failed == []
    assert set(shown) == {n - 1}


def test_a_request_from_another_thread_wakes_a_loop_that_waits() -> None:
    async def asked() -> float | None:
        loop, at = asyncio.get_running_loop(), list[float]()
        scheduler = InKernel()
        start = loop.time()
        # By then the loop waits, and nothing else wakes it.
        Timer(0.3, scheduler.later, (0, lambda: at.append(loop.time()))).start()
        await asyncio.sleep(3)
        return at[0] - start if at else None

    waited = asyncio.run(asked())
    assert waited is not None
    assert waited < 2


VIEWS = st.builds(View, month=st.just(AS_OF), page=st.integers(1, 9), tab=st.sampled_from(list(Tab)))


@settings(max_examples=40)
@given(st.lists(VIEWS, max_size=8))
def test_undo_and_redo_are_each_others_inverse(views: list[View]) -> None:
    history = History.of(View(month=AS_OF))
    for view in views:
        history = history.to(view)
    end = history
    for _ in views:
        history = history.undo()
    assert history.now == View(month=AS_OF)
    for _ in views:
        history = history.redo()
    assert history.now == end.now
