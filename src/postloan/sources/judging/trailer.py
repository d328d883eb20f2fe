"""The record at the end of a file that says what the file should hold, taken off before rows are judged."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.sources.judging.batch import TOTAL, TRAILER
from postloan.sources.mapping import FileMapping, Trailer
from postloan.sources.reading.tape import Tape, Text
from postloan.sources.reading.total_lines import is_total


@dataclass(frozen=True, slots=True)
class Framed:
    """A tape without its trailer, and the fields of that; None where none is declared."""

    tape: Tape
    trailer: tuple[str, ...] | None


def framed(tape: Tape, spec: FileMapping) -> Framed:
    """Take the trailer off a tape, and total lines whose fields don't line up with the header.

    Raises:
        Fault: 3 where the mapping declares a trailer and the last record is none.
    """
    if spec.trailer is None:
        return Framed(_without_torn_totals(tape, spec), None)
    fields, rest = _last_taken_off(tape, spec.trailer.delimiter or spec.delimiter)
    if not "".join(fields).startswith(_bare(spec.trailer, spec)):
        raise Fault(
            Label(
                f"{tape.name}：末尾没有文件尾：最后一条记录应以 {spec.trailer.starts!r} 开头，文件是否被截断？",
                f"{tape.name}: no trailer at the end: the last record should begin with {spec.trailer.starts!r}; "
                "is the file truncated?",
            ),
            Label(
                "请报送完整的文件，或更正映射中的 `trailer`",
                "deliver the whole file, or correct `trailer` in the mapping",
            ),
            REFUSED,
        )
    rest = replace(rest, apart={**rest.apart, TRAILER: 1})
    return Framed(_without_torn_totals(rest, spec), fields)


def field(trailer: tuple[str, ...], number: int, tape: Tape) -> str:
    """Return a field of a trailer by its number from 1; raises Fault 3 where it has fewer."""
    if number > len(trailer):
        raise Fault(
            Label(
                f"{tape.name}：文件尾有{len(trailer)}个字段，映射要读第{number}个",
                f"{tape.name}: the trailer has {len(trailer)} fields, the mapping reads field {number}",
            ),
            Label("请更正文件，或更正映射中的 `trailer`", "correct the file, or `trailer` in the mapping"),
            REFUSED,
        )
    return trailer[number - 1].strip()


def _bare(trailer: Trailer, spec: FileMapping) -> str:
    """Return how the trailer begins, without delimiters: its fields have none."""
    return trailer.starts.replace(trailer.delimiter or spec.delimiter, "")


def _last_taken_off(tape: Tape, delimiter: str) -> tuple[tuple[str, ...], Tape]:
    """Return the fields of the last record, and the tape without it."""
    last_good = int(tape.rows[-1]) if len(tape.rows) else 0
    last = max(tape.broken, key=lambda broken: broken.row, default=None)
    if last is not None and last.row > last_good:
        rest = replace(tape, broken=tuple(b for b in tape.broken if b is not last))
        return _split(last.raw, delimiter), rest
    if not last_good:
        return (), tape
    if tape.text is not None:
        return _split(tape.raw(len(tape.rows) - 1), delimiter), _cut(tape)
    cells = tape.columns.slice(len(tape.rows) - 1, 1).to_pylist()[0].values()
    return _split(delimiter.join("" if cell is None else str(cell) for cell in cells), delimiter), _cut(tape)


def _split(raw: str, delimiter: str) -> tuple[str, ...]:
    return tuple(field.strip() for field in next(csv.reader([raw], delimiter=delimiter), []))


def _without_torn_totals(tape: Tape, spec: FileMapping) -> Tape:
    """Return the tape without broken records that are total lines: no loans, and nothing to compare."""
    torn = [broken for broken in tape.broken if is_total("".join(_split(broken.raw, spec.delimiter)[:1]))]
    if not torn:
        return tape
    note = Label(
        f"第{torn[0].row}行是合计行，但字段与表头不对应，未核对",
        f"the total line in row {torn[0].row} does not line up with the header: not compared",
    )
    return replace(
        tape,
        broken=tuple(broken for broken in tape.broken if broken not in torn),
        apart={**tape.apart, TOTAL: len(torn)},
        notes=(*tape.notes, note),
    )


def _cut(tape: Tape) -> Tape:
    """Return the tape without its last well-formed record."""
    n = len(tape.rows) - 1
    flaws = [replace(flaw, positions=flaw.positions[flaw.positions < n]) for flaw in tape.flaws]
    return replace(
        tape,
        columns=tape.columns.slice(0, n),
        rows=tape.rows[:n],
        unclean=tape.unclean[:n],
        text=tape.text and Text(tape.text.content, tape.text.start[:n], tape.text.end[:n]),
        flaws=tuple(flaw for flaw in flaws if len(flaw.positions)),
    )
