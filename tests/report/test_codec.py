"""Section records survive JSON exactly: types, None, dates and order."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.report.codec import SECTION_MIME, decode, encode, sections_in
from postloan.report.section import (
    Chart,
    ChartKind,
    Field,
    Figure,
    Format,
    Listing,
    Missing,
    Paragraphs,
    Row,
    RowKind,
    Section,
    Series,
    Table,
)

TEXT = st.text(max_size=8)
KEYS = st.text("abcdefg_", min_size=1, max_size=6)
REALS = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.none() | st.integers(-(2**62), 2**62)
REAL = st.none() | REALS
DATES = st.dates()
FIGURES = st.builds(
    Figure,
    value=st.none() | st.integers() | REALS,
    numerator=WHOLE,
    denominator=WHOLE,
    n=WHOLE,
    unknown=WHOLE,
    low=REAL,
    high=REAL,
    metric=st.none() | KEYS,
    higher_is_worse=st.none() | st.booleans(),
)
CELLS = st.one_of(FIGURES, TEXT, DATES, st.booleans(), st.none(), st.lists(REAL, max_size=3).map(tuple))
FIELDS = st.builds(
    Field,
    key=KEYS,
    label=TEXT,
    format=st.sampled_from(Format),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = tuple(draw(st.lists(FIELDS, max_size=3)))
    keys = draw(st.lists(KEYS, max_size=3, unique=True))
    rows = tuple(
        Row(key, tuple(draw(CELLS) for _ in columns), draw(st.sampled_from(RowKind))) for key in keys
    )
    heat = tuple(column.key for column in columns[:1])
    return Table(draw(KEYS), draw(TEXT), columns, rows, draw(TEXT), draw(st.none() | TEXT), heat)


SERIES = st.builds(Series, name=TEXT, values=st.lists(REAL, max_size=3).map(tuple))
CHARTS = st.builds(
    Chart,
    key=KEYS,
    kind=st.sampled_from(ChartKind),
    title=TEXT,
    subtitle=TEXT,
    x=st.lists(TEXT, max_size=3).map(tuple),
    series=st.lists(SERIES, max_size=2).map(tuple),
    format=st.sampled_from(Format),
    alt=TEXT,
    target=REAL,
)
SCALARS = st.one_of(TEXT, st.integers(), REALS, st.booleans(), DATES, st.none())
LISTINGS = st.builds(
    Listing,
    key=KEYS,
    title=TEXT,
    fields=st.lists(FIELDS, max_size=2).map(tuple),
    rows=st.lists(st.lists(SCALARS, max_size=3).map(tuple), max_size=3).map(tuple),
)
BLOCKS = st.one_of(
    tables(),
    CHARTS,
    LISTINGS,
    st.builds(Paragraphs, KEYS, st.lists(TEXT, max_size=3).map(tuple), st.booleans()),
    st.builds(Missing, KEYS, TEXT),
)
SECTIONS = st.builds(
    Section,
    key=KEYS,
    heading=TEXT,
    takeaway=TEXT,
    blocks=st.lists(BLOCKS, max_size=3).map(tuple),
    footnotes=st.lists(TEXT, max_size=2).map(tuple),
    metrics=st.lists(KEYS, max_size=2).map(tuple),
)


def through_json(record: object) -> Any:
    return decode(json.loads(json.dumps(encode(record), allow_nan=False)))


@given(SECTIONS)
def test_comes_back_the_same_through_json(section: Section) -> None:
    back = through_json(section)
    # repr as well: 1 == 1.0 == True, and only the text tells them apart.
    assert back == section
    assert repr(back) == repr(section)


@pytest.mark.parametrize("value", [0, 0.0, 1, 1.0, -0.0, 2**60, None])
def test_keeps_the_kind_of_number(value: int | float | None) -> None:
    assert repr(through_json(Figure(value)).value) == repr(value)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (datetime(2025, 6, 30, 1), TypeError),
        ([1], TypeError),
        (b"x", TypeError),
    ],
)
def test_refuses_what_json_would_bend_and_says_where(value: Any, error: type[Exception]) -> None:
    listing = Listing("loans", "Loans", (Field("a", "A", Format.TEXT),), ((1,), (value,)))
    with pytest.raises(error, match=r"Listing\.rows\[1\]\[0\]"):
        encode(listing)


def test_refuses_foreign_data() -> None:
    with pytest.raises(ValueError, match="tag"):
        decode({"@": "Popen", "args": "true"})
    with pytest.raises(TypeError):
        encode(date(2025, 6, 30))


def test_finds_the_sections_of_a_notebook_in_order() -> None:
    sections = [Section(key, key.upper(), "", ()) for key in ("a", "b", "c")]
    bundles = [{"data": {SECTION_MIME: encode(section), "text/html": ""}} for section in sections]
    cells = [
        {"cell_type": "markdown", "source": "x"},
        {"cell_type": "code", "outputs": [bundles[0], {"output_type": "stream", "text": "hi"}, bundles[1]]},
        {"cell_type": "code", "outputs": [bundles[2]]},
    ]
    assert sections_in({"cells": cells}) == sections
