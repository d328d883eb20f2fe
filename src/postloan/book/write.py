"""Write a new version: table files, then the manifest, then the pointer. A kill leaves the old or the new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from postloan.atomic import STAGING_PREFIX, write_text
from postloan.book.gone import write_gone
from postloan.book.known import UNTIL, history_schema
from postloan.book.query import Files, Positions, run
from postloan.book.replacing import News, news_of
from postloan.book.shelf import Shelf, schema_and_order
from postloan.book.store import CURRENT, Book, version_path
from postloan.book.version import TableFile, Version
from postloan.model.contract import Delivery
from postloan.model.fault import CRASHED, Fault
from postloan.model.quarantine import QUARANTINE
from postloan.model.tables import DELIVERED

T = TypeVar("T")
_NOTHING: Mapping[str, pa.Table] = MappingProxyType({})


def commit(
    book: Book,
    incoming: Mapping[str, pa.Table],
    then: Version,
    superseded: Mapping[str, pa.Table] = _NOTHING,
) -> Book:
    """Merge ``incoming`` tables into the book and publish the result as the next version.

    A row that takes the place of one with other content puts that one into the table's history. What is
    written is in proportion to what is new; the versions share all other files.
    Call it with the book's lock held.

    Args:
        book: The version in force, cut to nothing.
        incoming: Accepted rows by table, in the contract's schema, at most one row per key.
        then: The next version's contract, loads and properties; its number and tables are set here.
        superseded: Rows by table that the delivery itself replaced, for the history alone.

    Raises:
        Fault: 4 for no space or a failing disk, and for a damaged file of the book; the version in force is
            then untouched.
    """
    number = book.version.number + 1
    tables, history, gone = dict(book.version.tables), dict(book.version.history), dict(book.version.gone)
    try:
        sweep(book.root)
        for name in sorted(incoming):
            held = book.files(name)
            news = _news(name, held, incoming[name])
            if news.rows.num_rows or name == QUARANTINE:
                tables[name], gone[name] = _shelved(book, name, held, news)
            lost = [news.replaced, *([superseded[name]] if name in superseded else [])]
            history[name] = _remembered(book, name, pa.concat_tables(lost), number)
        version = replace(then, number=number, tables=tables, history=_given(history), gone=_given(gone))
        write_text(version_path(book.root, number), version.text())
        write_text(book.root / CURRENT, f"{number}\n")
    except (OSError, pa.ArrowException, duckdb.Error) as error:
        raise Fault(
            f"{book.root}: the new version could not be written: {error}",
            "make room or mend the disk, then load again; the book is unchanged",
            CRASHED,
        ) from error
    return Book(book.root, version)


def sweep(root: Path) -> None:
    """Remove what killed writes left behind; safe under the lock only."""
    tables = [folder for kind in ("tables", "gone", "history") for folder in (root / kind).glob("*")]
    for folder in (root, root / "versions", *sorted(tables)):
        for stale in folder.glob(f"{STAGING_PREFIX}*"):
            stale.unlink(missing_ok=True)


def _given(named: Mapping[str, T]) -> dict[str, T]:
    return {name: value for name, value in named.items() if value}


def _news(name: str, held: Files, incoming: pa.Table) -> News:
    if name not in DELIVERED or DELIVERED[name].delivery is Delivery.APPEND:
        return News(incoming, held.schema.empty_table(), {})
    return news_of(DELIVERED[name], held, incoming)


def _shelved(book: Book, name: str, held: Files, news: News) -> tuple[tuple[TableFile, ...], str]:
    """Store what is new beside what the book holds; return the table's files, and where the rows are named that went.

    The quarantine is what is in it now.
    """
    before = () if name == QUARANTINE else book.version.tables.get(name, ())
    schema, order = schema_and_order(name)
    shelf = Shelf(book.root / "tables" / name, schema, order)
    gone: dict[str, Positions] = {path.stem: rows for path, rows in held.gone.items()}
    for path, rows in news.places.items():
        gone[path.stem] = np.sort(np.concatenate([gone.get(path.stem, rows[:0]), rows]))
    files = shelf.tidied((*before, *shelf.put(news.rows)), gone)
    return files, write_gone(book.root / "gone" / name, gone, files)


def _remembered(book: Book, name: str, lost: pa.Table, number: int) -> tuple[TableFile, ...]:
    """Store the rows that version ``number`` replaced, but for those the history has; return its files."""
    before = book.version.history.get(name, ())
    if lost.num_rows == 0:
        return before
    contract, schema = DELIVERED[name], history_schema(DELIVERED[name])
    names, keys = (", ".join(f'"{n}"' for n in given) for given in (contract.names(), contract.grain))
    query = f"""
        SELECT {names}, {number} AS "{UNTIL.name}" FROM (
            SELECT {names} FROM lost EXCEPT SELECT {names} FROM (FROM history SEMI JOIN lost USING ({keys}))
        ) ORDER BY ALL
    """
    rows = run(query, schema, {"lost": lost, "history": book.replaced(name)})
    shelf = Shelf(book.root / "history" / name, schema, (*contract.order, "known_on"))
    return shelf.tidied((*before, *shelf.put(rows)), {})
