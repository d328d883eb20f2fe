"""Rules of work that are no scheme: conduct, promises and authority of collectors, as names of parameters."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from postloan.model.limits import Dated, Limits
from postloan.policy.parameter import Parameter, Record, Unit


class Conduct(Record):
    """What collectors may do (F-50, S1-3); each is the name of a parameter.

    ``night_from`` and ``night_until`` are hours of the day, the first barred and the first allowed again.
    """

    rule: str = Field(pattern=r"^\S+$")
    night_from: str
    night_until: str
    calls_a_day: str
    deferral_days: str


class Promises(Record):
    """When a promise is kept (F-34): this share of it is paid by this many days after the promised day."""

    rule: str = Field(pattern=r"^\S+$")
    tolerance_days: str
    kept_share: str


class Records(Record):
    """When what was recorded in a day is to be handed over (S1-5): an hour of the day."""

    rule: str = Field(pattern=r"^\S+$")
    handover_hour: str


class Warnings(Record):
    """When data calls for a warning (P1-8, P5-3, P8-3), and when one came true (F-46)."""

    rule: str = Field(pattern=r"^\S+$")
    adverse_change: str
    collateral_fall: str
    poor_months: str
    deteriorated_over: str
    within_months: str
    ahead_days: str


class Care(Record):
    """Complaints, satisfaction and renewals (P4-8, F-40, F-42)."""

    rule: str = Field(pattern=r"^\S+$")
    accepted_hours: str
    satisfied_from: str
    renewed_within_days: str


class Work(Record):
    """The rules of work of one policy."""

    conduct: Conduct
    promises: Promises
    records: Records
    warnings: Warnings
    care: Care

    def names(self) -> dict[tuple[str, str], str]:
        """Return the parameter of each rule, by part and key."""
        return {
            (part, key): value
            for part, rules in self.model_dump().items()
            for key, value in rules.items()
            if key != "rule"
        }


UNITS = {
    "night_from": Unit.COUNT,
    "night_until": Unit.COUNT,
    "calls_a_day": Unit.COUNT,
    "deferral_days": Unit.DAYS,
    "tolerance_days": Unit.DAYS,
    "kept_share": Unit.FRACTION,
    "handover_hour": Unit.COUNT,
    "adverse_change": Unit.FRACTION,
    "collateral_fall": Unit.FRACTION,
    "poor_months": Unit.COUNT,
    "deteriorated_over": Unit.DAYS,
    "within_months": Unit.MONTHS,
    "ahead_days": Unit.DAYS,
    "accepted_hours": Unit.COUNT,
    "satisfied_from": Unit.COUNT,
    "renewed_within_days": Unit.DAYS,
}


def limits(work: Work, parameters: Mapping[str, Parameter]) -> Limits:
    """Return the numbers of a policy's rules of work; one that is undefined sets no limit."""
    return Limits(**{key: _dated(parameters[name]) for (_, key), name in work.names().items()})


def _dated(parameter: Parameter) -> Dated:
    return tuple(
        (entry.effective_from, float(entry.value))
        for entry in parameter.values
        if isinstance(entry.value, int | float)
    )
