"""Open a book for exploring in a notebook."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

from postloan.book.store import Book
from postloan.jobs.derived.facts import facts_under
from postloan.jobs.explain import explain
from postloan.metrics.facts import Facts
from postloan.model.fault import Fault
from postloan.policy.files import PolicyFile, read_policy
from postloan.report.head import Head
from postloan.report.text import LANGUAGES, Text
from postloan.widgets.desk import Desk
from postloan.widgets.dossier import Explain
from postloan.widgets.explorer import Explorer
from postloan.widgets.latest import AtOnce, InKernel
from postloan.widgets.portfolio import open_portfolio
from postloan.widgets.view import View


def open_explorer(
    book: str, *, as_of: str, policy: str, plan: str, lang: str, masked: bool, exports: str
) -> Explorer:
    """Return the exploration of a book; display its ``box``.

    Args:
        book: Folder of the book.
        as_of: Observation date, ``YYYY-MM-DD``.
        policy: Name of a policy in ``params/policies/``, which classifies.
        plan: Name of a plan that grades, for the cards of loans; blank for none.
        lang: ``zh`` or ``en`` to start in.
        masked: Whether names are masked.
        exports: Folder for exported lists.

    Raises:
        Fault: 2 for a parameter that cannot be, naming the nearest that can.
    """
    desk = open_desk(Path(book), _day(as_of), policy, plan, exports=Path(exports), masked=masked)
    view = View(month=desk.portfolio.months[-1], lang=Text(lang).lang)  # type: ignore[arg-type]
    return Explorer(desk, view, InKernel() if _runs_in_kernel() else AtOnce())


def open_desk(book: Path, as_of: date, policy: str, plan: str, *, exports: Path, masked: bool) -> Desk:
    """Return what an exploration works with; see ``open_explorer``."""
    opened, file = Book.open(book), read_policy(policy)
    facts = facts_under(opened, as_of, file)
    heads = {lang: _head(opened, as_of, file, lang, masked) for lang in LANGUAGES}
    cards = _cards(book, as_of, plan) if plan else None
    return Desk(open_portfolio(facts, as_of), heads, _largest(facts, as_of), exports, cards)


def _cards(book: Path, as_of: date, plan: str) -> Explain:
    return lambda loan_id, lang: explain(loan_id, book, as_of, policy=plan).text(lang)


def _head(book: Book, as_of: date, file: PolicyFile, lang: str, masked: bool) -> Head:
    lender = book.properties()
    return Head(
        report="explore_portfolio",
        lender=str(lender[f"lender_{lang}"]),
        as_of=as_of,
        scope="all",
        lang=lang,
        currency=str(lender["currency"]),
        version="",
        is_final=False,
        is_synthetic=bool(lender["is_synthetic"]),
        is_masked=masked,
        book_version=f"{book.version.number} ({book.version.id[:8]})",
        policy=file.policy.label.text(lang),
        policy_version=file.sha256[:8],
        prepared_by="",
        generated_on=datetime.now(UTC).date(),
    )


def _largest(facts: Facts, as_of: date) -> int:
    position = facts.table("position")
    total = position.filter(position["month_end"] == as_of)["balance_minor"].sum().cast("int64")
    return int(total.to_pyarrow().as_py() or 0)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Fault(f"as_of: {text!r} is no date", "write it as YYYY-MM-DD") from None


def _runs_in_kernel() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
