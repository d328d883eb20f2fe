"""Facts of a book at a date: replayed, classified and cut into flows once, kept beside the book as Parquet."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

import postloan
from postloan.book.store import Book
from postloan.jobs.derived.chunks import Chunk, chunks_of
from postloan.jobs.derived.closing import Close, close_book, planned
from postloan.jobs.derived.deriving import derive_book
from postloan.jobs.derived.earlier import Keys, earlier_replay
from postloan.jobs.derived.engines import DUCKDB, Engine, Stored, Work
from postloan.jobs.derived.replaying import grid_of, replay_book
from postloan.jobs.derived.updating import Update, update_book, update_of
from postloan.metrics.facts import Facts
from postloan.model.fault import Fault
from postloan.model.tables import DELIVERED
from postloan.policy.files import PolicyFile, read_policy
from postloan.policy.policy import Policy

_COMPUTING = ("engine", "model", "policy")
_MAKING = ("chunks", "closing", "deriving", "month_files", "replaying", "sharing", "updating", "versions")


def code_hash() -> str:
    """Return the SHA-256 of the code that computes derived tables: other code, other tables."""
    root = Path(postloan.__file__).parent
    digest = hashlib.sha256()
    for name in _MAKING:
        digest.update((root / "jobs" / "derived" / f"{name}.py").read_bytes())
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
    keys = Keys(code_hash(), policy.sha256)
    chunks = chunks_of(book)

    def replay(folder: Path) -> None:
        earlier = earlier_replay(book, as_of, keys, derived=False)
        close = planned(book, earlier, chunks, as_of) if earlier else None
        again = partial(_close, book, close, grid) if close else None
        _make(engine, again, partial(_replay, book, grid), chunks, folder)

    def derive(folder: Path) -> None:
        earlier = earlier_replay(book, as_of, keys, derived=True)
        update = update_of(book, earlier, chunks, replayed, policy.policy, grid) if earlier else None
        again = partial(_update, book, update) if update else None
        _make(engine, again, partial(_derive, book, replayed, policy.policy, grid), chunks, folder)

    replayed = book.derive(keys.replay(as_of), replay)
    facts = book.derive(keys.facts(as_of), derive)
    return engine.opened(_stored(book, (replayed, facts)))


def _replay(book: Book, grid: Sequence[date], chunks: Sequence[Chunk], folder: Path) -> None:
    replay_book(book, chunks, grid, folder)


def _close(book: Book, close: Close, grid: Sequence[date], chunks: Sequence[Chunk], folder: Path) -> None:
    close_book(book, close, chunks, grid, folder)


def _derive(
    book: Book, replayed: Path, policy: Policy, grid: Sequence[date], chunks: Sequence[Chunk], folder: Path
) -> None:
    derive_book(book, chunks, replayed, policy, grid, folder)


def _update(book: Book, update: Update, chunks: Sequence[Chunk], folder: Path) -> None:
    update_book(book, update, chunks, folder)


def _make(engine: Engine, again: Work | None, anew: Work, chunks: Sequence[Chunk], folder: Path) -> None:
    """Go on from earlier tables if there are any; make them anew if there are none, or they are damaged."""
    if again is not None:
        try:
            return engine.over_chunks(again, chunks, folder)
        except (OSError, pa.ArrowException, duckdb.Error, Fault):
            shutil.rmtree(folder)
            folder.mkdir()
    return engine.over_chunks(anew, chunks, folder)
