"""Privacy at the door: what is never let in, and what a message may say of a file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from postloan.model.label import Label
from postloan.model.never_accepted import forbidden
from postloan.sources.reading.refusal import refusal
from postloan.sources.reading.tape import Tape

# A number, a date, an identity or phone number; names of columns are words.
_VALUE = re.compile(r"[+-]?\d[\d.,:/ T+-]*[Xx]?|\d{4}年.*|[0-9A-Z]*\d{4,}[0-9A-Z]*|(?=.*\d).*@.*")
_WITHOUT_IT = Label(
    "请从文件中删除该列后重新报送；如内容并非如此，请更改列名",
    "remove the column from the file and deliver it again; if it holds something else, rename it",
)
_VALUES = Label("数据值（应为列名）", "values where the names of columns should be")
_A_VALUE = Label("数据值（并非列名）", "a value, no name of a column")


def refuse_secrets(tape: Tape) -> None:
    """Refuse a file with a column of secrets or biometric features, mapped or not, before it is kept anywhere.

    Raises:
        Fault: 3, naming the column and none of its values.
    """
    for name in tape.columns.column_names:
        if kind := forbidden(name):
            raise refusal(
                tape.name,
                f"按列名，“{name}”列存放的是{kind.label.zh}，一律不予接收",
                f"the column {name} holds a {kind.label.en} ({kind.label.zh}) by its name: never accepted",
                _WITHOUT_IT,
            )


def shown_names(names: Sequence[str]) -> Label:
    """Return a file's column names for a message; not those of a file whose first line is a customer's data."""
    return Label("、".join(names) or "无", ", ".join(names) or "none") if _are_names(names) else _VALUES


def shown_name(name: str, names: Sequence[str]) -> Label:
    """Return one of a file's column names for a message, unless the names are a customer's data."""
    return Label(name, name) if _are_names(names) else _A_VALUE


def _are_names(names: Sequence[str]) -> bool:
    return not any(_VALUE.fullmatch(name.strip()) for name in names)
