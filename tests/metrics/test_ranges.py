"""Days past due known only as a range: what both ends decide is known, the rest is unknown and never 0."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hand_made import month, rows
from postloan.engine.cures import cures
from postloan.engine.flows import flow, periods
from postloan.engine.position import Ledger, position
from postloan.metrics.catalogue import measured
from postloan.metrics.concentration import concentration
from postloan.metrics.exceptions import exceptions
from postloan.metrics.facts import Facts
from postloan.metrics.lists import cliff, overdue_loans, written_off_loans
from postloan.metrics.static_pool import static_pools
from postloan.metrics.vintage import vintage
from postloan.metrics.walks import walks
from postloan.model.tables import TABLES
from postloan.policy.classify import classify
from postloan.policy.files import read_policy

MAY, JUN = date(2024, 5, 31), date(2024, 6, 30)


def ranged(
    loan_id: str, low: int | None, high: int | None, on: date = JUN, **more: object
) -> dict[str, object]:
    return month(loan_id, on, None, 100, dpd_low=low, dpd_high=high, **more)


LOANS = [
    ranged("current or late", 0, 29),
    ranged("1-30", 1, 30),
    ranged("30-59", 30, 59),
    ranged("31-60", 31, 60),
    ranged("90+", 90, None),
    ranged("unknown", None, None),
    month("exact", JUN, 45, 100),
]
FACTS = Facts.of({"position": rows("position", LOANS)})


@pytest.mark.parametrize(
    ("slug", "numerator", "n", "unknown"),
    [
        ("loans_overdue", 5, 5, 2),
        ("overdue_balance", 500, 5, 2),
        ("over_30_rate_count", 3, 5, 2),
        ("over_60_rate_count", 1, 6, 1),
        ("par_30", 300, 5, 2),
        ("par_60", 100, 6, 1),
        ("par_90", 0, 5, 2),
        ("par_180", 0, 5, 2),
    ],
)
def test_a_range_that_straddles_a_threshold_is_unknown_for_it(
    slug: str, numerator: int, n: int, unknown: int
) -> None:
    (row,) = measured(FACTS, [slug], [JUN]).to_dict("records")
    assert (row["numerator"], row["n"], row["unknown"]) == (numerator, n, unknown)


def test_a_class_is_known_where_both_ends_of_the_range_give_it() -> None:
    loans = [
        *(ranged("normal", 0, 0), ranged("normal or mention", 0, 29), ranged("mention", 1, 90)),
        *(ranged("mention or worse", 90, 120), ranged("loss", 361, None), ranged("any", 91, None)),
    ]
    names = [str(row["loan_id"]) for row in loans]
    loan = rows("loan", [{"loan_id": name, "principal_minor": 1} for name in names])
    found = classify(rows("loan_month", loans), loan, read_policy("cn_regulation").policy).to_pylist()
    assert {row["loan_id"]: row["risk_class"] for row in found} == {
        "normal": "normal",
        "normal or mention": None,
        "mention": "special_mention",
        "mention or worse": None,
        "loss": "loss",
        "any": None,
    }


def test_lists_hold_loans_that_are_surely_overdue_and_none_is_near_a_boundary_it_may_have_passed() -> None:
    found = overdue_loans(FACTS, JUN, ["all"])
    assert sorted(found["loan_id"]) == ["1-30", "30-59", "31-60", "90+", "exact"]
    assert cliff(found, {"": {"special_mention": 0, "substandard": 46}})["loan_id"].tolist() == ["exact"]


def test_concentration_counts_what_is_surely_overdue() -> None:
    (row,) = concentration(FACTS, JUN, ["all"]).query("dimension == 'branch'").to_dict("records")
    assert (row["balance_minor"], row["overdue_balance_minor"]) == (700, 500)


def test_a_flow_from_a_range_across_the_threshold_is_unknown_and_not_left_out() -> None:
    pairs = [row for name, low, high in (("A", 1, 60), ("B", 31, 60), ("C", 0, 30)) for row in (
        ranged(name, low, high, MAY, overdue_minor=10), ranged(name, low, high, JUN, received_minor=None)
    )]  # fmt: skip
    facts = Facts.of({"flow": flow(rows("position", pairs), periods([MAY, JUN]))})
    (row,) = measured(facts, ["recovery_rate_30plus"], [JUN]).to_dict("records")
    assert (row["n"], row["unknown"]) == (0, 2)


def test_cash_of_the_year_is_unknown_once_a_month_of_it_is() -> None:
    pair = [month("A", MAY, 0, 100, repaid_minor=None), month("A", JUN, 0, 90, repaid_minor=10)]
    table = flow(rows("position", pair), periods([MAY, JUN])).to_pylist()
    found = {row["base"]: row["repaid_minor"] for row in table if row["month_end"] == JUN}
    assert found == {"month": 10, "year": None}


def test_a_cure_that_cannot_be_told_from_a_reschedule_is_unknown() -> None:
    pairs = [
        *(month("A", MAY, 20, 100), month("A", JUN, 0, 100, is_cured=True)),
        *(month("B", MAY, 20, 100), month("B", JUN, 0, 100, is_cured=None)),
        *(month("C", MAY, 20, 100), month("C", JUN, 50, 100)),
    ]
    facts = Facts.of({"flow": flow(rows("position", pairs), periods([MAY, JUN]))})
    found = measured(facts, ["cure_rate", "cure_rate_balance"], [JUN])
    assert found[["numerator", "n", "unknown"]].to_numpy().tolist() == [[1, 2, 1], [100, 2, 1]]


def test_whether_a_cure_held_is_unknown_where_a_later_month_is() -> None:
    grid = [date(2024, month_, 28 if month_ == 2 else 30) for month_ in range(2, 10)]
    grid[0] = date(2024, 2, 29)
    loans = [month(name, grid[0], 0, 100, is_cured=True) for name in "ABC"]
    loans += [ranged("A", 0, 5, grid[1]), ranged("B", 1, 5, grid[1]), month("C", grid[1], 0, 100)]
    found = {row["loan_id"]: row["is_redefault"] for row in cures(rows("position", loans), grid).to_pylist()}
    assert found == {"A": None, "B": True, "C": False}


def test_a_pool_without_cash_records_is_unknown_not_0() -> None:
    pairs = [
        *(month("A", MAY, 20, 100, overdue_minor=50), month("A", JUN, 20, 100, overdue_collected_minor=None)),
        *(month("B", MAY, 20, 100, overdue_minor=50), month("B", JUN, 20, 100, overdue_collected_minor=5)),
    ]
    (row,) = static_pools(Facts.of({"position": rows("position", pairs)}), JUN, ["all"]).to_dict("records")
    assert (row["numerator"], row["denominator"], row["n"], row["unknown"]) == (5, 50, 1, 1)


LENT = [{"loan_id": name, "principal_minor": 100, "disbursed_on": date(2024, 4, 2)} for name in "ABC"]


def cell(facts: Facts, threshold: int, mob: int) -> dict[str, object]:
    found = vintage(facts, JUN, ["all"])
    chosen = found[
        (found["threshold"] == threshold) & (found["view"] == "ever") & (found["basis"] == "count")
    ]
    (row,) = chosen[chosen["mob"] == mob].to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_a_cohort_says_of_how_many_loans_a_threshold_cannot_be_known() -> None:
    more: dict[str, Any] = {"cohort": date(2024, 4, 1), "mob": 2}
    seen = [ranged("A", 30, 59, **more), month("B", JUN, 0, 100, **more), ranged("C", 61, 89, **more)]
    seen[2] |= {"first_over_30_on": JUN, "balance_first_over_30_minor": 100}
    facts = Facts.of({"loan": rows("loan", LENT), "position": rows("position", seen)})
    assert cell(facts, 30, 2)["unknown"] == 1
    assert cell(facts, 60, 2)["unknown"] == 0
    assert cell(facts, 90, 2)["unknown"] == 0


def test_a_cell_in_which_no_loan_was_in_the_tape_yet_is_missing() -> None:
    more = {"cohort": date(2024, 4, 1)}
    seen = [ranged(name, None, None, MAY, mob=1, **more) for name in "ABC"]
    seen += [month(name, JUN, 0, 100, mob=2, observed_on=JUN, **more) for name in "AB"]
    seen += [ranged("C", None, None, JUN, mob=2, **more)]
    tape = rows("loan_tape", [{"loan_id": name, "observed_on": JUN} for name in "ABC"])
    facts = Facts.of({"loan": rows("loan", LENT), "position": rows("position", seen), "loan_tape": tape})
    assert cell(facts, 30, 1)["value"] != cell(facts, 30, 1)["value"]
    assert (cell(facts, 30, 2)["value"], cell(facts, 30, 2)["unknown"]) == (0, 1)


def test_a_walk_closes_over_a_term_that_is_not_known() -> None:
    pair = [
        month("A", MAY, 0, 100, lent_minor=100),
        month("A", JUN, None, 0, status="written_off", principal_written_off_minor=None, repaid_minor=None),
    ]
    found = walks(Facts.of({"position": rows("position", pair)}), JUN, ["all"])
    amounts = found[(found["walk"] == "balance") & (found["month_end"] == str(JUN))].set_index("term")
    assert amounts.loc["unknown", "amount_minor"] == -100
    assert amounts.loc["check", "amount_minor"] == 0


def test_a_loan_that_left_the_tape_without_a_word_is_an_exception() -> None:
    seen = [month("A", JUN, 0, 100, observed_on=JUN), ranged("B", None, None)]
    tape = rows("loan_tape", [{"loan_id": "A", "observed_on": JUN}, {"loan_id": "B", "observed_on": MAY}])
    found = exceptions(Facts.of({"position": rows("position", seen), "loan_tape": tape}), JUN, ["all"])
    (row,) = found[found["rule"] == "loan_disappeared"].to_dict("records")
    assert row["subject_id"] == "B"
    assert row["detail"].startswith("last_observed_on 2024-05-31")
    assert "loan_without_schedule" not in set(found["rule"])


def test_what_came_back_of_a_loan_in_a_tape_is_unknown() -> None:
    gone = [month(name, JUN, None, 0, status="written_off", principal_written_off_minor=9) for name in "AB"]
    tape = rows("loan_tape", [{"loan_id": "A", "observed_on": JUN}])
    found = written_off_loans(Facts.of({"position": rows("position", gone), "loan_tape": tape}), JUN, ["all"])
    recovered = found.set_index("loan_id")["recovered_ytd_minor"]
    assert recovered.isna().to_dict() == {"A": True, "B": False}


def test_positions_carry_the_range_and_the_day_of_the_report() -> None:
    none = TABLES["customer"].schema().empty_table()
    loan = rows("loan", [{"loan_id": "A", "principal_minor": 1}])
    seen = rows("loan_month", [ranged("A", 1, None, observed_on=MAY)])
    classes = classify(seen, loan, read_policy("cn_regulation").policy)
    provision = TABLES["provision"].schema().empty_table()
    (row,) = position(Ledger(seen, loan, none, classes, provision)).to_pylist()
    assert (row["dpd"], row["dpd_low"], row["dpd_high"], row["observed_on"]) == (None, 1, None, MAY)
