"""Building packs: what is asked for, what of it is new, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.jobs import provenance
from postloan.jobs.outcome import BuildReport, up_to_date
from postloan.jobs.plan import Plan
from postloan.jobs.scopes import scopes as scopes_of
from postloan.jobs.steps import Echo
from postloan.model.fault import Fault
from postloan.model.scope import ALL
from postloan.report.index import INDEX, is_listed, write_index
from postloan.report.packs import PackFile, check_targets, load_pack, subject_of
from postloan.report.publish import Shelf, prepare, sweep


def build(
    pack: Path,
    *,
    out: Path,
    by: str | None,
    overrides: Mapping[str, str],
    today: date,
    echo: Echo,
) -> BuildReport:
    """Build, check and publish the packs that a pack file asks for.

    Args:
        pack: The pack file, ``params/packs/*.yaml``.
        out: Folder of all packs.
        by: ``branch`` or ``product`` for one pack per group, two at a time; None for one pack.
        overrides: Parameters of the command line as text.
        today: Day of generation, printed in the pack; no figure depends on it.
        echo: Takes the progress lines.

    Returns:
        One result per pack. A pack whose inputs have not changed is not made again, and one that fails
        leaves the others and its own last version as they are.

    Raises:
        Fault: 2 for parameters, scope, date or policy that cannot be; 5 if another run publishes under
            ``out``; 4 if a step before the packs fails.
    """
    file = load_pack(pack, overrides)
    book, as_of = _given(file)
    scopes = scopes_of(book.read("loan"), as_of, file.parameters.scope, by)
    _check_subject(file, scopes)
    prepare(out)
    with locked(out):
        sweep(out, file.parameters.report)
        plans = [_plan(file, book, as_of, out, scope) for scope in scopes]
        done = {plan.scope: path for plan in plans if (path := plan.shelf.made_from(plan.key))}
        pending = [plan for plan in plans if plan.scope not in done]
        made = {}
        if pending:  # what makes packs takes seconds to import, and most scheduled runs find nothing new
            from postloan.jobs.making import made_of

            check_targets(file)
            made = made_of(file, book, pending, out, today, echo)
        if pending or not all(is_listed(out, path) for path in done.values()):
            write_index(out)
    results = [
        made[plan.scope] if plan.scope in made else up_to_date(plan.scope, done[plan.scope]) for plan in plans
    ]
    return BuildReport(tuple(results), out / INDEX, file.parameters.lang)


def draft(pack: Path, overrides: Mapping[str, str], root: Path) -> Path:
    """Compute the results of one pack into ``root`` and return the pack file to open; publishes nothing.

    Raises Fault 2 like ``build``. The draft's day of generation is its as-of date.
    """
    file = load_pack(pack, overrides)
    book, as_of = _given(file)
    (scope,) = scopes_of(book.read("loan"), as_of, file.parameters.scope, None)
    from postloan.jobs.making import drafted

    check_targets(file)
    return drafted(file, book, _plan(file, book, as_of, root, scope), root)


def _check_subject(file: PackFile, scopes: Sequence[str]) -> None:
    """Refuse, with Fault 2, an investigation that is cut to a scope as well, or whose subject cannot be read."""
    if subject_of(file) is not None and tuple(scopes) != (ALL,):
        raise Fault("an investigation has a subject, not a scope", "leave out --by and the scope")


def _given(file: PackFile) -> tuple[Book, date]:
    if file.parameters.book is None:
        raise Fault("no book is given", "add --book FOLDER")
    if file.parameters.as_of is None:
        raise Fault("no as-of date is given", "add --as-of YYYY-MM-DD")
    book = Book.open(Path(file.parameters.book)).as_known(file.parameters.known_at)
    return book, file.parameters.as_of


def _plan(file: PackFile, book: Book, as_of: date, out: Path, scope: str) -> Plan:
    told = file.parameters.subject or scope
    shelf = Shelf(out, file.parameters.report, as_of, told, file.parameters.lang, file.parameters.known_at)
    origin = provenance.origin(file, book, scope)
    return Plan(scope, shelf, origin, provenance.key(origin))
