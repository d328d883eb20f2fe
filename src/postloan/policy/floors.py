"""The days past due at which a class begins, as numbers, for lists of loans near a boundary."""

from __future__ import annotations

from datetime import date

from postloan.policy.policy import Ladder, Policy

ALL_OTHERS = ""


def class_floors(policy: Policy, on: date) -> dict[str, dict[str, int]]:
    """Return by product, and under '' for all others, the dpd over which a loan is at least in each class.

    A ladder that is not in force on ``on`` is left out.
    """
    return {
        product: floors
        for ladder in policy.ladders
        if (floors := _floors(policy, ladder, on))
        for product in ladder.products or (ALL_OTHERS,)
    }


def _floors(policy: Policy, ladder: Ladder, on: date) -> dict[str, int]:
    dated = {name: policy.parameters[parameter].on(on) for name, parameter in ladder.steps().items()}
    return {name: int(entry.value) for name, entry in dated.items() if entry is not None}
