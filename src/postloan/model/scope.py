"""What a result or a pack covers: the whole lender, one branch, or the loans of one product."""

from __future__ import annotations

ALL = "all"
MISSING = "(missing)"  # the group of rows whose key the lender did not give
_PRODUCT = "product="


def product_scope(product: str) -> str:
    """Return the scope of the loans of one product."""
    return _PRODUCT + product


def product_of(scope: str) -> str | None:
    """Return the product that a scope is cut to; None for ``all`` and for a branch."""
    return scope.removeprefix(_PRODUCT) if scope.startswith(_PRODUCT) else None


def divided_by(scope: str) -> str | None:
    """Return the dimension a scope is one group of: ``branch``, ``product``, or None for ``all``."""
    if scope == ALL:
        return None
    return "branch" if product_of(scope) is None else "product"
