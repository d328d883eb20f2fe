"""Spans of dates on which a policy says the same, so that each is judged by the rules of its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import ibis

from postloan.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Span:
    """Dates from ``first`` to ``last`` with the same values of all parameters and the same rules."""

    first: date
    last: date

    def of(self, table: ibis.Table) -> ibis.Table:
        """Return the rows of these dates."""
        return table.filter(table.month_end >= self.first, table.month_end <= self.last)


def spans(policy: Policy, dates: Sequence[date]) -> Iterator[Span]:
    """Yield the spans of ``dates``, which rise."""
    for _, days in groupby(dates, lambda day: (policy.values(day), policy.dated_rules(day))):
        of_span = list(days)
        yield Span(of_span[0], of_span[-1])
