"""Check: say what a load of a lender's files would do, and write nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postloan.book.store import Book
from postloan.book.version import Version
from postloan.jobs.intake_report import IntakeReport
from postloan.jobs.load import held_by
from postloan.model.fault import Fault
from postloan.sources.files import Delivered, delivered_or_refused
from postloan.sources.identity import load_identity
from postloan.sources.intake import judge
from postloan.sources.judging.desk import Refusal
from postloan.sources.mapping import Mapping, read_mapping


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a load would do.

    Args:
        mapping: The mapping file.
        source: Folder of the delivery.
        book: Folder of the book it was checked against; None if none was named.
        intake: The accounts and refusals, as of a load.
    """

    mapping: Path
    source: Path
    book: Path | None
    intake: IntakeReport

    @property
    def exit_code(self) -> int:
        """Return 3 where a file would be refused, 1 where a row would be quarantined, else 0."""
        return self.intake.exit_code

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data: ``mapping, source, book, exit_code`` and those of the intake."""
        book = None if self.book is None else str(self.book)
        head = {"mapping": str(self.mapping), "source": str(self.source), "book": book}
        return {**head, "exit_code": self.exit_code, **self.intake.as_dict()}

    def text(self, lang: str = "en") -> str:
        """Return the report for a terminal."""
        return "\n".join([str(self.source), *self.intake.lines(lang)])


def check(mapping: Path, source: Path, book: Path | None = None) -> CheckReport:
    """Judge the files in ``source`` as ``mapping`` says, against ``book`` if there is one.

    Every file is judged, even after one that is refused. Rows that refer to a table of which a file is
    refused are not held against that.

    Raises:
        Fault: 2 for a mapping, folder or book that won't do.
    """
    rules = read_mapping(mapping)
    files, missing = _found(rules, source)
    held = held_by(Book(source, Version()) if book is None else Book.open(book))
    judged = judge(rules, files, load_identity(rules, files), held, missing)
    return CheckReport(mapping, source, book, IntakeReport.of(judged, rules.limits.draft_share))


def _found(rules: Mapping, source: Path) -> tuple[Sequence[Delivered], list[Refusal]]:
    """Return the files of a delivery, and those that the mapping names and that are missing or can't be opened."""
    files: list[Delivered] = []
    missing: list[Refusal] = []
    for spec, found in delivered_or_refused(rules, source):
        if isinstance(found, Fault):
            missing.append(Refusal(spec.path, found.label, found.remedy, tuple(spec.tables)))
        else:
            files.append(found)
    return files, missing
