"""Work on the chunks of a book in the tasks of a Spark session.

A task reads the rows of its loans from the book's files itself, calls what this machine alone would call and
writes the same files, so nothing is shuffled. Every worker needs this package, and the book's folder under the
same path.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.errors import PythonException
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from postloan.atomic import STAGING_PREFIX, staging
from postloan.jobs.derived.chunks import Chunk
from postloan.jobs.derived.engines import Work
from postloan.model.fault import CRASHED, Fault

_TASKS_PER_CORE = 4  # so that one slow task leaves little to wait for
_FAULT = pa.schema([("what", pa.string()), ("mend", pa.string()), ("exit_code", pa.int64())])


def over_chunks(session: SparkSession, work: Work, chunks: Sequence[Chunk], folder: Path) -> None:
    """Do ``work`` for all ``chunks`` into ``folder``, in tasks of chunks next to each other.

    Raises:
        Fault: The first that a task met; 4 where one crashed.
    """
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
    work: Work, chunks: Sequence[Chunk], folder: Path, n_tasks: int, numbers: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Do the work of the tasks with these numbers, on a worker; yields a row for each Fault."""
    for number in (number for batch in numbers for number in batch["id"].to_pylist()):
        first, end = (len(chunks) * at // n_tasks for at in (number, number + 1))
        try:
            _done_apart(work, chunks[first:end], folder)
        except Fault as fault:
            said = {"what": fault.what, "mend": fault.mend, "exit_code": fault.exit_code}
            yield pa.RecordBatch.from_pylist([said], _FAULT)


def _done_apart(work: Work, chunks: Sequence[Chunk], folder: Path) -> None:
    """Do ``work``; its files appear when all are complete, for a task may be killed, or done twice at a time."""
    apart = staging(folder)
    apart.mkdir()
    try:
        work(chunks, apart)
        for file in apart.rglob("*.parquet"):
            target = folder / file.relative_to(apart)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
    finally:
        shutil.rmtree(apart, ignore_errors=True)
