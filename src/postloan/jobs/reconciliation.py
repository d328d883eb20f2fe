"""Does the book tie to the lender's ledger: every control total at the date beside the book's own sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.metrics.facts import Facts
from postloan.model.scope import MISSING

WHOLE = ""  # the branch of a total of the whole lender: part of the key, so blank and not missing
_NEGATIVE = ("reversal", "refund")


def reconciliation(control: pd.DataFrame, facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Set the lender's control totals at ``as_of`` against the book.

    A branch without totals of its own is tied through the lender's. An item that the lender gives only
    by branch is summed. Net capital is a fact of its own and ties to nothing.

    Args:
        control: The contract table ``control_total``.
        facts: Delivered and derived tables; ``position`` must hold ``as_of``.
        as_of: Observation date.
        scopes: ``all`` and branches.

    Returns:
        ``scope, item, as_of, ledger, book, difference``, in minor units or rows; no rows where the
        lender gives no total at the date.
    """
    given = control[pd.to_datetime(control["as_of"]) == pd.Timestamp(as_of)]
    given = given.assign(ledger=given["total_minor"].fillna(given["total_rows"]).astype("Int64"))
    rows = []
    for item, total in sorted(_TOTALS.items()):
        ledgers = given[given["control_item"] == item]
        ours = total(facts, as_of) if len(ledgers) else {}
        pairs = ((scope, _pair(ledgers, ours, scope)) for scope in scopes if len(ledgers))
        rows += [(scope, item, as_of, *pair, pair[1] - pair[0]) for scope, pair in pairs]
    frame = pd.DataFrame(rows, columns=["scope", "item", "as_of", "ledger", "book", "difference"])
    counts = {name: "Int64" for name in ("ledger", "book", "difference")}
    return frame.astype({**counts, "as_of": "datetime64[s]", "scope": "str", "item": "str"})


def _pair(ledgers: pd.DataFrame, ours: Mapping[str, int], scope: str) -> tuple[int, int]:
    """Return ledger and book of one item: the scope's own, else the lender's, else the branches' sum."""
    own = ledgers[ledgers["branch"] == scope]
    if len(own):
        return int(own["ledger"].iloc[0]), ours.get(scope, 0)
    whole = ledgers[ledgers["branch"].fillna("") == ""]
    if len(whole):
        return int(whole["ledger"].iloc[0]), sum(ours.values())
    return int(ledgers["ledger"].sum()), sum(ours.get(branch, 0) for branch in ledgers["branch"])


def _by_branch(table: ibis.Table, amount: ibis.Value) -> dict[str, int]:
    named = table["branch"].fill_null(MISSING)
    frame = table.aggregate(by={"branch": named}, amount=amount.sum()).to_pyarrow()
    return {row["branch"]: int(row["amount"] or 0) for row in frame.to_pylist()}


def _stock(column: str) -> Callable[[Facts, date], dict[str, int]]:
    def total(facts: Facts, as_of: date) -> dict[str, int]:
        position = facts.table("position")
        at = position.filter(position["month_end"] == as_of)
        return _by_branch(at, at[column])

    return total


def _lent(facts: Facts, as_of: date) -> ibis.Table:
    loan = facts.table("loan")
    return loan.filter(loan["disbursed_on"] <= as_of)


def _rows(facts: Facts, as_of: date) -> dict[str, int]:
    lent = _lent(facts, as_of)
    return _by_branch(lent, lent["loan_id"].notnull().cast("int64"))


def _principal(facts: Facts, as_of: date) -> dict[str, int]:
    lent = _lent(facts, as_of)
    return _by_branch(lent, lent["principal_minor"])


def _payments(facts: Facts, as_of: date) -> dict[str, int]:
    """Sum the net cash of the calendar month up to ``as_of``."""
    payment, loan = facts.table("payment"), facts.table("loan")
    month = payment.filter(payment["paid_on"].between(as_of.replace(day=1), as_of))
    both = month.join(loan.select("loan_id", "branch"), "loan_id")
    is_negative = both["payment_kind"].fill_null("repayment").isin(_NEGATIVE)
    return _by_branch(both, ibis.ifelse(is_negative, -both["amount_minor"], both["amount_minor"]))


_TOTALS: dict[str, Callable[[Facts, date], dict[str, int]]] = {
    "rows": _rows,
    "principal": _principal,
    "balance": _stock("balance_minor"),
    "overdue_amount": _stock("overdue_minor"),
    "payments": _payments,
}


def net_capital(control: pd.DataFrame, as_of: date) -> int | None:
    """Return the lender's latest net capital known by ``as_of`` in minor units, None if not given."""
    dates = pd.to_datetime(control["as_of"])
    given = control[(control["control_item"] == "net_capital") & (control["branch"].fillna("") == "")]
    given = given[(dates[given.index] <= pd.Timestamp(as_of)) & given["total_minor"].notna()]
    if given.empty:
        return None
    return int(given.sort_values("as_of")["total_minor"].iloc[-1])
