"""The lender that metrics are measured on: the synthetic lender, replayed once and repeated under other names."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from postloan.book.store import Book
from postloan.jobs.demo import demo
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.load import load
from postloan.metrics.facts import Facts

MAPPING = Path(__file__).parents[1] / "params" / "sources" / "demo.yaml"
AS_OF, MONTHS = date(2026, 10, 31), 42
LOANS_OF_ONE = 20_000  # a lender of so many loans is replayed, and repeated under other names
BRANCH_SETS = 5  # copies take turns in so many sets of branches


def positions(folder: Path, loans: int) -> None:
    """Write ``loan`` and ``position`` of a lender of 42 months, one file of positions per month.

    Every loan, event and delay is the synthetic lender's; a larger one is its copies, with loans, customers
    and branches of their own.
    """
    _prepare(folder, loans, ("position",))


def flows(folder: Path, loans: int) -> None:
    """Write ``loan`` and ``flow``, one file of flows per month; see ``positions``."""
    _prepare(folder, loans, ("flow",))


def positions_and_flows(folder: Path, loans: int) -> None:
    """Write ``loan``, ``position`` and ``flow``; see ``positions``."""
    _prepare(folder, loans, ("position", "flow"))


def _prepare(folder: Path, loans: int, names: Sequence[str]) -> None:
    copies = max(1, loans // LOANS_OF_ONE)
    with TemporaryDirectory(dir=folder) as scratch, ThreadPoolExecutor(2) as pool:
        facts = _lender(Path(scratch), min(loans, LOANS_OF_ONE))
        _write(folder / "loan" / "part.parquet", facts.table("loan").order_by("loan_id").to_pyarrow(), copies)
        for name in names:
            parts = _months(facts.table(name))
            paths = [folder / name / f"month_end={on}" / "part.parquet" for on in parts]
            list(pool.map(_write, paths, parts.values(), [copies] * len(paths)))


def _months(rows: ibis.Table) -> dict[date, pa.Table]:
    months = rows.select("month_end").distinct().order_by("month_end").to_pyarrow()["month_end"].to_pylist()
    return {on: rows.filter(rows["month_end"] == on).order_by("loan_id").to_pyarrow() for on in months}


def _lender(folder: Path, loans: int) -> Facts:
    demo(folder / "files", loans=loans, months=MONTHS, as_of=AS_OF)
    load(MAPPING, folder / "files", folder / "book")
    return open_facts(Book.open(folder / "book"), AS_OF)


def _write(path: Path, rows: pa.Table, copies: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        step = 1 + 1_000_000 // max(1, rows.num_rows)
        for first in range(0, copies, step):
            chosen = range(first, min(first + step, copies))
            writer.write_table(pa.concat_tables([_copy(rows, i) for i in chosen]), row_group_size=122_880)


def _copy(rows: pa.Table, number: int) -> pa.Table:
    """Return the rows of one copy; the first is the lender itself."""
    names = {"loan_id": f"{number:04d}", "customer_id": f"{number:04d}", "branch": f"{number % BRANCH_SETS}"}
    for name, mark in names.items() if number else ():
        if name in rows.schema.names:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, name, pc.binary_join_element_wise(mark, rows[name], ""))
    return rows


def facts_in(folder: Path) -> Facts:
    """Return the facts of a workload; tables that it does not have are empty."""
    connection = ibis.duckdb.connect(threads=2)
    connection.raw_sql("SET enable_progress_bar = false")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    for name in names:
        files = [str(path) for path in sorted((folder / name).rglob("*.parquet"))]
        connection.read_parquet(files, table_name=name, hive_partitioning=False)
    return Facts.over(connection, names)
