"""Checks as a policy file declares them: one of those there are, its rule, and dated, sourced numbers by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from postloan.engine.rule_checks.evaluate import FINDERS
from postloan.model.checked import Number, RuleCheck
from postloan.model.label import Label
from postloan.model.misplaced import Misplaced
from postloan.model.nearest import nearest
from postloan.policy.parameter import BothLanguages, Parameter, Record

Loc = tuple[str | int, ...]


class RuleCheckSpec(Record):
    """One check; ``numbers`` names a parameter for each number that it takes."""

    label: BothLanguages
    rule: str = Field(pattern=r"^\S+$")
    numbers: dict[str, str] = Field(default_factory=dict)

    def check(self, name: str, parameters: Mapping[str, Parameter], loc: Loc) -> None:
        """Raise ``Misplaced`` for a check, number or parameter that does not exist."""
        if name not in FINDERS:
            raise Misplaced(f"no check {name!r}", nearest(name, FINDERS), loc)
        wanted = FINDERS[name].numbers
        for key, parameter in self.numbers.items():
            if key not in wanted:
                raise Misplaced(f"no number {key!r}", nearest(key, wanted), (*loc, "numbers", key))
            if parameter not in parameters:
                raise Misplaced(
                    f"no parameter {parameter!r}", nearest(parameter, parameters), (*loc, "numbers", key)
                )
        if missing := [key for key in wanted if key not in self.numbers]:
            raise Misplaced(f"numbers lack {', '.join(missing)}", "name a parameter for each", loc)


def rule_checks_on(
    specs: Mapping[str, RuleCheckSpec], parameters: Mapping[str, Parameter], on: date
) -> tuple[RuleCheck, ...]:
    """Return the checks whose numbers are all in force on a day."""
    found = []
    for name, spec in specs.items():
        numbers = {key: _number(parameters[parameter], on) for key, parameter in spec.numbers.items()}
        known = {key: value for key, value in numbers.items() if value is not None}
        if len(known) == len(numbers):
            label = Label(spec.label.zh, spec.label.en)
            found.append(RuleCheck(name, label, spec.rule, known))
    return tuple(found)


def _number(parameter: Parameter, on: date) -> Number | None:
    dated = parameter.on(on)
    return dated.value if dated is not None else None
