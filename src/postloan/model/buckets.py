"""Delinquency buckets: M0 is not overdue, M1 is 1–30 days past due, …, M7 is over 180 (F-06)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Bucket:
    """A span of days past due; both ends are included, no upper end means unbounded."""

    code: str
    from_days: int
    to_days: int | None

    def holds(self, dpd: int) -> bool:
        """Say whether ``dpd`` lies in this bucket."""
        return self.from_days <= dpd and (self.to_days is None or dpd <= self.to_days)


def validated(buckets: tuple[Bucket, ...]) -> tuple[Bucket, ...]:
    """Return ``buckets``; raises ValueError for a gap, an overlap or a bounded last bucket."""
    for before, after in pairwise(buckets):
        if before.to_days is None or after.from_days != before.to_days + 1:
            raise ValueError(f"buckets {before.code} and {after.code} leave a gap or overlap")
    if buckets[0].from_days != 0 or buckets[-1].to_days is not None:
        raise ValueError("buckets must start at 0 days and the last must be unbounded")
    return buckets


BUCKETS = validated(
    (
        Bucket("M0", 0, 0),
        Bucket("M1", 1, 30),
        Bucket("M2", 31, 60),
        Bucket("M3", 61, 90),
        Bucket("M4", 91, 120),
        Bucket("M5", 121, 150),
        Bucket("M6", 151, 180),
        Bucket("M7", 181, None),
    )
)
BUCKET_CODES = tuple(bucket.code for bucket in BUCKETS)
