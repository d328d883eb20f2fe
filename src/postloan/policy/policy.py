"""A policy: named, dated, sourced numbers, and the schemes that use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from pydantic import Field, model_validator

from postloan.model.columns import col
from postloan.model.contract import Column, Kind
from postloan.model.fault import Fault
from postloan.model.grading import INSTALMENT_COLUMNS, feature_columns
from postloan.model.misplaced import Misplaced
from postloan.model.nearest import nearest
from postloan.model.work_codes import INSPECTION_KIND
from postloan.policy.award import Award, Fine
from postloan.policy.condition import Condition, ConditionText, check
from postloan.policy.duty import DutySpec
from postloan.policy.ladder import must_be_whole
from postloan.policy.parameter import BothLanguages, Parameter, Record, Unit, Value
from postloan.policy.rule_check import RuleCheckSpec
from postloan.policy.scheme import Path, Scheme
from postloan.policy.target import Target
from postloan.policy.work import UNITS, Work


class Measure(Record):
    """A feature with a number of the policy's own, over the instalments that fell due so far.

    ``streak`` counts the latest instalments for which the condition holds without a break, ``count`` all.
    """

    label: BothLanguages
    rule: str
    streak: ConditionText | None = None
    count: ConditionText | None = None

    @model_validator(mode="after")
    def _counts_one_thing(self) -> Measure:
        if (self.streak is None) == (self.count is None):
            raise ValueError("a measure has either streak or count")
        return self

    def condition(self) -> Condition:
        """Return what is counted."""
        found = self.streak or self.count
        assert found is not None  # held by the validator
        return found


class Provisions(Record):
    """The scheme whose outcomes are provided for, and the standard percentage of each: a parameter's name."""

    scheme: str
    rates: dict[str, str]


class Penalty(Record):
    """A charge by the day on what is unpaid past its due date; the rate is a parameter's name."""

    rule: str = Field(pattern=r"^\S+$")
    label: BothLanguages
    note: BothLanguages
    rate: str


class Awaited(Record):
    """A rule that is not part of the policy yet, and the data it takes: of a scheme, or of no scheme so far."""

    scheme: str | None = None
    rule: str = Field(pattern=r"^\S+$")
    what: BothLanguages
    needs: BothLanguages


class Policy(Record):
    """One policy file.

    Every name must exist, like must be compared with like, ladders must neither overlap nor leave a gap at
    any date, and a number stands nowhere but in a parameter.
    """

    policy: str
    label: BothLanguages
    parameters: dict[str, Parameter]
    measures: dict[str, Measure] = Field(default_factory=dict)
    schemes: dict[str, Scheme] = Field(default_factory=dict)
    targets: dict[str, Target] = Field(default_factory=dict)
    provisions: Provisions | None = None
    penalty: Penalty | None = None
    awards: dict[str, Award] = Field(default_factory=dict)
    fines: dict[str, Fine] = Field(default_factory=dict)
    work: Work | None = None
    duties: dict[str, DutySpec] = Field(default_factory=dict)
    checks: dict[str, RuleCheckSpec] = Field(default_factory=dict)
    awaits: tuple[Awaited, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Policy:
        for name, measure in self.measures.items():
            self._must_not_hide_a_column(name, ("measures", name))
            loc = ("measures", name, "streak" if measure.streak else "count")
            _placed(measure.condition(), INSTALMENT_COLUMNS, self.parameters, loc)
        for name in self.parameters:
            self._must_not_hide_a_column(name, ("parameters", name))
        for name, scheme in self.schemes.items():
            self._check_scheme(scheme, ("schemes", name))
        for place, awaited in enumerate(self.awaits):
            if awaited.scheme is not None:
                self._must_have_scheme(awaited.scheme, ("awaits", place, "scheme"))
        if self.provisions:
            self._check_provisions(self.provisions)
        return self

    @model_validator(mode="after")
    def _says_something(self) -> Policy:
        if not (self.schemes or self.targets or self.work):
            raise ValueError("a policy needs schemes, targets or rules of work")
        for name, target in self.targets.items():
            self._check_target(target, ("targets", name))
        if self.penalty:
            self._must_be_a_fraction(self.penalty.rate, ("penalty", "rate"))
        self._check_awards()
        if self.work:
            self._check_work(self.work)
        for name, duty in self.duties.items():
            duty.check(self.parameters, ("duties", name))
        for name, spec in self.checks.items():
            spec.check(name, self.parameters, ("checks", name))
        return self

    def columns(self, subject: str) -> dict[str, Column]:
        """Return what a scheme about ``subject`` may name beside parameters: features and measures."""
        own = {
            name: col(name, Kind.COUNT, measure.label.zh, measure.label.en, measure.condition().text)
            for name, measure in self.measures.items()
        }
        return feature_columns(subject) | own

    def values(self, day: date) -> dict[str, Value]:
        """Return the value of each parameter that is in force on ``day``."""
        dated = {name: parameter.on(day) for name, parameter in self.parameters.items()}
        return {name: entry.value for name, entry in dated.items() if entry is not None}

    def changes(self, names: Iterable[str] | None = None) -> tuple[date, ...]:
        """Return the days on which a parameter, or one of ``names``, takes a new value, oldest first."""
        chosen = self.parameters if names is None else names
        return tuple(
            sorted({dated.effective_from for name in chosen for dated in self.parameters[name].values})
        )

    def dated_rules(self, day: date) -> int:
        """Return on how many days by ``day`` a rule with a date of its own began to count."""
        return sum(since <= day for scheme in self.schemes.values() for since in scheme.dates())

    def provided_for(self) -> Scheme:
        """Return the scheme whose outcomes are provided for; raises Fault 2 where the policy names none."""
        return self.schemes[self._provisions().scheme]

    def provision_rates(self) -> dict[str, str]:
        """Return the parameter that is the standard percentage of each outcome; raises Fault 2 likewise."""
        return self._provisions().rates

    def names_provided(self) -> tuple[str, ...]:
        """Return the parameters that classes and their percentages depend on."""
        conditions = self.provided_for().conditions()
        names = [
            *(n for condition, _ in conditions for n in condition.names()),
            *self.provision_rates().values(),
        ]
        return tuple(name for name in dict.fromkeys(names) if name in self.parameters)

    def _provisions(self) -> Provisions:
        if self.provisions is None:
            raise Fault(
                f"the policy {self.policy} does not say how loans are classified and provided for",
                "name one with `provisions`, such as cn_regulation",
            )
        return self.provisions

    def names_of(self, scheme: Scheme) -> tuple[str, ...]:
        """Return the columns that a scheme reads, in the order of its rules."""
        names = [name for condition, _ in scheme.conditions() for name in condition.names()]
        return tuple(name for name in dict.fromkeys(names) if name not in self.parameters)

    def _must_not_hide_a_column(self, name: str, loc: Path) -> None:
        if any(name in feature_columns(subject) for subject in ("loan", "customer")):
            raise Misplaced(f"{name!r} is the name of a column", "choose another name", loc)

    def _check_scheme(self, scheme: Scheme, loc: Path) -> None:
        columns = self.columns(scheme.subject)
        for place, names, valid in _named(scheme, columns, self.parameters):
            for name in names:
                if name not in valid:
                    raise Misplaced(f"no {place[0]} {name!r}", nearest(name, valid), (*loc, *place[1:]))
        for condition, place in scheme.conditions():
            _placed(condition, columns, self.parameters, (*loc, *place))
        for branch, ladder in enumerate(scheme.ladders):
            is_whole = columns[ladder.column].kind is not Kind.FRACTION
            days = self.changes(name for rung in ladder.rungs for name in rung.bounds().values())
            for day in days:
                must_be_whole(ladder, self.values(day), is_whole, day, (*loc, "ladders", branch))

    def _check_target(self, target: Target, loc: Path) -> None:
        for place, name in target.parameters().items():
            where = (*loc, *place.split("."))
            if name not in self.parameters:
                raise Misplaced(f"no parameter {name!r}", nearest(name, self.parameters), where)
            if (self.parameters[name].unit is Unit.NAMES) != place.startswith("of."):
                raise Misplaced(
                    f"{name!r} is no {'list' if '.' in place else 'number'}", "name another", where
                )

    def _must_have_scheme(self, name: str, loc: Path) -> None:
        if name not in self.schemes:
            raise Misplaced(f"no scheme {name!r}", nearest(name, self.schemes), loc)

    def _check_provisions(self, provisions: Provisions) -> None:
        self._must_have_scheme(provisions.scheme, ("provisions", "scheme"))
        outcomes = self.schemes[provisions.scheme].outcomes
        if set(provisions.rates) != set(outcomes):
            raise Misplaced(
                "each outcome of the scheme has one rate",
                f"give {', '.join(outcomes)}",
                ("provisions", "rates"),
            )
        for outcome, name in provisions.rates.items():
            self._must_be_a_fraction(name, ("provisions", "rates", outcome))

    def _check_awards(self) -> None:
        for name, award in self.awards.items():
            for place, target in enumerate(award.targets):
                if target not in self.targets:
                    listed = ("awards", name, "targets", place)
                    raise Misplaced(f"no target {target!r}", nearest(target, self.targets), listed)
            for key, amount in (("met", award.met), ("missed", award.missed)):
                if amount is not None:
                    self._must_be(Unit.MONEY_MINOR, amount, ("awards", name, key))
        for name, fine in self.fines.items():
            kinds = INSPECTION_KIND.values()
            if fine.inspection_kind not in kinds:
                where = ("fines", name, "inspection_kind")
                raise Misplaced(
                    f"no inspection kind {fine.inspection_kind!r}",
                    nearest(fine.inspection_kind, kinds),
                    where,
                )
            self._must_be_a_fraction(fine.under, ("fines", name, "under"))
            self._must_be(Unit.MONEY_MINOR, fine.amount, ("fines", name, "amount"))

    def _check_work(self, work: Work) -> None:
        for (part, key), name in work.names().items():
            self._must_be(UNITS[key], name, ("work", part, key))

    def _must_be(self, unit: Unit, name: str, loc: Path) -> None:
        valid = [n for n, parameter in self.parameters.items() if parameter.unit is unit]
        if name not in valid:
            raise Misplaced(f"no parameter in {unit.value} {name!r}", nearest(name, valid), loc)

    def _must_be_a_fraction(self, name: str, loc: Path) -> None:
        fractions = [n for n, parameter in self.parameters.items() if parameter.unit is Unit.FRACTION]
        if name not in fractions:
            raise Misplaced(f"no fraction {name!r}", nearest(name, fractions), loc)


def _placed(
    condition: Condition, columns: Mapping[str, Column], parameters: Mapping[str, Parameter], loc: Path
) -> None:
    try:
        check(condition, columns, parameters)
    except Misplaced as error:
        raise Misplaced(str(error), error.mend, loc) from None


def _named(
    scheme: Scheme, columns: Mapping[str, Column], parameters: Mapping[str, Parameter]
) -> Iterator[tuple[Path, Iterable[str], Iterable[str]]]:
    """Yield what stands outside conditions: (("column" or "parameter", *place), names, valid names)."""
    yield ("column", "worse"), scheme.worse, columns
    for branch, ladder in enumerate(scheme.ladders):
        yield ("column", "ladders", branch, "column"), [ladder.column], columns
    for key, step in scheme.next_steps.items():
        yield ("column", "next_steps", key, "sets"), [step.counts, *step.sets], columns
        yield ("parameter", "next_steps", key, "sets"), step.sets.values(), parameters
    for place, contagion in enumerate(scheme.contagion):
        yield ("parameter", "contagion", place, "share_over"), [contagion.share_over], parameters
