"""The answer to a query as an Arrow table: numbers as the database writes them, so that no driver rounds one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.masks import Mask, truth
from postloan.sources.reading.tape import Flaw
from postloan.sources.sql.query import Question

BATCH_ROWS = 50_000
# These know days that Arrow and Python don't (infinity, years beyond 9999) and write all of them as ISO text.
_ISO = ("postgres", "duckdb")
_ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
_ISO_STAMP = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?([+-]\d{2}(:\d{2})?)?$"
_NO_DATE = Label("不是日历上的日期", "not a date of the calendar")
# SQLite keeps a decimal as a float, true to 15 digits; it invents what it writes beyond.
_ROUNDED = r"^-?(\d[.]?){15,}$"
_ROUNDED_LABEL = Label("SQLite 只保留15位有效数字", "SQLite keeps 15 digits only")

Kinds = Mapping[str, Any]  # data types of Ibis by column


def kinds_of(posed: Question, backend: Any) -> Kinds:
    """Return the types of an answer's columns.

    Raises:
        Fault: 3 for a column named twice, or of a type that holds no single value.
    """
    describe = {"postgres": _postgres_kinds, "duckdb": _duckdb_kinds}.get(backend.name, _other_kinds)
    kinds = describe(posed, backend)
    for name, kind in kinds.items():
        if kind.is_nested() or kind.is_binary() or kind.is_interval() or kind.is_geospatial():
            raise Fault(
                Label(
                    f"{posed.name}：“{name}”列的类型为 {kind}，不是单一值",
                    f"{posed.name}: column {name} is of type {kind}, which holds no single value",
                ),
                Label(
                    "请在查询中去掉该列，或将其转换为文本、数字或日期",
                    "leave the column out of the query, or turn it into text, a number or a date",
                ),
                REFUSED,
            )
    return kinds


def _postgres_kinds(posed: Question, backend: Any) -> dict[str, Any]:
    """Return the columns' types as the server describes them.

    Ibis would make a temporary view for it, which a session that only reads may not.
    """
    with backend.con.cursor() as cursor:
        described = cursor.execute(f"SELECT * FROM {posed.source} LIMIT 0").description
    names = [column.name for column in described]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        what = Label(
            f"{posed.name}：查询结果中不止一列名为“{twice[0]}”",
            f"{posed.name}: more than one column of the answer is named {twice[0]}",
        )
        mend = Label("请用 AS 使各列名称互不相同", "name every column once, with AS")
        raise Fault(what, mend, REFUSED)
    mapper = backend.compiler.type_mapper
    # A type of the lender's own (an enumeration) has a number for a name, and comes as text.
    kinds = ["text" if column.type_display.isdigit() else column.type_display for column in described]
    return {name: mapper.from_string(kind) for name, kind in zip(names, kinds, strict=True)}


def _duckdb_kinds(posed: Question, backend: Any) -> dict[str, Any]:
    described = backend.raw_sql(f"DESCRIBE SELECT * FROM {posed.source}").fetchall()
    return {name: backend.compiler.type_mapper.from_string(kind) for name, kind, *_ in described}


def _other_kinds(posed: Question, backend: Any) -> dict[str, Any]:
    return dict(backend.sql(posed.statement).schema().items())


def counted(posed: Question, backend: Any) -> int:
    """Return how many rows the database counts."""
    cursor = backend.raw_sql(f"SELECT COUNT(*) FROM {posed.source}")
    return int(cursor.fetchone()[0])


def fetched(posed: Question, kinds: Kinds, backend: Any) -> pa.Table:
    """Return all rows, in the order the database gives them.

    Everything comes as text but floating point, and dates and stamps of a database whose text for a
    day isn't known to be ISO. The query is put as it was written: Ibis would write it anew.
    """
    of = {name: _arrow_type(kind, backend.name) for name, kind in kinds.items()}
    chosen = ", ".join(_column(name, of[name], backend.dialect or backend.name) for name in of)
    batches = list(_batches(f"SELECT {chosen} FROM {posed.source}", pa.struct(of.items()), backend))
    return pa.Table.from_batches(batches, pa.schema(of.items()))


def with_dates(table: pa.Table, kinds: Kinds, backend: Any) -> tuple[pa.Table, tuple[Flaw, ...]]:
    """Return the fetched rows with dates and stamps typed, and the cells no value can be taken from."""
    flaws = []
    for place, (name, kind) in enumerate(kinds.items()):
        if backend.name in _ISO and (kind.is_date() or kind.is_timestamp()):
            values, bad = _dates(table.column(name), kind)
            table = table.set_column(place, name, values)
            flaws.append(Flaw(name, _NO_DATE, np.flatnonzero(bad)))
        if backend.name == "sqlite" and kind.is_decimal():
            bad = truth(pc.match_substring_regex(table.column(name), _ROUNDED))
            flaws.append(Flaw(name, _ROUNDED_LABEL, np.flatnonzero(bad)))
    return table, tuple(flaw for flaw in flaws if len(flaw.positions))


def _arrow_type(kind: Any, backend: str) -> pa.DataType:
    """Return the type a column is fetched in."""
    if kind.is_floating():
        return pa.float64()
    if (kind.is_date() or kind.is_timestamp()) and backend not in (*_ISO, "sqlite"):
        return kind.to_pyarrow()
    return pa.string()


def _column(name: str, of: pa.DataType, dialect: str) -> str:
    column = exp.column(exp.to_identifier(name, quoted=True))
    value = exp.cast(column, "text") if pa.types.is_string(of) else column
    return str(value.as_(name, quoted=True).sql(dialect=dialect))


def _batches(statement: str, of: pa.StructType, backend: Any) -> Iterator[pa.RecordBatch]:
    """Put a query and yield its rows; those of PostgreSQL wait at the server until they are fetched."""
    if backend.name == "postgres":
        cursor = backend.con.cursor(name="answer")
        cursor.execute(statement)
    else:
        cursor = backend.raw_sql(statement)
    try:
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield pa.RecordBatch.from_struct_array(pa.array(rows, of))
    finally:
        if backend.name == "postgres":
            cursor.close()


def _dates(text: pa.ChunkedArray, kind: Any) -> tuple[pa.ChunkedArray, Mask]:
    """Return ISO text as dates or stamps, and the rows that hold no date of the calendar (they are null)."""
    if kind.is_date():
        pattern, of = _ISO_DATE, pa.date32()
    else:
        pattern, of = _ISO_STAMP, pa.timestamp("us", tz="UTC" if kind.timezone else None)
    readable = pc.match_substring_regex(text, pattern)
    values = pc.cast(pc.if_else(readable, text, pa.scalar(None, text.type)), of)
    return values, truth(pc.invert(readable))
