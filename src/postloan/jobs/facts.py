"""Facts of a book at a date: replayed, classified and cut into flows once, kept beside the book as Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import postloan
from postloan.book.store import Book
from postloan.engine.loan_months import (
    MADE_FROM,
    TAPE,
    first_day,
    loan_months,
    observation_grid,
    report_dates,
)
from postloan.jobs.deriving import derived
from postloan.metrics.facts import Facts
from postloan.model.derived import LOAN_MONTH
from postloan.model.fault import Fault
from postloan.model.tables import DELIVERED
from postloan.policy.files import PolicyFile, read_policy
from postloan.policy.policy import Policy

# Loans replayed at a time: bounds memory, and gives each month's folder one file per bucket of loans.
LOANS_PER_BUCKET = 200_000
_COMPUTING = ("engine", "model", "policy")
_MAKING = ("deriving", "facts")
_BY_MONTH = ("loan_month", "position", "flow")
_REPLAYED = ("loan_month", "instalment_outcome", "payment_allocation")


@dataclass(frozen=True, slots=True)
class _Source:
    """Reads the rows of a book that belong to one bucket of loans, in the order of their key."""

    book: Book
    buckets: int

    def rows(self, table: str, bucket: int) -> pa.Table:
        """Return the rows of ``table`` whose loan is in ``bucket``; all rows where it has no loan."""
        contract = DELIVERED[table]
        paths = [str(path) for path in self.book.paths(table)]
        if not paths:
            return contract.schema().empty_table()
        of_loan = f"WHERE md5_number_lower(loan_id) % {self.buckets} = {bucket}"
        cut = of_loan if "loan_id" in contract.names() else ""
        query = f"SELECT * FROM read_parquet(?) {cut} ORDER BY {', '.join(contract.grain)}"
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute("SET enable_progress_bar = false")  # it would draw into notebooks
            found = connection.execute(query, [paths]).to_arrow_table()
        return found.select(contract.names()).cast(contract.schema())


def _code_hash() -> str:
    """Return the SHA-256 of the code that computes derived tables: other code, other tables."""
    root = Path(postloan.__file__).parent
    digest = hashlib.sha256()
    for name in _MAKING:
        digest.update((root / "jobs" / f"{name}.py").read_bytes())
    for folder in _COMPUTING:
        for path in sorted((root / folder).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _write(folder: Path, name: str, table: pa.Table, bucket: int) -> None:
    """Write the rows of one bucket of loans: one file, or one per date where the table is cut by date."""
    file = f"part-{bucket:03d}.parquet"
    if name not in _BY_MONTH:
        _write_file(folder / name / file, table)
        return
    for on in sorted(pc.unique(table["month_end"]).to_pylist()):
        rows = table.filter(pc.equal(table["month_end"], on))
        _write_file(folder / name / f"month_end={on}" / file, rows)


def _write_file(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.combine_chunks(), path, compression="zstd")


def _replay(source: _Source, grid: Sequence[date], folder: Path) -> None:
    reported_on = report_dates(source.book.read(TAPE), grid[-1])
    for bucket in range(source.buckets):
        tables = {name: source.rows(name, bucket) for name in MADE_FROM}
        found = loan_months(tables, grid, reported_on)
        for name in _REPLAYED:
            _write(folder, name, getattr(found, name), bucket)


def _read_bucket(folder: Path, name: str, schema: pa.Schema, bucket: int) -> pa.Table:
    paths = sorted((folder / name).rglob(f"part-{bucket:03d}.parquet"))
    parts = [pq.read_table(path, partitioning=None).cast(schema) for path in paths]
    return pa.concat_tables(parts) if parts else schema.empty_table()


def _derive(source: _Source, replayed: Path, policy: Policy, grid: Sequence[date], folder: Path) -> None:
    customer = source.rows("customer", 0)
    for bucket in range(source.buckets):
        loan_month = _read_bucket(replayed, "loan_month", LOAN_MONTH.schema(), bucket)
        attributes = {
            "loan": source.rows("loan", bucket),
            "customer": customer,
            "provision": source.rows("provision", bucket),
        }
        for name, table in derived(loan_month, attributes, policy, grid).items():
            _write(folder, name, table, bucket)


def _first_lent(book: Book, as_of: date) -> date:
    first = first_day(book.read("loan"), book.read(TAPE))
    if first is None or first > as_of:
        since = f"the first loan was paid out on {first}" if first else "no loan of the book was paid out"
        raise Fault(f"nothing was lent by {as_of}", f"choose a later date: {since}")
    return first


def _files(folders: Sequence[Path]) -> Iterator[tuple[str, list[str]]]:
    for folder in folders:
        for table in sorted(path for path in folder.iterdir() if path.is_dir()):
            yield table.name, [str(path) for path in sorted(table.rglob("*.parquet"))]


def _opened(book: Book, folders: Sequence[Path]) -> Facts:
    """Open delivered and derived Parquet files as tables of one connection."""
    connection = ibis.duckdb.connect(threads=2)
    connection.raw_sql("SET enable_progress_bar = false")
    files: Mapping[str, list[str]] = {
        **{name: [str(path) for path in book.paths(name)] for name in DELIVERED},
        **dict(_files(folders)),
    }
    given = {name: paths for name, paths in files.items() if paths}
    for name, paths in given.items():
        connection.read_parquet(paths, table_name=name, hive_partitioning=False)
    return Facts.over(connection, given)


def open_facts(book: Book, as_of: date, policy: Path | str = "cn_regulation") -> Facts:
    """Return the facts of ``book`` at ``as_of``; computed the first time, opened in a moment afterwards.

    Derived tables are kept for the book's version, date, policy and the code that computed them, so that
    none of these can change without its tables being made anew.

    Raises:
        Fault: 2 where nothing was lent by ``as_of`` or there is no such policy.
    """
    return facts_under(book, as_of, read_policy(policy))


def facts_under(book: Book, as_of: date, policy: PolicyFile) -> Facts:
    """Return the facts of ``book`` at ``as_of`` under a policy that has been read; see ``open_facts``."""
    first = _first_lent(book, as_of)
    rows = sum(file.rows for file in book.version.tables["loan"])
    source = _Source(book, 1 + rows // LOANS_PER_BUCKET)
    code = _code_hash()
    grid = observation_grid(first, as_of)
    replayed = book.derive(f"replay-{as_of}-{code[:16]}", lambda folder: _replay(source, grid, folder))
    derived = book.derive(
        f"facts-{as_of}-{policy.sha256[:16]}-{code[:16]}",
        lambda folder: _derive(source, replayed, policy.policy, grid, folder),
    )
    return _opened(book, (replayed, derived))
