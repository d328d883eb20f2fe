from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from postloan.book.store import Book
from postloan.engine.loan_months import observation_grid
from postloan.jobs.demo import demo
from postloan.jobs.derived import chunks
from postloan.jobs.derived import facts as facts_job
from postloan.jobs.derived.chunks import chunks_of
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.load import load
from postloan.metrics.catalogue import measured
from postloan.model.fault import Fault
from postloan.model.tables import DERIVED

ROOT = Path(__file__).parents[3]
POLICY = ROOT / "params/policies/cn_regulation.yaml"
SLUGS = ["balance", "npl_ratio", "roll_rate_m0_m1", "written_off_year", "provision_standard"]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("lender")
    demo(folder / "files", loans=120, seed=3)
    load(ROOT / "params/sources/demo.yaml", folder / "files", folder / "book")
    return Book.open(folder / "book")


@pytest.fixture(scope="module")
def as_of(book: Book) -> date:
    last: date = max(day for day in book.read("provision")["month_end"].to_pylist())
    return last


def digests(book: Book) -> dict[str, str]:
    root = book.root / "derived"
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*.parquet"))
    }


def test_the_grid_is_month_ends_and_the_date_itself() -> None:
    assert observation_grid(date(2024, 1, 31), date(2024, 3, 15)) == [
        date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 15),
    ]  # fmt: skip
    assert observation_grid(date(2023, 12, 1), date(2023, 12, 31)) == [date(2023, 12, 31)]
    assert observation_grid(date(2024, 2, 10), date(2024, 2, 10)) == [date(2024, 2, 10)]


def test_derived_tables_are_kept_by_month_and_chunk_of_loans(book: Book, as_of: date) -> None:
    open_facts(book, as_of)
    (chunk,) = chunks_of(book)
    folders = {str(path.relative_to(book.root).parent) for path in book.root.rglob(f"{chunk.name}.parquet")}
    kept = {folder.split("/", 3)[3] for folder in folders}
    month = f"{as_of:%Y-%m}"
    assert kept >= {
        f"loan_month/month_end={as_of}",
        f"position/month_end={as_of}",
        f"flow/month_end={as_of}",
        f"payment_allocation/month={month}",
        f"instalment_outcome/month={month}",
        "instalment_outcome/open",
    }


def test_facts_have_every_table_of_the_contract(book: Book, as_of: date) -> None:
    facts = open_facts(book, as_of)
    for name, table in DERIVED.items():
        assert set(table.names()) <= set(facts.table(name).columns), name
    assert facts.has("position")
    assert facts.has("customer")


def test_reopening_computes_nothing(book: Book, as_of: date, monkeypatch: pytest.MonkeyPatch) -> None:
    first = measured(open_facts(book, as_of), SLUGS, [as_of])
    monkeypatch.delattr(facts_job, "replay_book")
    monkeypatch.delattr(facts_job, "derive_book")
    assert measured(open_facts(book, as_of), SLUGS, [as_of]).equals(first)


def test_another_policy_classifies_anew_without_a_replay(
    book: Book, as_of: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = measured(open_facts(book, as_of), ["provision_standard"], [as_of])["numerator"][0]
    strict = tmp_path / "strict.yaml"
    strict.write_text(
        POLICY.read_text(encoding="utf-8").replace("value: 0.01,", "value: 0.02,"), encoding="utf-8"
    )
    monkeypatch.delattr(facts_job, "replay_book")
    assert measured(open_facts(book, as_of, strict), ["provision_standard"], [as_of])["numerator"][0] > usual


def test_same_inputs_same_bytes_and_the_same_figures_for_any_number_of_chunks(
    book: Book, as_of: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = measured(open_facts(book, as_of), SLUGS, [as_of])
    before = digests(book)
    (book.root / "derived").rename(tmp_path / "derived")
    open_facts(book, as_of)
    assert digests(book) == {name: before[name] for name in digests(book)}
    (book.root / "derived").rename(tmp_path / "again")
    monkeypatch.setattr(chunks, "LOANS_PER_CHUNK", 50)
    monkeypatch.setattr(chunks, "LOANS_AT_A_TIME", 7)
    assert measured(open_facts(book, as_of), SLUGS, [as_of]).equals(expected)
    assert len(chunks_of(book)) > 1


def test_a_date_before_the_first_loan_is_refused(book: Book) -> None:
    with pytest.raises(Fault, match="nothing was lent by 1999-01-01") as caught:
        open_facts(book, date(1999, 1, 1))
    assert caught.value.exit_code == 2


def test_an_unknown_policy_is_refused_with_the_nearest(book: Book, as_of: date) -> None:
    with pytest.raises(Fault) as caught:
        open_facts(book, as_of, "cn_regulatoin")
    assert "did you mean cn_regulation?" in caught.value.mend
