"""Targets of a plan: a limit on a metric, and how much of the plan's score hangs on it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from postloan.policy.parameter import BothLanguages, Record


class Target(Record):
    """A limit that a figure must keep: at most, or at least, a parameter (X3).

    ``of`` cuts the metric to some groups of one dimension, named by a parameter that lists them;
    ``period`` sums an amount over the months of the quarter. A target without ``metric`` waits for the data
    in ``needs``.
    """

    label: BothLanguages
    rule: str = Field(pattern=r"^\S+$")
    metric: str | None = None
    needs: BothLanguages | None = None
    of: dict[str, str] = Field(default_factory=dict, max_length=1)
    period: Literal["month", "quarter"] = "month"
    at_most: str | None = None
    at_least: str | None = None
    weight: str | None = None

    @model_validator(mode="after")
    def _has_one_of_each(self) -> Target:
        if (self.metric is None) == (self.needs is None):
            raise ValueError("a target has either a metric, or needs data that is not there yet")
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("a target has one limit, at_most or at_least")
        return self

    @property
    def limit(self) -> str:
        """Return the parameter that is the limit."""
        return self.at_most or self.at_least or ""

    def parameters(self) -> dict[str, str]:
        """Return the names of the parameters that it uses, by where they stand."""
        used = {"at_most": self.at_most, "at_least": self.at_least, "weight": self.weight}
        used |= {f"of.{dimension}": name for dimension, name in self.of.items()}
        return {place: name for place, name in used.items() if name is not None}
