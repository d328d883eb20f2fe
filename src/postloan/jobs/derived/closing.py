"""The month-end close: a replay that goes on from an earlier one, and shares every file that stays the same.

Loans resume from their states with the facts since then. Those whose past has changed start over: their rows
are compared with those of the facts as they were, and only the files of months that differ are written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from postloan.book.query import Files
from postloan.book.store import Book
from postloan.engine.loan_months import MADE_FROM, TAPE, first_day, loan_months, observation_grid
from postloan.engine.starting_over import must_start_over
from postloan.engine.state import State
from postloan.jobs.derived.chunks import Chunk, cut_in_parts, in_parts
from postloan.jobs.derived.earlier import Earlier
from postloan.jobs.derived.month_files import Piece, is_settled, pieces_of, taken, write_pieces
from postloan.jobs.derived.replaying import replayed_pieces, reports_of, rows_of, tables_of
from postloan.jobs.derived.sharing import Kept, held_of, shared
from postloan.jobs.derived.versions import Versions
from postloan.model.derived import CREDIT_STATE, INSTALMENT_STATE, LOAN_STATE
from postloan.model.fault import Fault

_STATES = (LOAN_STATE, INSTALMENT_STATE, CREDIT_STATE)
_OWN = pa.schema([LOAN_STATE.schema().field("loan_id")])
# Past this share of the loans, a replay of all of them is quicker.
_MOST_BEGIN = 0.5

_LATER = {
    "payment": "SELECT {columns} FROM {rows} WHERE paid_on > {on} AND paid_on <= {as_of} ORDER BY loan_id",
    "loan_event": "SELECT {columns} FROM {rows} WHERE event_on > {on} AND event_on <= {as_of} ORDER BY loan_id",
}
_BEGIN = """
    SELECT loan_id FROM starts_over
    UNION SELECT loan_id FROM held.loan ANTI JOIN loan_state USING (loan_id)
"""
_PAYMENTS = """
    SELECT {columns} FROM (
        SELECT {columns} FROM later
        UNION ALL SELECT {columns} FROM {rows} SEMI JOIN begin USING (loan_id) WHERE paid_on <= {on}
    ) ORDER BY loan_id
"""


@dataclass(frozen=True, slots=True)
class Close:
    """What is needed to go on from an earlier replay.

    Args:
        earlier: The replay.
        starts_over: Loans that have a state and cannot resume from it.
        kept: Names of the chunks that had the same loans from end to end.
        now: ``instalment`` and ``payment`` rows that count, in the order of their loans.
        then: ``MADE_FROM`` as it was, of all loans that do not resume.
    """

    earlier: Earlier
    starts_over: pa.Array
    kept: frozenset[str]
    now: Mapping[str, pa.Table]
    then: Mapping[str, pa.Table]


def planned(book: Book, earlier: Earlier, chunks: Sequence[Chunk], as_of: date) -> Close | None:
    """Return how the replay of ``book`` up to ``as_of`` goes on from an earlier one.

    None where too many loans would begin again, or the earlier replay is damaged: then all do.
    """
    try:
        versions = Versions.of(earlier.book, book, MADE_FROM)
        kept = versions.same_chunks(chunks)
        held = _ids(sorted((earlier.folder / LOAN_STATE.name).rglob("*.parquet")))
    except (Fault, OSError, pa.ArrowException):
        return None
    days = {"on": f"DATE '{earlier.on}'", "as_of": f"DATE '{as_of}'"}
    later = {name: versions.ask(query, name, words=days) for name, query in _LATER.items()}
    starts_over = _starts_over(versions, later, earlier.on)
    own = {"starts_over": pa.table([starts_over], schema=_OWN), "loan_state": held}
    begin = book.ask(_BEGIN, _OWN, own)
    if begin.num_rows > _MOST_BEGIN * sum(file.rows for file in book.version.tables["loan"]):
        return None
    beside = {"begin": begin, "later": later["payment"]}
    now = {
        "instalment": versions.now("instalment", begin),
        "payment": versions.ask(_PAYMENTS, "payment", beside, days),
    }
    then = {name: versions.then(name, begin, now.get(name)) for name in MADE_FROM}
    return Close(earlier, starts_over, kept, now, then)


def _ids(files: Sequence[Path]) -> pa.Table:
    return pa.concat_tables([_OWN.empty_table(), *(pq.read_table(path, schema=_OWN) for path in files)])


def _starts_over(versions: Versions, later: Mapping[str, pa.Table], on: date) -> pa.Array:
    added = {name: rows.added for name, rows in versions.changed.items()}
    removed = {name: rows.removed for name, rows in versions.changed.items()}
    return must_start_over(added, removed, later, on)


def close_book(book: Book, close: Close, chunks: Sequence[Chunk], grid: Sequence[date], folder: Path) -> None:
    """Write into ``folder`` what ``replaying.replay_book`` would write, byte for byte.

    Raises:
        Fault: 4 for a file of the book that is gone or damaged.
        OSError, pa.ArrowException: A file of the earlier replay is.
    """
    write_pieces(folder, _all_pieces(book, close, chunks, grid, folder))


def _all_pieces(
    book: Book, close: Close, chunks: Sequence[Chunk], grid: Sequence[date], folder: Path
) -> Iterator[tuple[str, Sequence[Piece]]]:
    for chunk in chunks:
        if chunk.name in close.kept:
            yield from _pieces(book, close, chunk, grid, folder)
        else:
            yield from replayed_pieces(book, [chunk], grid)


def _pieces(
    book: Book, close: Close, chunk: Chunk, grid: Sequence[date], folder: Path
) -> Iterator[tuple[str, Sequence[Piece]]]:
    """Yield what a chunk has since the states, then what of the months up to them is not as it was."""
    on = close.earlier.on
    settled_now: list[Piece] = []
    for now in _now(book, close, chunk, grid):
        settled_now += (taken(piece) for piece in now if is_settled(piece.folder, on))
        yield chunk.name, [piece for piece in now if not is_settled(piece.folder, on)]
    settled_then = [taken(piece) for then in _then(close, chunk) for piece in then]
    held = [name for name in held_of(close.earlier.folder, chunk.name) if is_settled(name, on)]
    kept = Kept(close.earlier.folder, folder, chunk.name)
    yield chunk.name, list(shared(kept, held, settled_now, settled_then))


def _now(book: Book, close: Close, chunk: Chunk, grid: Sequence[date]) -> Iterator[list[Piece]]:
    reported_on = reports_of(book, grid[-1])
    facts = [
        cut_in_parts(close.now[name], [chunk]) if name in close.now else rows_of(book, name, [chunk])
        for name in MADE_FROM
    ]
    kept = close.earlier.folder
    states = [
        in_parts(Files([*(kept / table.name).rglob(f"{chunk.name}.parquet")], table.schema()), [chunk])
        for table in _STATES
    ]
    for rows in zip(*facts, *states, strict=True):
        tables = dict(zip(MADE_FROM, rows, strict=False))
        state = State(*rows[len(MADE_FROM) :])
        yield pieces_of(tables_of(loan_months(tables, grid, reported_on, state, close.starts_over)))


def _then(close: Close, chunk: Chunk) -> Iterator[list[Piece]]:
    """Yield the rows that the earlier replay had of loans that do not resume."""
    as_of = close.earlier.as_of
    reported_on = reports_of(close.earlier.book, as_of)
    for rows in zip(*(cut_in_parts(close.then[name], [chunk]) for name in MADE_FROM), strict=True):
        tables = dict(zip(MADE_FROM, rows, strict=True))
        first = first_day(tables["loan"], tables[TAPE])
        if first is not None and first <= as_of:
            yield pieces_of(tables_of(loan_months(tables, observation_grid(first, as_of), reported_on)))
