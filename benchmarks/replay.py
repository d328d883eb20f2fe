"""Replay: with all outputs against what reading and writing alone would cost, and a narrow result against SQL and
data frames.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import replay_peers as peers
from benchmarks.contest import Contest, Entrant, Work
from benchmarks.replay_pandas import pandas_asof
from benchmarks.replay_peers import NARROW
from benchmarks.workload import AS_OF, write
from postloan.engine.inputs import INSTALMENT_READ, LOAN_READ, PAYMENT_READ
from postloan.engine.month_columns import month_columns
from postloan.engine.replay import replay
from postloan.model.delivered import LOAN_EVENT

READ = {"loan": LOAN_READ, "instalment": INSTALMENT_READ, "payment": PAYMENT_READ}
OUTPUTS = ("loan_month", "instalment_outcome", "payment_allocation")
THREADS = 2
_NO_EVENTS = LOAN_EVENT.schema().empty_table()
Part = Callable[[Path, Path, str], None]  # data folder, folder of results, name of the part's files


def prepare(folder: Path, loans: int) -> None:
    """Write the workload and, as a DuckDB database, the rows that a replay of it gives: what is to be written."""
    write(folder, loans)
    results = folder / "results"
    _in_parts(all_outputs, folder, results)
    with duckdb.connect(folder / "results.duckdb", config={"threads": THREADS}) as database:
        for name in OUTPUTS:
            database.execute(f"CREATE TABLE {name} AS FROM '{results / name}/*.parquet'")
            for path in (results / name).iterdir():
                path.unlink()


def tables_of(data: Path, part: str) -> dict[str, pa.Table]:
    """Return the tables of one part of the workload: those columns that a replay reads."""
    tables = {name: pq.read_table(data / name / part, columns=columns) for name, columns in READ.items()}
    return tables | {"loan_event": _NO_EVENTS}


def all_outputs(data: Path, results: Path, part: str) -> None:
    """Replay one part and write all that comes of it."""
    found = replay(**tables_of(data, part), as_of=AS_OF, threads=THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda name: _write(results / name / part, getattr(found, name)), OUTPUTS))


def narrow(data: Path, results: Path, part: str) -> None:
    """Replay one part and write days past due, overdue amount and bucket of every loan and month."""
    _write(results / part, month_columns(tables_of(data, part), NARROW, as_of=AS_OF, threads=THREADS))


def _write(path: Path, rows: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, compression="zstd")


def _in_parts(work: Part, data: Path, results: Path) -> None:
    for path in sorted((data / "loan").iterdir()):
        work(data, results, path.name)


def _ours(work: Part, data: Path, scratch: Path) -> Work:
    """Return the timed body; a tenth of the first part is replayed before, so that the kernel is loaded."""
    first = {name: table.slice(0, 10) for name, table in tables_of(data, "part-000.parquet").items()}
    replay(**first, as_of=AS_OF)
    month_columns(first, NARROW, as_of=AS_OF)
    return partial(_in_parts, work, data, scratch)


def _scan_and_write(data: Path, scratch: Path) -> Work:
    """Return the timed body: read what a replay reads, write what it writes, and compute nothing else."""
    database = duckdb.connect(data / "results.duckdb", read_only=True, config={"threads": THREADS})

    def work() -> None:
        for name, columns in READ.items():
            sums = (f"sum({_as_number(column)})" for column in columns)
            database.sql(f"SELECT {', '.join(sums)} FROM '{data / name}/*.parquet'").fetchall()
        for name in OUTPUTS:
            database.execute(f"COPY {name} TO '{scratch / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")

    return work


def _as_number(column: str) -> str:
    """Return an expression that needs the values themselves, whatever the statistics of the file say."""
    if column.endswith("_on"):
        return f"{column} - DATE '1970-01-01'"
    if column.endswith(("_id", "_kind")) or column == "payer":
        return f"strlen({column})"
    return f"{column}::BIGINT"


CONTESTS = (
    Contest(
        slug="replay_all_outputs",
        question=(
            "Months, outcomes and allocations of loans of 24 instalments over 42 months, Parquet in and out, "
            "against reading the same columns and writing the same rows"
        ),
        prepare=prepare,
        size=1_000_000,
        quick_size=50_000,
        ours=Entrant("postloan", partial(_ours, all_outputs)),
        others=(Entrant("duckdb, scan and write only", _scan_and_write, ("duckdb",)),),
        target=2.0,
    ),
    Contest(
        slug="replay_narrow",
        question="Days past due, overdue amount and bucket of every loan and month, Parquet in and out",
        prepare=write,
        size=1_000_000,
        quick_size=50_000,
        ours=Entrant("postloan", partial(_ours, narrow)),
        others=(
            Entrant("duckdb, one window", peers.duckdb_window, ("duckdb",)),
            Entrant("duckdb, asof joins", peers.duckdb_asof, ("duckdb",)),
            Entrant("polars, asof joins", peers.polars_asof, ("polars",)),
            Entrant("polars, one window", peers.polars_window, ("polars",)),
        ),
        target=1 / 3,
    ),
    Contest(
        slug="replay_narrow_pandas",
        question="The same against pandas, on a size that it can take",
        prepare=write,
        size=100_000,
        quick_size=20_000,
        ours=Entrant("postloan", partial(_ours, narrow)),
        others=(Entrant("pandas, merge_asof", pandas_asof, ("pandas",)),),
        target=1 / 3,
    ),
)
