"""A later load with late and corrected facts: the pack as known before it, and packs published before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from effort import deep_only
from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.write import commit
from postloan.jobs.build import build, draft
from postloan.jobs.demo import demo
from postloan.jobs.load import load
from postloan.jobs.outcome import State
from postloan.jobs.show import show
from postloan.jobs.verify import verify
from postloan.model.tables import DELIVERED
from postloan.report.heading import head_items
from postloan.report.pack import Pack, open_pack
from postloan.report.publish import Shelf
from postloan.report.section import Missing, Table
from postloan.sources.judging.knowledge import Before, known_in_turn

PROJECT = Path(__file__).parents[2]
PACK = PROJECT / "params" / "packs" / "monthly_review.yaml"
THEN, NOW = date(2026, 9, 30), date(2026, 10, 31)
TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Two:
    """A book of two loads, the same book after the first, and the loans the second one corrected."""

    first: Path
    second: Path
    moved: tuple[str, str]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    folder = tmp_path_factory.mktemp("lender")
    demo(folder / "files", loans=250)
    load(PROJECT / "params" / "sources" / "demo.yaml", folder / "files", folder / "whole")
    whole = Book.open(folder / "whole")
    tables = {name: whole.read(name) for name in DELIVERED if whole.has(name)}
    told = {name: whole.as_known(THEN).read(name) for name in tables}
    for name in ("first", "second"):
        taken(folder / name, told, whole)
    loans = told["loan"]["loan_id"].to_pylist()
    corrected = {
        **tables,
        "loan": rebranched(tables["loan"], loans[0]),
        "instalment": dearer(tables, loans[1]),
    }
    taken(folder / "second", corrected, whole)
    return Two(folder / "first", folder / "second", (loans[0], loans[1]))


def taken(root: Path, tables: Mapping[str, pa.Table], like: Book) -> None:
    """Take accepted tables into a book as a load does, with the lender and the ledger of another."""
    book = Book.open_or_create(root)
    keys = {"payment": "payment_id", "loan_event": "event_id"}
    new = {
        name: rows.filter(pc.invert(pc.is_in(rows[keys[name]], book.read(name)[keys[name]].combine_chunks())))
        if name in keys
        else rows
        for name, rows in tables.items()
    }
    stated = {name: rows["known_on"].is_valid().to_numpy() for name, rows in new.items()}
    new = known_in_turn(new, stated, None, Before(book.ask, book.latest_known()))
    with locked(root):
        commit(book, new, replace(like.version))


def rebranched(loans: pa.Table, name: str) -> pa.Table:
    branch = pc.if_else(pc.equal(loans["loan_id"], name), "搬迁支行", loans["branch"])
    return loans.set_column(loans.column_names.index("branch"), loans.schema.field("branch"), branch)


def dearer(tables: Mapping[str, pa.Table], name: str) -> pa.Table:
    """Make the instalments of a loan larger than they were told."""
    rows = tables["instalment"]
    amount = pc.if_else(
        pc.equal(rows["loan_id"], name), pc.add(rows["principal_minor"], 1000), rows["principal_minor"]
    )
    return rows.set_column(
        rows.column_names.index("principal_minor"), rows.schema.field("principal_minor"), amount
    )


@cache
def drafted(book: Path, as_of: date, known_at: str = "", scope: str = "all") -> Pack:
    """Compute a pack's results once for all tests here."""
    given = {"book": str(book), "as_of": as_of.isoformat(), "lang": "en", "scope": scope}
    with TemporaryDirectory() as folder:
        return open_pack(draft(PACK, {**given, **({"known_at": known_at} if known_at else {})}, Path(folder)))


def test_every_result_of_the_first_version_is_that_of_the_second_as_known_then(two: Two) -> None:
    first = drafted(two.first, THEN)
    then = drafted(two.second, THEN, known_at=THEN.isoformat())
    now = drafted(two.second, THEN)
    assert set(then.frames) == set(first.frames)
    for name, frame in first.frames.items():
        pd.testing.assert_frame_equal(then.frames[name], frame, obj=name)
    assert not now.frames["measures"].equals(first.frames["measures"])
    assert "As known on" in dict(head(then))
    assert "As known on" not in dict(head(now))


def head(pack: Pack) -> tuple[tuple[str, str], ...]:
    return head_items(pack.head, pack.style)


def test_the_pack_shows_what_has_changed_since_the_month_before(two: Two) -> None:
    pack = drafted(two.second, NOW)
    section = pack.section("restatements")
    months, largest = (block for block in section.blocks if isinstance(block, Table))
    listed = pack.frame("restated_loans")
    assert two.moved[1] in set(listed["loan_id"])
    assert two.moved[0] not in set(listed["loan_id"])
    assert months.rows
    assert 0 < len(largest.rows) <= 20
    assert "Since 2026-09-30" in section.takeaway
    assert not any(isinstance(block, Missing) for block in section.blocks)
    first = drafted(two.first, THEN)
    told = first.frame("measures")
    balance = told[(told["metric"] == "balance") & (told["by"] == "")].set_index("month_end")["numerator"]
    restated = pack.frame("restated_months")
    then = restated[restated["figure"] == "balance_minor"].set_index("month_end")["then_minor"]
    assert then[pd.Timestamp(THEN)] == balance[pd.Timestamp(THEN)]


@deep_only
def test_a_branch_sees_a_loan_leave_and_another_sees_it_come(two: Two) -> None:
    branch = drafted(two.second, NOW, scope="搬迁支行").frame("restated_loans")
    assert set(branch["loan_id"]) == {two.moved[0]}
    assert set(branch["status_then"].isna()) == {True}


@deep_only
def test_nothing_new_since_the_month_before_is_said_in_one_sentence(two: Two) -> None:
    pack = drafted(two.second, NOW, known_at=THEN.isoformat())
    assert pack.section("restatements").takeaway == (
        "No month-end up to 2026-09-30 looks different from what was known then."
    )
    assert pack.frame("restated_months").empty


def test_show_tells_what_was_known_then(two: Two) -> None:
    then = show(["balance", "overdue_amount"], two.second, THEN, fmt="json", known_at=THEN)
    assert then == show(["balance", "overdue_amount"], two.first, THEN, fmt="json")
    assert then != show(["balance", "overdue_amount"], two.second, THEN, fmt="json")


def test_a_later_load_leaves_published_packs_as_they_are(two: Two, tmp_path: Path) -> None:
    def make(book: Path, **more: str) -> tuple[State, ...]:
        given = {"book": str(book), "as_of": THEN.isoformat(), "formats": "html", **more}
        report = build(PACK, out=tmp_path, by=None, overrides=given, today=TODAY, echo=lambda line: None)
        return tuple(pack.state for pack in report.packs)

    shelf = Shelf(tmp_path, "monthly_review", THEN, "all", "zh")
    assert make(two.first) == (State.PUBLISHED,)
    (published,) = shelf.versions()
    before = {path.name: path.read_bytes() for path in published.iterdir()}
    assert make(two.second) == (State.PUBLISHED,)
    assert [path.name for path in shelf.versions()] == ["v001", "v002"]
    assert {path.name: path.read_bytes() for path in published.iterdir()} == before
    assert verify(published).exit_code == 0
    assert make(two.second, known_at=THEN.isoformat()) == (State.PUBLISHED,)
    assert [path.name for path in shelf.versions()] == ["v001", "v002"]
    known = Shelf(tmp_path, "monthly_review", THEN, "all", "zh", known_at=THEN)
    assert [path.name for path in known.versions()] == ["v001"]
    assert "截至 2026-09-30 所知" in (tmp_path / "index.html").read_text(encoding="utf-8")
