"""Explain a grade: what a policy says of one customer or loan, why, and how near it is to something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.derived.grading import Graded, graded, on_date
from postloan.model.codes import STAFF_ROLE, SUBJECT
from postloan.model.contract import Column, Kind, Sensitivity
from postloan.model.fault import Fault
from postloan.model.mask import mask, scrubbed
from postloan.model.nearest import nearest
from postloan.policy.files import PolicyFile, Rulebook, read_rulebook
from postloan.policy.given import given
from postloan.policy.scheme import Scheme
from postloan.report.section import Format
from postloan.report.style import Style
from postloan.report.text import Text

# Who works with the borrower by name; everyone else, and who does not say, sees it masked.
SEES_NAMES = ("officer", "collector", "manager")
_FORMATS = {
    Kind.MONEY: Format.MONEY,
    Kind.FRACTION: Format.PERCENT,
    Kind.COUNT: Format.COUNT,
    Kind.DAYS: Format.COUNT,
    Kind.DATE: Format.DATE,
}
_WHO = "who"  # stands where a rule's id would: it is not known whether the scheme is about the row


@dataclass(frozen=True, slots=True)
class Verdict:
    """One outcome row and the policy that gave it."""

    row: Mapping[str, Any]
    file: PolicyFile

    @property
    def scheme(self) -> Scheme:
        """Return the scheme of the row."""
        return self.file.policy.schemes[self.row["scheme"]]

    def columns(self) -> dict[str, Column]:
        """Return the inputs of the scheme, by name, in the order of its rules."""
        valid = self.file.policy.columns(self.scheme.subject)
        return {name: valid[name] for name in self.file.policy.names_of(self.scheme)}

    def reasons(self, lang: str) -> list[tuple[str, str]]:
        """Return id and wording of each rule that gave the outcome."""
        told = {reason.rule: reason.why for reason in self.scheme.reasons()}
        told |= {part.rule: part.why for part in (self.scheme.hold, *self.scheme.contagion) if part}
        return [(rule, told[rule].text(lang)) for rule in self.row["rules"].split()]

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain data; inputs under their column names, money in minor units."""
        keys = ("scheme", "subject", "subject_id", "outcome", "previous_outcome", "is_floor")
        near = ("boundary", "boundary_column", "distance", "boundary_outcome", "next_step", "next_count")
        return {
            **{key: self.row[key] for key in keys},
            "rules": self.row["rules"].split(),
            "unassessed": self.row["unassessed"].split(),
            "inputs": {name: self.row[name] for name in self.columns()},
            **{key: self.row[key] for key in near},
            "policy": self.row["policy"],
            "policy_version": self.row["policy_version"],
        }


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that a policy says of a customer and its loans, or of a loan and its customer."""

    subject_id: str
    as_of: date
    name: str | None
    currency: str
    verdicts: tuple[Verdict, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the card as plain data."""
        return {
            "subject_id": self.subject_id,
            "as_of": self.as_of.isoformat(),
            "name": self.name,
            "outcomes": [verdict.as_dict() for verdict in self.verdicts],
        }

    def text(self, lang: str) -> str:
        """Return the card for a reader."""
        head = " ".join(part for part in (self.subject_id, self.name, self.as_of.isoformat()) if part)
        style = Style(lang, self.currency, 0)
        return "\n".join(
            [head, *(line for verdict in self.verdicts for line in verdict_lines(verdict, style))]
        )


def explain(
    subject_id: str, book: Path, as_of: date, *, policy: str = "cn_regulation", role: str = "other"
) -> Card:
    """Return the card of a customer or a loan at ``as_of``.

    Args:
        subject_id: Number of a customer, whose loans are shown too, or of a loan, whose customer is.
        book: Folder of the book.
        as_of: Observation date.
        policy: Policy or composition, by name or path.
        role: Who reads; the name is masked unless the role works with the borrower.

    Raises:
        Fault: 2 for an unknown policy, role or number, or a date before the first loan.
    """
    if role not in STAFF_ROLE.values():
        raise Fault(f"no role {role!r}", nearest(role, STAFF_ROLE.values()))
    opened = Book.open(book)
    rules = given(read_rulebook(policy), open_facts(opened, as_of).given(as_of))
    found = graded(opened, as_of, rules)
    loans = on_date(found.tables["loan_feature"], as_of)
    theirs = loans.filter((pc.field("loan_id") == subject_id) | (pc.field("customer_id") == subject_id))
    if not theirs.num_rows:
        what = f"no customer or loan {scrubbed(subject_id)!r} was in the book on {as_of}"
        raise Fault(what, f"check the number; the book has {loans.num_rows} loans on that date")
    ids = [*theirs["customer_id"].to_pylist(), *theirs["loan_id"].to_pylist()]
    name = _name(opened, theirs["customer_id"][0].as_py(), role)
    currency = opened.version.currency or "CNY"
    return Card(scrubbed(subject_id), as_of, name, currency, tuple(_verdicts(found, rules, ids, as_of)))


def _name(book: Book, customer_id: str, role: str) -> str | None:
    customer = book.read("customer").filter(pc.field("customer_id") == customer_id)
    name: str | None = customer["name"][0].as_py() if customer.num_rows else None
    return name if role in SEES_NAMES else mask(name, Sensitivity.NAME)


def _verdicts(found: Graded, rules: Rulebook, ids: list[str], as_of: date) -> Iterator[Verdict]:
    files = {file.policy.policy: file for file in rules.files}
    for subject in reversed(SUBJECT.values()):  # the customer first, then its loans
        if subject in found.outcome:
            is_theirs = pc.is_in(pc.field("subject_id"), value_set=pa.array(ids, pa.string()))
            for row in on_date(found.outcome[subject], as_of).filter(is_theirs).to_pylist():
                yield Verdict(row, files[row["policy"]])


def verdict_lines(verdict: Verdict, style: Style) -> Iterator[str]:
    """Yield what a reader is told of one outcome: the outcome, its rules, inputs, nearest boundary and next step."""
    text, row, policy = Text(style.lang), verdict.row, verdict.file.policy
    subject = SUBJECT.label(row["subject"]).text(style.lang)
    scheme = verdict.scheme.label.text(style.lang)
    yield ""
    yield f"{subject} {row['subject_id']} · {scheme}: {_outcome(verdict, text)}"
    for rule, why in verdict.reasons(style.lang):
        yield f"  {rule}  {why}"
    if _WHO in row["unassessed"].split():
        yield "  " + text("It is not known whether the scheme is about it: a fact is missing.")
    elif row["unassessed"]:
        yield "  " + text("Not assessed, a fact is missing: {rules}", rules=row["unassessed"])
    for name, column in verdict.columns().items():
        yield f"    {column.label.text(style.lang)}  {_value(row[name], column, style)}"
    yield from _ahead(verdict, text, style)
    for awaited in (part for part in policy.awaits if part.scheme == row["scheme"]):
        yield "  " + text("Not part of it for want of data: {what}", what=awaited.what.text(style.lang))
    yield "  " + text(
        "Policy {policy}, version {version}",
        policy=policy.label.text(style.lang),
        version=row["policy_version"],
    )


def _outcome(verdict: Verdict, text: Text) -> str:
    row, outcomes = verdict.row, verdict.scheme.outcomes
    if row["outcome"] is None:
        return text("not graded")
    now = outcomes[row["outcome"]].text(text.lang)
    told = text("at least {outcome}", outcome=now) if row["is_floor"] else now
    if row["previous_outcome"] in (None, row["outcome"]):
        return told
    before = outcomes[row["previous_outcome"]].text(text.lang)
    return text("{outcome} (before: {before})", outcome=told, before=before)


def _ahead(verdict: Verdict, text: Text, style: Style) -> Iterator[str]:
    row, scheme, policy = verdict.row, verdict.scheme, verdict.file.policy
    if row["boundary"]:
        column = verdict.columns()[row["boundary_column"]]
        dated = policy.parameters[row["boundary"]].on(row["month_end"])
        far = _value(abs(row["distance"]), column, style)
        yield "  " + text(
            "Nearest boundary: {column} {change} → {outcome} ({parameter} {number})",
            column=column.label.text(style.lang),
            change=f"{'+' if row['distance'] > 0 else '−'}{far}",
            outcome=scheme.outcomes[row["boundary_outcome"]].text(style.lang)
            if row["boundary_outcome"]
            else text("not graded"),
            parameter=policy.parameters[row["boundary"]].label.text(style.lang),
            number=_value(dated.value if dated else None, column, style),
        )
    if row["next_step"]:
        step = scheme.next_steps[row["next_step"]].label.text(style.lang)
        yield "  " + text("Next step: {step}", step=step.format(n=row["next_count"]))


def _value(value: Any, column: Column, style: Style) -> str:
    if column.codes is not None and value is not None:
        return column.codes.label(value).text(style.lang)
    whole = int(value) if column.kind in (Kind.COUNT, Kind.DAYS) and value is not None else value
    return style.text(whole, _FORMATS.get(column.kind, Format.TEXT))
