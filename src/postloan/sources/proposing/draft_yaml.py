"""Write a proposed mapping as YAML that a person can correct: doubts stand as comments where they belong."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from babel.numbers import is_currency

from postloan.model.contract import Column, Kind
from postloan.model.label import Label
from postloan.model.tables import DELIVERED
from postloan.sources.dates import ambiguous
from postloan.sources.mapping import Formats
from postloan.sources.proposing.drafts import ColumnDraft, FileDraft, TableDraft
from postloan.sources.proposing.guess import looks, shape
from postloan.sources.proposing.likeness import likeness, names_of

CONFIRM = "请确认 / please confirm:"
_DAY_OF_FILE = Label(
    "只有文件名写明日期的，每个文件单列一项，写 {value: 2026-01-31}",
    "where only the file's name tells the day: an entry for each file, with {value: 2026-01-31}",
)
_PLAIN = re.compile(r"[A-Za-z_\u3400-\u9fff][\w\u3400-\u9fff./*-]*")
_READ_OTHERWISE = {"true", "false", "null", "yes", "no", "on", "off"}
_SHARED = ("dates", "money", "fraction", "decimal_mark", "thousands_mark")


def to_yaml(drafts: Sequence[FileDraft]) -> str:
    """Return the mapping; it can be read as it is where every table has its required columns."""
    used = [draft for draft in drafts if draft.tables]
    lines = [
        "# 由 postloan map 按列名和数值起草，请逐条核对“请确认”后使用。",
        "# Drafted by `postloan map` from names and values: settle every `please confirm` before you use it.",
        f"# {CONFIRM} 贷款机构名称 / the lender's name",
        "lender: {zh: 请填写机构名称, en: Name of the lender}",
        "is_synthetic: false  # true: 合成数据，报告上会注明 / true for made-up data, which packs then say",
        *_currency(drafts),
        "timezone: Asia/Shanghai  # 时间戳属于哪一天 / which day a time stamp belongs to",
        "limits:",
        "  quarantine_share: 0.001  # 一个文件最多隔离多少行，超过则拒收 / more refused rows than this refuse the load",
        "",
        "files:" if used else "files: []",
    ]
    for draft in used:
        lines += _file(draft)
    for draft in drafts:
        if not draft.tables:
            lines += ["", *_not_understood(draft)]
    return "\n".join(lines) + "\n"


def doubts_in(text: str) -> int:
    """Return how many things a proposed mapping asks a person to confirm."""
    return text.count(CONFIRM)


def _currency(drafts: Sequence[FileDraft]) -> list[str]:
    given = Counter(
        value
        for draft in drafts
        for table in draft.tables
        for column in table.columns
        if column.column.name == "currency" and column.seen is not None
        for value in column.seen.values
        if re.fullmatch("[A-Z]{3}", value)
    )
    told = Counter(
        word
        for draft in drafts
        for seen in draft.sheet.columns
        for word in re.findall(r"\b[A-Z]{3}\b", seen.name)
        if is_currency(word)
    )
    if len(given) == 1:
        return [f"currency: {next(iter(given))}"]
    is_chinese = any("\u3400" <= char <= "\u9fff" for d in drafts for s in d.sheet.columns for char in s.name)
    likely = next(iter(given or told), "CNY" if is_chinese else "USD")
    return [f"# {CONFIRM} 币种 / the currency", f"currency: {likely}"]


def _file(draft: FileDraft) -> list[str]:
    shared = _shared(draft)
    lines = ["", *_doubts(draft.doubts, 2), *_settings(draft)]
    if shared:
        lines.append(f"    formats: {_flow(shared)}")
    lines.append("    tables:")
    for table in draft.tables:
        lines += _table(table, shared)
    if draft.unused:
        lines.append("    # 未用的列 / columns not used:")
        lines += [f"    #   {_shown(seen.name)}  ({looks(seen)})" for seen in draft.unused]
    return lines


def _settings(draft: FileDraft) -> list[str]:
    """Return the lines that say how a file is written."""
    sheet = draft.sheet
    settings = {
        "format": "" if sheet.format == "csv" else sheet.format,
        "encoding": sheet.encoding or "",
        "delimiter": "" if sheet.delimiter == "," else sheet.delimiter,
        "header": "" if sheet.header == 1 else sheet.header,
        "sheet": sheet.sheet or "",
    }
    given = [f"    {name}: {_scalar(value)}" for name, value in settings.items() if value != ""]
    return [f"  - path: {_scalar(draft.path)}", *given]


def _not_understood(draft: FileDraft) -> list[str]:
    """Return a form to fill in, as a comment; what seems to be the header may be data, so its shape is shown."""
    known = any(
        likeness(s.name, names_of(t, c))
        for s in draft.sheet.columns
        for t in DELIVERED.values()
        for c in t.columns
    )
    label = Label("认不出这个文件属于哪张表，请填写", "no table could be found for this file: fill it in")
    form = [*_settings(draft), "    tables:", f"      ?:  # {', '.join(DELIVERED)}", "        columns:"]
    names = [_scalar(_shown(seen.name)) if known else shape(seen.name) for seen in draft.sheet.columns]
    form += [
        f"          ?: {name}  # {looks(seen)}" for name, seen in zip(names, draft.sheet.columns, strict=True)
    ]
    return [*_doubts((label, *draft.doubts), 0), *(f"# {line}" for line in form)]


def _table(draft: TableDraft, shared: dict[str, Any]) -> list[str]:
    lines = [
        f"      {draft.table.name}:  # {draft.table.label.zh} / {draft.table.label.en}",
        "        columns:",
    ]
    for column in draft.columns:
        lines += _column(column, shared)
    for missing in draft.missing:
        if all(column.column is not missing for column in draft.columns):
            lines += _missing(missing)
    return [*lines, *_not_given(draft)]


def _not_given(draft: TableDraft) -> list[str]:
    """Return the columns that the table could have as well, for who finds them among the unused ones."""
    told = {column.column.name for column in draft.columns} | {column.name for column in draft.missing}
    names = [f"{c.name} {c.label.zh}" for c in draft.table.columns if c.name not in told]
    return [f"          # 还可填 / can also be given: {', '.join(names)}"] if names else []


def _missing(column: Column) -> list[str]:
    label = Label(
        f"必需的列没有找到：{column.label.zh}", f"a required column was not found: {column.meaning}"
    )
    asked = (label, _DAY_OF_FILE) if column.kind is Kind.DATE else (label,)
    return [*_doubts(asked, 10), f"          # {column.name}: "]


def _column(draft: ColumnDraft, shared: dict[str, Any]) -> list[str]:
    lines = _doubts(draft.guess.doubts, 10)
    if draft.guess.unknown:
        lines += _unknown_codes(draft)
    own = {name: v for name, v in _formats(draft.guess.formats).items() if shared.get(name) != v}
    if draft.seen is None:
        written = draft.stand_in
    elif own or draft.guess.codes is not None:
        codes = {} if draft.guess.codes is None else {"codes": draft.guess.codes}
        if draft.is_open:  # a form to fill in
            codes = {"codes": dict.fromkeys(draft.guess.unknown, "?")}
        written = _flow({"column": draft.seen.name, **own, **codes})
    else:
        written = _scalar(draft.seen.name)
    return [
        *lines,
        f"          {'# ' if draft.is_open and draft.may_wait else ''}{draft.column.name}: {written}",
    ]


def _unknown_codes(draft: ColumnDraft) -> list[str]:
    """Ask for the meaning of codes; these are codes, not values of a person, so they are shown."""
    found = ", ".join(f"{_scalar(text)} ({n})" for text, n in draft.guess.unknown.items())
    codes = draft.column.codes.codes if draft.column.codes else ()
    valid = ", ".join(f"{code.value} {code.label.zh}" for code in codes) or "true, false"
    label = Label(f"这些代码是什么：{found}", f"what these codes mean, as one of: {valid}")
    return _doubts((label,), 10)


def _doubts(doubts: Iterable[Label], indent: int) -> list[str]:
    return [f"{' ' * indent}# {CONFIRM} {_shown(doubt.zh)} / {_shown(doubt.en)}" for doubt in doubts]


def _shared(draft: FileDraft) -> dict[str, Any]:
    """Return the formats that most of the file's columns are written in, to be said once."""
    columns = [column for table in draft.tables for column in table.columns if column.seen is not None]
    shared: dict[str, Any] = {}
    for name in _SHARED:
        counts = Counter(repr(v) for c in columns if (v := getattr(c.guess.formats, name)) is not None)
        if counts:
            wanted = counts.most_common(1)[0][0]
            shared[name] = next(
                _listed(v) for c in columns if repr(v := getattr(c.guess.formats, name)) == wanted
            )
    if "dates" in shared:
        shared["dates"] = _all_dates(columns, shared["dates"])
    return shared


def _all_dates(columns: Sequence[ColumnDraft], most: list[str]) -> list[str]:
    """Return every date format of the file, the commonest first, unless two could read one text differently."""
    every = [p for c in columns if c.column.kind is Kind.DATE for p in c.guess.formats.dates or ()]
    together = tuple(dict.fromkeys([*most, *every]))
    return most if ambiguous(together) else list(together)


def _formats(formats: Formats) -> dict[str, Any]:
    return {name: _listed(v) for name, v in formats.model_dump(exclude_none=True).items()}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(v) for v in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """Return a scalar of YAML that is read back as the same text, quoted where it must be."""
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and value.casefold() not in _READ_OTHERWISE:
        return value
    return json.dumps(value, ensure_ascii=False)


def _shown(text: str) -> str:
    """Return text for a comment: on one line, without control characters."""
    return "".join(char if char.isprintable() else " " for char in text)
