"""Money that hangs on results: rewards and deductions by targets (P7-11), fines by inspections (P2-9)."""

from __future__ import annotations

from pydantic import Field

from postloan.policy.parameter import BothLanguages, Record


class Award(Record):
    """What a group gets once all of some targets are met, and what is deducted if one is missed.

    ``met`` and ``missed`` name amounts; an amount that the document leaves open is undefined and shown as such.
    """

    label: BothLanguages
    rule: str = Field(pattern=r"^\S+$")
    who: BothLanguages
    targets: tuple[str, ...] = Field(min_length=1)
    met: str
    missed: str | None = None


class Fine(Record):
    """What a unit pays for each inspection of a kind that scores under a limit."""

    label: BothLanguages
    rule: str = Field(pattern=r"^\S+$")
    inspection_kind: str
    under: str
    amount: str
