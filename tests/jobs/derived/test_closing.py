from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from effort import deep_only
from postloan.book.shelf import parquet_bytes
from postloan.book.store import Book
from postloan.book.version import TableFile, Version
from postloan.jobs.demo import demo
from postloan.jobs.derived import chunks as chunks_module
from postloan.jobs.derived import month_files
from postloan.jobs.derived.chunks import chunks_of
from postloan.jobs.derived.closing import close_book, planned
from postloan.jobs.derived.deriving import derive_book
from postloan.jobs.derived.earlier import Earlier
from postloan.jobs.derived.replaying import grid_of, replay_book
from postloan.jobs.derived.updating import update_book, update_of
from postloan.jobs.load import load
from postloan.model.tables import DELIVERED
from postloan.policy.files import read_policy

ROOT = Path(__file__).parents[3]
POLICY = read_policy("cn_regulation").policy
Tables = dict[str, pa.Table]
DATED = {"payment": "paid_on", "loan_event": "event_on", "loan": "disbursed_on"}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """All rows of a small lender, as if each had been known from the first."""
    folder = tmp_path_factory.mktemp("lender")
    demo(folder / "files", loans=100, seed=5)
    load(ROOT / "params/sources/demo.yaml", folder / "files", folder / "book")
    book = Book.open(folder / "book")
    return {name: book.read(name) for name in DELIVERED}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "LOANS_PER_CHUNK", 48)
    monkeypatch.setattr(chunks_module, "LOANS_AT_A_TIME", 20)
    monkeypatch.setattr(month_files, "ROWS_PER_GROUP", 8)


def version(root: Path, number: int, tables: Tables) -> Book:
    """Write a version that holds ``tables``, whatever the versions before it held."""
    files: dict[str, tuple[TableFile, ...]] = {}
    for name, table in tables.items():
        rows = table.sort_by([(key, "ascending") for key in DELIVERED[name].order])
        data = parquet_bytes(rows)
        file = TableFile(hashlib.sha256(data).hexdigest(), rows.num_rows)
        path = root / "tables" / name / f"{file.sha256}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        files[name] = (file,)
    return Book(root, Version(number=number, tables=files))


def up_to(tables: Tables, on: date) -> Tables:
    """Return what a lender who tells everything on its day has told by ``on``."""
    found = dict(tables)
    for name, column in DATED.items():
        day = pa.scalar(on, pa.date32())
        found[name] = tables[name].filter(pc.fill_null(pc.less_equal(tables[name][column], day), False))
    lent = pc.is_in(tables["instalment"]["loan_id"], value_set=found["loan"]["loan_id"].combine_chunks())
    found["instalment"] = tables["instalment"].filter(lent)
    found["provision"] = tables["provision"].filter(pc.less_equal(tables["provision"]["month_end"], day))
    return found


def without(tables: Tables, name: str, rows: Sequence[int]) -> Tables:
    keep = [i for i in range(tables[name].num_rows) if i not in set(rows)]
    return {**tables, name: tables[name].take(pa.array(keep, pa.int64()))}


def some(random: random.Random, tables: Tables, name: str, n: int) -> list[int]:
    return sorted(random.sample(range(tables[name].num_rows), n))


def with_rows(tables: Tables, name: str, rows: list[dict[str, object]]) -> Tables:
    added = pa.Table.from_pylist(rows, schema=tables[name].schema)
    return {**tables, name: pa.concat_tables([tables[name], added])}


def full(book: Book, as_of: date, root: Path) -> Earlier:
    """Make everything from the beginning."""
    chunks, grid = chunks_of(book), grid_of(book, as_of)
    replay_book(book, chunks, grid, root / "replay")
    derive_book(book, chunks, root / "replay", POLICY, grid, root / "facts")
    return Earlier(book, as_of, root / "replay", root / "facts")


def again(earlier: Earlier, book: Book, as_of: date, root: Path) -> None:
    """Make everything from what there is."""
    chunks, grid = chunks_of(book), grid_of(book, as_of)
    close = planned(book, earlier, chunks, as_of)
    assert close is not None
    close_book(book, close, chunks, grid, root / "replay")
    update = update_of(book, earlier, chunks, root / "replay", POLICY, grid)
    assert update is not None
    update_book(book, update, chunks, root / "facts")


def digests(folder: Path) -> Mapping[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def shared(before: Book, then: date, after: Book, as_of: date, root: Path) -> tuple[int, int]:
    """Check that going on gives what starting over gives; return how many files are shared, and of how many."""
    earlier = full(before, then, root / "earlier")
    full(after, as_of, root / "expected")
    again(earlier, after, as_of, root / "found")
    assert digests(root / "found") == digests(root / "expected")
    dated = [path for path in (root / "found").rglob("*.parquet") if "=" in path.parent.name]
    return sum(path.stat().st_nlink > 1 for path in dated), len(dated)


JULY, AUGUST, MID, SEPTEMBER = date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 15), date(2026, 9, 30)


def told_late(random: random.Random, tables: Tables) -> Tables:
    """Leave out what the lender will only tell later: payments, events and whole loans."""
    tables = without(tables, "payment", some(random, tables, "payment", 8))
    tables = without(tables, "loan_event", some(random, tables, "loan_event", 2))
    return without(tables, "loan", some(random, tables, "loan", 2))


def put_right(random: random.Random, tables: Tables, on: date) -> Tables:
    """Change what had been told: bounces, refunds, other instalments, other loans, rows that are gone."""
    paid = tables["payment"].take(pa.array(some(random, tables, "payment", 8))).to_pylist()
    for n, row in enumerate(paid):
        kind = "reversal" if n % 2 else "refund"
        number, whose = f"X{n}", row["payment_id"] if n % 2 else None
        day = on - timedelta(days=random.randrange(60))
        paid[n] = {**row, "payment_id": number, "payment_kind": kind, "reverses_id": whose, "paid_on": day}
    tables = with_rows(tables, "payment", paid)
    for name, column in (("instalment", "interest_minor"), ("loan", "grace_days")):
        rows = some(random, tables, name, 3)
        changed = [
            {**row, column: 1 + (row[column] or 0)} for row in tables[name].take(pa.array(rows)).to_pylist()
        ]
        tables = with_rows(without(tables, name, rows), name, changed)
    tables = without(tables, "payment", some(random, tables, "payment", 2))
    for name, column in (("loan", "branch"), ("customer", "region"), ("provision", "provision_minor")):
        rows = some(random, tables, name, 2)
        moved = tables[name].take(pa.array(rows)).to_pylist()
        changed = [{**row, column: 7 if name == "provision" else "elsewhere"} for row in moved]
        tables = with_rows(without(tables, name, rows), name, changed)
    return without(tables, "loan", some(random, tables, "loan", 1))


@pytest.mark.parametrize(
    ("then", "as_of"),
    [
        pytest.param(JULY, AUGUST, marks=deep_only),
        pytest.param(AUGUST, AUGUST, marks=deep_only),
        (MID, SEPTEMBER),
    ],
    ids=str,
)
def test_going_on_gives_what_starting_over_gives_byte_for_byte(
    everything: Tables, tmp_path: Path, then: date, as_of: date
) -> None:
    dice = random.Random(f"{then}{as_of}")
    before = version(tmp_path, 1, told_late(dice, up_to(everything, then)))
    after = version(tmp_path, 2, put_right(dice, up_to(everything, as_of), as_of))
    n_shared, n_files = shared(before, then, after, as_of, tmp_path)
    assert 0 < n_shared < n_files
