"""The engine for what one machine does not hold: a Spark session.

A task is given chunks of loans next to each other. It reads their rows from the book's files itself, calls what
the local engine calls and writes the same files, so nothing is shuffled. Every worker needs this package, and
the book's folder under the same path. Figures are summed by the expressions that DuckDB sums.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from ibis.backends.pyspark import Backend
from pyspark.errors import PySparkException, PythonException
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from postloan.atomic import STAGING_PREFIX, staging
from postloan.jobs.chunks import Chunk
from postloan.jobs.engines import Engine, Stored, Work
from postloan.metrics.facts import Facts
from postloan.model.fault import CRASHED, Fault
from postloan.model.tables import TABLES

_TASKS_PER_CORE = 4  # so that one slow task leaves little to wait for
_SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # a sum beyond int64 is an error, never another number
    "spark.sql.session.timeZone": "UTC",
}
_ON_ONE_MACHINE = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
}
_FAULT = pa.schema([("what", pa.string()), ("mend", pa.string()), ("exit_code", pa.int64())])


def spark_engine(master: str) -> Engine:
    """Start or join a Spark session and return its engine; raises Fault 2 where Spark does not start."""
    settings = _SETTINGS | (_ON_ONE_MACHINE if master.startswith("local") else {})
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers take whichever python3 they find
    builder = SparkSession.builder.appName("postloan").master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except PySparkException as error:
        said = str(error).strip().splitlines()[0]
        raise Fault(f"Spark does not start on {master!r}: {said}", "correct --spark-master") from error
    session.sparkContext.setLogLevel("ERROR")
    return Engine(partial(_over_chunks, session), partial(_opened, session, settings))


def _over_chunks(session: SparkSession, work: Work, chunks: Sequence[Chunk], folder: Path) -> None:
    """Do ``work`` in tasks of chunks next to each other; raises the first Fault that one of them meets."""
    n_tasks = min(len(chunks), _TASKS_PER_CORE * session.sparkContext.defaultParallelism)
    task = partial(_task, work, chunks, folder, n_tasks)
    done = session.range(0, n_tasks, numPartitions=n_tasks).mapInArrow(task, from_arrow_schema(_FAULT))
    try:
        faults = done.toArrow().to_pylist()
    except PythonException as error:
        said = str(error).strip().splitlines()[-1]
        raise Fault(f"a task on Spark crashed: {said}", "see the log of its worker", CRASHED) from error
    finally:
        for left in folder.glob(f"{STAGING_PREFIX}*"):  # by a task that was killed and done again
            shutil.rmtree(left)
    if faults:
        raise Fault(**faults[0])


def _task(
    work: Work, chunks: Sequence[Chunk], folder: Path, n_tasks: int, ids: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Do the work of some tasks, on a worker; yields a row for each Fault.

    A task may be killed half-way, or done twice at a time: its files appear when all are complete.
    """
    for number in (number for batch in ids for number in batch["id"].to_pylist()):
        mine = chunks[len(chunks) * number // n_tasks : len(chunks) * (number + 1) // n_tasks]
        apart = staging(folder)
        apart.mkdir()
        try:
            work(mine, apart)
            _move(apart, folder)
        except Fault as fault:
            said = {"what": fault.what, "mend": fault.mend, "exit_code": fault.exit_code}
            yield pa.RecordBatch.from_pylist([said], _FAULT)
        finally:
            shutil.rmtree(apart, ignore_errors=True)


def _move(apart: Path, folder: Path) -> None:
    for file in apart.rglob("*.parquet"):
        target = folder / file.relative_to(apart)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)


def _opened(session: SparkSession, settings: dict[str, str], stored: Stored) -> Facts:
    own = session.newSession()  # whose views are no other book's
    for name in settings:
        if name.startswith("spark.sql."):
            own.conf.set(name, settings[name])
    for name, table in TABLES.items():
        schema = from_arrow_schema(table.schema())
        paths = [str(path) for path in stored.get(name, ())]
        files = own.read.schema(schema).option("recursiveFileLookup", "true")
        rows = files.parquet(*paths) if paths else own.createDataFrame([], schema)
        rows.createOrReplaceTempView(name)
    connection = _ArrowBackend()
    connection.register_options()
    connection.do_connect(own)
    return Facts(connection)


class _ArrowBackend(Backend):  # type: ignore[misc]
    """Spark as Ibis knows it, with results in Arrow from end to end.

    Those of Ibis pass through pandas, where an integer beside a missing one becomes a float.
    """

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **options: Any) -> Any:
        table = expr.as_table()
        self._run_pre_execute_hooks(table)
        found = self._session.sql(self.compile(table, params=params, limit=limit, **options)).toArrow()
        return expr.__pyarrow_result__(found.cast(table.schema().to_pyarrow()))
