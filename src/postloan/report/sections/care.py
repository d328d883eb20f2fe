"""Care for customers: satisfaction, complaints, renewals, files; whom the sample stands for."""

from __future__ import annotations

from postloan.report import phrases
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, records, whole, written
from postloan.report.section import Block, Field, Figure, Format, Missing, Row, RowKind, Section, Table
from postloan.report.standard_tables import ratio_table

_SURVEY = ("response_rate", "satisfaction_rate")
_COMPLAINTS = ("complaint_rate", "complaint_on_time_rate", "complaint_called_back_rate")
_FILES = ("file_complete_rate", "file_item_rate", "file_both_rate")
_RENEWALS = ("renewal_rate",)


def care(pack: Pack) -> Section:
    """Build the section: what customers say, what they complain of, whether they come back, what files hold."""
    text = pack.text
    given = set(pack.frames["care_given"]["table"])
    lead = "satisfaction_rate" if "survey_answer" in given else "file_complete_rate"
    return Section(
        key="care",
        heading=text("Care for customers"),
        takeaway=phrases.rate_sentence(pack, lead),
        blocks=(
            *_given(pack, given, "survey_answer", text("Satisfaction"), _SURVEY),
            *([_sample(pack)] if "survey_answer" in given else []),
            *_given(pack, given, "complaint", text("Complaints"), _COMPLAINTS),
            ratio_table(pack, "renewals", text("Renewals"), _RENEWALS, Format.COUNT),
            *_given(pack, given, "document", text("Files"), _FILES),
        ),
        footnotes=(
            text("Weighted: the satisfied share of each product, by the borrowers of the product."),
            text("A good customer here is one whose loan matured and was never late at a month-end."),
        ),
        metrics=(*_SURVEY, *_COMPLAINTS, *_RENEWALS, *_FILES),
    )


def _given(pack: Pack, given: set[str], table: str, title: str, slugs: tuple[str, ...]) -> tuple[Block, ...]:
    if table in given:
        return (ratio_table(pack, table, title, slugs, Format.COUNT),)
    return (
        Missing(table, pack.text("{title}: the lender does not deliver the table it takes.", title=title)),
    )


def _sample(pack: Pack) -> Table:
    """Set the sample beside the borrowers it stands for (S0-5), with the satisfied share weighted by them."""
    text = pack.text
    fields = (
        Field("product", text("Product"), Format.TEXT),
        Field("borrowers", text("Borrowers"), Format.COUNT),
        Field("share", text("Share of borrowers"), Format.PERCENT),
        Field("asked", text("Asked"), Format.COUNT),
        Field("asked_share", text("Share of those asked"), Format.PERCENT),
        Field("answered", text("Answered"), Format.COUNT),
        Field("satisfied", text("Satisfied"), Format.PERCENT),
    )
    found = records(pack.frame("survey_sample"))
    borrowers, asked = _sum(found, "borrowers"), _sum(found, "asked")
    rows = [
        Row(
            written(row["product"]),
            (
                written(row["product"]), Figure(whole(row["borrowers"])), _share(row["borrowers"], borrowers),
                Figure(whole(row["asked"])), _share(row["asked"], asked), Figure(whole(row["answered"])),
                _share(row["satisfied"], whole(row["answered"])),
            ),
        )
        for row in found
    ]  # fmt: skip
    answered = _sum(found, "answered")
    total = Row(
        "total",
        (
            text("Total"), Figure(borrowers), _share(borrowers, borrowers), Figure(asked), _share(asked, asked),
            Figure(answered), _share(_sum(found, "satisfied"), answered),
        ),
        RowKind.TOTAL,
    )  # fmt: skip
    note = text(
        "Satisfied, weighted by borrowers: {share}.", share=said(pack, _weighted(found), Format.PERCENT)
    )
    return Table("sample", text("Who was asked, and whom they stand for"), fields, (*rows, total), note)


def _sum(rows: list[Record], name: str) -> int:
    return sum(whole(row[name]) or 0 for row in rows)


def _share(part: int | None, of: int | None) -> Figure:
    return Figure(part / of if part is not None and of else None, part, of, of)


def _weighted(rows: list[Record]) -> float | None:
    """Return the satisfied share weighted by borrowers, over the products that anybody answered of."""
    known = [row for row in rows if whole(row["answered"])]
    weight = _sum(known, "borrowers")
    if not weight:
        return None
    satisfied = sum(
        float(row["satisfied"]) / float(row["answered"]) * float(row["borrowers"]) for row in known
    )
    return satisfied / weight
