"""Which scopes a build covers: the whole lender, one branch or product, or every one of them."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from postloan.model.fault import Fault
from postloan.model.nearest import nearest
from postloan.model.scope import ALL, MISSING, divided_by, product_of, product_scope

DIVISIONS = ("branch", "product")


def scopes(loan: pa.Table, as_of: date, scope: str, by: str | None) -> tuple[str, ...]:
    """Return the scopes to build, all of them with loans lent by ``as_of``.

    Loans without a branch are the scope ``(missing)``, those without a product ``product=(missing)``.

    Args:
        loan: The contract table.
        as_of: Observation date.
        scope: ``all``, a branch, or ``product=`` and a product.
        by: ``branch`` or ``product`` for one pack per group, None for the one pack of ``scope``.

    Raises:
        Fault: 2 for an unknown branch or product (names the nearest), a scope without loans by
            ``as_of``, or another way to divide.
    """
    if by is None:
        _check(loan, as_of, scope)
        return (scope,)
    if by not in DIVISIONS:
        raise Fault(f"packs cannot be divided by {by!r}", f"choose --by {' or --by '.join(DIVISIONS)}")
    if scope != ALL:
        raise Fault(f"--by {by} and the scope {scope!r} exclude each other", "give one of the two")
    _check(loan, as_of, ALL)
    names = sorted(name for name, first in _first_lending(loan, by).items() if first <= as_of)
    return tuple(names if by == "branch" else map(product_scope, names))


def _first_lending(loan: pa.Table, by: str) -> dict[str, date]:
    """Return the first day of lending of every group; one that never lent is left out."""
    firsts = loan.group_by(by).aggregate([("disbursed_on", "min")]).to_pylist()
    return {
        row[by] or MISSING: row["disbursed_on_min"] for row in firsts if row["disbursed_on_min"] is not None
    }


def _check(loan: pa.Table, as_of: date, scope: str) -> None:
    by = divided_by(scope) or "branch"
    lent = _first_lending(loan, by)
    if not lent:
        raise Fault("the book holds no loan that was paid out", "load the lender's loans first")
    name = product_of(scope) or scope
    if scope != ALL and name not in lent:
        raise Fault(f"no {by} {name!r}", nearest(name, sorted(lent)))
    first = min(lent.values()) if scope == ALL else lent[name]
    if first > as_of:
        what = "nothing" if scope == ALL else f"nothing in {name!r}"
        raise Fault(f"{what} was lent by {as_of}", f"choose an as-of date from {first} on")
