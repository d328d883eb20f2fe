"""Days past due as they are known: exact, as a range, or not at all. A range decides what both of its ends decide."""

from __future__ import annotations

from typing import Any

import ibis


def least(t: ibis.Table, prefix: str = "") -> Any:
    """Return the least days past due of each row of ``t``; null where nothing is known."""
    return t[f"{prefix}dpd"].coalesce(t[f"{prefix}dpd_low"])


def most(t: ibis.Table, prefix: str = "") -> Any:
    """Return the most days past due; null where nothing is known, and for a range without an upper end."""
    return t[f"{prefix}dpd"].coalesce(t[f"{prefix}dpd_high"])


def is_over(t: ibis.Table, days: int, prefix: str = "") -> Any:
    """Say whether each row is more than ``days`` past due; null where that cannot be known."""
    return ibis.cases(
        (least(t, prefix) > days, True),
        (most(t, prefix) <= days, False),
        else_=ibis.null("boolean"),
    )


def is_decided(t: ibis.Table, days: int) -> Any:
    """Say whether it can be known of each row if it is more than ``days`` past due."""
    return is_over(t, days).notnull()
