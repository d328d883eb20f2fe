"""Control totals in a file: its total lines and its trailer, compared with the rows they cover."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.judging.batch import TOTAL, Batch
from postloan.sources.judging.convert import Reading, convert
from postloan.sources.judging.numbers import exact_sum
from postloan.sources.judging.refused import Sheet
from postloan.sources.judging.suspicion import Unsound
from postloan.sources.judging.trailer import field
from postloan.sources.mapping import Mapping
from postloan.sources.masks import Mask
from postloan.sources.reading.total_lines import is_subtotal, is_total, stated_rows

_MEND = Label(
    "请报送完整的文件，或由报送机构更正合计数",
    "deliver the whole file, or have the lender correct the total",
)
_TRAILER = Label("文件尾", "trailer")


@dataclass(frozen=True, slots=True)
class _Span:
    """Records that a total may cover: a mask of the well-formed ones, and the rows between which they lie."""

    mask: Mask
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One total line: its position, its texts, and the records that it may cover, the likeliest first."""

    position: int
    texts: tuple[str, ...]
    covered: tuple[_Span, ...]


@dataclass(frozen=True, slots=True)
class _Amounts:
    """One column of the file that an amount is read from: its values in minor units, and what can't be read."""

    name: str
    source: str
    values: pa.Array
    is_bad: Mask


@dataclass(frozen=True, slots=True)
class _Sum:
    """A stated sum of a column, in minor units; None where it can't be read."""

    where: Label
    amounts: _Amounts
    given: int | None
    covered: tuple[_Span, ...]


def controlled(batch: Batch, sheet: Sheet, mapping: Mapping) -> Batch:
    """Compare a file's totals with its rows; return the batch with a note of what was compared.

    A total covers all records of the file, or those since the last total; a subtotal only those. Every
    record counts, whatever becomes of it. A sum with an amount that can't be read is not compared, and
    the note says so.

    Args:
        batch: The converted rows of one file for one table.
        sheet: The file, its trailer taken off.
        mapping: For the currency and the formats.

    Raises:
        Fault: 3 where a total differs, with both figures.
    """
    tied, open_ = 0, 0
    columns = _columns(batch, sheet, mapping)
    for stated in (*_line_sums(batch, sheet, columns), *_trailer_sums(batch, sheet, columns, mapping)):
        if stated.given is None or _has_unknown(sheet, stated):
            open_ += 1
            continue
        sums = [exact_sum(stated.amounts.values.filter(pa.array(span.mask))) for span in stated.covered]
        if stated.given not in sums:
            raise _differs(batch, sheet, stated, sums[0], mapping)
        tied += 1
    tied += _counts_tie(batch, sheet)
    if open_:
        zh, en = (
            f"{open_}个合计因有无法读取的金额未核对",
            f"{open_} totals not compared: an amount can't be read",
        )
        batch = batch.noted(sheet.number, Label(zh, en))
    if tied:
        batch = batch.noted(
            sheet.number, Label(f"{tied}个合计与明细相符", f"{tied} totals tie with the records")
        )
    return batch


def _columns(batch: Batch, sheet: Sheet, mapping: Mapping) -> tuple[_Amounts, ...]:
    """Return the file's columns that amounts are read from, each by itself, also those of a coalesce."""
    if TOTAL not in batch.ignored and sheet.trailer is None:
        return ()
    specs, have = sheet.spec.tables[batch.table.name].columns, sheet.tape.columns.column_names
    found = []
    for name in batch.table.money_columns():
        origin = specs.get(name)
        if origin is not None and origin.coalesce:
            for source in origin.coalesce:
                values, is_bad = _read(
                    sheet.tape.columns.column(source).combine_chunks(), name, batch, sheet, mapping
                )
                found.append(_Amounts(name, source, values, is_bad))
        elif origin is not None and origin.column:
            source = next(source for source in origin.column if source in have)
            values = batch.rows.column(name).combine_chunks()
            found.append(_Amounts(name, source, values, batch.unreadable.get(name, batch.none())))
    return tuple(found)


def _read(texts: pa.Array, name: str, batch: Batch, sheet: Sheet, mapping: Mapping) -> tuple[pa.Array, Mask]:
    """Return texts as an amount's column reads them, and which of them can't be read."""
    origin = sheet.spec.tables[batch.table.name].columns[name]
    reading = Reading(sheet.spec.formats_of(origin, mapping.formats), None, mapping.exponent)
    try:
        found = convert(texts, batch.table.column(name), reading)
    except Unsound:
        return pa.nulls(len(texts), pa.int64()), np.ones(len(texts), dtype=np.bool_)
    return found.values, np.logical_or.reduce([np.zeros(len(texts), dtype=np.bool_), *found.bad.values()])


def _differs(batch: Batch, sheet: Sheet, stated: _Sum, found: int, mapping: Mapping) -> Fault:
    file, where, source, name = sheet.tape.name, stated.where, stated.amounts.source, stated.amounts.name
    given, sum_ = _plain(stated.given or 0, mapping), _plain(found, mapping)
    column = batch.table.column(name).label.zh
    what = Label(
        f"{file}：{where.zh}：“{source}”列（{column}）为 {given}，其所含记录相加为 {sum_}",
        f"{file}: {where.en}: {source} ({name}) is {given}, the records it covers add up to {sum_}",
    )
    return Fault(what, _MEND, REFUSED)


def _line_at(line: _Line, sheet: Sheet) -> Label:
    row = sheet.tape.rows[line.position]
    return Label(f"第{row}行合计行", f"total line in row {row}")


def _everything(batch: Batch) -> _Span:
    return _Span(~batch.ignored.get(TOTAL, batch.none()), -1, sys.maxsize)


def _lines(batch: Batch, sheet: Sheet) -> Iterator[_Line]:
    everything = _everything(batch)
    position, start = np.arange(len(everything.mask)), -1
    for line in np.flatnonzero(~everything.mask):
        row = sheet.tape.columns.slice(int(line), 1).to_pylist()[0]
        texts = tuple(str(value) for value in row.values() if value is not None)
        between = everything.mask & (position > start) & (position < line)
        first = int(sheet.tape.rows[start]) if start >= 0 else -1
        since = _Span(between, first, int(sheet.tape.rows[line]))
        is_part = any(is_subtotal(text) for text in texts if is_total(text))
        yield _Line(int(line), texts, (since,) if is_part else (everything, since))
        start = int(line)


def _line_sums(batch: Batch, sheet: Sheet, columns: Sequence[_Amounts]) -> Iterator[_Sum]:
    for line in _lines(batch, sheet):
        for amounts in columns:
            value = amounts.values[line.position].as_py()
            if value is not None or amounts.is_bad[line.position]:
                yield _Sum(_line_at(line, sheet), amounts, value, line.covered)


def _trailer_sums(
    batch: Batch, sheet: Sheet, columns: Sequence[_Amounts], mapping: Mapping
) -> Iterator[_Sum]:
    if sheet.trailer is None or sheet.spec.trailer is None:
        return
    for amounts in columns:
        if amounts.source in sheet.spec.trailer.sums:
            text = field(sheet.trailer, sheet.spec.trailer.sums[amounts.source], sheet.tape)
            values, _ = _read(pa.array([text]), amounts.name, batch, sheet, mapping)
            yield _Sum(_TRAILER, amounts, values[0].as_py(), (_everything(batch),))


def _counts_tie(batch: Batch, sheet: Sheet) -> int:
    """Return how many stated numbers of records tie; raises Fault 3 for one that doesn't."""
    stated = [
        (_line_at(line, sheet), str(n), line.covered)
        for line in _lines(batch, sheet)
        for text in line.texts
        if (n := stated_rows(text)) is not None
    ]
    if sheet.trailer is not None and sheet.spec.trailer is not None and sheet.spec.trailer.rows is not None:
        text = field(sheet.trailer, sheet.spec.trailer.rows, sheet.tape)
        stated.append((_TRAILER, text.lstrip("0") or text[-1:], (_everything(batch),)))
    for where, given, covered in stated:
        counts = [int(span.mask.sum()) + _broken_within(sheet, span) for span in covered]
        if given not in map(str, counts):
            is_number = given.isdecimal()
            zh = f"载明{given}条记录" if is_number else "没有载明记录条数"
            en = f"{given} records stated" if is_number else "no number of records stated"
            file = sheet.tape.name
            what = Label(
                f"{file}：{where.zh}：{zh}，实有{counts[0]}条", f"{file}: {where.en}: {en}, {counts[0]} found"
            )
            raise Fault(what, _MEND, REFUSED)
    return len(stated)


def _has_unknown(sheet: Sheet, stated: _Sum) -> bool:
    is_bad = stated.amounts.is_bad
    return any(bool((is_bad & span.mask).any()) or _broken_within(sheet, span) > 0 for span in stated.covered)


def _broken_within(sheet: Sheet, span: _Span) -> int:
    """Return how many broken records lie in a span."""
    return sum(span.after < broken.row < span.before for broken in sheet.tape.broken)


def _plain(minor: int, mapping: Mapping) -> str:
    """Return an amount in the currency's unit, exactly: 150.50."""
    sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(mapping.exponent + 1, "0")
    whole = digits[: len(digits) - mapping.exponent]
    return f"{sign}{whole}" + (f".{digits[len(whole) :]}" if mapping.exponent else "")
