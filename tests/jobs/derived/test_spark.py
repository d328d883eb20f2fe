"""The same book on a Spark session: the same files, the same figures, and faults that say what they are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hand_made
from effort import deep_only
from postloan.book.store import Book
from postloan.jobs.build import draft
from postloan.jobs.demo import demo
from postloan.jobs.derived import chunks
from postloan.jobs.derived.chunks import Chunk
from postloan.jobs.derived.engines import DUCKDB, Engine, engine_of
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.load import load
from postloan.metrics.concentration import concentration
from postloan.metrics.lists import overdue_loans
from postloan.model.fault import Fault
from postloan.model.scope import ALL, MISSING
from postloan.model.tables import TABLES

if find_spec("pyspark") is None or shutil.which("java") is None:
    pytest.skip("pyspark or Java is not installed: `make spark`", allow_module_level=True)

PROJECT = Path(__file__).parents[3]
PACK = PROJECT / "params/packs/monthly_review.yaml"
AS_OF = date(2024, 12, 31)  # the first year: fewer months to open
CHUNK = Chunk("0" * 16, None, (None,))
# Nothing of ours passes through the pandas that it speaks of.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
]


@pytest.fixture(scope="module")
def spark() -> Iterator[Engine]:
    """The one session of the run; small tables are summed sooner without code compiled for each query."""
    with pytest.MonkeyPatch.context() as patch:
        plain = ("codegen.wholeStage=false", "codegen.factoryMode=NO_CODEGEN", "files.openCostInBytes=0")
        given = " ".join(f"--conf spark.sql.{setting}" for setting in plain)
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"{given} pyspark-shell")
        yield engine_of("spark", "local[2]")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("lender")
    demo(folder / "files", loans=200, seed=3)
    load(PROJECT / "params/sources/demo.yaml", folder / "files", folder / "book")
    return Book.open(folder / "book")


def contents(folder: Path, depth: int) -> Mapping[str, bytes]:
    """Return the files under a folder, by name below ``depth`` folders that are named after code and inputs."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {"/".join(path.relative_to(folder).parts[depth:]): path.read_bytes() for path in files}


def drafted(book: Book, out: Path, **engine: str) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """Compute all results of a pack from nothing but the book's deliveries; return derived files and results."""
    shutil.rmtree(book.root / "derived", ignore_errors=True)
    draft(PACK, {"book": str(book.root), "as_of": str(AS_OF), **engine}, out)
    return contents(book.root / "derived", 2), contents(out, 0)


def test_every_derived_file_is_the_same(book: Book, spark: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "LOANS_PER_CHUNK", 10)  # several tasks
    derived = []
    for engine in (DUCKDB, spark):
        shutil.rmtree(book.root / "derived", ignore_errors=True)
        open_facts(book, AS_OF, engine=engine)
        derived.append(contents(book.root / "derived", 2))
    assert len({Path(name).name for name in derived[0]}) > 2
    assert derived[0] == derived[1]


@deep_only
@pytest.mark.usefixtures("spark")
def test_every_derived_file_and_every_figure_of_the_pack_is_the_same(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "LOANS_PER_CHUNK", 10)  # several tasks
    derived, results = drafted(book, tmp_path / "here")
    assert len({Path(name).name for name in derived}) > 2
    assert any(name.endswith("measures.parquet") for name in results)
    assert drafted(book, tmp_path / "there", engine="spark", spark_master="local[2]") == (derived, results)


def test_branches_within_a_product_are_the_same(book: Book, spark: Engine) -> None:
    loan = book.read("loan")
    scopes = [ALL, MISSING, *sorted(set(loan["branch"].drop_null().to_pylist()))]
    product = str(loan["product"].drop_null()[0])
    here, there = (open_facts(book, AS_OF, engine=engine).of_product(product) for engine in (DUCKDB, spark))
    for results in (overdue_loans, concentration):
        there_too = results(there, AS_OF, scopes)
        pd.testing.assert_frame_equal(results(here, AS_OF, scopes), there_too, check_exact=True)


def stored(folder: Path, table: str, rows: Sequence[Mapping[str, object]]) -> dict[str, list[Path]]:
    folder.mkdir()
    pq.write_table(hand_made.rows(table, rows), folder / "rows.parquet")
    return {table: [folder]}


def test_an_amount_beside_an_unknown_one_is_exact(spark: Engine, tmp_path: Path) -> None:
    amounts = [2**62 + 1, None]
    rows = [hand_made.month(f"L{i}", AS_OF, 0, amount) for i, amount in enumerate(amounts)]
    facts = spark.opened(stored(tmp_path / "a", "position", rows))
    found = facts.table("position").order_by("loan_id").select("balance_minor").to_pyarrow()
    assert found["balance_minor"].to_pylist() == amounts
    assert found.schema == pa.schema([("balance_minor", pa.int64())])


def test_rows_put_beside_the_facts_are_all_there_and_as_they_were(spark: Engine) -> None:
    parts: list[dict[str, list[str | int | None]]] = [
        {"id": ["a"], "amount": [2**62 + 1]},
        {"id": [], "amount": []},
        {"id": ["b"], "amount": [None]},
    ]
    schema = pa.schema([("id", pa.string()), ("amount", pa.int64())])
    rows = pa.concat_tables([pa.table(part, schema=schema) for part in parts])
    connection = spark.opened({}).connection
    for held in (connection.create_table("put", rows), ibis.memtable(rows)):
        assert connection.to_pyarrow(held).equals(rows.combine_chunks())
    assert not spark.opened({}).connection.list_tables(like="put")


def test_a_sum_that_no_integer_holds_is_an_error_and_no_other_number(spark: Engine, tmp_path: Path) -> None:
    rows = [hand_made.month(f"L{i}", AS_OF, 0, 2**62) for i in range(3)]
    facts = spark.opened(stored(tmp_path / "a", "position", rows))
    total = facts.table("position").aggregate(total=lambda t: t["balance_minor"].sum())
    with pytest.raises(Exception, match="ARITHMETIC_OVERFLOW"):
        total.to_pyarrow()


def test_two_books_open_at_once_are_not_mixed(spark: Engine, tmp_path: Path) -> None:
    opened = [
        spark.opened(stored(tmp_path / name, "position", [hand_made.month(name, AS_OF, 0, 1)]))
        for name in "ab"
    ]
    ids = [facts.table("position").select("loan_id").to_pyarrow()["loan_id"].to_pylist() for facts in opened]
    assert ids == [["a"], ["b"]]


def test_a_table_that_nobody_gave_is_empty(spark: Engine) -> None:
    facts = spark.opened({})
    assert not any(facts.has(name) for name in TABLES)
    assert facts.table("payment").columns == tuple(TABLES["payment"].names())


def test_a_fault_in_a_task_is_the_fault_of_the_run(spark: Engine, tmp_path: Path) -> None:
    def refuse(some: Sequence[Chunk], folder: Path) -> None:
        (folder / "half.parquet").write_bytes(b"half")
        raise Fault("table payment cannot be read", "load the files again", 4)

    with pytest.raises(Fault, match="table payment cannot be read") as caught:
        spark.over_chunks(refuse, [CHUNK, CHUNK], tmp_path)
    assert (caught.value.mend, caught.value.exit_code) == ("load the files again", 4)
    assert list(tmp_path.iterdir()) == []


def test_a_crash_in_a_task_is_named_by_its_last_line(spark: Engine, tmp_path: Path) -> None:
    def crash(some: Sequence[Chunk], folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(Fault, match=r"a task on Spark crashed: OSError.*No space left on device") as caught:
        spark.over_chunks(crash, [CHUNK], tmp_path)
    assert caught.value.exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_every_chunk_is_worked_on_once(spark: Engine, tmp_path: Path) -> None:
    def note(some: Sequence[Chunk], folder: Path) -> None:
        for chunk in some:
            (folder / f"{chunk.name}.parquet").write_text(chunk.name)

    names = [f"{number:016x}" for number in range(21)]
    spark.over_chunks(note, [Chunk(name, None, (None,)) for name in names], tmp_path)
    assert sorted(path.stem for path in tmp_path.iterdir()) == names
