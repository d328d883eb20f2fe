"""The NPL bridge: closes exactly, loses no loan, and every term is made of loans (F-51)."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hand_made
from effort import examples
from postloan.metrics.bridge import RARE_TERMS, TERMS, npl_bridge, npl_bridge_loans
from postloan.metrics.facts import Facts
from postloan.model.codes import NPL_CLASSES

OPENING, AS_OF = date(2025, 5, 31), date(2025, 6, 30)
MOVES = ("repaid", "principal_written_off", "principal_sold", "principal_repossessed", "principal_waived")


def flow(
    loan_id: str, start: str | None, end: str | None, before: int, after: int, **more: object
) -> dict[str, object]:
    """One loan's month from class to class; ``start`` None is new, ``end`` a class or an exit."""
    gone = end in ("settled", "written_off", "sold", "repossessed")
    return {
        "base": "month", "from_month_end": OPENING, "month_end": AS_OF, "loan_id": loan_id, "branch": "North",
        "from_state": "new" if start is None else "M0", "to_state": end if gone else "M0",
        "from_risk_class": start, "to_risk_class": None if gone else end,
        "from_balance_minor": before, "to_balance_minor": after, "npl_disposed_minor": 0,
        **{f"{move}_minor": 0 for move in MOVES}, **more,
    }  # fmt: skip


def bridged(
    flows: list[dict[str, object]], scopes: tuple[str, ...] = ("all",)
) -> tuple[pd.DataFrame, pd.DataFrame]:
    facts = Facts.of({"flow": hand_made.rows("flow", flows)})
    loans = npl_bridge_loans(facts, AS_OF, scopes)
    return npl_bridge(facts, AS_OF, scopes, loans), loans


GOLDEN = [
    flow("stays good", "normal", "normal", 6000, 5800, repaid_minor=200),
    flow("turned bad", "special_mention", "substandard", 1000, 1000),
    flow("paid a bit", "substandard", "doubtful", 900, 700, repaid_minor=200),
    flow("got better", "substandard", "normal", 500, 450, repaid_minor=50),
    flow(
        "charged off", "loss", "written_off", 300, 0, principal_written_off_minor=300, npl_disposed_minor=300
    ),
    flow("cash out", "doubtful", "settled", 100, 0, repaid_minor=100),
    flow("sold", "doubtful", "sold", 120, 0, principal_sold_minor=120, npl_disposed_minor=120),
    flow(
        "taken over", "doubtful", "repossessed", 80, 0, principal_repossessed_minor=80, npl_disposed_minor=80
    ),
    flow("fresh", None, "normal", 0, 2050),
]


def test_worked_example_by_hand() -> None:
    frame, _ = bridged(GOLDEN)
    amount = frame.set_index("term")["amount_minor"].to_dict()
    # NPL: 900 + 500 + 300 + 100 + 120 + 80 = 2000 of 9000 at opening; 1000 + 700 = 1700 of 10000 at closing.
    assert amount == {
        "opening_ratio": 2000, "new_npl": 1000, "recovered": -(200 + 50 + 100), "upgraded": -450,
        "written_off": -300, "sold": -120, "repossessed": -80, "loan_growth": 1000, "closing_ratio": 1700,
    }  # fmt: skip
    bp = frame.set_index("term")["bp"]
    assert bp["opening_ratio"] == pytest.approx(2000 / 9000 * 10_000)
    assert bp["new_npl"] == pytest.approx(1000 / 9000 * 10_000)
    assert bp["loan_growth"] == pytest.approx(1700 * (1 / 10_000 - 1 / 9000) * 10_000)
    assert bp["closing_ratio"] == pytest.approx(1700.0)
    assert bp.drop("closing_ratio").sum() == pytest.approx(1700.0, abs=1e-9)


def test_a_write_off_that_was_never_seen_as_npl_is_both_new_and_written_off() -> None:
    gone = flow(
        "fast", "normal", "written_off", 400, 0, principal_written_off_minor=400, npl_disposed_minor=400
    )
    frame, _ = bridged([gone, flow("other", "normal", "normal", 600, 600)])
    amount = frame.set_index("term")["amount_minor"]
    assert (amount["new_npl"], amount["written_off"]) == (400, -400)


def test_a_sale_of_performing_loans_is_no_npl_term() -> None:
    frame, loans = bridged([flow("s", "normal", "sold", 400, 0, principal_sold_minor=400), *GOLDEN[:2]])
    assert "s" not in set(loans["loan_id"])
    assert frame.set_index("term")["amount_minor"]["sold"] == 0


def test_an_unknown_class_is_a_term_of_its_own() -> None:
    flows = [
        flow("lost sight", "substandard", None, 500, 480, repaid_minor=20, to_state="unknown"),
        GOLDEN[0],
    ]
    frame, _ = bridged(flows)
    amount = frame.set_index("term")["amount_minor"]
    assert (amount["recovered"], amount["unknown"], amount["closing_ratio"]) == (-20, -480, 0)


def test_without_an_opening_balance_nothing_is_divided() -> None:
    frame, _ = bridged([flow("fresh", None, "normal", 0, 500)])
    bp = frame.set_index("term")["bp"]
    assert bp["closing_ratio"] == 0
    assert bp.drop("closing_ratio").isna().all()


CLASSES = st.sampled_from([*NPL_CLASSES, "normal", "special_mention", None])
ENDS = st.one_of(CLASSES, st.sampled_from(["settled", "written_off", "sold", "repossessed"]))
MONEY = st.integers(0, 10**13)


@st.composite
def flows(draw: st.DrawFn) -> list[dict[str, object]]:
    rows = []
    for place in range(draw(st.integers(1, 6))):
        is_new = draw(st.booleans())
        start, end = None if is_new else draw(CLASSES), draw(ENDS)
        gone = end in ("settled", "written_off", "sold", "repossessed")
        before, after = 0 if is_new else draw(MONEY), 0 if gone else draw(MONEY)
        amounts: dict[str, object] = {f"{move}_minor": draw(st.integers(0, before or 5)) for move in MOVES}
        row = flow(
            f"L{place}", start, end, before, after, **amounts, npl_disposed_minor=draw(st.integers(0, 50))
        )
        branch = draw(st.sampled_from(["North", "South", None]))
        rows.append({**row, "branch": branch, "from_state": "new" if is_new else "M0"})
    return rows


@settings(max_examples=examples(8, 25), deadline=None)
@given(flows())
def test_terms_close_exactly_and_are_made_of_loans(rows: list[dict[str, object]]) -> None:
    scopes = ("all", "North", "South", "(missing)")
    frame, loans = bridged(rows, scopes)
    for (_, _), part in frame.groupby(["scope", "base"], observed=True, dropna=False):
        amount = part.set_index("term")["amount_minor"]
        moved = amount[[term for term in (*TERMS, *RARE_TERMS) if term in amount.index]].sum()
        assert amount["opening_ratio"] + moved == amount["closing_ratio"]
        bp = part.set_index("term")["bp"]
        if bp.notna().all():
            rounding = 1e-14 * bp.abs().max() * len(bp) + 1e-9
            assert bp.drop("closing_ratio").sum() == pytest.approx(bp["closing_ratio"], abs=rounding)
    drilled = loans.groupby(["scope", "term"], observed=True, dropna=False)["amount_minor"].sum()
    stated = frame.set_index(["scope", "term"])["amount_minor"]
    assert (stated[drilled.index] == drilled).all()
    by_branch = loans[loans["scope"] != "all"].groupby("term", observed=True)["amount_minor"].sum()
    assert by_branch.to_dict() == drilled.get("all", pd.Series(dtype="Int64")).to_dict()
