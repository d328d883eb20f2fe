"""The engine for what one machine does not hold: a Spark session, on which DuckDB's expressions are summed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends.pyspark import Backend
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from postloan.jobs.derived.engines import Engine, Stored
from postloan.jobs.derived.spark_tasks import over_chunks
from postloan.metrics.facts import Facts
from postloan.model.fault import Fault
from postloan.model.tables import TABLES

_SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # a sum beyond int64 is an error, never another number
    "spark.sql.session.timeZone": "UTC",
}
_ON_ONE_MACHINE = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
}


def spark_engine(master: str) -> Engine:
    """Start a Spark session, or join the one of this process, and return its engine.

    Raises:
        Fault: 2 where Spark does not start.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers take whichever python3 they find
    settings = dict(_SETTINGS)
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings |= _ON_ONE_MACHINE
    builder = SparkSession.builder.appName("postloan").master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except PySparkException as error:
        said = str(error).strip().splitlines()[0]
        raise Fault(f"Spark does not start on {master!r}: {said}", "correct --spark-master") from error
    session.sparkContext.setLogLevel("ERROR")
    return Engine(partial(over_chunks, session), partial(_opened, session, settings))


def _opened(session: SparkSession, settings: Mapping[str, str], stored: Stored) -> Facts:
    own = session.newSession()  # whose views are no other book's
    for name, value in settings.items():
        if name.startswith("spark.sql."):
            own.conf.set(name, value)
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
    """Spark as Ibis knows it, with rows given and results taken in Arrow from end to end.

    Those of Ibis pass through pandas, where an integer beside a missing one becomes a float; and its tables
    are files in a warehouse that every session and every later run shares.
    """

    def create_table(self, name: str, /, obj: pa.Table, *, overwrite: bool = False) -> ibis.Table:
        """Hold rows under a name, in this session only; another table of that name gives way if told so."""
        whole = obj.combine_chunks()  # Spark silently loses what follows an empty batch
        rows = self._session.createDataFrame(whole, from_arrow_schema(whole.schema))
        if overwrite:
            rows.createOrReplaceTempView(name)
        else:
            rows.createTempView(name)
        return self.table(name)

    def _register_in_memory_table(self, op: Any) -> None:
        self.create_table(op.name, op.data.to_pyarrow(op.schema), overwrite=True)

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **options: Any) -> Any:
        table = expr.as_table()
        self._run_pre_execute_hooks(table)
        found = self._session.sql(self.compile(table, params=params, limit=limit, **options)).toArrow()
        return expr.__pyarrow_result__(found.cast(table.schema().to_pyarrow()))
