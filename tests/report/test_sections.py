"""The sections of the monthly review on a small synthetic lender: whole, translated, footing, traceable."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from postloan.jobs.review import open_review
from postloan.model.fault import Fault
from postloan.report.pack import Pack
from postloan.report.section import Chart, ChartKind, Figure, Format, Listing, RowKind, Section, Table

PROJECT = Path(__file__).parents[2]
PACK = PROJECT / "params" / "packs" / "monthly_review.yaml"
LATIN = re.compile(r"[A-Za-z]{3,}")
# Names a Chinese reader knows, or sees as they stand in files and formulas.
KNOWN = re.compile(
    r"MOB\d*|FPD\d*|PAR\d*|NPL|unconfirmed|cn_regulation|control_total|provision|JD\d+|KH\d+|YG\d+"
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def book(small_lender: Path) -> Path:
    return small_lender


@cache
def opened(book: Path, lang: str, as_of: str = "2026-10-31", scope: str = "all") -> Pack:
    given = {"as_of": as_of, "policy": "cn_regulation", "scope": scope, "lang": lang}
    return open_review("", pack_file=str(PACK), book=str(book), **given)


@pytest.fixture(scope="module", params=["zh", "en"])
def pack(request: pytest.FixtureRequest, book: Path) -> Pack:
    return opened(book, request.param)


def sections(pack: Pack) -> list[Section]:
    return [pack.section(key) for key in pack.sections]


def tables(pack: Pack) -> list[tuple[str, Table]]:
    return [(s.key, b) for s in sections(pack) for b in s.blocks if isinstance(b, Table)]


def test_every_section_says_something_and_shows_something(pack: Pack) -> None:
    for section in sections(pack):
        assert section.heading
        assert section.takeaway
        assert section.blocks
    assert all(s.key == key for s, key in zip(sections(pack), pack.sections, strict=True))


def test_figure_ids_are_unique(pack: Pack) -> None:
    ids = Counter(name for section in sections(pack) for name, *_ in section.figures())
    assert [name for name, count in ids.items() if count > 1] == []
    assert len(ids) > 1000


def test_tables_foot(pack: Pack) -> None:
    """Where a table has one total, every amount and count above it adds up to it exactly."""
    footed = 0
    for key, table in tables(pack):
        totals = [row for row in table.rows if row.kind is RowKind.TOTAL]
        if [row.key for row in totals] != ["total"]:
            continue
        for place, column in enumerate(table.fields):
            if column.format not in (Format.MONEY, Format.COUNT) or column.key in ("month", "year"):
                continue
            cells = [row.cells[place] for row in table.rows if row.kind is RowKind.BODY]
            parts = [c.value for c in cells if isinstance(c, Figure) and c.value is not None]
            total = totals[0].cells[place]
            assert isinstance(total, Figure)
            assert sum(parts) == (total.value or 0), (key, table.key, column.key)
            footed += 1
    assert footed > 20


def test_walks_close_to_zero(pack: Pack) -> None:
    for name in ("walk_overdue", "walk_balance"):
        table = next(table for _, table in tables(pack) if table.key == name)
        (check,) = [row for row in table.rows if row.key == "check"]
        assert [c.value for c in check.cells if isinstance(c, Figure)] == [0, 0, 0]


def test_the_bridge_closes(pack: Pack) -> None:
    for block in pack.section("npl_bridge").blocks:
        if isinstance(block, Chart) and block.kind is ChartKind.WATERFALL:
            first, *steps, last = (value or 0.0 for value in block.series[0].values)
            assert first + sum(steps) == pytest.approx(last, abs=1e-12)


def test_every_ratio_carries_what_it_stands_on(pack: Pack) -> None:
    for key in ("overdue", "flows", "risk_classes", "recoveries"):
        for _, table, _, column, figure in pack.section(key).figures():
            if column.key == "value" and column.format is Format.PERCENT and figure.value is not None:
                assert None not in (figure.numerator, figure.denominator, figure.n), table.key
                assert figure.value == pytest.approx(figure.numerator / figure.denominator)  # type: ignore[operator]


def test_every_metric_shown_is_defined(pack: Pack) -> None:
    defined = {row.key for _, table in tables(pack) for row in table.rows if _ == "definitions"}
    used = {slug for key in pack.sections if key != "definitions" for slug in pack.section(key).metrics}
    assert used <= defined


def told(section: Section) -> list[str]:
    """Return every sentence and label of a section that is ours, not the lender's data."""
    parts = [section.heading, section.takeaway, *section.footnotes]
    for block in section.blocks:
        parts += [getattr(block, "title", ""), getattr(block, "subtitle", ""), getattr(block, "note", "")]
        parts += [field.label for field in getattr(block, "fields", ())]
        parts += list(getattr(block, "sentences", ()))
    return parts


def test_a_chinese_pack_speaks_chinese(book: Path) -> None:
    words = [text for section in sections(opened(book, "zh")) for text in told(section)]
    left = [text for text in words if LATIN.search(KNOWN.sub("", text))]
    # Sheet names of the appendix are file-like names.
    assert [text for text in left if "附录" not in text] == []


def test_lists_are_whole_in_the_appendix(pack: Pack) -> None:
    listings = [b for s in sections(pack) for b in s.blocks if isinstance(b, Listing)]
    assert {listing.key for listing in listings} >= {"cliff", "overdue_loans", "npl_bridge_loans"}
    for listing in listings:
        assert all(len(row) == len(listing.fields) for row in listing.rows)
    overdue = next(listing for listing in listings if listing.key == "overdue_loans")
    assert len(overdue.rows) == len(pack.frame("overdue_loans"))


@pytest.mark.parametrize("scope", ["江南支行", "product=小微经营贷"])
def test_a_pack_of_one_branch_or_product_is_whole_too(book: Path, scope: str) -> None:
    cut, whole = opened(book, "zh", scope=scope), opened(book, "zh")
    assert all(section.takeaway for section in sections(cut))
    on = date(2026, 10, 31)
    by, name = ("product", "小微经营贷") if "=" in scope else ("branch", scope)
    part = whole.measured["balance", on, by, name]
    assert cut.measured["balance", on, "", ""]["numerator"] == part["numerator"]


def test_the_first_month_of_a_book_has_nothing_to_compare_with(book: Path) -> None:
    young = opened(book, "zh", as_of="2023-11-30")
    assert "无上月可比" in young.section("overdue").takeaway
    assert all(section.takeaway for section in sections(young))


def test_an_unknown_section_is_refused(pack: Pack) -> None:
    with pytest.raises(Fault, match="no section"):
        pack.section("sumary")
