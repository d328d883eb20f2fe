"""What a replay goes on from: said in a sentence, missed where it is incomplete, and removed when of no use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from postloan.book.lock import locked
from postloan.book.reading import held
from postloan.book.store import Book
from postloan.book.write import commit
from postloan.jobs.demo import demo
from postloan.jobs.derived.code import code_hash
from postloan.jobs.derived.facts import facts_under, open_facts
from postloan.jobs.derived.tidying import tidy
from postloan.jobs.load import load
from postloan.metrics.facts import Facts
from postloan.model.fault import CRASHED, Fault
from postloan.policy.files import read_policy

ROOT = Path(__file__).parents[3]
EARLIER, THEN, NOW = date(2024, 2, 29), date(2026, 7, 31), date(2026, 8, 31)
POLICY = read_policy("cn_regulation")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of one version, replayed up to ``THEN``."""
    folder = tmp_path_factory.mktemp("lender")
    demo(folder / "files", loans=30, seed=5)
    load(ROOT / "params/sources/demo.yaml", folder / "files", folder / "book")
    open_facts(Book.open(folder / "book"), THEN)
    return folder / "book"


@pytest.fixture
def book(made: Path, tmp_path: Path) -> Book:
    return linked(made, tmp_path / "book")


@pytest.fixture(scope="module")
def expected(made: Path, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """The months up to ``NOW``."""
    _, facts = opened(linked(made, tmp_path_factory.mktemp("copy") / "book"), NOW)
    return months(facts)


def linked(book: Path, copy: Path) -> Book:
    """Return a copy of a book; nobody holds it, whoever holds the other."""
    shutil.copytree(book, copy, copy_function=os.link, ignore=shutil.ignore_patterns(".held"))
    return Book.open(copy)


def months(facts: Facts) -> pa.Table:
    return facts.table("loan_month").order_by(["loan_id", "month_end"]).to_pyarrow()


def opened(book: Book, as_of: date) -> tuple[str, Facts]:
    said: list[str] = []
    facts = facts_under(book, as_of, POLICY, told=said.append)
    return "\n".join(said), facts


def loaded(book: Book) -> Book:
    """Return the next version, which has the same rows and another note, as a load leaves it behind."""
    with locked(book.root):
        return commit(book, {}, replace(book.version, loads=(*book.version.loads, {"load": "next"})))


def kept(book: Book) -> list[str]:
    """Return the derived tables of a version, each by its kind and day."""
    return sorted(path.name.split("-" + code_hash()[:8])[0] for path in book.derived_root.glob("[a-z]*"))


def first_of(book: Book, table: str) -> Path:
    return min(book.derived_root.glob(f"replay-{THEN}-*/{table}/*/*.parquet"))


def test_it_is_said_what_a_replay_goes_on_from(book: Book) -> None:
    assert opened(book, NOW)[0] == "resumed from the replay up to 2026-07-31 of version 1"
    assert opened(book, NOW)[0] == ""  # it is there already
    assert opened(book, EARLIER)[0] == "started at the first month"


def gone(path: Path) -> None:
    path.unlink()


def shorter(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()  # linked with the book that it is a copy of
    path.write_bytes(data[:-1])


def spoilt(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(b"x" * len(data))


@pytest.mark.parametrize(
    ("harm", "table"), [(gone, "loan_month"), (shorter, "loan_state"), (spoilt, "loan_state")]
)
def test_an_earlier_replay_that_is_not_whole_is_started_over(
    book: Book, expected: pa.Table, harm: Callable[[Path], None], table: str
) -> None:
    found = sorted(book.derived_root.rglob(f"{table}/**/*.parquet"))
    harm(found[0])
    said, facts = opened(book, NOW)
    assert said.startswith("started over: ")
    assert "the replay up to 2026-07-31 of version 1" in said
    if harm is not spoilt:
        assert f"has lost {table}/" in said
    assert months(facts).equals(expected)


def test_tables_that_have_lost_a_file_are_not_opened(book: Book) -> None:
    first_of(book, "loan_month").unlink()
    with pytest.raises(Fault, match=r"loan_month/month_end=.* is gone or damaged") as caught:
        open_facts(book, THEN)
    assert caught.value.exit_code == CRASHED


def test_what_a_later_version_can_go_on_from_is_kept_and_what_it_has_itself_is_not(book: Book) -> None:
    after = loaded(book)
    tidy(after, code_hash())
    assert [name[:6] for name in kept(book)] == ["facts-", "replay"]
    said, facts = opened(after, THEN)
    assert said == "resumed from the replay up to 2026-07-31 of version 1"
    tidy(after, code_hash())
    assert kept(book) == []
    assert [name[:6] for name in kept(after)] == ["facts-", "replay"]
    assert facts.has("position")


def test_what_is_of_another_policy_goes_with_the_replay_that_it_is_of(book: Book) -> None:
    (replayed,) = book.derived_root.glob("replay-*")
    (facts,) = book.derived_root.glob("facts-*")
    other = facts.with_name(f"facts-{THEN}-{'0' * 16}-{code_hash()[:16]}")
    facts.rename(other)
    after = loaded(book)
    tidy(after, code_hash())
    assert {path.name for path in book.derived_root.glob("[a-z]*")} == {replayed.name, other.name}
    after.derived_root.mkdir()
    shutil.copytree(replayed, after.derived_root / replayed.name)
    tidy(after, code_hash())
    assert kept(book) == []


def test_tables_of_other_code_and_of_other_kinds_go_and_so_do_leavings(book: Book) -> None:
    other = book.derived_root / f"replay-{THEN}-{'0' * 16}"
    for folder in (other, book.derived_root / "whole-payment", book.derived_root / ".staging-0"):
        folder.mkdir()
    held_now = kept(book)
    tidy(book, code_hash())
    assert kept(book) == held_now  # the version in force keeps all that is complete
    assert not (book.derived_root / ".staging-0").exists()
    tidy(loaded(book), code_hash())
    assert [name[:6] for name in kept(book)] == ["facts-", "replay"]
    assert not other.exists()


def test_what_is_being_read_stays(book: Book) -> None:
    after = loaded(book)
    _, now = opened(after, THEN)
    _, facts = opened(book, THEN)
    tidy(after, code_hash())
    assert facts.table("loan_month").count().to_pyarrow().as_py() > 0
    assert len(kept(book)) == 2
    del facts
    with held(book.derived_root):
        tidy(after, code_hash())
    assert len(kept(book)) == 2
    tidy(after, code_hash())
    assert kept(book) == []
    assert now.has("position")
