"""Load: check a lender's files and take them into the book."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.book.version import Version
from postloan.book.write import commit
from postloan.model.fault import REFUSED, Fault
from postloan.model.quarantine import QUARANTINE
from postloan.sources.files import deliveries
from postloan.sources.identity import contract_identity, load_identity
from postloan.sources.intake import Intake, take_in
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
        entries: Ledger entries of the load, one per file and table.
    """

    book: Path
    version: int
    changed: bool
    entries: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "book": str(self.book),
            "version": self.version,
            "changed": self.changed,
            "files": list(self.entries),
        }

    def text(self) -> str:
        """Return the report for a terminal: a line per file and table, then what needs a look."""
        if not self.changed:
            return f"already loaded, version {self.version}; nothing changed"
        lines = [f"{self.book}: version {self.version}"]
        for entry in self.entries:
            lines += _entry_lines(entry)
        return "\n".join(lines)


def load(mapping: Path, source: Path, book: Path) -> LoadReport:
    """Load the files in ``source`` into ``book`` as ``mapping`` says.

    The same bytes, mapping and contract as in an earlier load change nothing.

    Raises:
        Fault: 2 for a mapping or folder that won't do, 3 where the input is refused, 4 where the disk
            fails, 5 where another run writes the book. The book is unchanged in every case.
    """
    rules = read_mapping(mapping)
    files = deliveries(rules, source)
    identity = load_identity(rules, files)
    before = Book.open_or_create(book)
    with locked(book):
        before = Book.open_or_create(book)
        known = before.version.load_version(identity)
        if known is not None:
            entries = tuple(e for e in before.loads() if e["load"] == identity)
            return LoadReport(book, known, False, entries)
        _refuse_other_lender(before, rules)
        intake = take_in(rules, files, identity, before.read)
        number = before.version.number + 1
        entries = tuple({"load": identity, "version": number, **a.as_dict()} for a in intake.accounts)
        after = commit(before, _tables(intake), _next(before, rules, entries))
    return LoadReport(book, after.version.number, True, entries)


def _tables(intake: Intake) -> dict[str, Any]:
    return {**intake.accepted, QUARANTINE: intake.quarantine}


def _next(before: Book, rules: Mapping, entries: tuple[dict[str, Any], ...]) -> Version:
    return Version(
        contract=contract_identity(),
        loads=(*before.version.loads, *entries),
        properties=rules.properties(),
    )


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


def _entry_lines(entry: dict[str, Any]) -> list[str]:
    ignored = ", ".join(f"{cause.replace('_', ' ')} {n}" for cause, n in entry["ignored"].items())
    head = (
        f"  {entry['file']} → {entry['table']}: read {entry['rows_read']}, accepted {entry['rows_accepted']}, "
        f"quarantined {entry['rows_quarantined']}, ignored {entry['rows_ignored']}"
    )
    lines = [head + (f" ({ignored})" if ignored else "")]
    for kind in ("reasons", "warnings"):
        word = {"reasons": "quarantined", "warnings": "warning"}[kind]
        lines += [
            f"    {word}: {r['reason']}: {r['rows']} rows, first at row {r['first_row']}" for r in entry[kind]
        ]
    if entry["ignored_columns"]:
        lines.append(f"    columns not used: {', '.join(entry['ignored_columns'])}")
    return lines
