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
    stale_contact_days: Dated
    tolerance_days: Dated
    kept_share: Dated
    handover_hour: Dated
