"""Where a book is computed: on this machine with DuckDB, or on a Spark session; the figures are the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import ibis

from postloan.jobs.derived.chunks import Chunk
from postloan.metrics.facts import Facts
from postloan.model.fault import Fault

ON_THIS_MACHINE = "local[*]"

Work: TypeAlias = Callable[[Sequence[Chunk], Path], None]
"""Makes the derived files of some chunks, next to each other in the order of their loans, in a folder."""
Stored: TypeAlias = Mapping[str, Sequence[Path]]
"""Parquet files of tables by name, or folders that hold them; a table without any is empty."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The two steps that an engine does its own way; everything else is the same code.

    Args:
        over_chunks: Does a work for all chunks of a book, given in order, into one folder.
        opened: Opens stored tables of the contract for measuring.
    """

    over_chunks: Callable[[Work, Sequence[Chunk], Path], None]
    opened: Callable[[Stored], Facts]


def engine_of(name: str, spark_master: str | None = None) -> Engine:
    """Return the engine ``duckdb`` or ``spark``.

    Args:
        name: Which one.
        spark_master: Where Spark runs, in its own words (``local[2]``, ``spark://host:7077``, ``yarn``);
            None for all cores of this machine.

    Raises:
        Fault: 2 where pyspark or Java is not installed, or Spark does not start.
    """
    if name == "duckdb":
        return DUCKDB
    _check_installed()
    from postloan.jobs.derived.spark import spark_engine  # of an extra, and seconds to import

    return spark_engine(spark_master or ON_THIS_MACHINE)


def _check_installed() -> None:
    if find_spec("pyspark") is None:
        raise Fault(
            "the engine spark needs pyspark, which is not installed",
            "install it with `make spark`, or choose --engine duckdb",
        )
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=f"{home}/bin" if home else None) is None:
        raise Fault(
            f"the engine spark needs Java, and there is none in {home or 'PATH'}",
            "install Java 17 or later and name its folder in JAVA_HOME, or choose --engine duckdb",
        )


def _at_once(work: Work, chunks: Sequence[Chunk], folder: Path) -> None:
    work(chunks, folder)


def _opened(stored: Stored) -> Facts:
    connection = ibis.duckdb.connect(threads=2)
    connection.raw_sql("SET enable_progress_bar = false")
    files = {name: [str(file) for path in paths for file in _files(path)] for name, paths in stored.items()}
    given = {name: paths for name, paths in files.items() if paths}
    for name, paths in given.items():
        connection.read_parquet(paths, table_name=name, hive_partitioning=False)
    return Facts.over(connection, given)


def _files(path: Path) -> Iterator[Path]:
    yield from sorted(path.rglob("*.parquet")) if path.is_dir() else (path,)


DUCKDB = Engine(_at_once, _opened)
