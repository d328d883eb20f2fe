"""Which tables a lender's files seem to feed, column by column, and what a person should confirm."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from postloan.model.contract import Column, Kind, Table
from postloan.model.label import Label
from postloan.model.never_accepted import forbidden
from postloan.model.tables import DELIVERED
from postloan.sources.contract_fit import needed
from postloan.sources.proposing.guess import Guess, could_be, guess, has_unit
from postloan.sources.proposing.likeness import likeness, names_of, plain
from postloan.sources.proposing.sniff import Seen, Sheet
from postloan.sources.reading.privacy import shown_name

_EXACT = 1.0  # a likeness above it is a name that is known
_LEAST_FIT = 0.5
_BY_VALUES_COUNT = 0.5
_FULL = 0.9  # share of rows in which a required column is filled at least
_IN_FILE_NAME = frozenset({"observed_on"})  # what a file's name may say and its columns don't
_LEAST_OWN = 2  # columns a further table of one file must bring beside its keys
_TABLE_WORDS: dict[str, tuple[str, ...]] = {
    "customer": ("客户", "借款人", "client", "borrower"),
    "loan": ("借据", "贷款", "facility"),
    "instalment": ("计划", "schedule", "installment"),
    "payment": (
        "流水",
        "还款明细",
        "还款登记",
        "收款",
        "回款",
        "实还",
        "repayment",
        "receipt",
        "transaction",
        "collection",
    ),
    "loan_event": ("事件", "event"),
    "staff": ("员工", "人员", "花名册", "employee"),
    "provision": ("减值", "准备", "allowance"),
    "loan_tape": ("台账", "月末", "tape", "snapshot"),
    "control_total": ("总账", "总数", "ledger", "balance sheet"),
}
_BY_VALUES = Label("列名不认识，只按数值认出", "the name isn't known: recognised by its values only")
# What can stand in for a key that the file doesn't have.
_STAND_INS: dict[str, tuple[str, Label | None]] = {
    "instalment.schedule_no": ("{value: 1}", None),
    "instalment.instalment_no": (
        "{sequence: {over: loan_id, by: [due_on]}}",
        Label("文件没有期次，按应还日编号", "the file has no instalment number: counted by due date"),
    ),
}


@dataclass(frozen=True, slots=True)
class ColumnDraft:
    """A contract column and where it seems to come from: a column of the file, or what stands in for it."""

    column: Column
    seen: Seen | None
    stand_in: str
    guess: Guess

    @property
    def is_open(self) -> bool:
        """Say whether a person must first say what the codes mean: none of them is known."""
        return self.guess.codes == {} and bool(self.guess.unknown)

    @property
    def may_wait(self) -> bool:
        """Say whether the column may be left out meanwhile. Without its kind a reversal would count as money paid."""
        return self.column.name != "payment_kind"


@dataclass(frozen=True, slots=True)
class TableDraft:
    """A table that a file seems to feed, and the columns it must have but that were not found."""

    table: Table
    columns: tuple[ColumnDraft, ...]
    missing: tuple[Column, ...]

    @property
    def score(self) -> float:
        """Return how much speaks for the table: known names count whole, likenesses less."""
        return sum(_strength(draft, self.table) for draft in self.columns)


@dataclass(frozen=True, slots=True)
class FileDraft:
    """One file or sheet, or several of one layout (``path`` then holds ``*``), and the tables it feeds.

    ``sheet`` is without the columns that no delivery may hold; their names are in ``never``.
    """

    path: str
    sheet: Sheet
    tables: tuple[TableDraft, ...]
    doubts: tuple[Label, ...] = ()
    never: tuple[Label, ...] = ()

    @property
    def unused(self) -> tuple[Seen, ...]:
        """Return the columns that no table takes."""
        used = {d.seen.name for t in self.tables for d in t.columns if d.seen is not None}
        return tuple(seen for seen in self.sheet.columns if seen.name not in used)


def propose(sheets: Sequence[Sheet], folder: Path) -> tuple[FileDraft, ...]:
    """Return what the files seem to be; paths are given from ``folder``."""
    drafts = []
    for path, sheet, n in _layouts(sheets, folder):
        many = Label(f"{n}个同样版式的文件", f"{n} files of one layout")
        allowed = replace(sheet, columns=tuple(seen for seen in sheet.columns if not forbidden(seen.name)))
        never = dict(_never_accepted(sheet))
        doubts = (*((many,) if n > 1 else ()), *never.values())
        drafts.append(FileDraft(path, allowed, _tables(allowed), doubts, tuple(never)))
    return tuple(drafts)


def _never_accepted(sheet: Sheet) -> Iterator[tuple[Label, Label]]:
    """Yield the name of every column that no delivery may hold, as a message may show it, and what to do."""
    names = [seen.name for seen in sheet.columns]
    for name in names:
        if kind := forbidden(name):
            shown = shown_name(name, names)
            what = Label(
                f"按列名，“{shown.zh}”列存放的是{kind.label.zh}，一律不予接收：须从文件中删除后再报送；如内容并非如此，请更改列名",
                f"the column {shown.en} holds a {kind.label.en} by its name and is never accepted: "
                "it must be removed from the file before delivery, or renamed if it holds something else",
            )
            yield shown, what


def _layouts(sheets: Sequence[Sheet], folder: Path) -> list[tuple[str, Sheet, int]]:
    """Return one entry per layout: files that differ in the digits of their names alone are one."""
    names = {sheet.path: sheet.path.relative_to(folder).as_posix() for sheet in sheets}

    def layout(sheet: Sheet) -> tuple[str, ...]:
        pattern = re.sub(r"\d+", "*", names[sheet.path])
        settings = (sheet.format, sheet.delimiter, str(sheet.header), sheet.sheet or "")
        return (pattern, *settings, *(seen.name for seen in sheet.columns))

    groups: dict[tuple[str, ...], list[Sheet]] = {}
    for sheet in sheets:
        groups.setdefault(layout(sheet), []).append(sheet)
    found = []
    for key, same in groups.items():
        others = [path for path in names if path.match(key[0]) and path not in {s.path for s in same}]
        if len(same) > 1 and not others:
            found.append((key[0], _merged(same), len(same)))
        else:
            found += [(re.sub(r"([*?\[])", r"[\1]", names[s.path]), s, 1) for s in same]
    return found


def _merged(sheets: Sequence[Sheet]) -> Sheet:
    columns = tuple(
        replace(seen, values=tuple(value for s in sheets for value in s.columns[place].values))
        for place, seen in enumerate(sheets[0].columns)
    )
    encoding = next((sheet.encoding for sheet in sheets if sheet.encoding), None)
    return replace(sheets[0], columns=columns, encoding=encoding)


def _tables(sheet: Sheet) -> tuple[TableDraft, ...]:
    """Return the table the file is most like, and others that find two known names of their own in it.

    A table of which less than two columns are found is none. The day of a month-end tape often stands
    only in the file's name: of a further table it may be missing.
    """
    drafts = [
        draft for table in DELIVERED.values() if (draft := _draft(table, sheet.columns)).score >= _LEAST_OWN
    ]
    drafts.sort(key=lambda draft: (bool(draft.missing), -draft.score - _named(draft.table, sheet)))
    if not drafts:
        return ()
    chosen = [drafts[0]]
    for draft in drafts[1:]:
        taken = {d.seen.name for t in chosen for d in t.columns if d.seen}
        own = [d for d in draft.columns if d.seen and d.seen.name not in taken]
        sure = [
            d for d in own if d.column.name not in draft.table.grain and _strength(d, draft.table) == _EXACT
        ]
        missing = {column.name for column in draft.missing}
        if missing <= _IN_FILE_NAME and len(sure) >= _LEAST_OWN:
            keys = [d for d in draft.columns if d.column.name in needed(draft.table)]
            chosen.append(replace(draft, columns=tuple(d for d in draft.columns if d in own or d in keys)))
    return tuple(chosen)


def _draft(table: Table, columns: Sequence[Seen]) -> TableDraft:
    """Return the table with the file's columns given out to it, the likeliest first, each once."""
    scored = [
        (score, -place, column.name, seen)
        for column in table.columns
        for place, seen in enumerate(columns)
        if (score := likeness(seen.name, names_of(table, column))) > 0
    ]
    origins: dict[str, ColumnDraft] = {}
    for score, _, name, seen in sorted(scored, key=lambda found: found[:2], reverse=True):
        column = table.column(name)
        if name in origins:
            origins[name] = _with_rival(origins[name], score, seen)
        elif all(seen is not draft.seen for draft in origins.values()):
            reading = guess(seen, column)
            if reading.fit >= _LEAST_FIT:
                origins[name] = ColumnDraft(column, seen, "", _doubted(reading, score, seen))
    _fill_by_values(table, columns, origins)
    for name in needed(table):
        stand_in, doubt = _STAND_INS.get(f"{table.name}.{name}", ("", None))
        if stand_in and name not in origins:
            reading = Guess(doubts=(doubt,) if doubt else ())
            origins[name] = ColumnDraft(table.column(name), None, stand_in, reading)
    drafts = tuple(origins[column.name] for column in table.columns if column.name in origins)
    missing = tuple(table.column(n) for n in needed(table) if n not in origins or origins[n].is_open)
    return TableDraft(table, drafts, missing)


def _fill_by_values(table: Table, columns: Sequence[Seen], origins: dict[str, ColumnDraft]) -> None:
    """Give required columns that no name fits the one column of the file whose values could be theirs, if it is one."""
    if not any(name in origins for name in needed(table)):
        return
    rows = max(len(seen.values) for seen in columns)
    for name in needed(table):
        column = table.column(name)
        if name in origins or f"{table.name}.{name}" in _STAND_INS:
            continue
        taken = {draft.seen.name for draft in origins.values() if draft.seen}
        full = [seen for seen in columns if seen.name not in taken and len(seen.values) >= rows * _FULL]
        fitting = [seen for seen in full if could_be(seen, column)]
        if column.kind is Kind.MONEY:
            fitting = [seen for seen in fitting if has_unit(seen)] or fitting
        if len(fitting) == 1:
            reading = guess(fitting[0], column)
            reading = replace(reading, doubts=(_BY_VALUES, *reading.doubts))
            origins[name] = ColumnDraft(column, fitting[0], "", reading)


def _doubted(reading: Guess, score: float, seen: Seen) -> Guess:
    if score > _EXACT:
        return reading
    doubt = Label("按列名相似认出", "recognised by a similar name only")
    return replace(reading, doubts=(doubt, *reading.doubts))


def _with_rival(draft: ColumnDraft, score: float, seen: Seen) -> ColumnDraft:
    """Return the draft with a doubt where another column bears a known name of the same thing."""
    if score <= _EXACT or draft.seen is None or guess(seen, draft.column).fit < _LEAST_FIT:
        return draft
    doubt = Label(f"也可能是 {seen.name}", f"could as well be {seen.name}")
    return replace(draft, guess=replace(draft.guess, doubts=(*draft.guess.doubts, doubt)))


def _strength(draft: ColumnDraft, table: Table) -> float:
    if draft.seen is None:
        return 0
    return min(likeness(draft.seen.name, names_of(table, draft.column)) or _BY_VALUES_COUNT, _EXACT)


def _named(table: Table, sheet: Sheet) -> float:
    """Return what the file's or sheet's name adds for a table."""
    name = plain(sheet.path.name.partition(".")[0]) + plain(sheet.sheet or "")
    words = (table.name, table.label.zh, table.label.en, *_TABLE_WORDS.get(table.name, ()))
    return 2 if any(plain(word) in name for word in words) else 0
