"""The investigation of one subject as results frames."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pandas as pd

from postloan.book.store import Book
from postloan.jobs.derived.grading import graded, on_date
from postloan.jobs.explain import Verdict, verdict_lines
from postloan.jobs.subject_events import events
from postloan.metrics import investigation
from postloan.metrics.connections import connections
from postloan.metrics.facts import Facts
from postloan.metrics.scope import framed
from postloan.model.codes import SUBJECT
from postloan.model.fault import Fault
from postloan.model.mask import scrubbed
from postloan.model.subject import Subject
from postloan.policy.files import Rulebook
from postloan.policy.given import given
from postloan.report.style import Style

_YEARS = 3
_FEW = 12  # loans whose every event and grade is told; of more, the months and the comparison speak
_CUSTOMER = (
    "customer_id", "name", "customer_kind", "id_number", "phone", "address", "industry", "region", "size_class",
    "group_id", "employer", "customer_since_on",
)  # fmt: skip
_SECURITY = {
    "guarantee": ("loan_id", "name", "guaranteed_minor", "until_on"),
    "collateral": (
        "collateral_id",
        "loan_id",
        "collateral_kind",
        "value_minor",
        "accepted_on",
        "released_on",
    ),
    "valuation": ("collateral_id", "valued_on", "value_minor"),
}


def subject_frames(
    book: Book, facts: Facts, as_of: date, subject: Subject, rules: Rulebook, currency: str
) -> dict[str, pd.DataFrame]:
    """Return the frames of an investigation.

    Args:
        book: What outcomes are kept beside.
        facts: Of the book at ``as_of``.
        as_of: Observation date.
        subject: Who is looked at.
        rules: What grades.
        currency: Of the book.

    Raises:
        Fault: 2 where no loan belongs to the subject at ``as_of``.
    """
    chosen = facts.connection.create_table(
        "_chosen", investigation.subject_loans(facts, subject, as_of).to_pyarrow(), overwrite=True
    )
    loans = investigation.loans(facts, chosen, as_of)
    if loans.empty:
        raise Fault(
            f"no loan belongs to {scrubbed(subject.text)!r} on {as_of}",
            "check the name or the number; they are compared letter by letter",
        )
    customers = list(dict.fromkeys(loans["customer_id"].dropna()))
    frames = {
        "subject_loans": loans,
        "subject_months": investigation.months(facts, chosen, as_of),
        "subject_compared": investigation.comparison(facts, subject, chosen, as_of),
    }
    if subject.is_segment:
        frames["subject_drivers"] = investigation.drivers(facts, subject, chosen, as_of)
        return frames
    frames["subject_customers"] = _customers(facts, customers)
    frames["subject_security"] = _security(facts, chosen, as_of)
    since = as_of.replace(year=as_of.year - _YEARS, day=1)
    frames["subject_events"] = events(facts, chosen, as_of, since)
    frames["subject_cards"] = _cards(book, facts, as_of, loans[:_FEW], rules, currency)
    frames["subject_links"], frames["subject_net"] = connections(facts, customers, as_of)
    return frames


def _customers(facts: Facts, customers: list[str]) -> pd.DataFrame:
    t = facts.table("customer")
    return framed(
        t.filter(t.customer_id.isin(customers)).select(*_CUSTOMER).order_by("customer_id").to_pyarrow()
    )


def _security(facts: Facts, chosen: ibis.Table, as_of: date) -> pd.DataFrame:
    """Return what secures the loans: ``kind, loan_id, name, collateral_kind, value_minor, on``; the latest value counts."""
    guarantee, collateral, valuation = (facts.table(name) for name in _SECURITY)
    g = guarantee.semi_join(chosen, "loan_id")
    c = collateral.semi_join(chosen, "loan_id")
    v = valuation.filter(valuation.valued_on <= ibis.literal(as_of))
    last = v.group_by("collateral_id").agg(
        latest=v.value_minor.argmax(v.valued_on), latest_on=v.valued_on.max()
    )
    c = c.left_join(last, "collateral_id")
    blank: Any = ibis.null("string")
    both = ibis.union(
        g.select(kind=ibis.literal("guarantee"), loan_id=g.loan_id.cast("string"), name=g.name, collateral_kind=blank,
                 value_minor=g.guaranteed_minor, on=g.until_on),
        c.select(kind=ibis.literal("collateral"), loan_id=c.loan_id.cast("string"), name=blank, collateral_kind=c.collateral_kind,
                 value_minor=c.latest.coalesce(c.value_minor), on=c.latest_on.coalesce(c.accepted_on)),
    )  # fmt: skip
    return framed(both.order_by(["kind", "loan_id", "value_minor"]).to_pyarrow())


def _cards(
    book: Book, facts: Facts, as_of: date, loans: pd.DataFrame, rules: Rulebook, currency: str
) -> pd.DataFrame:
    """Return why each customer and loan has its grades, a line each: ``place, zh, en``."""
    told = given(rules, facts.whole().given(as_of))
    found = graded(book, as_of, told)
    files = {file.policy.policy: file for file in told.files}
    wanted = {"customer": set(loans["customer_id"].dropna()), "loan": set(loans["loan_id"])}
    rows = [
        Verdict(row, files[row["policy"]])
        for subject in reversed(SUBJECT.values())
        if subject in found.outcome
        for row in on_date(found.outcome[subject], as_of).to_pylist()
        if row["subject_id"] in wanted[subject]
    ]
    lines = [
        pair
        for verdict in rows
        for pair in zip(
            *(verdict_lines(verdict, Style(lang, currency, 0)) for lang in ("zh", "en")), strict=True
        )
    ]
    return pd.DataFrame(lines, columns=["zh", "en"], dtype="str").assign(place=range(len(lines)))
