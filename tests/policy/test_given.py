"""Rules on tables that a lender does not give are awaited, and nobody lacks a fact for them."""

from __future__ import annotations

from datetime import date

from policy_cases import graded_rows

from postloan.model.grading import GIVEN_BY, feature_columns
from postloan.model.tables import DELIVERED
from postloan.policy.files import PolicyFile, read_policy
from postloan.policy.given import policy_given

FILE = read_policy("cn_regulation")
ON = date(2026, 10, 31)
ALL = frozenset(DELIVERED)


def test_each_column_beyond_the_ledger_names_a_delivered_table() -> None:
    assert set(GIVEN_BY) <= set(feature_columns("loan"))
    assert set(GIVEN_BY.values()) <= ALL


def test_a_lender_who_gives_everything_has_the_whole_policy() -> None:
    assert policy_given(FILE.policy, ALL) is FILE.policy


def test_rules_on_other_tables_are_awaited_with_what_they_need() -> None:
    cut = policy_given(FILE.policy, ALL - {"provision"})
    gone = {reason.rule for reason in FILE.policy.schemes["risk_class"].reasons()} - {
        reason.rule for reason in cut.schemes["risk_class"].reasons()
    }
    assert gone == {"F-12.impaired", "F-12.impaired_half", "F-12.impaired_most"}
    assert {part.rule for part in cut.awaits} == gone
    assert {part.needs.en for part in cut.awaits} == {"Provision"}


def test_a_ladder_on_another_table_is_awaited_once() -> None:
    cut = policy_given(FILE.policy, ALL - {"finding"})
    assert [part.rule for part in cut.awaits if "technical" in part.rule] == ["F-12.technical"]
    assert len(cut.schemes["risk_class"].ladders) == 2


def test_what_is_awaited_leaves_nobody_without_a_class() -> None:
    row = {
        "loan_id": "A", "customer_id": "K", "month_end": ON, "status": "active", "dpd": 0,
        "customer_kind": "company", "balance_minor": 1000, "is_restructured": False, "n_restructurings": 0,
        "clean_streak": 12, "on_time_in_a_row": 12,
    }  # fmt: skip
    whole = graded_rows(FILE, "risk_class", ON, [row], [])["A"]
    assert whole["outcome"] is None
    cut = PolicyFile(policy_given(FILE.policy, ALL - set(GIVEN_BY.values())), FILE.sha256)
    said = graded_rows(cut, "risk_class", ON, [row], [])["A"]
    assert (said["outcome"], said["unassessed"]) == ("normal", "")


def test_a_scheme_of_which_nothing_is_left_is_not_there() -> None:
    scheme = FILE.policy.schemes["risk_class"]
    only = scheme.model_copy(
        update={"ladders": (), "rules": tuple(r for r in scheme.rules if r.rule == "F-12.purpose")}
    )
    policy = FILE.policy.model_copy(update={"schemes": {"risk_class": only}})
    assert policy_given(policy, ALL - {"finding"}).schemes == {}
