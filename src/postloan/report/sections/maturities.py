"""What comes next: loans that mature next month, and loans a few days from a worse class."""

from __future__ import annotations

from postloan.report.listings import loan_listing, loan_table
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.section import Format, Section


def maturities(pack: Pack) -> Section:
    """Build the section: next month's maturities and the cliff list with the balance at stake."""
    cliff = pack.frame("cliff")
    due = pack.frame("maturities")
    return Section(
        key="maturities",
        heading=pack.text("Maturities and cliff list"),
        takeaway=pack.text(
            "{n} loans with {stake} are within 5 days of a worse bucket or class; {due} loans with {balance} mature next month.",
            n=said(pack, len(cliff), Format.COUNT),
            stake=said(pack, int(cliff["at_stake_minor"].sum()), Format.MONEY),
            due=said(pack, len(due), Format.COUNT),
            balance=said(pack, int(due["balance_minor"].sum()), Format.MONEY),
        ),
        blocks=(
            loan_table(pack, "cliff", pack.text("Loans 1–5 days from a boundary, largest first"), "cliff"),
            loan_table(
                pack, "maturities", pack.text("Loans that mature next month, largest first"), "maturities"
            ),
            loan_listing(pack, pack.text("Loans 1–5 days from a boundary"), "cliff"),
            loan_listing(pack, pack.text("Loans that mature next month"), "maturities"),
            loan_listing(pack, pack.text("All overdue loans"), "overdue_loans"),
        ),
        footnotes=(pack.text("If nothing is paid, the loan crosses the boundary in the days shown."),),
    )
