"""Privacy at the door: what is never let in, and what a message may say of a file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label
from postloan.model.never_accepted import forbidden
from postloan.sources.reading.tape import Tape

# A number, a date, an identity or phone number; names of columns are words.
_VALUE = re.compile(r"[+-]?\d[\d.,:/ T+-]*[Xx]?|\d{4}年.*|[0-9A-Z]*\d{4,}[0-9A-Z]*|(?=.*\d).*@.*")
_VALUES = Label("列名所在的行中是数据，不是列名", "values where the names of columns should be")
_A_VALUE = Label("一个数据值（不是列名）", "a value, no name of a column")


def refuse_secrets(tape: Tape) -> None:
    """Refuse a file with a column of secrets or biometric features, mapped or not, before it is kept anywhere.

    Raises:
        Fault: 3, naming the column and none of its values.
    """
    for name in tape.columns.column_names:
        if kind := forbidden(name):
            raise Fault(
                f"{tape.name}: the column {name} holds a {kind.label.en} ({kind.label.zh}) by its name: never accepted",
                "remove the column from the file and deliver it again; if it holds something else, rename it",
                REFUSED,
            )


def shown_names(names: Sequence[str]) -> Label:
    """Return a file's column names for a message; not those of a file whose first line is a customer's data."""
    return Label("、".join(names), ", ".join(names)) if _are_names(names) else _VALUES


def shown_name(name: str, names: Sequence[str]) -> Label:
    """Return one of a file's column names for a message, unless the names are a customer's data."""
    return Label(name, name) if _are_names(names) else _A_VALUE


def _are_names(names: Sequence[str]) -> bool:
    return not any(_VALUE.fullmatch(name.strip()) for name in names)
