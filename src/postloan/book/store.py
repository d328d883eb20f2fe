"""The book: immutable versions of Parquet tables that share unchanged files, behind one pointer.

Layout: ``CURRENT`` (number of the version in force), ``versions/000001.json``,
``tables/<table>/<sha256>.parquet`` (rows), ``gone/<table>/<sha256>.parquet`` (which of them are not in force
any more), ``history/<table>/<sha256>.parquet`` (rows that later ones replaced) and
``derived/<version>/<key>/`` for what can be computed again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.atomic import STAGING_PREFIX, staging, sync_folder
from postloan.book.gone import read_gone
from postloan.book.known import history_schema, known_rows
from postloan.book.query import HELD, Files, run
from postloan.book.shelf import schema_and_order, without
from postloan.book.version import TableFile, Version, read_version
from postloan.model.fault import CRASHED, USAGE, Fault
from postloan.model.tables import DELIVERED

CURRENT = "CURRENT"
_KNOWN = "rows.parquet"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")


@dataclass(frozen=True, slots=True)
class Book:
    """One version of a lender's book. It stays on that version while others load.

    Opened by ``open`` or ``open_or_create``; a new version is written by ``book.write.commit``.

    Args:
        root: Its folder.
        version: What it holds.
        known_at: The day whose knowledge the tables are cut to (see ``as_known``); None for all there is.
    """

    root: Path
    version: Version
    known_at: date | None = None

    @classmethod
    def open(cls, root: Path) -> Book:
        """Open the version in force; raises Fault 2 where ``root`` holds no loaded book."""
        if not (root / CURRENT).is_file():
            raise Fault(f"{root} is not a book", "load a lender's files into it with `postloan load`", USAGE)
        return cls(root, _current(root))

    @classmethod
    def open_or_create(cls, root: Path) -> Book:
        """Open the book, or make an empty one in a missing or empty folder.

        Raises:
            Fault: 2 where the folder holds something else, so that nobody's files mix with a book's.
        """
        if (root / CURRENT).is_file():
            return cls.open(root)
        foreign = sorted(p.name for p in root.iterdir() if not _is_ours(p.name)) if root.is_dir() else []
        if foreign or (root.exists() and not root.is_dir()):
            raise Fault(f"{root} is not a book and not empty: {foreign[:3]}", "name another folder", USAGE)
        root.mkdir(parents=True, exist_ok=True)
        return cls(root, Version())

    def as_known(self, on: date | None) -> Book:
        """Return this version cut to what the lender knew at the end of ``on``; None cuts nothing.

        A row counts from its ``known_on`` (blank: from the start) until a later version's row with the
        same key was known; rows that were replaced are kept for this. What a load noted of itself
        (ledger, quarantine, restatements) is not cut.
        """
        return replace(self, known_at=on)

    def has(self, table: str) -> bool:
        """Say whether the table has at least one row."""
        if self.known_at is None:
            return any(file.rows for file in self.version.tables.get(table, ()))
        return any(pq.read_metadata(path).num_rows for path in self.files(table).paths)

    def files(self, table: str) -> Files:
        """Return a table's files, and which of their rows do not count; none if it was never delivered.

        The rows of a file are in the order of storage: by loan where the table has loans, then by its grain.

        Raises:
            Fault: 2 for an unknown table, 4 where it cannot be said which rows count.
        """
        files, on = self._all(table), self.known_at
        if on is None or not files.paths or table not in DELIVERED:
            return files
        rows = self.derive(
            f"known-{table}", lambda folder: self._write_known(table, files, on, folder / _KNOWN)
        )
        return Files((rows / _KNOWN,), files.schema)

    def paths(self, table: str) -> tuple[Path, ...]:
        """Return Parquet files that hold the rows of ``files`` and no others, for readers that cannot leave any out.

        A file that has others too is copied without them, once per version.
        """
        files = self.files(table)
        if not files.gone:
            return tuple(files.paths)
        copies = self.derive(f"whole-{table}", lambda folder: self._write_whole(table, files, folder))
        return tuple(copies / path.name if path in files.gone else path for path in files.paths)

    def replaced(self, table: str) -> Files:
        """Return the files of the rows that later ones replaced, with ``until_version``."""
        paths = self._paths("history", self.version.history.get(table, ()), table)
        return Files(paths, history_schema(DELIVERED[table]))

    def ask(self, query: str, schema: pa.Schema, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Answer a query over ``tables`` by name and over the book's own as ``held.<table>``.

        Only the columns that the query names are read.

        Args:
            query: SQL.
            schema: Of the answer.
            tables: Beside the book's.

        Raises:
            Fault: 2 for an unknown table, 4 for a file that is gone or damaged.
        """
        names = sorted(set(re.findall(rf"\b{HELD}\.(\w+)", query)))
        held = {f"{HELD}.{name}": self.files(name) for name in names}
        try:
            return run(query, schema, {**tables, **held})
        except duckdb.Error as error:
            raise self.damaged(" or ".join(names), error) from None

    def rows_known(self, table: str, on: date, loans: pa.Array | None = None) -> pa.Table:
        """Return the rows known at the end of ``on``, or of ``known_at`` if that is earlier; of all or some loans.

        Unlike those of ``as_known`` they are not kept. Only a table with ``loan_id`` can be cut to loans.
        """
        return self._known(table, self._all(table), min(on, self.known_at or on), loans)

    def latest_known(self) -> date | None:
        """Return the latest ``known_on`` of all rows in force; None where no row has one."""
        dates = [f"SELECT known_on FROM {HELD}.{name}" for name in DELIVERED if name in self.version.tables]
        if not dates:
            return None
        query = f"SELECT max(known_on) AS known_on FROM ({' UNION ALL '.join(dates)})"
        found: date | None = self.ask(query, pa.schema([("known_on", pa.date32())]), {})["known_on"][
            0
        ].as_py()
        return found

    def read(self, table: str) -> pa.Table:
        """Return a whole table in the contract's schema, in the order of storage; empty if never delivered.

        That is by loan where the table has loans, then by its grain.

        ``quarantine`` and ``restatement`` are read the same way, in schemas of their own.

        Raises:
            Fault: 2 for an unknown table, 4 for a file that is gone or damaged.
        """
        _, order = schema_and_order(table)
        files = self.files(table)
        try:
            parts = [_in_force(files, path) for path in files.paths]
        except (OSError, pa.ArrowException) as error:
            raise self.damaged(table, error) from None
        whole = pa.concat_tables([files.schema.empty_table(), *parts]).combine_chunks()
        return whole if len(parts) < 2 else whole.sort_by([(name, "ascending") for name in order])

    def loads(self) -> list[dict[str, Any]]:
        """Return the ledger: one entry per file and table of every load, oldest first."""
        return [dict(entry) for entry in self.version.loads if "kind" not in entry]

    def retries(self) -> list[dict[str, Any]]:
        """Return what became of quarantined rows in later loads: one entry per load, file and table."""
        return [dict(entry) for entry in self.version.loads if entry.get("kind") == "retry"]

    def properties(self) -> dict[str, Any]:
        """Return what the mapping says of the lender: lender_zh, lender_en, is_synthetic, currency, timezone."""
        return dict(self.version.properties)

    def derived(self, key: str) -> Path:
        """Return the folder of a derived table of this version; complete if it exists.

        Raises:
            Fault: 2 for a key that could name a file outside the book.
        """
        if not _KEY.fullmatch(key):
            raise Fault(
                f"{key!r} cannot name a derived table", "use letters, digits, dots, dashes, underscores"
            )
        cut = () if self.known_at is None else (f"known-{self.known_at}",)
        return self.derived_root.joinpath(*cut, key)

    @property
    def derived_root(self) -> Path:
        """The folder of all derived tables of this version."""
        return self.root / "derived" / self.version.id[:16]

    def derive(self, key: str, build: Callable[[Path], None]) -> Path:
        """Return ``derived(key)``, after ``build`` has filled it if it is not there yet.

        ``build`` writes into a staging folder that is renamed when complete: readers see all or
        nothing, and of two runs at once the first one counts.
        """
        target = self.derived(key)
        if target.is_dir():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = staging(target.parent)
        staged.mkdir()
        try:
            build(staged)
            os.rename(staged, target)  # noqa: PTH104 - tests fail this call at will
            sync_folder(target.parent)
        except OSError:
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return target

    def damaged(self, table: str, error: Exception) -> Fault:
        """Return the fault of a table of which a file is gone or damaged."""
        what = f"{self.root}: table {table} cannot be read: {error}"
        return Fault(what, "load the files again", CRASHED)

    def _paths(self, kind: str, files: tuple[TableFile, ...], table: str) -> tuple[Path, ...]:
        return tuple(self.root / kind / table / f"{file.sha256}.parquet" for file in files)

    def _all(self, table: str) -> Files:
        """Return a table's files, cut to nothing."""
        schema, _ = schema_and_order(table)
        paths = self._paths("tables", self.version.tables.get(table, ()), table)
        if table not in self.version.gone:
            return Files(paths, schema)
        try:
            gone = read_gone(self.root / "gone" / table, self.version.gone[table])
        except (OSError, pa.ArrowException) as error:
            raise self.damaged(table, error) from None
        return Files(paths, schema, {path: gone[path.stem] for path in paths if path.stem in gone})

    def _known(self, table: str, files: Files, on: date, loans: pa.Array | None = None) -> pa.Table:
        try:
            return known_rows(DELIVERED[table], files, self.replaced(table), on, loans)
        except duckdb.Error as error:
            raise self.damaged(table, error) from None

    def _write_known(self, table: str, files: Files, on: date, path: Path) -> None:
        pq.write_table(self._known(table, files, on), path, compression="zstd")

    def _write_whole(self, table: str, files: Files, folder: Path) -> None:
        try:
            for path in files.gone:
                pq.write_table(_in_force(files, path), folder / path.name, compression="zstd")
        except pa.ArrowException as error:
            raise self.damaged(table, error) from None


def _in_force(files: Files, path: Path) -> pa.Table:
    return without(pq.read_table(path, schema=files.schema), files.gone.get(path))


def version_path(root: Path, number: int) -> Path:
    """Return where the manifest of version ``number`` lies."""
    return root / "versions" / f"{number:06d}.json"


def _current(root: Path) -> Version:
    text = (root / CURRENT).read_text(encoding="ascii").strip()
    if not text.isdigit():
        raise Fault(f"{root / CURRENT}: {text!r} is not a version number", "write the last version's number")
    return read_version(version_path(root, int(text)))


def _is_ours(name: str) -> bool:
    """Say whether a killed first load may have left ``name`` behind."""
    return name in (
        "tables",
        "gone",
        "history",
        "versions",
        "derived",
        ".lock",
        ".lock-holder",
    ) or name.startswith(STAGING_PREFIX)
