"""Ways in which a file of payments gets damaged, each by name, each seeded; and an independent count of it."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

HEAD = ["流水号", "借据号", "日期", "金额", "渠道"]
AMOUNT, KEY, DAY, NOTE = 3, 0, 2, 4
_PLAIN = re.compile(r"[+-]?\d{1,16}(\.\d{1,2}0*)?")

Rows = list[list[str]]
Damage = Callable[[random.Random, str], str | bytes]


def good(seed: int) -> str:
    """Return a file without fault; every second one ends in its total, every third quotes a line end."""
    rng = random.Random(seed)
    rows = [HEAD]
    for n in range(rng.randint(6, 18)):
        note = rng.choice(["柜面", "转账,网银", 'a "b"', "", "两\n行"] if seed % 3 == 0 else ["柜面", "网银"])
        amount = f"{rng.randint(1, 99_999) / 100:.2f}"
        rows.append([f"P{seed}-{n}", rng.choice(["000123", "1E10"]), f"2025-03-{n + 1:02d}", amount, note])
    if seed % 2:
        total = sum(Decimal(row[AMOUNT]) for row in rows[1:])
        rows.append(["合计", "", "", str(total), ""])
    return written(rows)


def written(rows: Rows, **dialect: str) -> str:
    """Return rows as a delimited text."""
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n", **dialect).writerows(rows)  # type: ignore[arg-type]
    return sink.getvalue()


def read(text: str) -> Rows:
    """Return the rows of an undamaged text."""
    return list(csv.reader(io.StringIO(text, newline="")))


def _at(rng: random.Random, text: str) -> int:
    return rng.randrange(len(text) + 1)


def _row(rng: random.Random, rows: Rows) -> int:
    return rng.randrange(1, len(rows)) if len(rows) > 1 else 0


def _edited(change: Callable[[random.Random, Rows], None]) -> Damage:
    def damage(rng: random.Random, text: str) -> str:
        rows = read(text)
        change(rng, rows)
        return written(rows)

    return damage


def _cell(column: int, *values: str) -> Damage:
    def change(rng: random.Random, rows: Rows) -> None:
        row = rows[_row(rng, rows)]
        if len(row) > column:
            row[column] = rng.choice(values)

    return _edited(change)


def _inserted(*texts: str) -> Damage:
    def damage(rng: random.Random, text: str) -> str:
        at = _at(rng, text)
        return text[:at] + rng.choice(texts) + text[at:]

    return damage


def _doubled(rng: random.Random, rows: Rows) -> None:
    rows.insert(_row(rng, rows), list(rows[_row(rng, rows)]))


def _dropped(rng: random.Random, rows: Rows) -> None:
    rows.pop(_row(rng, rows))


def _swapped_columns(rng: random.Random, rows: Rows) -> None:
    a, b = rng.sample(range(len(HEAD)), 2)
    for row in rows:
        if len(row) > max(a, b):
            row[a], row[b] = row[b], row[a]


def _swapped_cells(rng: random.Random, rows: Rows) -> None:
    row = rows[_row(rng, rows)]
    if len(row) > 1:
        a, b = rng.sample(range(len(row)), 2)
        row[a], row[b] = row[b], row[a]


def _shuffled(rng: random.Random, rows: Rows) -> None:
    body = rows[1:]
    rng.shuffle(body)
    rows[1:] = body


def _extra_column(rng: random.Random, rows: Rows) -> None:
    at = rng.randrange(len(HEAD) + 1)
    for n, row in enumerate(rows):
        row.insert(min(at, len(row)), "备注" if n == 0 else "x")


def _renamed(rng: random.Random, rows: Rows) -> None:
    rows[0][rng.randrange(len(rows[0]))] = rng.choice(["新列", "流水号", ""])


def _headless(rng: random.Random, rows: Rows) -> None:
    del rows[0]


def _ragged(rng: random.Random, rows: Rows) -> None:
    row = rows[_row(rng, rows)]
    if rng.random() < 0.5 and row:
        row.pop()
    else:
        row.append("more")


def _trailing(rng: random.Random, rows: Rows) -> None:
    for row in rows[rng.randint(0, 1) :]:
        row.append("")


def _blank_rows(rng: random.Random, rows: Rows) -> None:
    for filler in ([], ["", "", "", "", ""], [" "]):
        rows.insert(_row(rng, rows), list(filler))


def _total(rng: random.Random, rows: Rows) -> None:
    word = rng.choice(["合计", "小计", "Total", "总计：", "合计（共3笔）"])
    rows.insert(_row(rng, rows), [word, "", "", rng.choice(["9", "x", "", "0.00"]), ""])


def _changed_total(rng: random.Random, rows: Rows) -> None:
    last = rows[-1]
    if len(last) > AMOUNT:
        last[AMOUNT] = f"{rng.randint(0, 10**6) / 100:.2f}"


def _cut(rng: random.Random, text: str) -> str:
    return text[: _at(rng, text)]


def _dropped_quote(rng: random.Random, text: str) -> str:
    places = [n for n, mark in enumerate(text) if mark == '"']
    at = rng.choice(places) if places else _at(rng, text)
    return text[:at] + text[at + 1 :]


def _other_delimiter(rng: random.Random, text: str) -> str:
    return written(read(text), delimiter=rng.choice(";\t|"))


def _line_ends(rng: random.Random, text: str) -> str:
    ends = rng.choice([("\r",), ("\r\n",), ("\r", "\n", "\r\n")])
    return "".join(rng.choice(ends) if mark == "\n" else mark for mark in text)


def _glued(rng: random.Random, text: str) -> bytes:
    return text.encode() + "P9,000123,2025-03-01,1,柜面王五李四\n".encode("gbk")


def _flipped(rng: random.Random, text: str) -> bytes:
    data = bytearray(text.encode())
    for _ in range(rng.randint(1, 3)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def _encoded(rng: random.Random, text: str) -> bytes:
    return text.encode(rng.choice(["utf-8-sig", "gb18030", "utf-16"]))


DAMAGES: dict[str, Damage] = {
    "dropped quote": _dropped_quote,
    "added quote": _inserted('"'),
    "swapped columns": _edited(_swapped_columns),
    "swapped cells": _edited(_swapped_cells),
    "cut file": _cut,
    "doubled row": _edited(_doubled),
    "dropped row": _edited(_dropped),
    "changed key": _cell(KEY, "P1", "NA", "1E10", "P 1"),
    "blank key": _cell(KEY, "", " ", "\u3000"),
    "wrong delimiter": _other_delimiter,
    "glued encodings": _glued,
    "other encoding": _encoded,
    "flipped bytes": _flipped,
    "nul": _inserted("\x00", "\x00\x00"),
    "control character": _inserted("\x01", "\x1b", "\x7f", "\x0c"),
    "giant field": _cell(NOTE, "长" * 20_000, "x" * 60_000),
    "bad date": _cell(DAY, "2025-02-30", "03/04/2025", "20250301", "46326", "明天", ""),
    "full-width digits": _cell(AMOUNT, "１２３", "12．50", "1\u200b2"),
    "odd amount": _cell(AMOUNT, "1,234.56", "(9.10)", "￥5", "1.5万", "-", "1e3", "NaN", "1.005", "9" * 20),
    "negative amount": _cell(AMOUNT, "-1", "-0.01", "-9999"),
    "blank amount": _cell(AMOUNT, "", "  "),
    "total line": _edited(_total),
    "changed total": _edited(_changed_total),
    "shuffled rows": _edited(_shuffled),
    "extra column": _edited(_extra_column),
    "renamed column": _edited(_renamed),
    "no header": _edited(_headless),
    "line ends": _line_ends,
    "trailing delimiters": _edited(_trailing),
    "ragged row": _edited(_ragged),
    "blank lines": _edited(_blank_rows),
    "stray delimiter": _inserted(",", ",,", "\n", "\r"),
}


def damaged(name: str, seed: int) -> bytes:
    """Return a file with the named damage, and now and then one more on top."""
    rng = random.Random(f"{name} {seed}")
    text = good(seed)
    if rng.random() < 0.3:
        other = DAMAGES[rng.choice(sorted(DAMAGES))](rng, text)
        text = other if isinstance(other, str) else text
    result = DAMAGES[name](rng, text or HEAD[0])
    return result if isinstance(result, bytes) else result.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Counted:
    """What the standard library finds in a file: records below the header, and the sum of plain amounts.

    ``amount_minor`` is None where some amount, or the fields of some record, can be read in two ways.
    """

    records: int
    amount_minor: int | None


def counted(data: bytes) -> Counted:
    """Count a file's records and add up its amounts with nothing but the standard library."""
    csv.field_size_limit(1 << 24)
    text = _decoded(data)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    filled = [row for row in rows if any(field.strip() for field in row)]
    head = [name.strip() for name in filled[0]]
    amount = head.index("金额")
    # A delimiter at the end of every record but the header's is no field.
    ends = all(len(row) == len(head) + 1 and not row[-1].strip() for row in filled[1:])
    amounts = [row[amount].strip() for row in filled[1:] if len(row) == len(head) + ends]
    readable = _is_strict(text) and all(not one or _PLAIN.fullmatch(one) for one in amounts)
    total = sum(int(Decimal(one) * 100) for one in amounts if one) if readable else None
    return Counted(len(rows) - 1, total)


def _decoded(data: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _is_strict(text: str) -> bool:
    try:
        return bool(list(csv.reader(io.StringIO(text, newline=""), strict=True)))
    except csv.Error:
        return False
