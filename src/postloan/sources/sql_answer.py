"""The answer to a query as an Arrow table: numbers as the database writes them, so that no driver rounds one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.numbers import Mask, truth
from postloan.sources.sql_query import Question
from postloan.sources.tape import Flaw

BATCH_ROWS = 50_000
# These know days that Arrow and Python don't (infinity, years beyond 9999) and write all of them as ISO text.
_ISO = ("postgres", "duckdb")
_ISO_DATE = r"^\d{4}-\d{2}-\d{2}$"
_ISO_STAMP = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?([+-]\d{2}(:\d{2})?)?$"
_NO_DATE = Label("不是日历上的日期", "not a date of the calendar")
# SQLite keeps a decimal as a float, true to 15 digits; it invents what it writes beyond.
_ROUNDED = r"^-?(\d[.]?){15,}$"
_ROUNDED_LABEL = Label("SQLite 只保留15位有效数字", "SQLite keeps 15 digits only")


def answer_to(posed: Question, backend: Any) -> Any:
    """Return a query as an Ibis table.

    Raises:
        Fault: 3 for a column named twice, or of a type that holds no single value.
    """
    schema = _postgres_schema(backend, posed) if backend.name == "postgres" else None
    answer = backend.sql(posed.statement, schema=schema)
    for name, kind in answer.schema().items():
        if kind.is_nested() or kind.is_binary() or kind.is_interval() or kind.is_geospatial():
            mend = "leave the column out of the query, or turn it into text, a number or a date"
            raise Fault(
                f"{posed.name}: column {name} is of type {kind}, which holds no single value", mend, REFUSED
            )
    return answer


def _postgres_schema(backend: Any, posed: Question) -> dict[str, Any]:
    """Return the columns' types as the server describes them.

    Ibis would make a temporary view for it, which a session that only reads may not.
    """
    with backend.con.cursor() as cursor:
        described = cursor.execute(f"SELECT * FROM ({posed.statement}) AS answer LIMIT 0").description
    names = [column.name for column in described]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        what = f"{posed.name}: more than one column of the answer is named {twice[0]}"
        raise Fault(what, "name every column once, with AS", REFUSED)
    mapper = backend.compiler.type_mapper
    # A type of the lender's own (an enumeration) has a number for a name, and comes as text.
    kinds = ["text" if column.type_display.isdigit() else column.type_display for column in described]
    return {name: mapper.from_string(kind) for name, kind in zip(names, kinds, strict=True)}


def fetched(answer: Any, backend: Any) -> pa.Table:
    """Return all rows, in the order the database gives them.

    Floating point, truth values and text come as they are, the rest as text. From SQLite, where any
    cell holds anything, truth values come as text too; from databases whose text for a day isn't known
    to be ISO, dates and stamps come as the driver reads them.
    """
    read = [_column(answer[name], name, kind, backend.name) for name, kind in answer.schema().items()]
    reader = backend.to_pyarrow_batches(answer.select(*read), chunk_size=BATCH_ROWS)
    return pa.Table.from_batches(list(reader), reader.schema)


def with_dates(table: pa.Table, answer: Any, backend: Any) -> tuple[pa.Table, tuple[Flaw, ...]]:
    """Return the fetched rows with dates and stamps typed, and the cells no value can be taken from."""
    flaws = []
    for place, (name, kind) in enumerate(answer.schema().items()):
        if backend.name in _ISO and (kind.is_date() or kind.is_timestamp()):
            values, bad = _dates(table.column(name), kind)
            table = table.set_column(place, name, values)
            flaws.append(Flaw(name, _NO_DATE, np.flatnonzero(bad)))
        if backend.name == "sqlite" and kind.is_decimal():
            bad = truth(pc.match_substring_regex(table.column(name), _ROUNDED))
            flaws.append(Flaw(name, _ROUNDED_LABEL, np.flatnonzero(bad)))
    return table, tuple(flaw for flaw in flaws if len(flaw.positions))


def _column(column: Any, name: str, kind: Any, backend: str) -> Any:
    native = kind.is_floating() or kind.is_string()
    if backend != "sqlite":
        day = kind.is_date() or kind.is_timestamp()
        native = native or kind.is_boolean() or (day and backend not in _ISO)
    return column if native else column.cast("string").name(name)


def _dates(text: pa.ChunkedArray, kind: Any) -> tuple[pa.ChunkedArray, Mask]:
    """Return ISO text as dates or stamps, and the rows that hold no date of the calendar (they are null)."""
    if kind.is_date():
        pattern, of = _ISO_DATE, pa.date32()
    else:
        pattern, of = _ISO_STAMP, pa.timestamp("us", tz="UTC" if kind.timezone else None)
    readable = pc.match_substring_regex(text, pattern)
    values = pc.cast(pc.if_else(readable, text, pa.scalar(None, text.type)), of)
    return values, truth(pc.invert(readable))
