"""What the lender sees of its plans in one month."""

from __future__ import annotations

from dataclasses import dataclass

from postloan.sources.synthetic.types import Flags, Ints


@dataclass(frozen=True, slots=True)
class View:
    """The plans that owe something in a month: one entry each."""

    month: int
    plan: Ints
    n_due: Ints  # instalments due by the end of the month
    n_covered: Ints
    owed: Ints
    arrears: Ints  # part of owed that fell due in earlier months
    severity: Ints  # months since the oldest unpaid instalment fell due, 0 without arrears

    def of(self, keep: Flags) -> View:
        """Take some of the plans."""
        return View(self.month, *(getattr(self, name)[keep] for name in self.__slots__[1:]))
