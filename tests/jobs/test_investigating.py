"""Investigations on the synthetic lender: what was planted is seen for the right subject, in both languages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.subject_frames import subject_frames
from postloan.metrics.facts import Facts
from postloan.metrics.monthly import definitions
from postloan.model.fault import Fault
from postloan.model.subject import Subject
from postloan.policy.files import read_rulebook
from postloan.report.head import Head
from postloan.report.pack import Pack
from postloan.report.style import Style
from postloan.report.text import Text

AS_OF = date(2026, 10, 31)
SHOCK = "industry=建筑业&region=东江省"


@pytest.fixture(scope="module")
def book(small_lender: Path) -> Book:
    return Book.open(small_lender)


@pytest.fixture(scope="module")
def facts(book: Book) -> Facts:
    return open_facts(book, AS_OF)


def investigated(book: Book, facts: Facts, text: str) -> dict[str, pd.DataFrame]:
    return subject_frames(book, facts, AS_OF, Subject.parse(text), read_rulebook("synthetic_lender"), "CNY")


@pytest.fixture(scope="module")
def shock(book: Book, facts: Facts) -> dict[str, pd.DataFrame]:
    return investigated(book, facts, SHOCK)


@pytest.fixture(scope="module")
def late(book: Book, facts: Facts) -> dict[str, pd.DataFrame]:
    t = facts.table("position")
    rows = t.filter(t.month_end == AS_OF, t.dpd > 60).order_by("loan_id").to_pyarrow().to_pylist()
    return investigated(book, facts, f"customer={rows[0]['customer_id']}")


def test_the_shocked_segment_stands_apart_from_the_rest(shock: dict[str, pd.DataFrame]) -> None:
    rows = shock["subject_compared"].query("metric == 'over_30_rate_count'").set_index(["side", "month_end"])
    now = pd.Timestamp(AS_OF)
    assert float(rows["low"].loc["subject", now]) > float(rows["high"].loc["peers", now])
    year_ago = float(rows["value"].loc["subject", pd.Timestamp(2025, 10, 31)])
    assert float(rows["value"].loc["subject", now]) > year_ago


def test_the_segment_is_cut_by_what_it_does_not_fix_and_adds_up(shock: dict[str, pd.DataFrame]) -> None:
    groups = shock["subject_drivers"]
    assert {"industry", "region"}.isdisjoint(groups["by"])
    assert groups.groupby("by")["loans"].sum().nunique() == 1
    assert groups["q"].between(0, 1).all()
    assert (groups["low"] <= groups["rate"]).all()


def test_a_customers_loans_events_and_grades_are_told(late: dict[str, pd.DataFrame]) -> None:
    assert late["subject_loans"]["customer_id"].nunique() == 1
    assert {"payment", "action"} <= set(late["subject_events"]["table"])
    on = late["subject_events"]["on"]
    assert on.is_monotonic_decreasing
    assert on.max() <= pd.Timestamp(AS_OF)
    assert late["subject_cards"]["zh"].str.contains("最近界限").any()
    assert late["subject_months"]["dpd"].iloc[-1] > 60


def test_peers_of_a_customer_are_the_same_products_without_him(
    book: Book, facts: Facts, late: dict[str, pd.DataFrame]
) -> None:
    mine = late["subject_loans"]
    t = facts.table("position")
    same = t.filter(
        t.month_end == AS_OF, t["product"].isin(list(mine["product"].unique())), t.status == "active"
    )
    compared = late["subject_compared"].query("metric == 'over_30_rate_count' and side == 'peers'")
    at = compared[compared["month_end"] == pd.Timestamp(AS_OF)].iloc[0]
    active = (mine["status"] == "active").sum()
    assert at["n"] + at["unknown"] == same.count().to_pyarrow().as_py() - active


def test_a_connected_group_is_one_net(book: Book, facts: Facts) -> None:
    position, customer = facts.table("position"), facts.table("customer")
    owing = position.filter(position.month_end == AS_OF).select("customer_id")
    grouped = customer.filter(customer.group_id.notnull())
    members = grouped.order_by(["group_id", "customer_id"]).to_pyarrow().to_pandas()
    known = grouped.semi_join(owing, "customer_id").order_by("customer_id").to_pyarrow().to_pylist()
    group = known[0]["group_id"]
    found = investigated(book, facts, f"group={group}")
    assert set(members.loc[members["group_id"] == group, "customer_id"]) <= set(
        found["subject_net"]["customer_id"]
    )
    assert {"group", "phone", "address"} <= set(found["subject_links"]["kind"])


def test_nobody_by_that_name_is_said_at_once(book: Book, facts: Facts) -> None:
    with pytest.raises(Fault, match="no loan belongs to"):
        investigated(book, facts, "customer=KH999")


def pack(frames: dict[str, pd.DataFrame], lang: str, subject: str) -> Pack:
    head = Head(
        report="risk_investigation", lender="合成示例", as_of=AS_OF, scope="all", lang=lang, currency="CNY", version="v001",
        is_final=True, is_synthetic=True, is_masked=True, book_version="1", policy="p", policy_version="1", prepared_by="",
        generated_on=AS_OF, subject=subject,
    )  # fmt: skip
    return Pack(
        head,
        Style.for_amounts(lang, "CNY", 10**8),
        Text(lang),
        {},
        {**frames, "definitions": definitions(AS_OF)},
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_section_says_something_and_masks_who_it_is(late: dict[str, pd.DataFrame], lang: str) -> None:
    made = pack(late, lang, "customer=X")
    sections = [made.section(key) for key in made.sections]
    assert all(section.heading and section.takeaway for section in sections)
    person = late["subject_customers"].iloc[0]
    for secret in (person["name"], person["phone"], person["address"], person["id_number"]):
        assert isinstance(secret, str)
        assert secret not in repr(sections)
    assert "drivers" not in made.sections


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_segment_has_drivers_and_no_dossier_of_a_person(shock: dict[str, pd.DataFrame], lang: str) -> None:
    made = pack(shock, lang, SHOCK)
    assert "drivers" in made.sections
    assert {"verdicts", "connections", "risk_report"}.isdisjoint(made.sections)
    assert all(made.section(key).takeaway for key in made.sections)
