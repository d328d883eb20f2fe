"""All measurements by name; a subject is a module with ``CONTESTS`` (and ``GROWTHS``)."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from benchmarks.contest import Contest, Growth

SUBJECTS = [
    name for name in ("replay", "metrics", "close", "packs", "policies") if find_spec(f"benchmarks.{name}")
]


def all_contests() -> dict[str, Contest]:
    """Return every contest by slug."""
    found = [contest for name in SUBJECTS for contest in getattr(_module(name), "CONTESTS", ())]
    return {contest.slug: contest for contest in found}


def all_growths() -> dict[str, Growth]:
    """Return every growth measurement by slug."""
    found = [growth for name in SUBJECTS for growth in getattr(_module(name), "GROWTHS", ())]
    return {growth.slug: growth for growth in found}


def _module(name: str) -> object:
    return import_module(f"benchmarks.{name}")
