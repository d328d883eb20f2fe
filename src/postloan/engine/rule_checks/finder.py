"""What a check is made of, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import ibis

from postloan.model.checked import Number

Tables: TypeAlias = Callable[[str], ibis.Table]
Numbers: TypeAlias = Mapping[str, Number]
Find: TypeAlias = Callable[[Tables, Numbers, date], ibis.Table]
"""From tables, numbers in force and observation date to all records looked at: those of ``found``."""

KEYS = ("loan_id", "customer_id", "staff_id")
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Finder:
    """One way to look for breaches.

    Args:
        find: Yields one row per record looked at.
        needs: Delivered tables without any of which nobody can be judged.
        numbers: Keys of the numbers that it takes.
        is_state: It tells how things stand at the date; else what happened on a day.
    """

    find: Find
    needs: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    is_state: bool = False


def found(t: ibis.Table, subject: str, on: Any, broken: Any, *told: str) -> ibis.Table:
    """Return rows in the shape of all finders: ``subject_id, happened_on, loan_id, customer_id, staff_id, is_broken, detail``."""
    keys = {name: t[name] if name in t.columns else ibis.null("string") for name in KEYS}
    return t.select(
        subject_id=t[subject].cast("string"),
        happened_on=on,
        is_broken=broken,
        detail=_said(t, *told),
        **{name: column.cast("string") for name, column in keys.items()},
    )


def _said(t: ibis.Table, *names: str) -> Any:
    """Return "name value; name value" as text, a blank value as a dash."""
    text = ibis.literal("")
    for place, name in enumerate(names):
        text = text + (f"; {name} " if place else f"{name} ") + t[name].cast("string").fill_null("—")
    return text


def number(numbers: Numbers, name: str) -> int:
    """Return a whole number; the policy's declaration holds that it is no list of names."""
    value = numbers[name]
    assert not isinstance(value, tuple)
    return int(value)


def day(on: date) -> Any:
    """Return a day as a literal."""
    return ibis.literal(on)


def begin_of_month(on: date) -> Any:
    """Return the first day of its month as a literal."""
    return ibis.literal(on.replace(day=1))


def is_open(t: ibis.Table, as_of: date) -> Any:
    """Say whether a case that was opened by the date was not closed by it."""
    return (t.opened_on <= day(as_of)) & (t.closed_on.isnull() | (t.closed_on > day(as_of)))


def active(table: Tables, as_of: date) -> ibis.Table:
    """Return the active loans at the date: ``loan_id, customer_id, product, dpd, overdue_minor, risk_class …``."""
    position = table("position")
    return position.filter(position.month_end == day(as_of), position.status == ACTIVE)


def joined(t: ibis.Table, other: ibis.Table, *keys: str) -> ibis.Table:
    """Return rows with the columns of ``other`` beside them where it has the keys."""
    return t.left_join(other, list(keys)).drop(*(f"{key}_right" for key in keys))


def with_flag(t: ibis.Table, other: ibis.Table, name: str, *keys: str) -> ibis.Table:
    """Return rows with a flag: whether ``other`` has a row with the same keys."""
    marked = other.select(*keys).distinct().mutate(**{name: ibis.literal(True)})
    t = joined(t, marked, *keys)
    return t.mutate(**{name: t[name].fill_null(False)})
