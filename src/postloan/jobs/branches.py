"""Which scopes a build covers: the whole lender, one branch, or every branch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from postloan.metrics.scope import ALL, MISSING
from postloan.model.fault import Fault
from postloan.report.packs import nearest

BY_BRANCH = "branch"


def scopes(loan: pa.Table, as_of: date, scope: str, by: str | None) -> tuple[str, ...]:
    """Return the scopes to build, all of them with loans lent by ``as_of``.

    Loans without a branch are the scope ``(missing)``.

    Args:
        loan: The contract table.
        as_of: Observation date.
        scope: ``all`` or a branch.
        by: ``branch`` for one pack per branch, None for the one pack of ``scope``.

    Raises:
        Fault: 2 for an unknown branch (names the nearest), a scope without loans by ``as_of``, or
            another way to divide.
    """
    lent = _first_lending(loan)
    if by is None:
        _check(lent, as_of, scope)
        return (scope,)
    if by != BY_BRANCH:
        raise Fault(f"packs cannot be divided by {by!r}", f"choose --by {BY_BRANCH}")
    if scope != ALL:
        raise Fault(f"--by {BY_BRANCH} and the scope {scope!r} exclude each other", "give one of the two")
    _check(lent, as_of, ALL)
    return tuple(sorted(branch for branch, first in lent.items() if first <= as_of))


def _first_lending(loan: pa.Table) -> dict[str, date]:
    """Return the first day of lending of every branch; one that never lent is left out."""
    firsts = loan.group_by("branch").aggregate([("disbursed_on", "min")]).to_pylist()
    return {
        row["branch"] or MISSING: row["disbursed_on_min"]
        for row in firsts
        if row["disbursed_on_min"] is not None
    }


def _check(lent: Mapping[str, date], as_of: date, scope: str) -> None:
    if not lent:
        raise Fault("the book holds no loan that was paid out", "load the lender's loans first")
    if scope != ALL and scope not in lent:
        raise Fault(f"no branch {scope!r}", nearest(scope, sorted(lent)))
    first = min(lent.values()) if scope == ALL else lent[scope]
    if first > as_of:
        what = "nothing" if scope == ALL else f"nothing in {scope!r}"
        raise Fault(f"{what} was lent by {as_of}", f"choose an as-of date from {first} on")
