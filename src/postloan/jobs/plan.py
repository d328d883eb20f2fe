"""One pack that may have to be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from postloan.report.publish import Shelf


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pack would be made from: two plans with the same key give the same pack.

    Args:
        scope: ``all``, a branch, or ``product=`` and a product.
        shelf: Where it goes.
        origin: Its inputs, for the manifest.
        key: Hash of ``origin``.
    """

    scope: str
    shelf: Shelf
    origin: Mapping[str, object]
    key: str
