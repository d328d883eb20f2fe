"""The model of delinquency: every convention that changes a number, as one record (F-01 … F-04)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

COMPONENTS = ("penalty", "fee", "interest", "principal")


class DpdConvention(StrEnum):
    """Whether the due date itself counts as a day past due (F-01)."""

    EXCLUSIVE = "exclusive"  # due date 0, next day 1
    INCLUSIVE = "inclusive"  # due date 1 where unpaid at its end (Frappe Lending's newer test)


class PauseReading(StrEnum):
    """Which days of a pause are taken off dpd (F-04)."""

    OVERLAP = "overlap"  # only those from the oldest unpaid due date on
    FINERACT = "fineract"  # all before the date, even those before the instalment fell due


class View(StrEnum):
    """From when a bounced payment is cancelled."""

    KNOWN_NOW = "known_now"  # from its own paid_on: it never was
    KNOWN_THEN = "known_then"  # from the day of the bounce: it counted until then


@dataclass(frozen=True, slots=True)
class ReplayModel:
    """How a ledger is read.

    Args:
        allocation: Order in which money pays the components of one instalment; instalments are
            paid oldest first (F-02).
        dpd_convention: Whether the due date counts.
        pause_reading: Which pause days are taken off.
        grace_days: Grace of loans that have none of their own; changes ``delinquent_days``, never
            ``dpd`` (F-03).
        tolerance_minor: An instalment with no more than this left is taken as paid for dpd, counts
            and settlement. 0 by default: money is whole minor units here, so the 0.01 that other
            systems allow against rounding of fractions (F-02) has nothing to absorb. Amounts keep
            showing the remainder; when the loan settles it is counted as waived.
        view: From when a bounced payment is cancelled.

    Raises:
        ValueError: ``allocation`` is not an order of the four components, or a number is negative.
    """

    allocation: tuple[str, ...] = COMPONENTS
    dpd_convention: DpdConvention = DpdConvention.EXCLUSIVE
    pause_reading: PauseReading = PauseReading.OVERLAP
    grace_days: int = 0
    tolerance_minor: int = 0
    view: View = View.KNOWN_NOW

    def __post_init__(self) -> None:
        if sorted(self.allocation) != sorted(COMPONENTS):
            raise ValueError(f"allocation must order {list(COMPONENTS)}, not {list(self.allocation)}")
        if self.grace_days < 0 or self.tolerance_minor < 0:
            raise ValueError("grace_days and tolerance_minor cannot be negative")
