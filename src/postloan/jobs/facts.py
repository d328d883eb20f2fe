"""Facts of a book at a date: replayed, classified and cut into flows once, kept beside the book as Parquet."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

import postloan
from postloan.book.store import Book
from postloan.jobs.chunks import Chunk, chunks_of
from postloan.jobs.closing import Close, close_book, planned
from postloan.jobs.deriving import derive_book
from postloan.jobs.earlier import earlier_replay, replay_key
from postloan.jobs.engines import DUCKDB, Engine, Stored
from postloan.jobs.replaying import grid_of, replay_book
from postloan.metrics.facts import Facts
from postloan.model.fault import Fault
from postloan.model.tables import DELIVERED
from postloan.policy.files import PolicyFile, read_policy

_COMPUTING = ("engine", "model", "policy")
_MAKING = ("chunks", "closing", "deriving", "month_files", "replaying")


def code_hash() -> str:
    """Return the SHA-256 of the code that computes derived tables: other code, other tables."""
    root = Path(postloan.__file__).parent
    digest = hashlib.sha256()
    for name in _MAKING:
        digest.update((root / "jobs" / f"{name}.py").read_bytes())
    for folder in _COMPUTING:
        for path in sorted((root / folder).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _stored(book: Book, folders: Sequence[Path]) -> Stored:
    """Return where the delivered and the derived tables lie."""
    derived = {path.name: (path,) for folder in folders for path in folder.iterdir() if path.is_dir()}
    return {**{name: book.paths(name) for name in DELIVERED}, **derived}


def open_facts(
    book: Book, as_of: date, policy: Path | str = "cn_regulation", engine: Engine = DUCKDB
) -> Facts:
    """Return the facts of ``book`` at ``as_of``; computed the first time, opened in a moment afterwards.

    Derived tables are kept for the book's version, date, policy and the code that computed them, so that
    none of these can change without its tables being made anew. They are the same whichever engine made them.

    Raises:
        Fault: 2 where nothing was lent by ``as_of`` or there is no such policy.
    """
    return facts_under(book, as_of, read_policy(policy), engine)


def facts_under(book: Book, as_of: date, policy: PolicyFile, engine: Engine = DUCKDB) -> Facts:
    """Return the facts of ``book`` at ``as_of`` under a policy that has been read; see ``open_facts``."""
    grid = grid_of(book, as_of)
    code = code_hash()
    chunks = chunks_of(book)

    def replay(folder: Path) -> None:
        earlier = earlier_replay(book, as_of, code)
        close = planned(book, earlier, chunks, as_of) if earlier else None
        _replay(book, close, chunks, grid, engine, folder)

    def derive(some: Sequence[Chunk], folder: Path) -> None:
        derive_book(book, some, replayed, policy.policy, grid, folder)

    replayed = book.derive(replay_key(as_of, code), replay)
    facts = book.derive(
        f"facts-{as_of}-{policy.sha256[:16]}-{code[:16]}",
        lambda folder: engine.over_chunks(derive, chunks, folder),
    )
    return engine.opened(_stored(book, (replayed, facts)))


def _replay(
    book: Book,
    close: Close | None,
    chunks: Sequence[Chunk],
    grid: Sequence[date],
    engine: Engine,
    folder: Path,
) -> None:
    """Go on from an earlier replay if there is one; start from the beginning if there is none or it is damaged."""

    def replay(some: Sequence[Chunk], into: Path) -> None:
        replay_book(book, some, grid, into)

    if close is not None:
        try:
            return engine.over_chunks(
                lambda some, into: close_book(book, close, some, grid, into), chunks, folder
            )
        except (OSError, pa.ArrowException, Fault):
            shutil.rmtree(folder)
            folder.mkdir()
    return engine.over_chunks(replay, chunks, folder)
