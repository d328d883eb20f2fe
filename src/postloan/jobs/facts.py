"""Facts of a book at a date: replayed, classified and cut into flows once, kept beside the book as Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import ibis

import postloan
from postloan.book.store import Book
from postloan.engine.loan_months import TAPE, first_day, observation_grid
from postloan.jobs.chunks import chunks_of
from postloan.jobs.deriving import derive_book
from postloan.jobs.replaying import replay_book
from postloan.metrics.facts import Facts
from postloan.model.fault import Fault
from postloan.model.tables import DELIVERED
from postloan.policy.files import PolicyFile, read_policy

_COMPUTING = ("engine", "model", "policy")
_MAKING = ("chunks", "deriving", "month_files", "replaying")


def _code_hash() -> str:
    """Return the SHA-256 of the code that computes derived tables: other code, other tables."""
    root = Path(postloan.__file__).parent
    digest = hashlib.sha256()
    for name in _MAKING:
        digest.update((root / "jobs" / f"{name}.py").read_bytes())
    for folder in _COMPUTING:
        for path in sorted((root / folder).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _first_lent(book: Book, as_of: date) -> date:
    first = first_day(book.read("loan"), book.read(TAPE))
    if first is None or first > as_of:
        since = f"the first loan was paid out on {first}" if first else "no loan of the book was paid out"
        raise Fault(f"nothing was lent by {as_of}", f"choose a later date: {since}")
    return first


def _files(folders: Sequence[Path]) -> Iterator[tuple[str, list[str]]]:
    for folder in folders:
        for table in sorted(path for path in folder.iterdir() if path.is_dir()):
            yield table.name, [str(path) for path in sorted(table.rglob("*.parquet"))]


def _opened(book: Book, folders: Sequence[Path]) -> Facts:
    """Open delivered and derived Parquet files as tables of one connection."""
    connection = ibis.duckdb.connect(threads=2)
    connection.raw_sql("SET enable_progress_bar = false")
    files: Mapping[str, list[str]] = {
        **{name: [str(path) for path in book.paths(name)] for name in DELIVERED},
        **dict(_files(folders)),
    }
    given = {name: paths for name, paths in files.items() if paths}
    for name, paths in given.items():
        connection.read_parquet(paths, table_name=name, hive_partitioning=False)
    return Facts.over(connection, given)


def open_facts(book: Book, as_of: date, policy: Path | str = "cn_regulation") -> Facts:
    """Return the facts of ``book`` at ``as_of``; computed the first time, opened in a moment afterwards.

    Derived tables are kept for the book's version, date, policy and the code that computed them, so that
    none of these can change without its tables being made anew.

    Raises:
        Fault: 2 where nothing was lent by ``as_of`` or there is no such policy.
    """
    return facts_under(book, as_of, read_policy(policy))


def facts_under(book: Book, as_of: date, policy: PolicyFile) -> Facts:
    """Return the facts of ``book`` at ``as_of`` under a policy that has been read; see ``open_facts``."""
    grid = observation_grid(_first_lent(book, as_of), as_of)
    code = _code_hash()
    chunks = chunks_of(book.paths("loan"))
    replayed = book.derive(
        f"replay-{as_of}-{code[:16]}", lambda folder: replay_book(book, chunks, grid, folder)
    )
    facts = book.derive(
        f"facts-{as_of}-{policy.sha256[:16]}-{code[:16]}",
        lambda folder: derive_book(book, chunks, replayed, policy.policy, grid, folder),
    )
    return _opened(book, (replayed, facts))
