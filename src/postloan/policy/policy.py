"""A policy: named, dated, sourced numbers, and the ladders that use them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from postloan.model.codes import RISK_CLASS


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BothLanguages(_Record):
    """A name for readers in Chinese and English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class DatedValue(_Record):
    """A number, the day from which it counts and who says so.

    ``confirmed`` false: not confirmed against an official text, so a lender's configuration.
    """

    value: int | float
    effective_from: date
    source: str = Field(min_length=1)
    confirmed: bool


class Parameter(_Record):
    """A named number over time; before its first value it does not exist."""

    label: BothLanguages
    unit: Literal["days", "fraction"]
    values: tuple[DatedValue, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rises(self) -> Parameter:
        for before, after in pairwise(self.values):
            if after.effective_from <= before.effective_from:
                raise ValueError("dates must rise: each effective_from is after the one before")
        for dated in self.values:
            self._fits(dated.value)
        return self

    def _fits(self, value: int | float) -> None:
        if self.unit == "days" and (value < 0 or value != int(value)):
            raise ValueError(f"days must be a whole number of 0 or more, not {value}")
        if self.unit == "fraction" and not 0 <= value <= 1:
            raise ValueError(f"a fraction lies between 0 and 1, not {value}")

    def on(self, day: date) -> DatedValue | None:
        """Return the value in force on ``day``; None before the first."""
        in_force = [dated for dated in self.values if dated.effective_from <= day]
        return in_force[-1] if in_force else None


class Ladder(_Record):
    """Which parameter a loan's days past due must exceed for each class; for all products if none is named."""

    name: str
    products: tuple[str, ...]
    special_mention: str
    substandard: str
    doubtful: str
    loss: str

    def steps(self) -> dict[str, str]:
        """Return the parameter name of each class below normal, mildest first."""
        return {name: getattr(self, name) for name in RISK_CLASS.values()[1:]}


class ProvisionRates(_Record):
    """Which parameter is the standard percentage of each class."""

    normal: str
    special_mention: str
    substandard: str
    doubtful: str
    loss: str


class Policy(_Record):
    """One policy file.

    Ladders must rise at every date, name known parameters in days, and give a product to one ladder only;
    exactly one ladder, for all other products, names none.
    """

    policy: str
    label: BothLanguages
    parameters: dict[str, Parameter]
    ladders: tuple[Ladder, ...]
    provision_rates: ProvisionRates

    @model_validator(mode="after")
    def _holds_together(self) -> Policy:
        for ladder in self.ladders:
            self._must_name(ladder.steps().values(), "days")
            for day in self.changes(ladder.steps().values()):
                self._must_rise(ladder, day)
        self._must_name(self.provision_rates.model_dump().values(), "fraction")
        products = [product for ladder in self.ladders for product in ladder.products]
        if len(set(products)) != len(products):
            raise ValueError("a product is in two ladders")
        if [ladder.products for ladder in self.ladders].count(()) != 1:
            raise ValueError("exactly one ladder must have no products: it is for all others")
        return self

    def _must_name(self, names: Iterable[str], unit: str) -> None:
        for name in names:
            if name not in self.parameters:
                raise ValueError(f"no parameter {name!r}; there are {', '.join(sorted(self.parameters))}")
            if self.parameters[name].unit != unit:
                raise ValueError(f"parameter {name!r} must be in {unit}")

    def _must_rise(self, ladder: Ladder, day: date) -> None:
        dated = [self.parameters[name].on(day) for name in ladder.steps().values()]
        values = [entry.value for entry in dated if entry is not None]
        if len(values) < len(dated):
            raise ValueError(f"ladder {ladder.name}: on {day} some classes have no threshold yet")
        if sorted(set(values)) != values:
            raise ValueError(f"ladder {ladder.name}: on {day} thresholds do not rise: {values}")

    def changes(self, names: Iterable[str]) -> tuple[date, ...]:
        """Return the days on which one of the parameters ``names`` takes a new value, oldest first."""
        return tuple(
            sorted({dated.effective_from for name in names for dated in self.parameters[name].values})
        )
