"""Outcomes of a book by month: features, verdicts and memory, kept beside the book as Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from postloan.book.store import Book
from postloan.engine.claims import claims
from postloan.engine.features import customer_features, due_instalments, loan_features
from postloan.jobs.derived.code import code_hash
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.derived.replaying import grid_of
from postloan.metrics.facts import Facts
from postloan.model.grading import CUSTOMER_FEATURE, DUE_INSTALMENT, LOAN_FEATURE
from postloan.policy.composition import segmented
from postloan.policy.files import Rulebook
from postloan.policy.given import given
from postloan.policy.grade import KEYS, outcomes
from postloan.policy.measures import measured
from postloan.policy.memory import folded

_FEATURES = {table.name: table.grain for table in (LOAN_FEATURE, CUSTOMER_FEATURE, DUE_INSTALMENT)}


@dataclass(frozen=True, slots=True)
class Graded:
    """What a rulebook says of a book.

    Args:
        dates: Observation dates, rising; the last is the as-of date.
        tables: ``loan_feature``, ``customer_feature`` and ``due_instalment`` of these dates.
        outcome: By subject, table ``outcome`` of these dates, the inputs of its schemes beside it.
    """

    dates: tuple[date, ...]
    tables: Mapping[str, pa.Table]
    outcome: Mapping[str, pa.Table]


def graded(book: Book, as_of: date, rules: Rulebook) -> Graded:
    """Return what ``rules`` say of ``book`` at ``as_of``; computed the first time, read afterwards.

    A rule that reads a table the lender does not give is left out (see ``policy.given``). Schemes that remember are followed from the first month of the book; others need the month before, for
    the outcome that was.

    Raises:
        Fault: 2 where nothing was lent by ``as_of``.
    """
    dates = tuple(grid_of(book, as_of) if _remembers(rules) else grid_of(book, as_of)[-2:])

    def build(folder: Path) -> None:
        facts = open_facts(book, as_of)
        made = graded_by(given(rules, facts.given(as_of)), featured(facts, dates))
        outcome = {f"{subject}_outcome": table for subject, table in made.outcome.items()}
        for name, table in {**made.tables, **outcome}.items():
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")

    folder = book.derive(f"outcome-{as_of}-{rules.sha256[:16]}-{_code()[:16]}", build)
    found = {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}
    outcome = {subject: found[f"{subject}_outcome"] for subject in KEYS if f"{subject}_outcome" in found}
    return Graded(dates, {name: found[name] for name in _FEATURES}, outcome)


def featured(facts: Facts, dates: Sequence[date]) -> Graded:
    """Return the features at ``dates``, nothing graded yet."""
    connection = facts.connection
    position, instalments = facts.table("position"), facts.table("instalment_outcome")
    finding, provision, debt = (facts.table(name) for name in ("finding", "provision", "other_bank_debt"))
    claim = claims(position, finding, provision, debt, dates)
    loan = loan_features(position, instalments, facts.table("loan_event"), claim, dates)
    at = connection.create_table("loan_feature", loan.to_pyarrow(), overwrite=True)
    due = due_instalments(position, instalments, dates)
    due_at = connection.create_table("due_instalment", due.to_pyarrow(), overwrite=True)
    tables = dict(zip(_FEATURES, (at, customer_features(at, due_at), due_at), strict=True))
    # In the order of their keys, so that the same book gives the same files.
    kept = {name: table.order_by(list(_FEATURES[name])).to_pyarrow() for name, table in tables.items()}
    return Graded(tuple(dates), kept, {})


def graded_by(
    rules: Rulebook, features: Graded, before: Mapping[str, pa.Table] | None = None, *, near: bool = True
) -> Graded:
    """Return ``features`` with the outcomes that ``rules`` give.

    Args:
        rules: What grades.
        features: Features of some dates; outcomes are not looked at.
        before: By subject, outcome rows of the observation date before the first, to go on from.
        near: Tell nearest boundaries and next steps at the last date.
    """
    connection = ibis.duckdb.connect(threads=2)
    connection.raw_sql("SET enable_progress_bar = false")  # it would draw into notebooks
    at = {name: connection.create_table(name, table) for name, table in features.tables.items()}
    found: dict[str, pa.Table] = {}
    for subject, key in KEYS.items():
        parts = []
        for place, file in enumerate(rules.files):
            taken = segmented(at[f"{subject}_feature"], rules.segments, place)
            beside = measured(taken, at["due_instalment"], file.policy, key, features.dates)
            rows = outcomes(beside, file, subject, features.dates, near=near)
            if rows is not None:
                parts.append(folded(rows.to_pyarrow(), file.policy, (before or {}).get(subject)))
        if parts:
            found[subject] = pa.concat_tables(parts, promote_options="default")
    return replace(features, outcome=found)


def on_date(table: pa.Table, on: date) -> pa.Table:
    """Return the rows of one observation date."""
    return table.filter(pc.field("month_end") == pa.scalar(on, pa.date32()))


def _remembers(rules: Rulebook) -> bool:
    return any(s.hold or s.contagion for file in rules.files for s in file.policy.schemes.values())


def _code() -> str:
    return hashlib.sha256(code_hash().encode() + Path(__file__).read_bytes()).hexdigest()
