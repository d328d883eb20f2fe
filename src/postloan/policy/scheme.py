"""A scheme: who is graded, the outcomes it knows, and the rules that give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from postloan.model.misplaced import Misplaced
from postloan.model.nearest import nearest
from postloan.policy.condition import Condition, ConditionText, parsed
from postloan.policy.parameter import BothLanguages, Record

Unknown = Literal["ungraded", "floor"]
Path = tuple[str | int, ...]


class Dated(Record):
    """From when a rule that names no number counts, and who says so."""

    effective_from: date
    source: str = Field(min_length=1)


class Rule(Record):
    """One reason for an outcome.

    ``unknown`` says what a missing fact does: ``ungraded`` leaves the subject without an outcome,
    ``floor`` lets the other rules give the least outcome and lists this one as not assessed. A rule without
    ``dated`` counts from the day of the numbers it names.
    """

    rule: str = Field(pattern=r"^\S+$")
    outcome: str
    when: ConditionText
    unknown: Unknown
    why: BothLanguages
    dated: Dated | None = None


class Rung(Record):
    """A range of a ladder; ``over`` and ``under`` leave their number out, ``from`` and ``to`` take it in."""

    rule: str = Field(pattern=r"^\S+$")
    outcome: str
    why: BothLanguages
    over: str | None = None
    at_least: str | None = Field(default=None, alias="from")
    to: str | None = None
    under: str | None = None

    @model_validator(mode="after")
    def _has_one_bound_a_side(self) -> Rung:
        if None not in (self.over, self.at_least) or None not in (self.to, self.under):
            raise ValueError("a rung has one lower bound, over or from, and one upper bound, to or under")
        return self

    def bounds(self) -> dict[str, str]:
        """Return the parameter of each bound that it has, by the sign that compares with it."""
        given = {">": self.over, ">=": self.at_least, "<=": self.to, "<": self.under}
        return {sign: name for sign, name in given.items() if name is not None}


class Ladder(Record):
    """Outcomes by the range in which a column lies; ``when`` keeps it to a part of the subjects.

    Of several ladders of a scheme the first one that is in force and whose ``when`` holds counts.
    """

    column: str
    when: ConditionText | None = None
    unknown: Unknown
    rungs: tuple[Rung, ...] = Field(min_length=2)

    def condition(self, rung: Rung) -> Condition:
        """Return the condition of a rung."""
        return parsed(" and ".join(f"{self.column} {sign} {name}" for sign, name in rung.bounds().items()))


class Hold(Record):
    """An outcome that stays until a condition holds: the upgrade wait."""

    rule: str
    why: BothLanguages
    outcomes: tuple[str, ...]
    until: ConditionText


class Contagion(Record):
    """All loans of a customer are at least ``becomes`` once too much of its balance is in ``outcomes``."""

    rule: str
    why: BothLanguages
    who: ConditionText
    outcomes: tuple[str, ...]
    share_over: str
    becomes: str


class NextStep(Record):
    """What a subject can do: bring ``counts`` up to a parameter, which also sets the other columns."""

    label: BothLanguages  # {n} is how many are still to go
    becomes: str
    counts: str
    sets: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule of a scheme, free of its form: listed, or a rung of a ladder within its ``branch``."""

    rule: str
    outcome: str
    condition: Condition
    unknown: Unknown
    why: BothLanguages
    branch: int | None
    loc: Path
    dated: Dated | None = None

    def counts(self, on: date) -> bool:
        """Say whether it counts on a day as far as its own date goes."""
        return self.dated is None or self.dated.effective_from <= on


class Scheme(Record):
    """Outcomes, best first, and the rules that give them; see ``Policy`` for what must hold together."""

    label: BothLanguages
    subject: Literal["loan", "customer"]
    who: ConditionText | None = None  # all of them
    outcomes: dict[str, BothLanguages] = Field(min_length=2)
    precedence: tuple[str, ...] = ()
    requires: dict[str, Literal["any", "all"]] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    contagion: tuple[Contagion, ...] = ()
    hold: Hold | None = None
    next_steps: dict[str, NextStep] = Field(default_factory=dict)
    worse: dict[str, Literal["higher", "lower"]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_its_outcomes(self) -> Scheme:
        for name, loc in self._outcomes_named():
            if name not in self.outcomes:
                raise Misplaced(f"no outcome {name!r}", nearest(name, self.outcomes), loc)
        if self.precedence and sorted(self.precedence) != sorted(self.outcomes):
            raise Misplaced("precedence must name every outcome once", "list all of them", ("precedence",))
        if not self.reasons():
            raise ValueError("a scheme needs rules or ladders")
        return self

    def _outcomes_named(self) -> Iterator[tuple[str, Path]]:
        for reason in self.reasons():
            yield reason.outcome, (*reason.loc, "outcome")
        for name in self.precedence:
            yield name, ("precedence",)
        for name in self.requires:
            yield name, ("requires", name)
        for key, step in self.next_steps.items():
            yield step.becomes, ("next_steps", key, "becomes")
        for name in self.hold.outcomes if self.hold else ():
            yield name, ("hold", "outcomes")
        for place, contagion in enumerate(self.contagion):
            yield contagion.becomes, ("contagion", place, "becomes")
            for name in contagion.outcomes:
                yield name, ("contagion", place, "outcomes")

    def order(self) -> tuple[str, ...]:
        """Return the outcomes in the order in which they are looked for: worst first unless said otherwise."""
        return self.precedence or tuple(reversed(self.outcomes))

    def reasons(self) -> tuple[Reason, ...]:
        """Return the rules, listed ones first, then those of the rungs."""
        listed = [
            Reason(r.rule, r.outcome, r.when, r.unknown, r.why, None, ("rules", i), r.dated)
            for i, r in enumerate(self.rules)
        ]
        rungs = [
            Reason(
                rung.rule, rung.outcome, ladder.condition(rung), ladder.unknown, rung.why, branch,
                ("ladders", branch, "rungs", i),
            )
            for branch, ladder in enumerate(self.ladders)
            for i, rung in enumerate(ladder.rungs)
        ]  # fmt: skip
        return (*listed, *rungs)

    def dates(self) -> tuple[date, ...]:
        """Return the days from which rules without a number count, oldest first."""
        return tuple(sorted({rule.dated.effective_from for rule in self.rules if rule.dated}))

    def conditions(self) -> Iterator[tuple[Condition, Path]]:
        """Yield every condition and where it stands."""
        if self.who is not None:
            yield self.who, ("who",)
        for reason in self.reasons():
            yield reason.condition, reason.loc if reason.branch is not None else (*reason.loc, "when")
        for branch, ladder in enumerate(self.ladders):
            if ladder.when is not None:
                yield ladder.when, ("ladders", branch, "when")
        if self.hold:
            yield self.hold.until, ("hold", "until")
        for place, contagion in enumerate(self.contagion):
            yield contagion.who, ("contagion", place, "who")
