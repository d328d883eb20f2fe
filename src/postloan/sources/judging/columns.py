"""Read a table's columns from one file, as its mapping says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.contract import ARROW_TYPES, Column, Kind, Table
from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.mask import scrubbed
from postloan.model.nearest import closest
from postloan.model.tables import DELIVERED
from postloan.sources.contract_fit import blank_key, needed
from postloan.sources.judging.across import across_rows
from postloan.sources.judging.batch import NOT_OF_TABLE, TOTAL, Batch
from postloan.sources.judging.convert import CONTROL, Converted, Reading, convert
from postloan.sources.judging.suspicion import EXACT_TYPE, Unsound, unit_in_doubt
from postloan.sources.mapping import ColumnMapping, FileMapping, Mapping, TableMapping
from postloan.sources.masks import Mask, control_characters, truth
from postloan.sources.reading.privacy import shown_names
from postloan.sources.reading.tape import Effect, Flaw, Tape
from postloan.sources.reading.total_lines import says_total

_MISSING = Label("缺失", "missing")
_DELIMITERS = {
    ",": Label("逗号", "comma"),
    ";": Label("分号", "semicolon"),
    "\t": Label("制表符", "tab"),
    "|": Label("竖线", "pipe"),
}
_ADD_NAME = Label("请将该列名加入映射", "add the name to the mapping")


def table_batch(tape: Tape, name: str, mapping: Mapping, spec: FileMapping, file: int) -> Batch:
    """Return the rows of a file for table ``name``, every value converted, required values demanded.

    Sequence columns are left null: they are numbered over all files of the table at once.

    Raises:
        Fault: 3 where the file lacks a mapped column, or its type cannot hold the column exactly.
    """
    table, specs = DELIVERED[name], spec.tables[name].columns
    for column_name, column_spec in specs.items():
        _require(tape, column_spec, spec)
        _refuse_destroyed(tape, table.column(column_name), column_spec)
    n = len(tape.rows)
    batch = Batch(
        table=table,
        rows=pa.table({}),
        file=np.full(n, file, dtype=np.int32),
        position=np.arange(n, dtype=np.int64),
        unkeyed=any(key in specs and specs[key].sequence is not None for key in table.grain),
    )
    values: dict[str, pa.Array] = {}
    for column in table.columns:
        origin = specs.get(column.name)
        if origin is None or origin.sequence is not None:
            values[column.name] = _filled(column, table, pa.nulls(n, ARROW_TYPES[column.kind]))
        else:
            converted = _converted(tape, column, origin, _reading(origin, spec, mapping))
            values[column.name] = _filled(column, table, converted.values)
            batch = _judged(batch, tape, column, origin, converted)
            batch = _noted(batch, file, column, converted, _reading(origin, spec, mapping))
    rows = pa.table(values, schema=nullable(table.schema()))
    batch = replace(batch, rows=rows).without(TOTAL, _total_lines(tape, table, specs))
    return batch.without(NOT_OF_TABLE, _foreign(tape, spec.tables[name], batch.none()))


def _foreign(tape: Tape, table: TableMapping, foreign: Mask) -> Mask:
    """Return the rows that the mapping leaves to other tables, or to none."""
    for name, texts in table.only.items():
        if name not in tape.columns.column_names:
            raise _absent(tape, name)
        values = _source(tape, name).cast(pa.string()).fill_null("")
        foreign = foreign | ~truth(pc.is_in(pc.utf8_trim_whitespace(values), value_set=pa.array(texts)))
    return foreign


def unmapped(tape: Tape, spec: FileMapping) -> tuple[str, ...]:
    """Return the file's columns that no table of its mapping reads, in the file's order."""
    used = spec.source_columns()
    return tuple(name for name in tape.columns.column_names if name not in used)


def nullable(schema: pa.Schema) -> pa.Schema:
    """Return the schema with every column nullable: rows not yet judged may lack anything."""
    return pa.schema([field.with_nullable(True) for field in schema])


def _reading(origin: ColumnMapping, spec: FileMapping, mapping: Mapping) -> Reading:
    formats = spec.formats_of(origin, mapping.formats)
    return Reading(formats, origin.codes, mapping.exponent)


def _filled(column: Column, table: Table, values: pa.Array) -> pa.Array:
    """Return a key that may be blank with "" for blank (a control total of the whole lender); else unchanged."""
    if column.name in table.grain and blank_key(column):
        return pc.fill_null(values, "")
    return values


def _converted(tape: Tape, column: Column, origin: ColumnMapping, reading: Reading) -> Converted:
    constant = origin.value if origin.cell is None else tape.cells.get(origin.cell, "")
    if constant is not None:
        return convert(pa.repeat(pa.scalar(constant), len(tape.rows)), column, reading)
    names = _sources(tape, origin)
    try:
        parts = [convert(_source(tape, name), column, reading) for name in names]
    except Unsound as doubt:
        raise Fault(
            Label(
                f"{tape.name}：“{' / '.join(names)}”列（{column.label.zh}）：{doubt.what.zh}",
                f"{tape.name}: column {' / '.join(names)} ({column.name}): {doubt.what.en}",
            ),
            doubt.mend,
            REFUSED,
        ) from None
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        words = scrubbed(str(error))
        what = Label(
            f"{tape.name}：“{names[0]}”列（{column.label.zh}）无法转换：{words}",
            f"{tape.name}: column {names[0]} ({column.name}): {words}",
        )
        raise Fault(what, EXACT_TYPE, REFUSED) from None
    first = parts[0]
    for other in parts[1:]:
        first = _coalesced(first, other)
    return across_rows(tape, origin, first)


def _coalesced(first: Converted, other: Converted) -> Converted:
    """Return the first value where something is written, even if it is bad: a fault is no blank."""
    open_rows = truth(first.values.is_null()) & ~_any_bad(first)
    values = pc.if_else(pa.array(open_rows), other.values, first.values)
    bad = dict(first.bad)
    for reason, mask in other.bad.items():
        bad[reason] = bad.get(reason, False) | (mask & open_rows)
    return Converted(values, bad, first.rewritten + other.rewritten)


def _any_bad(converted: Converted) -> Mask:
    bad = np.zeros(len(converted.values), dtype=np.bool_)
    for mask in converted.bad.values():
        bad = bad | mask
    return bad


def _judged(batch: Batch, tape: Tape, column: Column, origin: ColumnMapping, converted: Converted) -> Batch:
    """Return the batch with what speaks against the column's values."""
    bad = _any_bad(converted)
    for reason, mask in converted.bad.items():
        batch = batch.against(about(column, reason), mask)
    batch, bad = _unreadable(batch, bad, tape, column, origin)
    if column.name in needed(batch.table):
        missing = truth(converted.values.is_null()) & ~bad
        batch = batch.against(about(column, _MISSING), missing)
    if column.minimum is not None:
        low = truth(pc.less(converted.values, column.minimum))
        limit = Label(f"小于{column.minimum}", f"below {column.minimum}")
        batch = batch.against(about(column, limit), low)
    if column.kind is Kind.MONEY:
        batch = replace(batch, unreadable={**batch.unreadable, column.name: bad})
    return batch


def _noted(batch: Batch, file: int, column: Column, converted: Converted, reading: Reading) -> Batch:
    """Return the batch with what a reader of the account should know of the column as a whole."""
    if converted.rewritten:
        n = converted.rewritten
        plain = Label(
            f"{n}个值含全角或不可见字符，已按普通字符读入",
            f"{n} × full-width or invisible characters read as plain ones",
        )
        batch = batch.noted(file, about(column, plain))
    lent = (batch.table.name, column.name) == ("loan", "principal_minor")
    if lent and (doubt := unit_in_doubt(converted.values, reading.formats.money or "", reading.exponent)):
        batch = batch.noted(file, about(column, doubt))
    return batch


def _unreadable(
    batch: Batch, bad: Mask, tape: Tape, column: Column, origin: ColumnMapping
) -> tuple[Batch, Mask]:
    """Return the batch with what the reader itself holds against the column's cells."""
    if tape.unclean.any() and origin.value is None:
        for name in _sources(tape, origin):
            mask = control_characters(_source(tape, name)) & tape.unclean
            batch = batch.against(about(column, CONTROL), mask)
    for flaw in tape.flaws:
        if _is_about(flaw, column, origin):
            mask = np.zeros_like(bad)  # the batch has no rows yet
            mask[flaw.positions] = True
            if flaw.effect is Effect.MENTION:
                batch = batch.warned(about(column, flaw.reason), mask)
            else:
                batch, bad = batch.against(about(column, flaw.reason), mask), bad | mask
    return batch, bad


def _refuse_destroyed(tape: Tape, column: Column, origin: ColumnMapping) -> None:
    """Refuse a file of which some cells are lost in a column that must be right in every row."""
    for flaw in tape.flaws:
        if flaw.effect is Effect.REFUSE and _is_about(flaw, column, origin):
            n, first = len(flaw.positions), int(tape.rows[flaw.positions[0]])
            what = Label(
                f"{tape.name}：“{flaw.column}”列（{column.label.zh}）：{flaw.reason.zh}：共{n}个单元格，首个在第{first}行",
                f"{tape.name}: column {flaw.column} ({column.name}): {flaw.reason.en}: {n} cells, the first in row {first}",
            )
            mend = Label(
                "请将该列设为文本格式，从源系统重新填入后再报送；丢失的位数无法修复",
                "format the column as text, fill it from its source again, and resend: lost digits can't be repaired",
            )
            raise Fault(what, mend, REFUSED)


def _is_about(flaw: Flaw, column: Column, origin: ColumnMapping) -> bool:
    return flaw.column in (*origin.column, *origin.coalesce) and column.kind in flaw.kinds


def about(column: Column, rule: Label) -> Label:
    """Return a reason that names the column it is about."""
    return Label(f"{column.label.zh}：{rule.zh}", f"{column.name}: {rule.en}")


def _sources(tape: Tape, origin: ColumnMapping) -> tuple[str, ...]:
    """Return the source columns to read: all of a coalesce, else the one alias the file has."""
    return origin.coalesce or tuple(name for name in origin.column if name in tape.columns.column_names)


def _source(tape: Tape, name: str) -> pa.Array:
    column = tape.columns.column(name)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _require(tape: Tape, origin: ColumnMapping, spec: FileMapping) -> None:
    """Refuse a file without a mapped column, or with two that are mapped to the same."""
    have = tuple(tape.columns.column_names)
    found = [name for name in origin.column if name in have]
    absent = [name for name in (*origin.coalesce, *origin.beside()) if name not in have]
    if len(found) > 1:
        what = Label(
            f"{tape.name}：“{found[0]}”与“{found[1]}”对应同一列",
            f"{tape.name}: {found[0]} and {found[1]} stand for the same column",
        )
        mend = Label(
            "请从文件或映射中去掉其中一列", "leave one of them out of the file, or out of the mapping"
        )
        raise Fault(what, mend, REFUSED)
    if absent or (origin.column and not found):
        wanted = absent[0] if absent else " / ".join(origin.column)
        raise _absent(tape, wanted, _advice(have, absent or list(origin.column), spec))


def _absent(tape: Tape, wanted: str, advice: Label = _ADD_NAME) -> Fault:
    have = shown_names(tape.columns.column_names)
    what = Label(
        f"{tape.name}：缺少“{wanted}”列；文件中有：{have.zh}",
        f"{tape.name}: no column {wanted}; the file has {have.en}",
    )
    return Fault(what, advice, REFUSED)


def _advice(have: tuple[str, ...], wanted: list[str], spec: FileMapping) -> Label:
    for mark, word in _DELIMITERS.items():
        if len(have) == 1 and mark != spec.delimiter and mark in have[0]:
            return Label(
                f"文件似以{word.zh}分隔：请在映射中设置 `delimiter`",
                f"the file looks {word.en}-separated: set `delimiter` in the mapping",
            )
    close = next((found for name in wanted if (found := closest(name, have))), None)
    return Label(f"是否应为“{close}”？", f"did you mean {close}?") if close else _ADD_NAME


def _total_lines(tape: Tape, table: Table, specs: dict[str, ColumnMapping]) -> Mask:
    """Return the rows that are totals: such a word as a key, or first in a row whose keys are blank."""
    keys = [
        _source(tape, name)
        for key in table.grain
        if key in specs and specs[key].sequence is None
        for name in _sources(tape, specs[key])
    ]
    is_total = np.zeros(len(tape.rows), dtype=np.bool_)
    is_blank = ~is_total
    for values in keys:
        is_total = is_total | says_total(values)
        is_blank = is_blank & _is_blank(values)
    return is_total | (is_blank & says_total(_source(tape, tape.columns.column_names[0])))


def _is_blank(values: pa.Array) -> Mask:
    if not pa.types.is_string(values.type):
        return truth(values.is_null())
    return truth(pc.equal(pc.utf8_trim_whitespace(pc.fill_null(values, "")), ""))
