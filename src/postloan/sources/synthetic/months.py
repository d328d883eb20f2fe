"""Months and days as integers: months since 1970-01, days since 1970-01-01 (Arrow's date32)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from postloan.sources.synthetic.types import Ints

EPOCH = date(1970, 1, 1)


def day_of(when: date) -> int:
    """Return days since 1970-01-01."""
    return (when - EPOCH).days


def month_of(when: date) -> int:
    """Return months since 1970-01."""
    return (when.year - EPOCH.year) * 12 + when.month - 1


def first_day(month: Ints | int) -> Ints:
    """Return the day number of the first of each ``month``."""
    return np.asarray(month, "datetime64[M]").astype("datetime64[D]").astype(np.int64)


def last_day(month: Ints | int) -> Ints:
    """Return the day number of the last day of each ``month``."""
    return first_day(np.asarray(month) + 1) - 1


def month_of_day(day: Ints) -> Ints:
    """Return months since 1970-01 of each day number."""
    return np.asarray(day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def of_year(month: int) -> int:
    """Return the month of the year, 1 to 12."""
    return month % 12 + 1


@dataclass(frozen=True, slots=True)
class Span:
    """The months the lender has been in business: ``count`` of them, the last holding ``as_of``."""

    as_of: date
    count: int

    @property
    def last(self) -> int:
        """The month of ``as_of``."""
        return month_of(self.as_of)

    @property
    def first(self) -> int:
        """The month of the first loan."""
        return self.last - self.count + 1

    @property
    def last_day(self) -> int:
        """The day number of ``as_of``; nothing later has happened."""
        return day_of(self.as_of)

    def months(self) -> range:
        """All months, oldest first."""
        return range(self.first, self.last + 1)

    def month_ends(self, count: int) -> list[int]:
        """Day numbers of the last ``count`` month-ends not after ``as_of``, oldest first."""
        ends = [int(last_day(month)) for month in self.months()]
        return [day for day in ends if day <= self.last_day][-count:]
