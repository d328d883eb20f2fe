"""Simulate a policy with some of its values set otherwise: who moves, from where to where, with how much balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from postloan.book.store import Book
from postloan.jobs.derived.facts import open_facts
from postloan.jobs.derived.grading import Graded, graded, graded_by, on_date
from postloan.model.fault import Fault
from postloan.model.nearest import nearest
from postloan.policy.files import PolicyFile, Rulebook, read_policy
from postloan.policy.given import file_given
from postloan.policy.grade import KEYS
from postloan.policy.policy import Policy
from postloan.report.section import Format
from postloan.report.style import Style
from postloan.report.text import Text

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Move:
    """How many subjects of a scheme go from one outcome to another; None is not graded, or no row."""

    before: str | None
    after: str | None
    n: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a scheme makes of the change; moves are those that are one, in the order of the outcomes."""

    scheme: str
    n: int
    balance_minor: int
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """A policy at a date as it is and as it would be.

    ``provision_before_minor`` and ``provision_after_minor`` are the standard estimate over all loans; None
    where the policy says nothing of provisions.
    """

    policy: Policy
    as_of: date
    changes: Mapping[str, object]
    effects: tuple[Effect, ...]
    provision_before_minor: int | None
    provision_after_minor: int | None
    currency: str

    def as_dict(self) -> dict[str, Any]:
        """Return the simulation as plain data, money in minor units."""
        return {
            "policy": self.policy.policy,
            "as_of": self.as_of.isoformat(),
            "changes": dict(self.changes),
            "schemes": [_effect_as_dict(effect) for effect in self.effects],
            "provision_before_minor": self.provision_before_minor,
            "provision_after_minor": self.provision_after_minor,
        }

    def text(self, lang: str) -> str:
        """Return the simulation for a reader."""
        text, style = Text(lang), Style(lang, self.currency, 0)
        changes = ", ".join(f"{place} = {value}" for place, value in self.changes.items())
        label = self.policy.label.text(lang)
        head = text("{policy} at {as_of} with {changes}", policy=label, as_of=self.as_of, changes=changes)
        parts = [line for effect in self.effects for line in self._effect_lines(effect, text, style)]
        return "\n".join([head, *parts, "", self._provision_line(text, style)])

    def _effect_lines(self, effect: Effect, text: Text, style: Style) -> Iterator[str]:
        scheme = self.policy.schemes[effect.scheme]
        yield ""
        yield scheme.label.text(text.lang)
        if not effect.moves:
            yield "  " + text("Nothing changes.")
            return
        yield "  " + text(
            "{n} of {all} change, balance {balance} of {total}",
            n=sum(move.n for move in effect.moves),
            all=effect.n,
            balance=style.text(sum(move.balance_minor for move in effect.moves), Format.MONEY),
            total=style.text(effect.balance_minor, Format.MONEY),
        )
        for move in effect.moves:
            before, after = (
                text("not graded") if name is None else scheme.outcomes[name].text(text.lang)
                for name in (move.before, move.after)
            )
            balance = style.text(move.balance_minor, Format.MONEY)
            yield text(
                "  {before} → {after}: {n}, balance {balance}",
                before=before,
                after=after,
                n=move.n,
                balance=balance,
            )

    def _provision_line(self, text: Text, style: Style) -> str:
        before, after = self.provision_before_minor, self.provision_after_minor
        if before is None or after is None:
            return text("The policy says nothing of provisions.")
        told = {"before": before, "after": after, "change": after - before}
        return text(
            "Standard provision: {before} → {after} ({change})",
            **{name: style.text(amount, Format.MONEY) for name, amount in told.items()},
        )


def simulate(policy: str, book: Path, as_of: date, settings: Sequence[str]) -> Simulation:
    """Return what changes at ``as_of`` if the values in ``settings`` were others.

    What a scheme remembers of the date before stays as it was: a past month keeps the rule of its time.

    Args:
        policy: Name or path of a policy, not a composition.
        book: Folder of the book.
        as_of: Observation date.
        settings: ``NAME=VALUE`` for a parameter (its value in force at ``as_of``), or a dotted path into the
            file (``schemes.credit_grade.requires.B=all``).

    Raises:
        Fault: 2 for an unknown policy, name or path, a value that does not fit, or a date before the first loan.
    """
    opened = Book.open(book)
    tables = open_facts(opened, as_of).given(as_of)
    now = file_given(read_policy(policy), tables)
    changes = [_change(setting, now.policy, as_of) for setting in settings]
    if not changes:
        raise Fault("nothing is set", "say what changes with --set NAME=VALUE")
    then = file_given(read_policy(policy, {change.path: change.value for change in changes}), tables)
    found = graded(opened, as_of, Rulebook.of(now))
    effects = []
    again = _again(found, then)
    for subject, rows in again.outcome.items():
        compared = _both(on_date(found.outcome[subject], as_of), rows)
        balance = _balances(found, subject, as_of)
        effects += [
            _effect(name, scheme.outcomes, compared, balance)
            for name, scheme in then.policy.schemes.items()
            if scheme.subject == subject
        ]
    both = ((now, found.outcome), (then, again.outcome))
    told = {change.name: change.value for change in changes}
    before, after = (_provision(file.policy, outcome, found, as_of) for file, outcome in both)
    currency = opened.version.currency or "CNY"
    return Simulation(now.policy, as_of, told, tuple(effects), before, after, currency)


def _effect_as_dict(effect: Effect) -> dict[str, Any]:
    moves = [
        {"before": m.before, "after": m.after, "n": m.n, "balance_minor": m.balance_minor}
        for m in effect.moves
    ]
    return {"scheme": effect.scheme, "n": effect.n, "balance_minor": effect.balance_minor, "moves": moves}


@dataclass(frozen=True, slots=True)
class _Change:
    name: str  # as it was given
    path: str  # where it stands in the file
    value: object


def _change(setting: str, policy: Policy, as_of: date) -> _Change:
    """Return what one setting sets; a parameter's name means its value in force."""
    place, sign, told = setting.partition("=")
    if not sign:
        raise Fault(f"--set {setting!r} has no '='", "write --set NAME=VALUE")
    try:
        value = YAML(typ="safe", pure=True).load(told)
    except YAMLError:
        raise Fault(f"--set {setting!r}: the value cannot be read", "write it as in the file") from None
    name = place.removeprefix("parameters.")
    if "." in name:
        return _Change(place, place, value)
    if name not in policy.parameters:
        raise Fault(f"no parameter {name!r}", nearest(name, policy.parameters))
    dates = [dated.effective_from for dated in policy.parameters[name].values]
    in_force = [number for number, day in enumerate(dates) if day <= as_of]
    if not in_force:
        raise Fault(f"{name} has no value on {as_of}", f"choose a date from {dates[0]} on")
    return _Change(place, f"parameters.{name}.values.{in_force[-1]}.value", value)


def _again(found: Graded, file: PolicyFile) -> Graded:
    """Grade the last date anew, going on from the outcomes of the date before."""
    *earlier, last = found.dates
    features = {name: on_date(table, last) for name, table in found.tables.items()}
    before = {name: on_date(table, earlier[-1]) for name, table in found.outcome.items()} if earlier else None
    return graded_by(Rulebook.of(file), Graded((last,), features, {}), before)


def _balances(found: Graded, subject: str, as_of: date) -> pa.Table:
    rows = on_date(found.tables[f"{subject}_feature"], as_of)
    return pa.table({"subject_id": rows[KEYS[subject]], "balance_minor": rows["balance_minor"]})


def _both(before: pa.Table, after: pa.Table) -> pa.Table:
    keys = ["scheme", "subject_id"]
    outcomes = [
        rows.select([*keys, "outcome"]).rename_columns([*keys, name])
        for name, rows in (("before", before), ("after", after))
    ]
    return outcomes[0].join(outcomes[1], keys, join_type="full outer")


def _effect(name: str, outcomes: Mapping[str, Any], both: pa.Table, balance: pa.Table) -> Effect:
    rows = both.filter(pc.field("scheme") == name).join(balance, "subject_id")
    summed = rows.group_by(["before", "after"]).aggregate([("balance_minor", "sum"), ("subject_id", "count")])
    moves = [
        Move(row["before"], row["after"], row["subject_id_count"], row["balance_minor_sum"] or 0)
        for row in summed.to_pylist()
        if row["before"] != row["after"]
    ]
    order = {None: -1} | {outcome: place for place, outcome in enumerate(outcomes)}
    moves.sort(key=lambda move: (order[move.before], order[move.after]))
    total = pc.sum(rows["balance_minor"]).as_py() or 0
    return Effect(name, rows.num_rows, total, tuple(moves))


def _provision(policy: Policy, outcome: Mapping[str, pa.Table], found: Graded, as_of: date) -> int | None:
    """Return the standard estimate, rounded half up per loan as positions are; loans without a class have none."""
    if policy.provisions is None:
        return None
    subject = policy.provided_for().subject
    rows = on_date(outcome[subject], as_of).filter(pc.field("scheme") == policy.provisions.scheme)
    both = rows.select(["subject_id", "outcome"]).join(_balances(found, subject, as_of), "subject_id")
    values, total = policy.values(as_of), 0
    for name, parameter in policy.provision_rates().items():
        rate = values.get(parameter)
        if isinstance(rate, int | float):
            ppm = round(rate * _MILLION)
            balance = both.filter(pc.field("outcome") == name)["balance_minor"].drop_null().to_numpy()
            whole, rest = balance // _MILLION, balance % _MILLION  # apart, so that no product overflows
            total += int((whole * ppm + (rest * ppm + _MILLION // 2) // _MILLION).sum())
    return total
