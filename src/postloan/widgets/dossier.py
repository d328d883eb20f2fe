"""One loan: what its positions, instalments and payments say, and why it has its grade."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from postloan.model.contract import Table as ContractTable
from postloan.model.delivered import PAYMENT
from postloan.model.derived import INSTALMENT_OUTCOME, POSITION
from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.model.mask import scrubbed
from postloan.report.contract_cells import FORMATS, cell_of, field_of
from postloan.report.section import Block, Cell, Field, Format, Missing, Paragraphs, Row, Section, Table
from postloan.report.style import Style
from postloan.report.text import Text
from postloan.widgets.loans import NAME, names_of
from postloan.widgets.portfolio import Portfolio

Explain: TypeAlias = Callable[[str, str], str]
"""From a loan and a language to its card: grades with rules, inputs and nearest boundaries."""

_SHOWN_MONTHS = 36
_ABOUT = (
    "loan_id", "customer_id", "customer_kind", "branch", "product", "industry", "region", "principal_minor", "cohort",
    "matures_on", "status", "balance_minor", "overdue_minor", "dpd", "worst_dpd", "risk_class", "is_restructured",
    "is_extended", "is_renewed",
)  # fmt: skip
_MONTHS = (
    "month_end",
    "status",
    "dpd",
    "balance_minor",
    "overdue_minor",
    "risk_class",
    "received_minor",
    "is_cured",
)
_INSTALMENTS = (
    "due_on",
    "schedule_no",
    "instalment_no",
    "due_minor",
    "paid_minor",
    "paid_off_on",
    "worst_dpd",
)
_PAYMENTS = ("paid_on", "payment_id", "amount_minor", "payment_kind", "payer", "channel")


def dossier(
    portfolio: Portfolio, loan_id: str, style: Style, *, is_masked: bool, explain: Explain | None = None
) -> Section:
    """Return the dossier of a loan as a section.

    Args:
        portfolio: Of the book.
        loan_id: Number of the loan.
        style: Language and currency.
        is_masked: Whether the borrower's name is.
        explain: Writes the card of grades; None where no plan is given.

    Raises:
        Fault: 2 for a loan that the book does not have.
    """
    text = Text(style.lang)
    months = _of_loan(portfolio, "position", loan_id, [("month_end", False)])
    if not months:
        shown = scrubbed(loan_id)
        raise Fault(
            Label(f"账簿中没有借据 {shown}", f"the book has no loan {shown!r}"),
            Label("请从列表中选择", "choose one from the list"),
        )
    name = cell_of(NAME, names_of(portfolio, [loan_id])[0], style.lang, is_masked=is_masked)
    instalments = _of_loan(
        portfolio, "instalment_outcome", loan_id, [("due_on", True), ("instalment_no", True)]
    )
    payments = _of_loan(portfolio, "payment", loan_id, [("paid_on", False), ("payment_id", True)])
    blocks: list[Block] = [
        _about(months[0], name, style),
        _table(
            "months", text("Month by month, latest first"), POSITION, _MONTHS, months[:_SHOWN_MONTHS], style
        ),
        _table("instalments", text("Instalments"), INSTALMENT_OUTCOME, _INSTALMENTS, instalments, style)
        if instalments
        else Missing("instalment", text("The lender gives no instalments of this loan.")),
        _table("payments", text("Payments, latest first"), PAYMENT, _PAYMENTS, payments, style)
        if payments
        else Missing("payment", text("The lender gives no payments of this loan.")),
    ]
    if explain is not None:
        card = explain(loan_id, style.lang)
        blocks.append(Paragraphs("grades", tuple(line for line in card.splitlines() if line.strip())))
    return Section("dossier", text("Loan {loan}", loan=loan_id), "", tuple(blocks))


def _of_loan(
    portfolio: Portfolio, name: str, loan_id: str, order: Sequence[tuple[str, bool]]
) -> list[dict[str, Any]]:
    rows = portfolio.facts.table(name)
    rows = rows.filter(rows["loan_id"] == loan_id)
    if "month_end" in rows.columns:
        rows = rows.filter(rows["month_end"] <= portfolio.as_of)
    ways = [rows[column].asc() if rises else rows[column].desc() for column, rises in order]
    found: list[dict[str, Any]] = rows.order_by(*ways).to_pyarrow().to_pylist()
    return found


def _about(row: dict[str, Any], name: Cell, style: Style) -> Table:
    text = Text(style.lang)
    fields = (
        Field("what", text("What"), Format.TEXT),
        Field("is", text("As of {on}", on=row["month_end"]), Format.TEXT),
    )
    rows = [Row("name", (NAME.label.text(style.lang), style.text(name, Format.TEXT)))]
    for key in _ABOUT:
        column = POSITION.column(key)
        cell = cell_of(column, row[key], style.lang, is_masked=True)
        told = style.text(cell, FORMATS[column.kind])
        rows.append(Row(key, (style.head(field_of(column, style.lang)), told)))
    return Table("about", text("The loan"), fields, tuple(rows))


def _table(
    key: str,
    title: str,
    table: ContractTable,
    names: Sequence[str],
    found: Sequence[dict[str, Any]],
    style: Style,
) -> Table:
    columns = [table.column(name) for name in names]
    rows = tuple(
        Row(
            str(place),
            tuple(cell_of(column, row[column.name], style.lang, is_masked=True) for column in columns),
        )
        for place, row in enumerate(found)
    )
    return Table(key, title, tuple(field_of(column, style.lang) for column in columns), rows)
