"""The account of a file: every row and every amount that was read is accepted, quarantined or ignored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from postloan.model.contract import Table
from postloan.model.fault import CRASHED, REFUSED, Fault
from postloan.model.label import Label
from postloan.model.mask import scrubbed
from postloan.model.tables import DELIVERED
from postloan.sources.judging.batch import BLANK, Batch
from postloan.sources.judging.columns import unmapped
from postloan.sources.judging.examples import column_of, example, rule_of
from postloan.sources.judging.mending import mend
from postloan.sources.judging.numbers import exact_sum
from postloan.sources.mapping import ColumnMapping, FileMapping
from postloan.sources.masks import Mask
from postloan.sources.reading.tape import Tape


@dataclass(frozen=True, slots=True)
class Money:
    """The account of one money column, in minor units; amounts that can't be read are counted as rows."""

    read: int
    accepted: int
    quarantined: int
    ignored: int
    unreadable_rows: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were refused or mentioned: how many, the first of them, and how to mend it.

    ``first_row`` is None where no row of the file is meant. ``column`` is the contract's, None where the reason is about the whole row. ``example`` is what the
    first row holds there, masked by the column's sensitivity; None where nothing is written.
    """

    label: Label
    rows: int
    first_row: int | None
    column: str | None
    example: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the reason as plain data."""
        advice = mend(rule_of(self.label))
        return {
            "reason": self.label.en,
            "reason_zh": self.label.zh,
            "rows": self.rows,
            "first_row": self.first_row,
            "column": self.column,
            "example": self.example,
            "mend": advice.en,
            "mend_zh": advice.zh,
        }


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one file's rows for one table. Read = accepted + quarantined + ignored, always."""

    file: str
    table: str
    sha256: str
    reading: str  # identity of how the mapping reads the file; with sha256 it says "the same again"
    encoding: str
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    ignored: dict[str, int]
    money: dict[str, Money]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    notes: tuple[Label, ...]
    ignored_columns: tuple[str, ...]

    def __post_init__(self) -> None:
        rows = self.rows_accepted + self.rows_quarantined + self.rows_ignored
        if rows != self.rows_read:
            raise Fault(
                f"{self.file}: {self.rows_read} rows read, {rows} accounted for in {self.table}",
                "this is a fault of the program: report it with the file's layout",
                CRASHED,
            )
        for column, money in self.money.items():
            total = money.accepted + money.quarantined + money.ignored
            if total != money.read:
                raise Fault(
                    f"{self.file}: {column}: {money.read} read, {total} accounted for in {self.table}",
                    "this is a fault of the program: report it with the file's layout",
                    CRASHED,
                )

    @property
    def rows_ignored(self) -> int:
        """Return the number of blank lines, total lines, duplicates and rows the book already had."""
        return sum(self.ignored.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the ledger entry: flat counts; ``money_*`` add up all money columns of the table."""
        parts = ("read", "accepted", "quarantined", "ignored")
        sums = {f"money_{p}": sum(getattr(m, p) for m in self.money.values()) for p in parts}
        return {
            "file": self.file,
            "table": self.table,
            "sha256": self.sha256,
            "reading": self.reading,
            "encoding": self.encoding,
            "rows_read": self.rows_read,
            "rows_accepted": self.rows_accepted,
            "rows_quarantined": self.rows_quarantined,
            "rows_ignored": self.rows_ignored,
            "ignored": self.ignored,
            **(sums if self.money else dict.fromkeys(sums)),
            "money": {
                name: {"unreadable_rows": m.unreadable_rows, **{p: getattr(m, p) for p in parts}}
                for name, m in self.money.items()
            },
            "reasons": [reason.as_dict() for reason in self.reasons],
            "warnings": [reason.as_dict() for reason in self.warnings],
            "notes": [{"note": note.en, "note_zh": note.zh} for note in self.notes],
            "ignored_columns": list(self.ignored_columns),
        }


def account(batch: Batch, tape: Tape, file: int, spec: FileMapping, reading: str) -> Account:
    """Draw up the account of one file for one table.

    Args:
        batch: The judged rows of all files that feed the table.
        tape: The file.
        file: Its position in the delivery.
        spec: How it is read.
        reading: Identity of that.

    Raises:
        Fault: 4 where the account does not tie out.
    """
    mine = batch.file == file
    quarantined = batch.is_quarantined() & mine
    ignored = {cause: int((mask & mine).sum()) for cause, mask in batch.ignored.items()}
    for cause, n in {BLANK: tape.n_blank, **tape.apart}.items():
        ignored[cause] = ignored.get(cause, 0) + n
    broken = [_broken_reason(tape, label) for label in dict.fromkeys(b.reason for b in tape.broken)]
    tell = partial(_reasons, batch=batch, tape=tape, origins=spec.tables[batch.table.name].columns)
    return Account(
        file=tape.name,
        table=batch.table.name,
        sha256=tape.sha256,
        reading=reading,
        encoding=tape.encoding,
        rows_read=tape.n_read,
        rows_accepted=int((batch.is_accepted() & mine).sum()),
        rows_quarantined=int(quarantined.sum()) + len(tape.broken),
        ignored={cause: n for cause, n in sorted(ignored.items()) if n},
        money={name: _money(batch, name, mine, tape) for name in batch.table.money_columns()},
        reasons=(*broken, *tell(batch.problems, quarantined)),
        warnings=tell(batch.warnings, batch.is_accepted() & mine),
        notes=(*tape.notes, *batch.notes.get(file, ())),
        # Where the wrong row is taken for the header, what stands there is somebody's data.
        ignored_columns=tuple(map(scrubbed, unmapped(tape, spec))),
    )


def over_limit(limit: float, entry: Account) -> Fault | None:
    """Return the refusal of a file of which more than ``limit`` is quarantined, in rows or in money."""
    shares = [("rows", entry.rows_quarantined, entry.rows_read)]
    shares += [(name, abs(money.quarantined), abs(money.read)) for name, money in entry.money.items()]
    for what, part, whole in shares:
        if whole and part / whole > limit:
            worst = sorted(entry.reasons, key=lambda reason: -reason.rows)[:3]
            why = Label(
                "；".join(f"{r.label.zh}（{r.rows}行，首次在第{r.first_row}行）" for r in worst),
                "; ".join(f"{r.label.en} ({r.rows} rows, first at {r.first_row})" for r in worst),
            )
            refused = _refused_of(DELIVERED[entry.table], what, part, whole)
            return Fault(
                Label(
                    f"{entry.file}：{refused.zh}（{part / whole:.2%}，允许{limit:.2%}）：{why.zh}",
                    f"{entry.file}: {refused.en} ({part / whole:.2%}, allowed {limit:.2%}): {why.en}",
                ),
                Label(
                    "请更正文件或映射，或在 `limits.quarantine_share` 中放宽比例",
                    "mend the file or the mapping, or allow more in `limits.quarantine_share`",
                ),
                REFUSED,
            )
    return None


def _refused_of(table: Table, what: str, part: int, whole: int) -> Label:
    """Return how much of a table's rows, or of a money column in minor units, is refused."""
    name = table.label.zh
    if what == "rows":
        return Label(
            f"{name}{whole}行中有{part}行不合格", f"{part} of {whole} rows for {table.name} are refused"
        )
    zh = f"{name}的{table.column(what).label.zh} {whole} 中有 {part} 不合格"
    return Label(zh, f"{part} of {whole} of {what} for {table.name} are refused")


def _money(batch: Batch, name: str, mine: Mask, tape: Tape) -> Money:
    def total(mask: Mask) -> int:
        return exact_sum(batch.rows.column(name).filter(mask & mine))

    unreadable = batch.unreadable.get(name, batch.none()) & mine
    return Money(
        read=exact_sum(batch.rows.column(name).filter(mine)),
        accepted=total(batch.is_accepted()),
        quarantined=total(batch.is_quarantined()),
        ignored=total(batch.is_ignored()),
        unreadable_rows=int(unreadable.sum()) + len(tape.broken),
    )


def _reasons(
    masks: dict[Label, Mask],
    within: Mask,
    *,
    batch: Batch,
    tape: Tape,
    origins: dict[str, ColumnMapping],
) -> tuple[Reason, ...]:
    found = []
    for label, mask in masks.items():
        index = np.flatnonzero(mask & within)
        if len(index):
            position = int(batch.position[index[0]])
            column = column_of(label, batch.table)
            sample = example(tape, position, column, origins.get(column.name)) if column else None
            name = column.name if column else None
            found.append(Reason(label, len(index), int(tape.rows[position]), name, sample))
    return tuple(found)


def _broken_reason(tape: Tape, label: Label) -> Reason:
    rows = [broken.row for broken in tape.broken if broken.reason == label]
    return Reason(label, len(rows), rows[0], None, None)
