"""Five categories under all rules: what is graded for a part of the loans is what grading all of them gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from postloan.book.store import Book
from postloan.jobs.derived.facts import facts_under
from postloan.jobs.derived.grading import graded, on_date
from postloan.jobs.full_classes import FULL, full_class_frames
from postloan.metrics.facts import Facts
from postloan.model.codes import NPL_CLASSES
from postloan.model.scope import product_scope
from postloan.model.tables import TABLES
from postloan.policy.files import Rulebook, read_policy
from postloan.policy.given import policy_given

PROJECT = Path(__file__).parents[2]
AS_OF = date(2026, 10, 31)
POLICY = read_policy("cn_regulation")


@pytest.fixture(scope="module")
def book(small_lender: Path) -> Book:
    return Book.open(small_lender)


@pytest.fixture(scope="module")
def facts(book: Book) -> Facts:
    return facts_under(book, AS_OF, POLICY)


@pytest.fixture(scope="module")
def scopes(facts: Facts) -> list[str]:
    loan = facts.table("loan").select("branch", "product").to_pyarrow().to_pandas().fillna("(missing)")
    products = [product_scope(name) for name in sorted(loan["product"].unique())]
    return ["all", *sorted(loan["branch"].unique()), *products]


@pytest.fixture(scope="module")
def frames(facts: Facts, scopes: list[str]) -> dict[str, pd.DataFrame]:
    return full_class_frames(facts, AS_OF, POLICY, scopes)


def test_a_part_of_the_loans_graded_gives_what_all_of_them_give(
    book: Book, frames: dict[str, pd.DataFrame]
) -> None:
    rows = on_date(graded(book, AS_OF, Rulebook.of(POLICY)).outcome["loan"], AS_OF).to_pandas()
    by_scheme = {name: part.set_index("subject_id") for name, part in rows.groupby("scheme")}
    full, by_dpd = by_scheme[FULL], by_scheme["risk_class_by_dpd"]["outcome"]
    is_moved = full["outcome"].fillna("").ne(by_dpd.reindex(full.index).fillna(""))
    moved = frames["class_moved"].query("scope == 'all'").set_index("loan_id")
    assert moved["full_class"].to_dict() == full.loc[is_moved, "outcome"].to_dict()
    assert moved["class_rules"].to_dict() == full.loc[is_moved, "rules"].to_dict()
    assert {"F-12.observation", "F-12.upgrade"} <= set(moved["class_rules"])
    reasons = frames["class_reasons"].query("scope == 'all'")
    counted = reasons.dropna(subset="full_class").groupby("full_class")["loans"].sum()
    assert counted.to_dict() == full["outcome"].value_counts().to_dict()


def test_branches_and_products_add_up_to_the_lender(frames: dict[str, pd.DataFrame]) -> None:
    reasons = frames["class_reasons"]
    keys = ["risk_class", "full_class", "over_90", "class_rules", "unassessed"]
    is_all, is_product = reasons["scope"] == "all", reasons["scope"].str.startswith("product=")
    whole, branches, products = (
        part.groupby(keys, dropna=False)[["loans", "balance_minor"]].sum()
        for part in (reasons[is_all], reasons[~is_all & ~is_product], reasons[is_product])
    )
    pd.testing.assert_frame_equal(branches, whole)
    pd.testing.assert_frame_equal(products, whole)


def test_no_loan_is_better_under_all_rules_and_all_over_90_are_non_performing(
    frames: dict[str, pd.DataFrame],
) -> None:
    ranks = {name: rank for rank, name in enumerate(POLICY.policy.schemes[FULL].outcomes)}
    graded_rows = frames["class_reasons"].dropna(subset=["risk_class", "full_class"])
    assert (graded_rows["full_class"].map(ranks) >= graded_rows["risk_class"].map(ranks)).all()
    over = graded_rows[graded_rows["over_90"] == "over"]
    assert len(over)
    assert over["full_class"].isin(NPL_CLASSES).all()


def test_every_rule_that_moved_a_loan_and_every_awaited_one_is_said(
    facts: Facts, frames: dict[str, pd.DataFrame]
) -> None:
    known = set(frames["class_rules"]["rule"])
    assert {rule for rules in frames["class_moved"]["class_rules"] for rule in rules.split()} <= known
    cut = policy_given(POLICY.policy, facts.given(AS_OF))
    awaited = [part.rule for part in cut.awaits if part.scheme == FULL]
    assert frames["class_awaited"]["rule"].to_list() == awaited


def test_a_finding_moves_the_loans_of_its_customer(facts: Facts, scopes: list[str]) -> None:
    names = ("position", "instalment_outcome", "loan_event", "loan", "provision")
    tables = {name: facts.table(name).to_pyarrow() for name in names}
    position = tables["position"].to_pandas()
    at = position[(position["month_end"] == AS_OF) & (position["risk_class"] == "normal")]
    customer = at["customer_id"].iloc[0]
    theirs = set(at.loc[at["customer_id"] == customer, "loan_id"])
    found = {
        "finding_id": ["F1"], "customer_id": [customer], "loan_id": [None], "finding_kind": ["evasion"],
        "found_on": [AS_OF], "until_on": [None], "known_on": [AS_OF],
    }  # fmt: skip
    tables["finding"] = pa.table(found, schema=TABLES["finding"].schema())
    connection = ibis.duckdb.connect()
    for name, rows in tables.items():
        nullable = pa.schema([field.with_nullable(True) for field in rows.schema])
        connection.create_table(name, rows.cast(nullable))
    told = Facts.over(connection, tables)
    moved = full_class_frames(told, AS_OF, POLICY, ["all"])["class_moved"]
    mine = moved[moved["class_rules"] == "F-12.evasion"]
    assert set(mine["loan_id"]) == theirs
    assert set(mine["full_class"]) == {"doubtful"}


def test_a_policy_without_the_scheme_says_nothing(facts: Facts) -> None:
    schemes = {name: scheme for name, scheme in POLICY.policy.schemes.items() if name != FULL}
    bare = POLICY.policy.model_copy(update={"schemes": schemes, "awaits": ()})
    frames = full_class_frames(facts, AS_OF, replace(POLICY, policy=bare), ["all"])
    assert all(frame.empty for frame in frames.values())
