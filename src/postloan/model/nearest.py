"""The remedy for a name that does not exist: the nearest one that does, or all of them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LIKENESS = 0.5  # of 1; below, a suggestion misleads more often than it helps


def closest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name most like ``name``; None if none is close."""
    found = get_close_matches(name, sorted(set(valid)), n=1, cutoff=_LIKENESS)
    return found[0] if found else None


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return a remedy that names the valid name most like ``name``, or all of them if none is close.

    >>> nearest("brunch", ["branch", "product"])
    'did you mean branch?'
    >>> nearest("x", ["branch", "product"])
    'choose from branch, product'
    """
    names = sorted(set(valid))
    close = closest(name, names)
    return f"did you mean {close}?" if close else f"choose from {', '.join(names) or 'none'}"
