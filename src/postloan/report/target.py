"""A limit on a metric, as a pack file sets it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A limit on a metric: met when the unrounded value is at most, or at least, the number (X3)."""

    at_most: float | None
    at_least: float | None
    source: str

    def is_met(self, value: float | None) -> bool | None:
        """Say whether ``value`` meets the limit; None when it is unknown."""
        if value is None:
            return None
        over = self.at_most is not None and value > self.at_most
        under = self.at_least is not None and value < self.at_least
        return not (over or under)
