"""What stands at the head of every page: whose figures, as of when, in what state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

_DATES = ("as_of", "generated_on", "known_at")


@dataclass(frozen=True, slots=True)
class Head:
    """Identity of one pack, printed on every page and sheet and kept in the manifest."""

    report: str  # report key, "monthly_review"
    lender: str  # name of the lender as it appears in the title
    as_of: date
    scope: str  # "all", or the branch or product the pack is cut to
    lang: str  # "zh" or "en"
    currency: str  # ISO 4217
    version: str  # "v001" of this pack's as-of and scope
    is_final: bool  # 正式: all error checks pass and control totals tie; else 草稿
    is_synthetic: bool  # labelled on every page
    is_masked: bool
    book_version: str
    policy: str
    policy_version: str
    prepared_by: str
    generated_on: date  # from SOURCE_DATE_EPOCH where set
    plan: str = ""  # label and version of the plan that grades; blank without one
    subject: str = ""  # whom an investigation looks at
    known_at: date | None = None  # only what the lender knew by this day; None for all the book holds

    def as_dict(self) -> dict[str, Any]:
        """Return the head for JSON, dates as text."""
        dates = {name: on.isoformat() for name in _DATES if (on := getattr(self, name)) is not None}
        return {**asdict(self), **dates}

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Head:
        """Return the head that ``as_dict`` gave."""
        dates = {name: date.fromisoformat(raw[name]) for name in _DATES if raw[name] is not None}
        return cls(**{**raw, **dates})
