"""正式 or 草稿: a pack is final only if every check of severity error passes and control totals tie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd  # half a second, and an unchanged pack is judged by its manifest


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a pack is a draft; a failed check is an error, a fact that nobody gave is not."""

    check: str
    detail: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one pack and what keeps it from being final."""

    obstacles: tuple[Obstacle, ...]

    @property
    def is_final(self) -> bool:
        """Say whether nothing stands in the way."""
        return not self.obstacles


def standing(frames: Mapping[str, pd.DataFrame], scope: str, draft_share: float) -> Standing:
    """Judge the results of one scope.

    Args:
        frames: Results with ``exceptions`` and ``reconciliation`` by scope, ``data_status`` of the whole.
        scope: ``all`` or a branch.
        draft_share: Share of all rows, and of all money, in quarantine that a final pack may have; the
            lender's mapping says it.
    """
    found = (_exceptions(frames, scope), *_totals(frames, scope), *_quarantine(frames, draft_share))
    return Standing(tuple(obstacle for obstacle in found if obstacle is not None))


def _exceptions(frames: Mapping[str, pd.DataFrame], scope: str) -> Obstacle | None:
    frame = frames["exceptions"]
    errors = frame[(frame["scope"] == scope) & (frame["severity"] == "error")]
    if errors.empty:
        return None
    rules = ", ".join(sorted(set(errors["rule"])))
    return Obstacle("exceptions", f"{len(errors)} exceptions of severity error: {rules}", is_error=True)


def _totals(frames: Mapping[str, pd.DataFrame], scope: str) -> tuple[Obstacle, ...]:
    frame = frames["reconciliation"]
    totals = frame[frame["scope"] == scope]
    if totals.empty:
        return (Obstacle("control_totals", "the lender gives no control total at the date", is_error=False),)
    return tuple(
        Obstacle("control_totals", f"{row['item']} differs by {row['difference']}", is_error=True)
        for row in totals[totals["difference"] != 0].to_dict("records")
    )


def _quarantine(frames: Mapping[str, pd.DataFrame], most: float) -> tuple[Obstacle, ...]:
    frame = frames["data_status"]
    shares = [
        (what, frame[f"{what}_quarantined"].sum(), frame[f"{what}_read"].sum()) for what in ("rows", "money")
    ]
    return tuple(
        Obstacle(
            "quarantine", f"{part / whole:.4%} of {what} in quarantine, {most:.4%} allowed", is_error=True
        )
        for what, part, whole in shares
        if whole and part / whole > most
    )
