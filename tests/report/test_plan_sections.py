"""Targets and grades of every plan on one small lender: a pack of another plan is only another parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.plan_frames import plan_frames
from postloan.jobs.review import open_review
from postloan.policy.files import read_rulebook
from postloan.report.pack import Pack
from postloan.report.reports import sections_of
from postloan.report.section import Figure, Listing, Section, Table

PROJECT = Path(__file__).parents[2]
# Composed, graded, remembered, targets only, with a penalty.
PLANS = ("synthetic_lender", "machinery", "cn_regulation", "agri", "feed_supply")
AS_OF = date(2026, 10, 31)


@pytest.fixture(scope="module")
def book(small_lender: Path) -> Path:
    return small_lender


@pytest.fixture(scope="module")
def packs(book: Path) -> dict[str, Pack]:
    pack_file = str(PROJECT / "params" / "packs" / "monthly_review.yaml")
    given = {
        "as_of": AS_OF.isoformat(),
        "policy": "cn_regulation",
        "scope": "all",
        "plan": "synthetic_lender",
    }
    return {
        lang: open_review("", pack_file=pack_file, book=str(book), lang=lang, **given)
        for lang in ("zh", "en")
    }


def of_plan(pack: Pack, book: Path, plan: str) -> Pack:
    frames = {name: frame for name, frame in pack.frames.items() if not name.startswith(("outcome", "plan_"))}
    added = plan_frames(
        read_rulebook(plan),
        Book.open(book),
        open_facts(Book.open(book), AS_OF),
        AS_OF,
        ["all"],
        frames["measures"],
    )
    return replace(pack, frames={**frames, **added})


def sections(pack: Pack) -> Iterator[Section]:
    for key in ("targets", "grades"):
        if key in pack.sections:
            yield pack.section(key)


def test_a_pack_without_a_plan_has_no_trace_of_one(packs: dict[str, Pack]) -> None:
    without = [name for name in packs["zh"].frames if not name.startswith(("outcome", "plan_"))]
    assert {"targets", "grades"}.isdisjoint(sections_of("monthly_review", without))
    assert {"targets", "grades"} <= set(packs["zh"].sections)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("plan", "block"), [("monthly_sprint", "awards"), ("county_bank", "fines")])
def test_rewards_and_fines_are_told_in_the_team_report_of_a_plan_that_has_them(
    packs: dict[str, Pack], book: Path, plan: str, block: str, lang: str
) -> None:
    pack = of_plan(packs[lang], book, plan)
    team = replace(pack, head=replace(pack.head, report="team_performance"))
    section = team.section("awards")
    assert block in {part.key for part in section.blocks if isinstance(part, Table)}
    assert bool(re.search("[一-鿿]", section.heading + section.takeaway)) is (lang == "zh")
    assert "awards" not in sections_of("team_performance", of_plan(packs[lang], book, "agri").frames)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_says_something_in_both_languages(
    packs: dict[str, Pack], book: Path, plan: str, lang: str
) -> None:
    pack = of_plan(packs[lang], book, plan)
    built = list(sections(pack))
    assert built
    for section in built:
        assert section.takeaway
        assert any(table.rows for table in section.blocks if isinstance(table, Table))
        assert all(table.rows or table.note for table in section.blocks if isinstance(table, Table))


def test_everyone_whose_outcome_moved_is_listed(packs: dict[str, Pack]) -> None:
    pack = packs["en"]
    section = pack.section("grades")
    (moves,) = [b for b in section.blocks if isinstance(b, Table) and b.key == "moves"]
    (listed,) = [b for b in section.blocks if isinstance(b, Listing)]
    counted = sum(f.value or 0 for _, column, f in moves.figures() if column.key == "n")
    assert counted == len(listed.rows) > 0


def test_a_boundary_is_named_for_a_reader(packs: dict[str, Pack]) -> None:
    (listed,) = [b for b in packs["zh"].section("grades").blocks if isinstance(b, Listing)]
    place = [field.key for field in listed.fields].index("boundary")
    named = {str(row[place]) for row in listed.rows} - {"—"}
    assert named
    assert not any(re.fullmatch(r"[a-z0-9_]+", text) for text in named)


def test_customers_and_loans_of_the_parts_are_those_of_the_lender(packs: dict[str, Pack]) -> None:
    """Each loan is graded by exactly one policy of the composition, in one tier of it."""
    frame = packs["zh"].frame("outcomes")
    tiers = frame[(frame["scheme"] == "collection_tier") & (frame["policy"] != "corporate")]
    position = packs["zh"].measured["loans_active", AS_OF, "", ""]
    company = packs["zh"].measured["loans_active", AS_OF, "customer_kind", "company"]["numerator"]
    assert 0 < position["numerator"] - tiers["n"].sum() <= company


def test_every_loan_with_unpaid_days_is_charged(packs: dict[str, Pack], book: Path) -> None:
    pack = of_plan(packs["zh"], book, "feed_supply")
    (table,) = [b for b in pack.section("grades").blocks if isinstance(b, Table) and b.key == "penalties"]
    frame = pack.frame("penalties")
    assert (frame["penalty_minor"] == (frame["unpaid_minor_days"] + 100) // 200).all()  # 5 ‰, half up
    total = table.rows[-1].cells[-1]
    assert isinstance(total, Figure)
    assert total.value == frame["penalty_minor"].sum() > 0
    assert "可执行性待法务审查" in table.note
    overdue = pack.frame("overdue_loans")
    assert set(overdue["loan_id"]) <= set(frame["subject_id"])
