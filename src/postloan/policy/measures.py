"""Measures of a policy beside the features: counts of instalments with its own numbers."""

from __future__ import annotations

from datetime import date

import ibis

from postloan.engine.features import in_a_row, ranked, times
from postloan.policy.policy import Policy
from postloan.policy.truth import operands, truth


def measured(
    features: ibis.Table, due_instalment: ibis.Table, policy: Policy, key: str, on: date
) -> ibis.Table:
    """Return ``features`` with one column for each measure of ``policy``.

    Args:
        features: One row per ``key``, of the date ``on``.
        due_instalment: What fell due by then, of all of them.
        policy: Its values are those of ``on``.
        key: ``loan_id`` or ``customer_id``.
        on: Date of the features.

    Returns:
        A measure is null where instalments are not known, or where its numbers are not in force yet.
    """
    if not policy.measures:
        return features
    t, values = ranked(due_instalment, key), policy.values(on)
    absent = set(policy.parameters) - set(values)
    counted = {
        name: truth(measure.condition().tree, operands(t, values))
        for name, measure in policy.measures.items()
        if not absent.intersection(measure.condition().names())
    }
    found = t.group_by(key).agg(
        **{
            name: in_a_row(t, held) if policy.measures[name].streak else times(held)
            for name, held in counted.items()
        }
    )
    both = features.left_join(found, key)
    blank = ibis.null("int32")
    return both.select(
        *features.columns,
        **{
            name: ibis.ifelse(both.n_due.notnull(), both[name].fill_null(0), blank) if name in counted else blank
            for name in policy.measures
        },
    )
