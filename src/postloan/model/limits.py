"""Numbers that the work of collectors is judged by, each with the days from which it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

Dated: TypeAlias = tuple[tuple[date, float], ...]
"""Values and the days from which they count, oldest first; before the first there is no limit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """See ``policy.work`` for what each is, its unit and its source."""

    night_from: Dated
    night_until: Dated
    calls_a_day: Dated
    deferral_days: Dated
    tolerance_days: Dated
    kept_share: Dated
    handover_hour: Dated
    adverse_change: Dated
    collateral_fall: Dated
    poor_months: Dated
    deteriorated_over: Dated
    within_months: Dated
    ahead_days: Dated
    accepted_hours: Dated
    satisfied_from: Dated
    renewed_within_days: Dated

    def on(self, name: str, day: date) -> float | None:
        """Return the value of a limit on a day; None before its first."""
        values: Dated = getattr(self, name)
        return next((value for since, value in reversed(values) if since <= day), None)
