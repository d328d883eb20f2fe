"""How many examples a law draws, and what runs at all: a few every day, many with ``make deep``."""

from __future__ import annotations

import os

import pytest

IS_DEEP = os.environ.get("POSTLOAN_TESTS") == "deep"


deep_only = pytest.mark.skipif(
    not IS_DEEP, reason="takes minutes and repeats what others show smaller: `make deep`"
)


def examples(usual: int, deep: int) -> int:
    """Return how many examples to draw: ``usual`` at every run, ``deep`` before a release or a change of the engine."""
    return deep if IS_DEEP else usual
