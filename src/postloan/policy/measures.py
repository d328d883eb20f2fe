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
        features: One row per ``key`` and date.
        due_instalment: What fell due by the same dates, of all of them.
        policy: Its values are those of ``on``.
        key: ``loan_id`` or ``customer_id``.
        on: A date with the values of all dates.

    Returns:
        A measure is null where instalments are not known, or where its numbers are not in force yet.
    """
    if not policy.measures:
        return features
    t, values = ranked(due_instalment, key), policy.values(on)
    counted = {
        name: truth(measure.condition().tree, operands(t, values))
        for name, measure in policy.measures.items()
        if all(part in values or part in t.columns for part in measure.condition().names())
    }
    found = t.group_by([key, "month_end"]).agg(
        **{
            name: in_a_row(t, held) if policy.measures[name].streak else times(held)
            for name, held in counted.items()
        }
    )
    both = features.left_join(found, [key, "month_end"])
    known = {name: ibis.ifelse(both.n_due.notnull(), both[name].fill_null(0), None) for name in counted}
    blank = dict.fromkeys(policy.measures, ibis.null("int32"))
    return both.select(*features.columns, **(blank | known))
