"""Write a new version: table files, then the manifest, then the pointer. A kill leaves the old or the new."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from postloan.atomic import STAGING_PREFIX, write_bytes, write_text
from postloan.book.known import UNTIL, history_schema
from postloan.book.merge import changes, merged, replaced
from postloan.book.store import CURRENT, Book, schema_and_grain, version_path
from postloan.book.version import TableFile, Version
from postloan.model.contract import Delivery
from postloan.model.fault import CRASHED, Fault
from postloan.model.quarantine import QUARANTINE
from postloan.model.tables import DELIVERED

_NOTHING: Mapping[str, pa.Table] = MappingProxyType({})
ROW_GROUP = 122_880  # DuckDB's own; a scan by row group then runs on all threads


def commit(
    book: Book,
    incoming: Mapping[str, pa.Table],
    then: Version,
    superseded: Mapping[str, pa.Table] = _NOTHING,
) -> Book:
    """Merge ``incoming`` tables into the book and publish the result as the next version.

    A row that takes the place of one with other content puts that one into the table's history.
    Call it with the book's lock held.

    Args:
        book: The version in force, cut to nothing.
        incoming: Accepted rows by table, in the contract's schema, at most one row per key.
        then: The next version's contract, loads and properties; its number and tables are set here.
        superseded: Rows by table that the delivery itself replaced, for the history alone.

    Raises:
        Fault: 4 for no space or a failing disk; the version in force is then untouched.
    """
    number = book.version.number + 1
    try:
        sweep(book.root)
        tables, history = dict(book.version.tables), dict(book.version.history)
        for name in sorted(incoming):
            tables[name], old = _files(book, name, incoming[name])
            parts = [old, superseded[name]] if name in superseded else [old]
            history[name] = _history(book, name, parts, number)
        history = {name: files for name, files in history.items() if files}
        version = replace(then, number=number, tables=tables, history=history)
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
    tables = [*(root / "tables").glob("*"), *(root / "history").glob("*")]
    for folder in (root, root / "versions", *sorted(tables)):
        for stale in folder.glob(f"{STAGING_PREFIX}*"):
            stale.unlink(missing_ok=True)


def parquet_bytes(table: pa.Table) -> bytes:
    """Return the table as Parquet; the same rows in the same order give the same bytes."""
    sink = io.BytesIO()
    plain = table.replace_schema_metadata(None).combine_chunks()
    pq.write_table(plain, sink, compression="zstd", row_group_size=ROW_GROUP, version="2.6")
    return sink.getvalue()


def _files(book: Book, name: str, incoming: pa.Table) -> tuple[tuple[TableFile, ...], pa.Table]:
    """Store the rows; return the table's files and the rows that were replaced.

    Appended facts get a file of their own; a table into which nothing new came keeps its files. The
    quarantine is what is in it now.
    """
    before = () if name == QUARANTINE else book.version.tables.get(name, ())
    schema, grain = schema_and_grain(name)
    nothing = schema.empty_table()
    if name not in DELIVERED or DELIVERED[name].delivery is Delivery.APPEND:
        if incoming.num_rows == 0:
            return before, nothing
        return (*before, _stored(book.root / "tables" / name, incoming, schema, grain)), nothing
    rows = book.read(name)
    changed = changes(rows, incoming)
    if before and changed.num_rows == 0:
        return before, nothing
    after = _stored(book.root / "tables" / name, merged(name, rows, changed), schema, grain)
    return (after,), replaced(name, rows, changed)


def _history(book: Book, name: str, parts: Sequence[pa.Table], number: int) -> tuple[TableFile, ...]:
    """Store the rows that version ``number`` replaced, but for those the history has; return its files."""
    before = book.version.history.get(name, ())
    if all(part.num_rows == 0 for part in parts):
        return before
    contract = DELIVERED[name]
    held = [pq.read_table(path, schema=contract.schema()) for path in book.replaced_paths(name)]
    kept = changes(pa.concat_tables([contract.schema().empty_table(), *held]), pa.concat_tables(parts))
    if kept.num_rows == 0:
        return before
    rows = kept.append_column(UNTIL, pa.array([number] * kept.num_rows, UNTIL.type))
    order = (*contract.grain, "known_on")
    return (*before, _stored(book.root / "history" / name, rows, history_schema(contract), order))


def _stored(folder: Path, table: pa.Table, schema: pa.Schema, order: tuple[str, ...]) -> TableFile:
    ordered = table.sort_by([(key, "ascending") for key in order]).cast(schema)
    data = parquet_bytes(ordered)
    file = TableFile(hashlib.sha256(data).hexdigest(), ordered.num_rows)
    path = folder / f"{file.sha256}.parquet"
    if not path.exists():
        write_bytes(path, data)
    return file
