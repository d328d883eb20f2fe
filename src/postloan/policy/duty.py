"""Duties as a policy file declares them: dated, sourced numbers by name; tables, columns and codes that exist."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from pydantic import Field, model_validator

from postloan.model.contract import Kind, Table
from postloan.model.duty import After, Bounds, Duty, Every, Evidence, Period, Term
from postloan.model.label import Label
from postloan.model.misplaced import Misplaced
from postloan.model.nearest import nearest
from postloan.model.tables import DELIVERED
from postloan.policy.parameter import BothLanguages, Parameter, Record, Unit

ABOUT = ("loan", "customer", "branch", "row")
_NO_NUMBER = ("end_of_month_before", "end_of_week")
_WHO = ("customer_kind", "size_class", "product", "industry")
Loc = tuple[str | int, ...]


class DueSpec(Record):
    """Either ``every`` period, or ``after`` a column of a table by a term with its number (a parameter's name)."""

    every: Period | None = None
    table: str | None = None
    after: str | None = None
    term: Term | None = None
    number: str | None = None

    @model_validator(mode="after")
    def _is_one_of_two(self) -> DueSpec:
        if (self.every is None) == (self.after is None):
            raise ValueError("a duty is due either every period, or after a day of a table")
        if self.after is not None and (self.table is None or self.term is None):
            raise ValueError("after needs the table and the term")
        if self.term is not None and (self.number is None) != (self.term in _NO_NUMBER):
            raise ValueError(f"the term {self.term} takes {'no' if self.term in _NO_NUMBER else 'a'} number")
        return self


class DoneSpec(Record):
    """What shows it done."""

    table: str
    column: str
    by: str
    codes: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class BoundsSpec(Record):
    """More than ``over`` and at most ``to``, each the name of a parameter."""

    over: str | None = None
    to: str | None = None

    def is_set(self) -> bool:
        """Say whether it bounds anything."""
        return self.over is not None or self.to is not None


class DutySpec(Record):
    """One duty; see ``model.duty.Duty``."""

    label: BothLanguages
    rule: str = Field(pattern=r"^\S+$")
    about: str
    due: DueSpec
    done: DoneSpec
    who: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    dpd: BoundsSpec = BoundsSpec()
    worst_dpd: BoundsSpec = BoundsSpec()
    open_days: str | None = None
    only_active: bool = False

    def check(self, parameters: Mapping[str, Parameter], loc: Loc) -> None:
        """Raise ``Misplaced`` for a table, column, code or parameter that does not exist."""
        _one_of("subject", self.about, ABOUT, (*loc, "about"))
        if self.due.table is not None and self.due.after is not None:
            called = _table(self.due.table, (*loc, "due", "table"))
            _dated(called, self.due.after, (*loc, "due", "after"))
        shown = _table(self.done.table, (*loc, "done", "table"))
        _dated(shown, self.done.column, (*loc, "done", "column"))
        _one_of("column", self.done.by, shown.names(), (*loc, "done", "by"))
        for column, values in self.done.codes.items():
            _codes(shown, column, values, (*loc, "done", "codes", column))
        for column in self.who:
            _one_of("column", column, _WHO, (*loc, "who", column))
        if self.about == "branch" and self.who:
            raise Misplaced("a branch has no customer's codes", "leave out who", (*loc, "who"))
        if self.due.every is None and (self.dpd.is_set() or self.worst_dpd.is_set()):
            raise Misplaced("only a duty of every period asks how late the subject is", "leave it out", loc)
        whole = [n for n, p in parameters.items() if p.unit not in (Unit.NAMES, Unit.FRACTION)]
        for place, name in self.numbers().items():
            _one_of("parameter", name, whole, (*loc, *place))

    def numbers(self) -> dict[Loc, str]:
        """Return the parameters it names, by where it names them."""
        named: dict[Loc, str | None] = {
            ("due", "number"): self.due.number,
            ("open_days",): self.open_days,
            ("dpd", "over"): self.dpd.over,
            ("dpd", "to"): self.dpd.to,
            ("worst_dpd", "over"): self.worst_dpd.over,
            ("worst_dpd", "to"): self.worst_dpd.to,
        }
        return {place: name for place, name in named.items() if name is not None}


def _one_of(what: str, name: str, valid: Collection[str], loc: Loc) -> None:
    if name not in valid:
        raise Misplaced(f"no {what} {name!r}", nearest(name, valid), loc)


def _table(name: str, loc: Loc) -> Table:
    _one_of("table", name, DELIVERED, loc)
    return DELIVERED[name]


def _dated(table: Table, name: str, loc: Loc) -> None:
    days = [column.name for column in table.columns if column.kind in (Kind.DATE, Kind.MOMENT)]
    _one_of("day or moment", name, days, loc)


def _codes(table: Table, name: str, values: tuple[str, ...], loc: Loc) -> None:
    coded = [column.name for column in table.columns if column.codes is not None]
    _one_of("code column", name, coded, loc)
    codes = table.column(name).codes
    for value in values:
        _one_of("code", value, codes.values() if codes else (), loc)


def duties_on(
    specs: Mapping[str, DutySpec], parameters: Mapping[str, Parameter], on: date
) -> tuple[Duty, ...]:
    """Return the duties whose numbers are all in force on a day."""
    found = (_duty(name, spec, parameters, on) for name, spec in specs.items())
    return tuple(duty for duty in found if duty is not None)


def _duty(name: str, spec: DutySpec, parameters: Mapping[str, Parameter], on: date) -> Duty | None:
    given = {place: _number(parameters, key, on) for place, key in spec.numbers().items()}
    if None in given.values():
        return None
    due: After | Every
    if spec.due.every is not None:
        due = Every(spec.due.every)
    else:
        assert spec.due.table is not None  # held by the validator
        assert spec.due.after is not None
        assert spec.due.term is not None
        due = After(spec.due.table, spec.due.after, spec.due.term, given.get(("due", "number")) or 0)
    return Duty(
        name, Label(spec.label.zh, spec.label.en), spec.rule, spec.about, due,
        Evidence(spec.done.table, spec.done.column, spec.done.by, spec.done.codes),
        spec.who,
        given.get(("open_days",)),
        Bounds(given.get(("dpd", "over")), given.get(("dpd", "to"))),
        Bounds(given.get(("worst_dpd", "over")), given.get(("worst_dpd", "to"))),
        spec.only_active,
    )  # fmt: skip


def _number(parameters: Mapping[str, Parameter], name: str, on: date) -> int | None:
    dated = parameters[name].on(on)
    return int(dated.value) if dated is not None and isinstance(dated.value, int | float) else None
