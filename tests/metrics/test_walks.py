"""The two walks close to 0 (F-52)."""

from __future__ import annotations

from datetime import date

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import hand_made
from effort import examples
from postloan.metrics.facts import Facts
from postloan.metrics.walks import WALKS, walks

MAY, JUNE, JULY = date(2025, 5, 31), date(2025, 6, 30), date(2025, 7, 15)


def walked(rows: list[dict[str, object]], as_of: date, months: int = 13) -> pd.Series:
    facts = Facts.of({"position": hand_made.rows("position", rows)})
    frame = walks(facts, as_of, ("all", "North", "(missing)"), months)
    return frame.set_index(["scope", "month_end", "walk", "term"])["amount_minor"]


def step(found: pd.Series, on: date, walk: str, scope: str = "all") -> dict[str, int]:
    part: dict[str, int] = found.loc[(scope, pd.Timestamp(on), walk)].to_dict()
    return part


BOOK = [
    hand_made.month("a", MAY, 0, 1000, branch="North", lent_minor=1000),
    hand_made.month("a", JUNE, 12, 900, branch="North", overdue_minor=60, repaid_minor=100, fell_overdue_minor=110,
                    overdue_collected_minor=50),
    hand_made.month("a", JULY, 0, 850, branch="North", overdue_minor=0, repaid_minor=50, overdue_collected_minor=40,
                    overdue_waived_minor=20),
    hand_made.month("b", JUNE, 0, 500, lent_minor=500),
    hand_made.month("b", JULY, None, 0, status="written_off", principal_written_off_minor=500),
]  # fmt: skip


def test_worked_example_by_hand() -> None:
    found = walked(BOOK, JULY)
    assert step(found, JUNE, "overdue") == {
        "opening": 0, "fell_overdue": 110, "collected": -50, "waived": 0, "rescheduled": 0, "written_off": 0,
        "sold": 0, "closing": 60, "check": 0,
    }  # fmt: skip
    assert step(found, JULY, "overdue")["opening"] == 60
    assert step(found, JULY, "overdue")["closing"] == 0
    assert step(found, JULY, "balance") == {
        "opening": 1400, "lent": 0, "repaid": -50, "waived": 0, "reclassified": 0, "written_off": -500, "sold": 0,
        "repossessed": 0, "closing": 850, "check": 0,
    }  # fmt: skip
    assert step(found, JULY, "balance", "(missing)")["opening"] == 500


def test_the_first_month_shown_opens_with_the_month_before_it() -> None:
    found = walked(BOOK, JULY, months=1)
    assert set(found.index.get_level_values("month_end")) == {pd.Timestamp(JULY)}
    assert step(found, JULY, "balance")["opening"] == 1400


def test_a_balance_that_becomes_unknown_is_a_term() -> None:
    book = [
        hand_made.month("a", MAY, 0, 1000, lent_minor=1000),
        hand_made.month("a", JUNE, None, None),
    ]
    found = step(walked(book, JUNE), JUNE, "balance")
    assert (found["unknown"], found["closing"], found["check"]) == (-1000, 0, 0)


def test_an_error_of_the_engine_shows_in_the_check() -> None:
    book = [hand_made.month("a", MAY, 0, 1000, lent_minor=1000), hand_made.month("a", JUNE, 0, 990)]
    assert step(walked(book, JUNE), JUNE, "balance")["check"] == -10


@settings(max_examples=examples(6, 20), deadline=None)
@given(
    st.lists(st.tuples(*(st.integers(0, 10**12) for _ in range(7))), min_size=1, max_size=6),
    st.integers(1, 4),
)
def test_whatever_moves_the_walk_closes(moves: list[tuple[int, ...]], loans: int) -> None:
    terms = WALKS["balance"][1]
    rows: list[dict[str, object]] = []
    for loan in range(loans):
        balance = 0
        for place, amounts in enumerate(moves):
            balance += sum(sign * amount for (_, sign), amount in zip(terms.values(), amounts, strict=True))
            columns = {column: amount for (column, _), amount in zip(terms.values(), amounts, strict=True)}
            rows.append(hand_made.month(f"L{loan}", date(2025, place + 1, 28), 0, balance, **columns))
    found = walked(rows, date(2025, len(moves), 28))
    assert (found[found.index.get_level_values("term") == "check"] == 0).all()
