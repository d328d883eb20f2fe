"""Counting outcomes: every subject once, moves between months, reasons, and what nobody could assess."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postloan.metrics import outcomes
from postloan.model.grading import LOAN_FEATURE, OUTCOME
from postloan.policy.files import read_rulebook

ON = date(2026, 10, 31)
GRADES = [None, "none", "robot", "call"]


def rows_of(subjects: list[dict[str, object]], scopes: tuple[str, ...] = ("all",)) -> pd.DataFrame:
    said, told = [], []
    for place, row in enumerate(subjects):
        key = f"{place:03}"
        said.append(
            {
                "scheme": "collection_tier", "subject": "loan", "subject_id": key, "month_end": ON,
                "outcome": row.get("now"), "previous_outcome": row.get("before"), "is_floor": False,
                "rules": row.get("rules", ""), "unassessed": row.get("unassessed", ""),
                "policy": "consumer", "policy_version": "0",
            }
        )  # fmt: skip
        told.append(
            {"loan_id": key, "month_end": ON, "branch": row.get("branch"), "product": row.get("product"),
             "balance_minor": row.get("balance", 100), "overdue_minor": 10}
        )  # fmt: skip
    outcome = {"loan": pa.Table.from_pylist(said, schema=OUTCOME.schema())}
    features = {"loan": pa.Table.from_pylist(told, schema=LOAN_FEATURE.schema())}
    return outcomes.outcome_rows(outcome, features, scopes)


def test_a_worked_example() -> None:
    rows = rows_of(
        [
            {"now": "call", "before": "robot", "rules": "P9-2.call", "balance": 700},
            {"now": "call", "before": "call", "rules": "P9-2.call", "balance": 300},
            {"now": "none", "before": None, "rules": "P9-2.none"},
            {"now": None, "before": "none", "unassessed": "P9-2.field P9-2.call"},
        ]
    )
    found = outcomes.by_outcome(rows).set_index("outcome")
    assert found["n"].to_dict() == {"": 1, "call": 2, "none": 1, "robot": 0}
    assert found["n_before"].to_dict() == {"": 0, "call": 1, "none": 1, "robot": 1}
    assert found.loc["call", "balance_minor"] == 1000
    moves = outcomes.by_change(rows).set_index(["before", "outcome"])
    assert moves["n"].to_dict() == {("none", ""): 1, ("robot", "call"): 1}
    assert outcomes.by_rule(rows).set_index("rule")["n"].to_dict() == {"P9-2.call": 2, "P9-2.none": 1}
    assert outcomes.unassessed(rows).set_index("rule")["n"].to_dict() == {"P9-2.call": 1, "P9-2.field": 1}
    assert outcomes.changed(rows)["subject_id"].tolist() == ["000", "003"]


def test_scopes_cut_by_branch_and_product_and_name_what_is_missing() -> None:
    subjects: list[dict[str, object]] = [
        {"now": "none", "branch": "北", "product": "车贷"},
        {"now": "none", "branch": "南"},
        {"now": "call"},
    ]
    rows = rows_of(subjects, ("all", "北", "(missing)", "product=车贷", "product=(missing)"))
    found = rows.groupby("scope")["subject_id"].apply(list).to_dict()
    assert found == {
        "all": ["000", "001", "002"],
        "北": ["000"],
        "(missing)": ["002"],
        "product=车贷": ["000"],
        "product=(missing)": ["001", "002"],
    }


def test_an_unknown_balance_is_counted_and_not_taken_for_zero() -> None:
    found = outcomes.by_outcome(rows_of([{"now": "call", "balance": None}, {"now": "call", "balance": 5}]))
    assert found[["n", "balance_minor", "n_unknown"]].to_numpy().tolist() == [[2, 5, 1]]


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(GRADES), st.sampled_from(GRADES), st.sampled_from(["北", "南", None])))
)
def test_every_subject_is_in_one_outcome_and_branches_add_up(
    drawn: list[tuple[str | None, str | None, str | None]],
) -> None:
    subjects: list[dict[str, object]] = [{"now": n, "before": b, "branch": where} for n, b, where in drawn]
    rows = rows_of(subjects, ("all", "北", "南", "(missing)"))
    found = outcomes.by_outcome(rows)
    by_scope = found.groupby("scope")["n"].sum()
    assert by_scope.get("all", 0) == len(drawn) == by_scope.drop("all", errors="ignore").sum()
    assert found["n_before"].sum() == 2 * sum(b is not None for _, b, _ in drawn)


@pytest.mark.parametrize("plan", ["machinery", "synthetic_lender", "cn_regulation"])
def test_every_label_is_there_in_both_languages_once(plan: str) -> None:
    frame = outcomes.labels(file.policy for file in read_rulebook(plan).files)
    assert not frame.duplicated(["policy", "scheme", "kind", "key"]).any()
    assert (frame[["zh", "en"]] != "").all(axis=None)
    assert set(frame["kind"]) == {"policy", "parameter", "scheme", "outcome", "rule"}
