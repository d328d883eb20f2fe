"""Why the NPL ratio moved: a bridge in basis points that closes and drills to loans (F-51)."""

from __future__ import annotations

import pandas as pd

from postloan.report.pack import Pack
from postloan.report.phrases import moved, points, said
from postloan.report.reading import figure
from postloan.report.records import Record, fraction, records, whole, written
from postloan.report.section import (
    Chart,
    ChartKind,
    Field,
    Figure,
    Format,
    Listing,
    Paragraphs,
    Row,
    RowKind,
    Section,
    Series,
    Table,
)

LEVELS = ("opening_ratio", "closing_ratio")
TOP_LOANS = 5


def npl_bridge(pack: Pack) -> Section:
    """Build the section: waterfall for the month, table for month and year, largest loans per term."""
    frame = pack.frame("npl_bridge")
    bases = [base for base in ("month", "year") if base in set(frame["base"])]
    return Section(
        key="npl_bridge",
        heading=pack.text("What moved the NPL ratio"),
        takeaway=bridge_sentence(pack),
        blocks=(
            *(waterfall(pack, base) for base in bases),
            *(_table(pack, frame, base) for base in bases),
            _top(pack),
            _listing(pack),
        ),
        footnotes=(
            pack.text(
                "Terms add up exactly; the effect of loan growth is NPL × (1/closing balance − 1/opening balance)."
            ),
        ),
        metrics=("npl_ratio", "npl_balance"),
    )


def term_labels(pack: Pack) -> dict[str, str]:
    """Return the name of every bridge term, in reading order."""
    text = pack.text
    return {
        "opening_ratio": text("Opening"),
        "new_npl": text("New NPL"),
        "recovered": text("Cash recovered"),
        "upgraded": text("Upgraded"),
        "written_off": text("Written off"),
        "sold": text("Sold"),
        "repossessed": text("Repossessed"),
        "waived": text("Waived"),
        "reclassified": text("Changed by reschedule"),
        "unknown": text("Class became unknown"),
        "loan_growth": text("Loan growth"),
        "closing_ratio": text("Closing"),
    }


def _terms(pack: Pack, frame: pd.DataFrame, base: str) -> list[tuple[str, Record]]:
    found = {str(row["term"]): row for row in records(frame[frame["base"] == base])}
    return [(term, found[term]) for term in term_labels(pack) if term in found]


def bridge_sentence(pack: Pack) -> str:
    """Return what moved the NPL ratio on the month: its level and the two or three largest terms."""
    now = figure(pack, "npl_ratio", pack.head.as_of)
    terms = [(t, r["bp"]) for t, r in _terms(pack, pack.frame("npl_bridge"), "month") if t not in LEVELS]
    largest = [(t, bp) for t, bp in sorted(terms, key=lambda item: -abs(item[1])) if abs(bp) >= 0.5][:3]
    labels = term_labels(pack)
    causes = [
        pack.text("{term} {sign}{bp} bp", term=labels[t], sign="+" if bp > 0 else "−", bp=points(bp / 10_000))
        for t, bp in largest
    ]
    start = pack.text(
        "{name} is {value}, {moved}",
        name=pack.label("npl_ratio"),
        value=said(pack, now, Format.PERCENT),
        moved=moved(pack, "npl_ratio"),
    )
    return start + (pack.text(": ") + pack.text(", ").join(causes) if causes else "") + pack.text(".")


def waterfall(pack: Pack, base: str) -> Chart | Paragraphs:
    """Return the bridge of the month or the year as a waterfall in basis points.

    A lender that had no balance at the opening has no opening ratio: a sentence says so instead.
    """
    every = _terms(pack, pack.frame("npl_bridge"), base)
    if not every or any(fraction(row["bp"]) is None for _, row in every):
        said_so = pack.text("There was no balance at the opening, so the NPL ratio has nothing to move from.")
        return Paragraphs(f"waterfall_{base}", (said_so,))
    terms = [(t, r) for t, r in every if t in LEVELS or r["bp"] != 0]
    labels = term_labels(pack)
    titles = {
        "month": pack.text("NPL ratio, from last month to this"),
        "year": pack.text("NPL ratio, from a year's opening to now"),
    }
    return Chart(
        key=f"waterfall_{base}",
        kind=ChartKind.WATERFALL,
        title=titles[base],
        subtitle=pack.text("Basis points of balance; the steps close the gap exactly"),
        x=tuple(labels[t] for t, _ in terms),
        series=(Series(pack.label("npl_ratio"), tuple(float(r["bp"]) / 10_000 for _, r in terms)),),
        format=Format.BASIS_POINTS,
    )


def _table(pack: Pack, frame: pd.DataFrame, base: str) -> Table:
    titles = {"month": pack.text("Bridge on the month"), "year": pack.text("Bridge on the year")}
    fields = (
        Field("term", pack.text("Term"), Format.TEXT),
        Field("amount", pack.text("Amount"), Format.MONEY),
        Field("bp", pack.text("Basis points"), Format.NUMBER),
    )
    labels = term_labels(pack)
    rows = [
        Row(
            term,
            (labels[term], Figure(whole(row["amount_minor"])), Figure(fraction(row["bp"]))),
            RowKind.TOTAL if term in LEVELS else RowKind.BODY,
        )
        for term, row in _terms(pack, frame, base)
    ]
    return Table(f"bridge_{base}", titles[base], fields, tuple(rows))


def _loans(pack: Pack) -> pd.DataFrame:
    frame = pack.frame("npl_bridge_loans")
    return frame[frame["base"] == "month"]


def _loan_fields(pack: Pack) -> tuple[Field, ...]:
    text = pack.text
    return (
        Field("term", text("Term"), Format.TEXT),
        Field("loan_id", text("Loan"), Format.ID),
        Field("branch", text("Branch"), Format.TEXT),
        Field("product", text("Product"), Format.TEXT),
        Field("amount", text("Amount"), Format.MONEY),
    )


def _top(pack: Pack) -> Table:
    labels = term_labels(pack)
    frame = _loans(pack)
    frame = frame.reindex(frame["amount_minor"].abs().sort_values(ascending=False, kind="stable").index)
    rows = []
    for term in labels:
        part = frame[frame["term"] == term].head(TOP_LOANS)
        for loan in records(part):
            *names, amount = _loan_cells(labels, loan)
            rows.append(Row(f"{term}-{loan['loan_id']}", (*names, Figure(amount))))
    return Table(
        "largest",
        pack.text("Largest loans behind each term, on the month"),
        _loan_fields(pack),
        tuple(rows),
        sheet="npl_bridge_loans",
    )


def _loan_cells(labels: dict[str, str], loan: Record) -> tuple[str, str, str, str, int]:
    names = (labels[loan["term"]], str(loan["loan_id"]), written(loan["branch"]), written(loan["product"]))
    return (*names, int(loan["amount_minor"]))


def _listing(pack: Pack) -> Listing:
    labels = term_labels(pack)
    rows = tuple(_loan_cells(labels, loan) for loan in records(_loans(pack)))
    return Listing("npl_bridge_loans", pack.text("All loans behind the NPL bridge"), _loan_fields(pack), rows)
