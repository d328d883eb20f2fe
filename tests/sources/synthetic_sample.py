"""The synthetic lender's tables in memory, in contract form and without the planted dirt."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.tables import DELIVERED
from postloan.sources.synthetic import lender
from postloan.sources.synthetic.chunk import Chunk
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.tables import Numbers

AS_OF = date(2026, 10, 31)


def chunk_of(loans: int, seed: int, as_of: date = AS_OF) -> tuple[Chunk, Span]:
    """Return the first chunk."""
    span = Span(as_of, 36)
    return next(lender.chunks(loans, seed, span)), span


def contract_tables(loans: int, seed: int, as_of: date = AS_OF) -> dict[str, pa.Table]:
    """Return the tables of a lender of one chunk, under their contract schemas."""
    chunk, span = chunk_of(loans, seed, as_of)
    found, _ = lender.delivered(chunk, Numbers(), span, seed)
    return {name: _conforming(name, _clean(name, table)) for name, table in found.items()}


def house_tables(loans: int, seed: int, as_of: date = AS_OF) -> dict[str, pa.Table]:
    """Return the tables of the lender as a whole: staff, hand-overs, meetings …"""
    chunk, span = chunk_of(loans, seed, as_of)
    _, calls = lender.delivered(chunk, Numbers(), span, seed)
    whole = lender.of_the_house(lender.Totals(calls=calls), span, seed)
    return {
        name: _conforming(name, table)
        for name, table in whole.items()
        if name not in ("control_total", "inspection")
    }


def _clean(name: str, table: pa.Table) -> pa.Table:
    """Leave out dirt: rows with a letter behind their number, and the second copy of a row."""
    key = DELIVERED[name].grain[0]
    if name in ("payment", "loan", "customer", "action"):
        table = table.filter(pc.match_substring_regex(table[key], r"\d$"))
        first = (
            pa.table({key: table[key], "place": range(len(table))})
            .group_by(key)
            .aggregate([("place", "min")])
        )
        table = table.take(first["place_min"].combine_chunks().sort())
    return table


def _conforming(name: str, table: pa.Table) -> pa.Table:
    schema = DELIVERED[name].schema()
    assert set(table.column_names) <= set(schema.names)
    blank = {field.name: pa.nulls(len(table), field.type) for field in schema}
    return pa.table(
        [table[f.name].cast(f.type) if f.name in table.column_names else blank[f.name] for f in schema],
        schema=schema,
    )
