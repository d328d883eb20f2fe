"""Facts of a book at a date: replayed, classified and cut into flows once, kept beside the book as Parquet."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from postloan.book.reading import held
from postloan.book.store import Book
from postloan.jobs.derived.chunks import Chunk, chunks_of
from postloan.jobs.derived.closing import Close, close_book, planned
from postloan.jobs.derived.code import code_hash
from postloan.jobs.derived.deriving import derive_book
from postloan.jobs.derived.earlier import Earlier, Keys, earlier_replay
from postloan.jobs.derived.engines import DUCKDB, Engine, Stored, Work
from postloan.jobs.derived.replaying import grid_of, replay_book
from postloan.jobs.derived.sealing import flaw_of, seal
from postloan.jobs.derived.updating import Update, update_book, update_of
from postloan.metrics.facts import Facts
from postloan.model.fault import CRASHED, Fault
from postloan.model.tables import DELIVERED
from postloan.policy.files import PolicyFile, read_policy
from postloan.policy.policy import Policy

Told: TypeAlias = Callable[[str], None]


def _unheard(sentence: str) -> None:
    """Take a sentence that nobody wants to read."""


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


def facts_under(
    book: Book, as_of: date, policy: PolicyFile, engine: Engine = DUCKDB, told: Told = _unheard
) -> Facts:
    """Return the facts of ``book`` at ``as_of`` under a policy that has been read; see ``open_facts``.

    Args:
        book: Of which version.
        as_of: Last day.
        policy: What classifies.
        engine: What computes and opens them.
        told: Takes a sentence on what a replay goes on from, where one is needed.

    Raises:
        Fault: 4 where a file of the tables is gone.
    """
    with ExitStack() as stack:
        stack.enter_context(held(book.derived_root))
        folders = _folders(book, as_of, policy, engine, told)
        facts = engine.opened(_stored(book, folders))
        weakref.finalize(facts.connection, stack.pop_all().close)
        return facts


def _folders(book: Book, as_of: date, policy: PolicyFile, engine: Engine, told: Told) -> tuple[Path, Path]:
    """Return the folders of the replay and of what is derived from it, both complete."""
    grid = grid_of(book, as_of)
    keys = Keys(code_hash(), policy.sha256)
    chunks = chunks_of(book)

    def replay(folder: Path) -> None:
        def again(earlier: Earlier) -> Work | None:
            close = planned(book, earlier, chunks, as_of)
            return partial(_close, book, close, grid) if close else None

        earlier = earlier_replay(book, as_of, keys, derived=False)
        told(_make(engine, earlier, again, partial(_replay, book, grid), chunks, folder))

    def derive(folder: Path) -> None:
        def again(earlier: Earlier) -> Work | None:
            update = update_of(book, earlier, chunks, replayed, policy.policy, grid)
            return partial(_update, book, update) if update else None

        earlier = earlier_replay(book, as_of, keys, derived=True)
        _make(engine, earlier, again, partial(_derive, book, replayed, policy.policy, grid), chunks, folder)

    replayed = _complete(book.derive(keys.replay(as_of), replay))
    return replayed, _complete(book.derive(keys.facts(as_of), derive))


def _complete(folder: Path) -> Path:
    flaw = flaw_of(folder)
    if flaw is None:
        return folder
    raise Fault(f"{folder}: {flaw} is gone or damaged", "remove the folder: it is computed again", CRASHED)


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


def _make(
    engine: Engine,
    earlier: Earlier | None,
    again: Callable[[Earlier], Work | None],
    anew: Work,
    chunks: Sequence[Chunk],
    folder: Path,
) -> str:
    """Go on from earlier tables if they are whole, else make them anew; return which it was, in a sentence."""
    reason = _resumed(engine, earlier, again, chunks, folder) if earlier else "started at the first month"
    if reason is not None:
        engine.over_chunks(anew, chunks, folder)
    seal(folder)
    return reason or f"resumed from {earlier}"


def _resumed(
    engine: Engine,
    earlier: Earlier,
    again: Callable[[Earlier], Work | None],
    chunks: Sequence[Chunk],
    folder: Path,
) -> str | None:
    """Go on from earlier tables; return why it was not possible, and leave ``folder`` empty then."""
    with held(earlier.book.derived_root):
        flaws = [flaw_of(one) for one in (earlier.folder, earlier.facts) if one.is_dir()]
        if any(flaws):
            return f"started over: {earlier} has lost {next(filter(None, flaws))}"
        work = again(earlier)
        if work is None:
            return f"started over: most loans begin again, or {earlier} is damaged"
        try:
            engine.over_chunks(work, chunks, folder)
        except (OSError, pa.ArrowException, duckdb.Error, Fault) as error:
            shutil.rmtree(folder)
            folder.mkdir()
            return f"started over: {earlier} is damaged: {error}"
    return None
