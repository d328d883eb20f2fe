"""Who the subject is and what it owes: customers (masked), loans, guarantors and collateral."""

from __future__ import annotations

import pandas as pd

from postloan.model.contract import Sensitivity
from postloan.model.delivered import CUSTOMER
from postloan.model.mask import mask
from postloan.model.work_codes import COLLATERAL_KIND
from postloan.report.contract_cells import cell_of, field_of
from postloan.report.listings import SHOWN, loan_listing, loan_table
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import records, whole, written
from postloan.report.rows import RowColumn, RowList
from postloan.report.section import Block, Format, Missing, Row, Section, Table


def dossier(pack: Pack) -> Section:
    """Build the section: the subject in one sentence, its customers, loans and what secures them."""
    text = pack.text
    blocks: list[Block] = []
    if "subject_customers" in pack.frames:
        blocks.append(_customers(pack))
    title = text("Loans, the largest overdue amounts first")
    blocks += [
        loan_table(pack, "loans", title, "subject_loans"),
        loan_listing(pack, title, "subject_loans"),
    ]
    if "subject_security" in pack.frames:
        blocks.append(_security(pack))
    return Section(
        key="dossier",
        heading=text("Dossier"),
        takeaway=_takeaway(pack),
        blocks=tuple(blocks),
        footnotes=(text("What the lender does not deliver is not here; a blank is unknown, not none."),),
    )


def _takeaway(pack: Pack) -> str:
    last = records(pack.frame("subject_months"))[-1:]
    if not last:
        return pack.text("No loan of the subject is active.")
    row = last[0]
    return pack.text(
        "{loans} active loans, balance {balance}, overdue {overdue}; the worst is {dpd} days past due.",
        loans=said(pack, whole(row["loans"]), Format.COUNT),
        balance=said(pack, whole(row["balance_minor"]), Format.MONEY),
        overdue=said(pack, whole(row["overdue_minor"]), Format.MONEY),
        dpd=said(pack, whole(row["dpd"]), Format.COUNT),
    )


def _customers(pack: Pack) -> Table:
    frame = pack.frame("subject_customers")
    lang, masked = pack.head.lang, pack.head.is_masked
    shown = [CUSTOMER.column(name) for name in frame.columns if name != "id_number"]
    fields = tuple(field_of(column, lang) for column in shown)
    rows = tuple(
        Row(
            written(row["customer_id"]),
            tuple(
                cell_of(
                    column,
                    None if pd.isna(row[column.name]) else _plain(row[column.name]),
                    lang,
                    is_masked=masked,
                )
                for column in shown
            ),
        )
        for row in records(frame)[:SHOWN]
    )
    note = (
        pack.text("First {shown} of {all}.", shown=SHOWN, all=f"{len(frame):,}") if len(frame) > SHOWN else ""
    )
    return Table("customers", pack.text("Customers"), fields, rows, note)


def _plain(value: object) -> object:
    return value.date() if isinstance(value, pd.Timestamp) else value


def _security(pack: Pack) -> Table | Missing:
    text = pack.text
    rows = records(pack.frame("subject_security"))
    if not rows:
        return Missing("guarantee", text("No guarantee and no collateral is told of."))
    kinds = {"guarantee": text("Guarantee"), "collateral": text("Collateral")}

    def kind(name: str) -> str:
        return COLLATERAL_KIND.label(name).text(pack.head.lang)

    def name(value: str) -> str:
        return mask(value, Sensitivity.NAME) or "—" if pack.head.is_masked else value

    columns = (
        RowColumn("kind", text("Security"), Format.TEXT, lambda value: kinds[value]),
        RowColumn("loan_id", text("Loan"), Format.ID),
        RowColumn("name", text("Guarantor"), Format.TEXT, name),
        RowColumn("collateral_kind", text("Kind"), Format.TEXT, kind),
        RowColumn("value_minor", text("Guaranteed or latest value"), Format.MONEY),
        RowColumn("on", text("Until, or valued on"), Format.DATE),
    )
    numbered = [row | {"place": place} for place, row in enumerate(rows)]
    return RowList("security", text("Guarantors and collateral"), columns, ("place",)).table(pack, numbered)
