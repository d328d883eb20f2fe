"""A section is a question answered: title, takeaway, tables, charts, footnotes, as plain records.

Every number in a table is a ``Figure`` with a stable id, ``<section>.<table>.<row>.<column>``. HTML,
PDF, Excel and figures.json are written from these same records, so they cannot disagree. Values are
raw (minor units, fractions, dates); only ``style`` turns them into text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias


class Format(StrEnum):
    """How a column's values are written; the unit in the head follows from it."""

    TEXT = "text"
    ID = "id"  # text that must stay text in Excel
    DATE = "date"
    MONTH = "month"
    MONEY = "money"  # minor units in, the pack's money unit out (元, 万元, 亿元 or plain)
    PERCENT = "percent"  # fraction in, percent with two decimals out
    BASIS_POINTS = "basis_points"  # fraction in, signed ▲▼ basis points out
    COUNT = "count"
    DAYS = "days"
    NUMBER = "number"  # plain, two decimals (odds, HHI, effective n)
    VERDICT = "verdict"  # True ✓, False ✕, None —
    TREND = "trend"  # tuple of floats or None, oldest first: a sparkline


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with everything it stands on. ``value`` None is "—": never 0 for unknown."""

    value: int | float | None
    numerator: int | None = None
    denominator: int | None = None
    n: int | None = None
    unknown: int | None = None
    low: float | None = None
    high: float | None = None
    metric: str | None = None  # slug, for the definitions section
    higher_is_worse: bool | None = None  # of a change: colours its ▲▼; None is neutral


Cell: TypeAlias = Figure | str | date | bool | tuple[float | None, ...] | None


@dataclass(frozen=True, slots=True)
class Field:
    """One table column: key, label in the pack's language, format."""

    key: str
    label: str
    format: Format


class RowKind(StrEnum):
    """How a row is set: ordinary, a total set apart, or a sub-heading without figures."""

    BODY = "body"
    TOTAL = "total"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Row:
    """One table row: a stable key (part of figure ids) and one cell per column."""

    key: str
    cells: tuple[Cell, ...]
    kind: RowKind = RowKind.BODY


@dataclass(frozen=True, slots=True)
class Table:
    """A table as data. More than 12 columns goes landscape; over 40 body rows are cut in the PDF
    with a pointer to ``sheet``, the Excel sheet that holds all of them."""

    key: str
    title: str
    fields: tuple[Field, ...]
    rows: tuple[Row, ...]
    note: str = ""
    sheet: str | None = None
    heat: tuple[str, ...] = ()  # field keys shaded by value

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.fields):
                raise ValueError(
                    f"{self.key}.{row.key}: {len(row.cells)} cells for {len(self.fields)} columns"
                )
        keys = [row.key for row in self.rows]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{self.key}: a row key is used twice")

    def figures(self) -> Iterator[tuple[Row, Field, Figure]]:
        """Yield every figure with its row and column."""
        for row in self.rows:
            for column, cell in zip(self.fields, row.cells, strict=True):
                if isinstance(cell, Figure):
                    yield row, column, cell


class ChartKind(StrEnum):
    """The few chart forms a pack uses."""

    LINES = "lines"  # one line per series over x
    BARS = "bars"  # one bar per x, first series
    STACKED = "stacked"  # series stacked over x
    HEAT = "heat"  # series are rows, x are columns, values printed
    WATERFALL = "waterfall"  # first and last x are levels, the rest are steps
    COHORTS = "cohorts"  # one line per series (cohort), oldest grey, newest in the main colour


@dataclass(frozen=True, slots=True)
class Series:
    """One named row of values along the chart's x; None leaves a gap."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as data: title says the finding, subtitle what is drawn, unit and population."""

    key: str
    kind: ChartKind
    title: str
    subtitle: str
    x: tuple[str, ...]
    series: tuple[Series, ...]
    format: Format  # of the values; money is minor units, percent is fractions
    alt: str = ""  # text alternative; title and subtitle if blank
    target: float | None = None  # a limit drawn as a dashed line

    def alternative(self) -> str:
        """Return the text that stands for the chart where it cannot be seen."""
        return self.alt or f"{self.title} {self.subtitle}".strip()


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Sentences computed from results, one paragraph or bullet each."""

    key: str
    sentences: tuple[str, ...]
    bullets: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A full loan list for Excel only: contract-typed columns, already masked when it is written."""

    key: str  # sheet name
    title: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """Says which table the lender does not give, in place of figures."""

    table: str
    sentence: str


Block: TypeAlias = Table | Chart | Paragraphs | Listing | Missing


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a pack: heading, the finding, blocks in reading order, footnotes, metrics used."""

    key: str
    heading: str  # what the section is about, for contents and bookmarks
    takeaway: str  # the finding as a statement; empty only where data is missing
    blocks: tuple[Block, ...]
    footnotes: tuple[str, ...] = field(default=())
    metrics: tuple[str, ...] = field(default=())  # slugs used, collected by the definitions section

    def figures(self) -> Iterator[tuple[str, Table, Row, Field, Figure]]:
        """Yield every figure of the section with its id."""
        for block in self.blocks:
            if isinstance(block, Table):
                for row, column, figure in block.figures():
                    yield f"{self.key}.{block.key}.{row.key}.{column.key}", block, row, column, figure
