"""Pauses of the days-past-due clock as disjoint spans of days (F-04)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.engine import layout
from postloan.engine.columns import Ints, ints
from postloan.engine.layout import Records

_FOR_EVER = int(np.iinfo(np.int32).max)
Span = tuple[int, int]


def spans_of(pauses: list[Span], resumes: list[int]) -> list[Span]:
    """Return disjoint spans [start, end) of pauses, each ended by the first resume on or after its start.

    A resume ends on its own date every pause that has begun by then; days that two pauses share count once.
    """
    spans: list[Span] = []
    for start, until in sorted(pauses):
        end = min([until, *(day for day in resumes if day >= start)])
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        elif end > start:
            spans.append((start, end))
    return spans


def pauses_of(event: pa.Table, owners: Ints) -> tuple[Records, Ints]:
    """Return the pause spans of all loans in order of loan, and the loan of each."""
    kind = pc.fill_null(event["event_kind"], "")
    is_pause = np.asarray(pc.equal(kind, "pause").to_numpy(), dtype=bool)
    is_resume = np.asarray(pc.equal(kind, "resume").to_numpy(), dtype=bool)
    start, until = ints(event["event_on"]), ints(event["until_on"], _FOR_EVER)
    pauses: dict[int, list[Span]] = {}
    for owner, begins, ends in zip(owners[is_pause], start[is_pause], until[is_pause], strict=True):
        pauses.setdefault(int(owner), []).append((int(begins), int(ends)))
    resumes: dict[int, list[int]] = {}
    for owner, day in zip(owners[is_resume], start[is_resume], strict=True):
        resumes.setdefault(int(owner), []).append(int(day))
    rows = [
        (owner, span) for owner in sorted(pauses) for span in spans_of(pauses[owner], resumes.get(owner, []))
    ]
    spans = np.array([span for _, span in rows], dtype=layout.PAUSE)
    return spans, np.array([owner for owner, _ in rows], dtype=np.int64)
