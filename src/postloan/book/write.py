"""Write a new version: table files, then the manifest, then the pointer. A kill leaves the old or the new."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from postloan.atomic import STAGING_PREFIX, write_bytes, write_text
from postloan.book.merge import merged
from postloan.book.store import CURRENT, Book, schema_and_grain, version_path
from postloan.book.version import TableFile, Version
from postloan.model.contract import Delivery
from postloan.model.fault import CRASHED, Fault
from postloan.model.tables import DELIVERED

ROW_GROUP = 122_880  # DuckDB's own; a scan by row group then runs on all threads


def commit(book: Book, incoming: Mapping[str, pa.Table], then: Version) -> Book:
    """Merge ``incoming`` tables into the book and publish the result as the next version.

    Call it with the book's lock held.

    Args:
        book: The version in force.
        incoming: Accepted rows by table, in the contract's schema, at most one row per key.
        then: The next version's contract, loads and properties; its number and tables are set here.

    Raises:
        Fault: 4 for no space or a failing disk; the version in force is then untouched.
    """
    try:
        sweep(book.root)
        tables = dict(book.version.tables)
        for name in sorted(incoming):
            tables[name] = _files(book, name, incoming[name])
        version = replace(then, number=book.version.number + 1, tables=tables)
        write_text(version_path(book.root, version.number), version.text())
        write_text(book.root / CURRENT, f"{version.number}\n")
    except OSError as error:
        raise Fault(
            f"{book.root}: the new version could not be written: {error}",
            "make room or mend the disk, then load again; the book is unchanged",
            CRASHED,
        ) from error
    return Book(book.root, version)


def sweep(root: Path) -> None:
    """Remove what killed writes left behind; safe under the lock only."""
    for folder in (root, root / "versions", *sorted((root / "tables").glob("*"))):
        for stale in folder.glob(f"{STAGING_PREFIX}*"):
            stale.unlink(missing_ok=True)


def parquet_bytes(table: pa.Table) -> bytes:
    """Return the table as Parquet; the same rows in the same order give the same bytes."""
    sink = io.BytesIO()
    plain = table.replace_schema_metadata(None).combine_chunks()
    pq.write_table(plain, sink, compression="zstd", row_group_size=ROW_GROUP, version="2.6")
    return sink.getvalue()


def _files(book: Book, name: str, incoming: pa.Table) -> tuple[TableFile, ...]:
    """Store the rows and return the table's files: appended facts get a file of their own."""
    before = book.version.tables.get(name, ())
    appends = name not in DELIVERED or DELIVERED[name].delivery is Delivery.APPEND
    if appends and incoming.num_rows == 0:
        return before
    kept = () if not appends else before
    table = incoming if appends else merged(name, book.read(name), incoming)
    return (*kept, _stored(book.root, name, table))


def _stored(root: Path, name: str, table: pa.Table) -> TableFile:
    schema, grain = schema_and_grain(name)
    ordered = table.sort_by([(key, "ascending") for key in grain]).cast(schema)
    data = parquet_bytes(ordered)
    file = TableFile(hashlib.sha256(data).hexdigest(), ordered.num_rows)
    path = root / "tables" / name / f"{file.sha256}.parquet"
    if not path.exists():
        write_bytes(path, data)
    return file
