"""Named numbers of a policy: value, unit, the day from which it counts, who says so and how surely."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Record(BaseModel):
    """A part of a policy file: frozen, and nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BothLanguages(Record):
    """A name for readers in Chinese and English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def text(self, lang: str) -> str:
        """Return the name in ``lang`` (``zh`` or ``en``)."""
        return self.zh if lang == "zh" else self.en


class Unit(StrEnum):
    """What a parameter counts; conditions compare like with like."""

    DAYS = "days"
    MONTHS = "months"
    INSTALMENTS = "instalments"
    DAY_OF_MONTH = "day_of_month"
    COUNT = "count"
    FRACTION = "fraction"
    MONEY_MINOR = "money_minor"
    NAMES = "names"  # a list of texts, for `product in card_products`


class Standing(StrEnum):
    """How surely the source says the value."""

    STATED = "stated"
    READING = "reading"  # the text is ambiguous, this is the reading taken
    ASSUMED = "assumed"  # the document gives no number: the lender's configuration
    UNCONFIRMED = "unconfirmed"  # not confirmed against an official text: never printed as law
    UNDEFINED = "undefined"  # the document leaves it open and so does the lender: no value


Value = int | float | tuple[str, ...] | None


class DatedValue(Record):
    """A value, the day from which it counts, the document and the rule that say so."""

    value: Value
    effective_from: date
    source: str = Field(min_length=1)
    rule: str = Field(min_length=1)
    standing: Standing

    @model_validator(mode="after")
    def _undefined_is_blank(self) -> DatedValue:
        if (self.value is None) != (self.standing is Standing.UNDEFINED):
            raise ValueError("a value is null where, and only where, its standing is undefined")
        return self


class Parameter(Record):
    """A named value over time; before its first date it does not exist."""

    label: BothLanguages
    unit: Unit
    values: tuple[DatedValue, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rises(self) -> Parameter:
        for before, after in pairwise(self.values):
            if after.effective_from <= before.effective_from:
                raise ValueError("dates must rise: each effective_from is after the one before")
        for dated in self.values:
            if dated.value is not None:
                _must_fit(self.unit, dated.value)
        return self

    def on(self, day: date) -> DatedValue | None:
        """Return the value in force on ``day``; None before the first."""
        in_force = [dated for dated in self.values if dated.effective_from <= day]
        return in_force[-1] if in_force else None


def _must_fit(unit: Unit, value: int | float | tuple[str, ...]) -> None:
    if (unit is Unit.NAMES) != isinstance(value, tuple):
        raise ValueError(f"{unit.value} are {'a list of texts' if unit is Unit.NAMES else 'one number'}")
    if isinstance(value, tuple):
        return
    if unit is Unit.FRACTION:
        if not 0 <= value <= 1:
            raise ValueError(f"a fraction lies between 0 and 1, not {value}")
    elif value != int(value):
        raise ValueError(f"{unit.value} must be a whole number, not {value}")
    elif value < 0 and unit is not Unit.DAYS:
        raise ValueError(f"{unit.value} must be 0 or more, not {value}")
