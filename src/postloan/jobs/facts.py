"""Facts of a book at a date: replayed, classified and cut into flows once, kept beside the book as Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import postloan
from postloan.book.store import Book
from postloan.engine.loan_months import TAPE, first_day, observation_grid
from postloan.jobs.chunks import Chunk, chunks_of
from postloan.jobs.deriving import derive_book
from postloan.jobs.engines import DUCKDB, Engine, Stored
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
    grid = observation_grid(_first_lent(book, as_of), as_of)
    code = _code_hash()
    chunks = chunks_of(book.paths("loan"))

    def replay(some: Sequence[Chunk], folder: Path) -> None:
        replay_book(book, some, grid, folder)

    def derive(some: Sequence[Chunk], folder: Path) -> None:
        derive_book(book, some, replayed, policy.policy, grid, folder)

    replayed = book.derive(
        f"replay-{as_of}-{code[:16]}", lambda folder: engine.over_chunks(replay, chunks, folder)
    )
    facts = book.derive(
        f"facts-{as_of}-{policy.sha256[:16]}-{code[:16]}",
        lambda folder: engine.over_chunks(derive, chunks, folder),
    )
    return engine.opened(_stored(book, (replayed, facts)))
