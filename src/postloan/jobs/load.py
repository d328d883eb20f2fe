"""Load: check a lender's files and take them into the book."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.jobs.derived.code import code_hash
from postloan.jobs.derived.tidying import tidy
from postloan.jobs.intake_report import CLEAN, QUARANTINED, IntakeReport
from postloan.jobs.restating import Restatement, restatement
from postloan.jobs.restating_text import restatement_lines
from postloan.model.fault import REFUSED, Fault
from postloan.model.quarantine import QUARANTINE
from postloan.model.restatement import RESTATEMENT
from postloan.report.text import Text
from postloan.sources.files import deliveries
from postloan.sources.identity import contract_identity, load_identity
from postloan.sources.intake import Intake, take_in
from postloan.sources.judging.desk import Held
from postloan.sources.judging.knowledge import Before, known_in_turn
from postloan.sources.mapping import Mapping, read_mapping

# What makes a book one lender's; a note on time zones may be reworded.
_FIXED = ("lender_zh", "lender_en", "is_synthetic", "currency")


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Args:
        book: Folder of the book.
        version: Number of the version in force afterwards, or of the one that already held the load.
        changed: False where the same load was there already and nothing was written.
        intake: The accounts; the entries are those of the book's ledger.
        restated: What the load changed of month-ends that the book had covered (see ``jobs.restating``);
            None where nothing was written.
    """

    book: Path
    version: int
    changed: bool
    intake: IntakeReport
    restated: Restatement | None

    @property
    def exit_code(self) -> int:
        """Return 1 where more of the delivery is in quarantine than a final pack may have, else 0."""
        return QUARANTINED if self.changed and self.intake.is_draft else CLEAN

    @property
    def entries(self) -> tuple[dict[str, Any], ...]:
        """Return the ledger entries of the load."""
        return self.intake.entries

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data: ``book, version, changed, restated`` and those of the intake."""
        head = {"book": str(self.book), "version": self.version, "changed": self.changed}
        restated = self.restated.as_dict() if self.restated else None
        return {**head, **self.intake.as_dict(), "restated": restated}

    def text(self, lang: str = "en") -> str:
        """Return the report for a terminal."""
        if self.restated is None:
            return Text(lang)("already loaded, version {version}; nothing changed", version=self.version)
        head = Text(lang)("{book}: version {version}", book=self.book, version=self.version)
        return "\n".join([head, *self.intake.lines(lang), *restatement_lines(self.restated, lang)])


def load(mapping: Path, source: Path, book: Path, delivered_on: date | None = None) -> LoadReport:
    """Load the files in ``source`` into ``book`` as ``mapping`` says.

    The same bytes, mapping and contract as in an earlier load change nothing. ``delivered_on``, where
    given, goes before the mapping's.

    Raises:
        Fault: 2 for a mapping or folder that won't do, 3 where the input is refused, 4 where the disk
            fails, 5 where another run writes the book. The book is unchanged in every case.
    """
    rules = read_mapping(mapping)
    if delivered_on is not None:
        rules = rules.model_copy(update={"delivered_on": delivered_on})
    files = deliveries(rules, source)
    identity = load_identity(rules, files)
    before = Book.open_or_create(book)
    with locked(book):
        before = Book.open_or_create(book)
        known = before.version.load_version(identity)
        if known is not None:
            entries = tuple(e for e in before.loads() if e["load"] == identity)
            return LoadReport(book, known, False, IntakeReport(entries, rules.limits.draft_share), None)
        _refuse_other_lender(before, rules)
        intake = take_in(rules, files, identity, held_by(before))
        earlier = Before(before.ask, before.latest_known())
        accepted = known_in_turn(intake.accepted, intake.stated, rules.delivered_on, earlier)
        restated = restatement(before, accepted, identity, rules.currency)
        mark = {"load": identity, "version": before.version.number + 1}
        entries = tuple({**mark, **entry.as_dict()} for entry in intake.accounts)
        retries = tuple({**mark, **retry.as_dict()} for retry in intake.retries if retry.has_moved)
        tables = {**accepted, QUARANTINE: intake.quarantine, RESTATEMENT: restated.rows}
        after = _committed(before, tables, _next(before, rules, (*entries, *retries)), intake)
    report = replace(IntakeReport.of(intake, rules.limits.draft_share), entries=entries)
    return LoadReport(book, after.version.number, True, report, restated)


def held_by(book: Book) -> Held:
    """Return what the book holds, as a delivery is judged against it."""
    return Held(book.ask, book.read(QUARANTINE), book.loads())


def _next(before: Book, rules: Mapping, entries: tuple[dict[str, Any], ...]) -> Version:
    return Version(
        contract=contract_identity(),
        loads=(*before.version.loads, *entries),
        properties=rules.properties(),
    )


def _committed(before: Book, tables: dict[str, pa.Table], version: Version, intake: Intake) -> Book:
    """Write the next version, and remove derived tables that nothing will read again."""
    after = commit(before, tables, version, intake.superseded)
    tidy(after, code_hash())
    return after


def _refuse_other_lender(book: Book, rules: Mapping) -> None:
    """One book, one lender, one currency; real and synthetic rows never share one."""
    has, given = book.properties(), rules.properties()
    for name in _FIXED:
        if has and has[name] != given[name]:
            raise Fault(
                f"{book.root}: the book's {name} is {has[name]!r}, the mapping says {given[name]!r}",
                "load into a book of its own",
                REFUSED,
            )
