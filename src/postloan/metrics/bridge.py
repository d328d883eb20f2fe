"""From the opening NPL ratio to the closing one, in basis points, down to the loan (F-51)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.metrics.facts import Facts
from postloan.metrics.flow_matrix import EXITS, NEW
from postloan.metrics.scope import in_scopes, stacked, tidy
from postloan.model.codes import NPL_CLASSES

TERMS = ("new_npl", "recovered", "upgraded", "written_off", "sold", "repossessed")
# Shown only where they occur: forgiven principal, changes by reschedule, and loans whose class became
# known or unknown between the two dates.
RARE_TERMS = ("waived", "reclassified", "unknown")
_DISPOSALS = {
    "written_off": "principal_written_off_minor",
    "sold": "principal_sold_minor",
    "repossessed": "principal_repossessed_minor",
    "waived": "principal_waived_minor",
}
_EXIT_TERMS = {
    "settled": "recovered",
    "written_off": "written_off",
    "sold": "sold",
    "repossessed": "repossessed",
}
_BP = 10_000
_LOAN = ["base", "loan_id", "customer_id", "branch", "product"]


def npl_bridge_loans(facts: Facts, as_of: date, scopes: Sequence[str]) -> pd.DataFrame:
    """Return every loan's part in the change of the NPL balance, by term; the parts of a loan sum to its change.

    An NPL's change is what was repaid (``recovered``), written off, sold, taken over or waived; what is
    left of it when it leaves NPL alive is ``upgraded``; a remainder goes to the way it left, or to
    ``reclassified`` if it is still there. A loan that was no NPL at opening is ``new_npl`` with its closing
    balance; what was disposed of while it was NPL in between counts both as new NPL and as disposed of, so
    that disposals are those of the whole period and agree with NPL formation (F-13). A class unknown at
    either end makes the term ``unknown``, never nothing.

    Args:
        facts: Needs ``flow``.
        as_of: Closing date; the openings are the date before and the year's opening.
        scopes: ``all`` and branches.

    Returns:
        ``scope, base, term, loan_id, customer_id, branch, product, amount_minor``; no row for 0.
    """
    moves = _moves(_ends(_closing(facts, as_of)))
    terms = [
        moves.select(*_LOAN, term=ibis.literal(term), amount_minor=moves[term])
        for term in (*TERMS, *RARE_TERMS)
    ]
    rows = stacked(*terms).filter(lambda t: t["amount_minor"] != 0)
    columns = ["scope", "base", "term", "loan_id", "customer_id", "branch", "product", "amount_minor"]
    return tidy(in_scopes(rows, scopes).select(columns), ["scope", "base", "term", "loan_id"])


def npl_bridge(facts: Facts, as_of: date, scopes: Sequence[str], loans: pd.DataFrame) -> pd.DataFrame:
    """Return the bridge r1 − r0 = Σ terms / L0 + NPL1 · (1/L1 − 1/L0), on the month and the year (F-51).

    Balances are those of loans whose class is known. Opening plus all terms is closing, exactly in
    ``amount_minor`` (leaving ``loan_growth`` aside) and to rounding of floats in ``bp``.

    Args:
        facts: Needs ``flow``.
        as_of: Closing date.
        scopes: ``all`` and branches.
        loans: The result of ``npl_bridge_loans`` for the same facts, date and scopes.

    Returns:
        ``scope, base, term, amount_minor, bp`` in order of reading. ``amount_minor`` is the NPL balance
        for the two ratios and the change of all balance for ``loan_growth``; ``bp`` is missing where
        there was no balance to divide by.
    """
    ends = tidy(_totals(_ends(_closing(facts, as_of)), scopes), ["scope", "base"])
    sums = loans.groupby(["scope", "base", "term"], observed=True, dropna=False)["amount_minor"].sum()
    rows = [row for end in ends.itertuples(index=False) for row in _bridge(end, sums)]
    frame = pd.DataFrame(rows, columns=["scope", "base", "term", "amount_minor", "bp"])
    return frame.astype(
        {"amount_minor": "Int64", "bp": "float64", "scope": "str", "base": "str", "term": "str"}
    )


def _closing(facts: Facts, as_of: date) -> ibis.Table:
    flow = facts.table("flow")
    return flow.filter(flow["month_end"] == as_of)


def _ends(flow: ibis.Table) -> ibis.Table:
    """Add where each loan stood at both ends, and its movements with blanks as 0."""
    is_gone = flow["to_state"].isin(list(EXITS))
    opening, closing = flow["from_risk_class"], flow["to_risk_class"]
    return flow.mutate(
        was_npl=opening.isin(list(NPL_CLASSES)).fill_null(False),
        is_npl=closing.isin(list(NPL_CLASSES)).fill_null(False) & ~is_gone,
        was_unknown=opening.isnull() & ~flow["from_state"].isin([NEW, *EXITS]),
        is_unknown=closing.isnull() & ~is_gone,
        is_gone=is_gone,
        opening=flow["from_balance_minor"].fill_null(0),
        closing=ibis.ifelse(is_gone, 0, flow["to_balance_minor"].fill_null(0)),
        repaid=flow["repaid_minor"].fill_null(0),
        **{term: flow[column].fill_null(0) for term, column in _DISPOSALS.items()},
    )


def _moves(ends: ibis.Table) -> ibis.Table:
    """Return one column per term, summing per loan to its change of NPL balance."""
    was, seen = ends["was_npl"], ~ends["was_unknown"]
    left = ibis.ifelse(was & ~ends["is_npl"] & ~ends["is_gone"], ends["closing"], 0)
    explained = sum((ends[term] for term in _DISPOSALS), ends["repaid"])
    rest = ibis.ifelse(was, ends["closing"] - ends["opening"] + explained, 0)
    disposed = _disposed_unseen(ends)
    entered = ibis.ifelse(~was & ends["is_npl"], ends["closing"], 0) + sum(disposed.values())

    def exit_rest(term: str) -> ibis.Value:
        states = [state for state, owner in _EXIT_TERMS.items() if owner == term]
        return ibis.ifelse(ends["to_state"].isin(states), rest, 0)

    def from_npl(column: str) -> ibis.Value:
        return ibis.ifelse(was, -ends[column], 0)

    return ends.select(
        *_LOAN,
        new_npl=ibis.ifelse(seen, entered, 0),
        recovered=from_npl("repaid") + exit_rest("recovered"),
        upgraded=ibis.ifelse(ends["is_unknown"], 0, -left),
        waived=from_npl("waived"),
        **{
            term: from_npl(term) + exit_rest(term) - disposed[term]
            for term in ("written_off", "sold", "repossessed")
        },
        reclassified=ibis.ifelse(ends["is_gone"] | ends["is_unknown"], 0, rest),
        unknown=ibis.ifelse(seen, 0, entered) + ibis.ifelse(ends["is_unknown"], rest - left, 0),
    )


def _disposed_unseen(ends: ibis.Table) -> dict[str, ibis.Value]:
    """Return what was disposed of as NPL of loans that were none at opening, by term.

    A write-off is always of an NPL; of a sale or repossession the part that was NPL is what is left of
    ``npl_disposed_minor``.
    """
    left = ibis.ifelse(ends["was_npl"], 0, ends["npl_disposed_minor"].fill_null(0))
    parts: dict[str, ibis.Value] = {}
    for term in ("written_off", "sold", "repossessed"):
        parts[term] = ibis.least(left, ends[term])
        left = left - parts[term]
    return parts


def _totals(ends: ibis.Table, scopes: Sequence[str]) -> ibis.Table:
    """Return NPL and all balance at both ends, over loans of known class."""
    return in_scopes(ends, scopes).aggregate(
        by=["scope", "base"],
        npl_before=lambda t: t["opening"].sum(where=t["was_npl"]).fill_null(0),
        npl_after=lambda t: t["closing"].sum(where=t["is_npl"]).fill_null(0),
        all_before=lambda t: t["opening"].sum(where=~t["was_unknown"]).fill_null(0),
        all_after=lambda t: t["closing"].sum(where=~t["is_unknown"]).fill_null(0),
    )


def _bridge(end: tuple[object, ...], sums: pd.Series) -> list[tuple[str, str, str, int, float | None]]:
    scope, base = str(end[0]), str(end[1])
    npl_before, npl_after, before, after = (int(value) for value in end[2:])  # type: ignore[call-overload]
    amounts = {term: int(sums.get((scope, base, term), 0)) for term in (*TERMS, *RARE_TERMS)}
    steps = [
        (scope, base, term, amount, _basis_points(amount, before))
        for term, amount in amounts.items()
        if amount or term in TERMS
    ]
    opening, closing = _basis_points(npl_before, before), _basis_points(npl_after, after)
    scaled = _basis_points(npl_after, before)
    growth = None if closing is None or scaled is None else closing - scaled
    return [
        (scope, base, "opening_ratio", npl_before, opening),
        *steps,
        (scope, base, "loan_growth", after - before, growth),
        (scope, base, "closing_ratio", npl_after, closing),
    ]


def _basis_points(amount: int, balance: int) -> float | None:
    return amount / balance * _BP if balance else None
