"""Why a grade, and what if a number were another: the card and the simulation against the book itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.derived.grading import graded, on_date
from postloan.jobs.explain import explain
from postloan.jobs.simulate import simulate
from postloan.model.fault import Fault
from postloan.policy.files import read_rulebook

PROJECT = Path(__file__).parents[2]
AS_OF = date(2026, 10, 31)


@pytest.fixture(scope="module")
def book(small_lender: Path) -> Path:
    return small_lender


@pytest.fixture(scope="module")
def grades(book: Path) -> list[dict[str, Any]]:
    found = graded(Book.open(book), AS_OF, read_rulebook("machinery")).outcome["customer"]
    rows: list[dict[str, Any]] = (
        on_date(found, AS_OF).filter(pc.field("scheme") == "credit_grade").to_pylist()
    )
    return rows


def one(rows: list[dict[str, Any]], **wanted: object) -> dict[str, Any]:
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def test_a_card_says_outcome_rules_inputs_boundary_and_next_step(
    book: Path, grades: list[dict[str, Any]]
) -> None:
    row = next(row for row in grades if row["outcome"] == "B" and row["next_step"] and row["boundary"])
    card = explain(row["subject_id"], book, AS_OF, policy="machinery")
    zh, en = card.text("zh"), card.text("en")
    assert "信用管理部客户评级: B级" in zh.replace("：", ": ")
    assert "Credit-department grade: B" in en
    for rule in row["rules"].split():
        assert rule in zh
        assert rule in en
    assert f"再按时{row['next_count']}期 → A" in zh
    assert "Nearest boundary" in en
    assert "最近界限" in zh
    assert row["policy_version"] in zh
    assert "停工两个月以上" in zh  # what is not part of it for want of data


def test_a_card_as_data_is_the_outcome_row(book: Path, grades: list[dict[str, Any]]) -> None:
    row = one(grades, outcome="A")
    told = explain(row["subject_id"], book, AS_OF, policy="machinery").as_dict()
    (outcome,) = [part for part in told["outcomes"] if part["scheme"] == "credit_grade"]
    assert outcome["outcome"] == "A"
    assert outcome["rules"] == row["rules"].split()
    assert outcome["inputs"]["on_time_streak"] == row["on_time_streak"] >= 6


def test_a_name_is_masked_but_for_those_who_work_with_the_borrower(
    book: Path, grades: list[dict[str, Any]]
) -> None:
    key = grades[0]["subject_id"]
    name = Book.open(book).read("customer").filter(pc.field("customer_id") == key)["name"][0].as_py()
    assert name not in explain(key, book, AS_OF, policy="machinery").text("zh")
    assert name in explain(key, book, AS_OF, policy="machinery", role="officer").text("zh")


def test_whoever_is_not_in_the_book_is_refused(book: Path) -> None:
    with pytest.raises(Fault, match="no customer or loan"):
        explain("KH999", book, AS_OF)


def positions(book: Path) -> Iterator[dict[str, Any]]:
    position = open_facts(Book.open(book), AS_OF).table("position")
    rows = position.filter(position.month_end == AS_OF, position.status == "active").to_pyarrow()
    yield from rows.to_pylist()


def test_a_simulation_moves_exactly_what_lies_between_the_old_and_the_new_number(book: Path) -> None:
    moved = [row for row in positions(book) if row["dpd"] is not None and 45 < row["dpd"] <= 90]
    assert moved
    found = simulate("cn_regulation", book, AS_OF, ["substandard_over_dpd=45"])
    (effect,) = [effect for effect in found.effects if effect.scheme == "risk_class_by_dpd"]
    (move,) = effect.moves
    assert (move.before, move.after, move.n) == ("special_mention", "substandard", len(moved))
    assert move.balance_minor == sum(row["balance_minor"] for row in moved)
    rise = sum(
        (row["balance_minor"] * 25 + 50) // 100 - (row["balance_minor"] * 2 + 50) // 100 for row in moved
    )
    assert found.provision_after_minor is not None
    assert found.provision_before_minor is not None
    assert found.provision_after_minor - found.provision_before_minor == rise


def test_setting_a_number_to_what_it_is_moves_nobody(book: Path) -> None:
    found = simulate("personal", book, AS_OF, ["legal_over_dpd=30"])
    assert [effect.moves for effect in found.effects] == [()] * len(found.effects)
    assert "没有变化" in found.text("zh")
    assert found.provision_before_minor is None


@pytest.mark.parametrize(
    ("setting", "message"),
    [("legal_over_dp=9", "legal_over_dp"), ("legal_over_dpd", "has no '='"), ("legal_over_dpd=x", "value")],
)
def test_what_cannot_be_set_is_refused(book: Path, setting: str, message: str) -> None:
    with pytest.raises(Fault) as caught:
        simulate("personal", book, AS_OF, [setting])
    assert message in str(caught.value)
