"""Derived tables brought up to a new replay: of most loans only what the months since add is derived.

Loans whose settled months, attributes or allowances changed are derived from the beginning, as they are and
as they were; the files in which they differ are written anew and all others are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from postloan.book.query import Files, run
from postloan.book.store import Book
from postloan.engine.cures import REDEFAULT_MONTHS
from postloan.engine.flows import Period, periods
from postloan.jobs.derived.chunks import Chunk, cut_in_parts, in_parts
from postloan.jobs.derived.deriving import ATTRIBUTES, attributes_of, derived, of_stock, stock_of
from postloan.jobs.derived.earlier import Earlier
from postloan.jobs.derived.month_files import Piece, is_settled, pieces_of, write_pieces
from postloan.jobs.derived.replaying import grid_of
from postloan.jobs.derived.sharing import Kept, held_of, shared
from postloan.jobs.derived.versions import Versions
from postloan.model.derived import LOAN_MONTH, POSITION
from postloan.model.fault import Fault
from postloan.policy.policy import Policy

_OWN = pa.schema([LOAN_MONTH.schema().field("loan_id")])
_BORROWED = "SELECT loan_id FROM held.loan SEMI JOIN changed USING (customer_id)"
_MONTHS = "SELECT {columns} FROM months SEMI JOIN loans USING (loan_id) ORDER BY loan_id, month_end"
_EXITS = "SELECT {columns} FROM position WHERE status <> 'active' ORDER BY loan_id, month_end"


@dataclass(frozen=True, slots=True)
class Basis:
    """Some loans' months and attributes, from which all that is derived of them follows."""

    replayed: Path
    attributes: Mapping[str, pa.Table]
    grid: Sequence[date]


@dataclass(frozen=True, slots=True)
class Update:
    """What is needed to bring derived tables up to a new replay.

    Args:
        earlier: The replay, and what was derived from it.
        kept: Names of the chunks that had the same loans from end to end.
        loans: Those that are derived from the beginning.
        now, then: What these are made of, and were.
        policy: Classifies their months.
    """

    earlier: Earlier
    kept: frozenset[str]
    loans: pa.Table
    now: Basis
    then: Basis
    policy: Policy

    @property
    def spans(self) -> list[Period]:
        """The periods that end after the earlier replay."""
        return [span for span in periods(self.now.grid) if span.month_end > self.earlier.on]

    @property
    def before(self) -> date:
        """The day before the first date of which the rows count for what is not settled."""
        opening = [span.from_month_end for span in self.spans]
        return min([_months_before(self.earlier.on, REDEFAULT_MONTHS), *opening]) - timedelta(days=1)

    def is_settled(self, folder: str) -> bool:
        """Say whether the months since the earlier replay add nothing to the rows of a piece's folder."""
        on = self.earlier.on
        is_cure = folder.startswith("cure/")
        return is_settled(folder, _months_before(on, REDEFAULT_MONTHS) if is_cure else on)


def update_of(
    book: Book,
    earlier: Earlier,
    chunks: Sequence[Chunk],
    replayed: Path,
    policy: Policy,
    grid: Sequence[date],
) -> Update | None:
    """Return how what was derived from an earlier replay is brought up to the one in ``replayed``.

    None where the earlier one is damaged.
    """
    try:
        versions = Versions.of(earlier.book, book, ATTRIBUTES)
        kept = versions.same_chunks(chunks)
        loans = pa.concat_tables([_touched(versions, earlier.on), *_replayed_anew(earlier, kept, replayed)])
        loans = pa.table([pc.unique(loans["loan_id"])], schema=_OWN)
        now = {name: versions.now(name, loans) for name in ("loan", "provision")}
        then = {name: versions.then(name, loans) for name in ("loan", "provision")}
        borrowers = pa.concat_tables([table["loan"].select(["customer_id"]) for table in (now, then)])
        now["customer"] = versions.now("customer", borrowers)
        then["customer"] = versions.then("customer", borrowers)
        before = grid_of(earlier.book, earlier.as_of)
    except (Fault, OSError, pa.ArrowException):
        return None
    of_now, of_then = Basis(replayed, now, grid), Basis(earlier.folder, then, before)
    return Update(earlier, kept, loans, of_now, of_then, policy)


def _touched(versions: Versions, on: date) -> pa.Table:
    """Return the loans with other attributes or other allowances up to ``on``."""
    loan, customer, provision = (versions.changed[name] for name in ATTRIBUTES)
    borrowed = [
        book.ask(_BORROWED, _OWN, {"changed": pa.concat_tables(customer).select(["customer_id"])})
        for book in (versions.before, versions.after)
    ]
    allowed = pa.concat_tables(provision)
    allowed = allowed.filter(pc.less_equal(allowed["month_end"], pa.scalar(on, pa.date32())))
    return pa.concat_tables([*(table.select(["loan_id"]) for table in (*loan, allowed)), *borrowed])


def _replayed_anew(earlier: Earlier, kept: frozenset[str], replayed: Path) -> Iterator[pa.Table]:
    """Yield the loans whose months up to the earlier replay are not as they were."""
    for chunk in sorted(kept):
        names = {*held_of(earlier.folder, chunk), *held_of(replayed, chunk)}
        for name in sorted(names):
            if not name.startswith(f"{LOAN_MONTH.name}/") or not is_settled(name, earlier.on):
                continue
            paths = [root / name / f"{chunk}.parquet" for root in (earlier.folder, replayed)]
            if not all(path.exists() for path in paths) or not paths[0].samefile(paths[1]):
                yield _different(*(_rows(path) for path in paths))


def _rows(path: Path) -> pa.Table:
    return pq.read_table(path, partitioning=None) if path.exists() else LOAN_MONTH.schema().empty_table()


def _different(before: pa.Table, after: pa.Table) -> pa.Table:
    """Return the loans that have another row of a month, or a row in one of the tables alone."""
    places = pc.index_in(after["loan_id"], value_set=before["loan_id"].combine_chunks())
    is_held = pc.is_valid(places)
    gone = pc.invert(pc.is_in(before["loan_id"], value_set=after["loan_id"].combine_chunks()))
    known, rows = after.filter(is_held), before.take(places.filter(is_held).combine_chunks())
    differs = pa.chunked_array([pa.array([False] * len(known), pa.bool_())])
    for left, right in zip(known.columns, rows.columns, strict=True):
        both = pc.fill_null(pc.not_equal(left, right), False)
        differs = pc.or_(differs, pc.or_(both, pc.xor(pc.is_null(left), pc.is_null(right))))
    return pa.concat_tables(
        [
            table.select(["loan_id"])
            for table in (before.filter(gone), after.filter(pc.invert(is_held)), known.filter(differs))
        ]
    )


def update_book(book: Book, update: Update, chunks: Sequence[Chunk], folder: Path) -> None:
    """Write into ``folder`` what ``deriving.derive_book`` would write, byte for byte.

    Raises:
        Fault: 4 for a file of the book that is gone or damaged.
        OSError, pa.ArrowException: A file of the earlier tables is.
    """
    write_pieces(folder, _all_pieces(book, update, chunks, folder))


def _all_pieces(
    book: Book, update: Update, chunks: Sequence[Chunk], folder: Path
) -> Iterator[tuple[str, Sequence[Piece]]]:
    attributes = attributes_of(book, chunks)
    for chunk in chunks:
        own = islice(attributes, len(chunk.ends))
        if chunk.name in update.kept:
            yield from _pieces(update, chunk, own, folder)
            continue
        months = in_parts(_files(update.now.replayed, LOAN_MONTH.name, chunk), [chunk])
        for rows, given in zip(months, own, strict=True):
            yield chunk.name, pieces_of(derived(rows, given, update.policy, update.now.grid))


def _pieces(
    update: Update, chunk: Chunk, attributes: Iterator[Mapping[str, pa.Table]], folder: Path
) -> Iterator[tuple[str, Sequence[Piece]]]:
    """Yield what the months since the earlier replay add to a chunk, then what is not as it was before."""
    now, then = (_stock(update, basis, chunk) for basis in (update.now, update.then))
    for stock in _stocks(update, chunk, attributes, now):
        cut = pieces_of(of_stock(stock, update.spans, update.now.grid))
        yield chunk.name, [piece for piece in cut if not update.is_settled(piece.folder)]
    settled_now, settled_then = (
        [
            piece
            for piece in pieces_of(of_stock(stock, periods(basis.grid), basis.grid))
            if update.is_settled(piece.folder)
        ]
        for stock, basis in ((now, update.now), (then, update.then))
    )
    ends = {f"flow/month_end={span.month_end}" for span in periods(update.now.grid)}
    held = [
        name
        for name in held_of(update.earlier.facts, chunk.name)
        if update.is_settled(name) and (name in ends or not name.startswith("flow/"))
    ]
    yield (
        chunk.name,
        list(shared(Kept(update.earlier.facts, folder, chunk.name), held, settled_now, settled_then)),
    )


def _stock(update: Update, basis: Basis, chunk: Chunk) -> pa.Table:
    """Return the positions of a chunk's loans that are derived from the beginning."""
    schema = LOAN_MONTH.schema()
    query = _MONTHS.format(columns=", ".join(schema.names))
    files = _files(basis.replayed, LOAN_MONTH.name, chunk)
    months = run(query, schema, {"months": files, "loans": update.loans})
    return stock_of(months, basis.attributes, update.policy)


def _stocks(
    update: Update, chunk: Chunk, attributes: Iterator[Mapping[str, pa.Table]], anew: pa.Table
) -> Iterator[pa.Table]:
    """Yield the positions of each part that count for what is not settled: of those that were, as they were."""
    on = update.earlier.on
    months = in_parts(_files(update.now.replayed, LOAN_MONTH.name, chunk, after=on), [chunk])
    facts, schema = update.earlier.facts, POSITION.schema()
    tail = in_parts(_files(facts, POSITION.name, chunk, after=update.before, upto=on), [chunk])
    older = _files(facts, POSITION.name, chunk, upto=update.before)
    exits = run(_EXITS.format(columns=", ".join(schema.names)), schema, {"position": older})
    anew = anew.filter(pc.less_equal(anew["month_end"], pa.scalar(on, pa.date32())))
    parts = zip(
        months, attributes, tail, cut_in_parts(exits, [chunk]), cut_in_parts(anew, [chunk]), strict=True
    )
    for new, given, *held, own in parts:
        fresh = stock_of(new, given, update.policy)
        steady = pa.concat_tables(held)
        is_own = pc.is_in(steady["loan_id"], value_set=update.loans["loan_id"].combine_chunks())
        yield pa.concat_tables([fresh, steady.filter(pc.invert(is_own)), own])


def _files(root: Path, table: str, chunk: Chunk, *, after: date = date.min, upto: date = date.max) -> Files:
    """Return a chunk's files of a table by date, of the dates from ``after`` (not itself) up to ``upto``."""
    schema = {LOAN_MONTH.name: LOAN_MONTH, POSITION.name: POSITION}[table].schema()
    found = {
        path: path.parent.name.partition("=")[2] for path in (root / table).glob(f"*/{chunk.name}.parquet")
    }
    kept = [path for path, day in found.items() if str(after) < day <= str(upto)]
    return Files(sorted(kept), schema)


def _months_before(month_end: date, months: int) -> date:
    """Return the month-end that lies some months before another."""
    number = month_end.year * 12 + month_end.month - months  # of the month after it, from 0
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)
