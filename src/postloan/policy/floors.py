"""The days past due at which a class begins, as numbers, for lists of loans near a boundary."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from postloan.policy.parameter import Value
from postloan.policy.policy import Policy
from postloan.policy.scheme import Ladder

ALL_OTHERS = ""


def class_floors(policy: Policy, on: date) -> dict[str, dict[str, int]]:
    """Return by product, and under '' for all others, the dpd over which a loan is at least in each class.

    A ladder that is not in force on ``on`` is left out.
    """
    values = policy.values(on)
    return {
        product: floors
        for ladder in policy.provided_for().ladders
        if (floors := _floors(ladder, values))
        for product in _products(ladder, values)
    }


def _floors(ladder: Ladder, values: dict[str, Value]) -> dict[str, int]:
    begins = {rung.outcome: values.get(rung.over) for rung in ladder.rungs if rung.over is not None}
    return {outcome: int(over) for outcome, over in begins.items() if isinstance(over, int)}


def _products(ladder: Ladder, values: dict[str, Value]) -> tuple[str, ...]:
    if ladder.when is None:
        return (ALL_OTHERS,)
    lists = [values.get(node.args["field"].name) for node in ladder.when.tree.find_all(exp.In)]
    return tuple(name for listed in lists if isinstance(listed, tuple) for name in listed)
