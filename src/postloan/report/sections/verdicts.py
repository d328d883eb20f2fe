"""Why: grades and classes with rules, inputs and nearest boundaries, as the policies say them."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.section import Format, Paragraphs, Section


def verdicts(pack: Pack) -> Section:
    """Build the section: the card of each customer and loan."""
    text = pack.text
    lines = [str(line) for line in pack.frame("subject_cards")[pack.head.lang]]
    told = tuple(line.strip() for line in lines if line.strip())
    heads = sum(1 for line in lines if line and not line.startswith(" "))
    return Section(
        key="verdicts",
        heading=text("Grades and why"),
        takeaway=text(
            "{n} outcomes are told, each with its rules and what it stands on.",
            n=said(pack, heads, Format.COUNT),
        ),
        blocks=(Paragraphs("cards", told),),
        footnotes=(text("Of many loans, those with the largest overdue amounts are told."),),
    )
