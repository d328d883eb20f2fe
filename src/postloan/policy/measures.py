"""Measures of a policy beside the features: counts of instalments with its own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis

from postloan.engine.features import in_a_row, ranked, times
from postloan.policy.policy import Policy
from postloan.policy.spans import spans
from postloan.policy.truth import operands, truth


def measured(
    features: ibis.Table, due_instalment: ibis.Table, policy: Policy, key: str, dates: Sequence[date]
) -> ibis.Table:
    """Return ``features`` with one column for each measure of ``policy``.

    Args:
        features: One row per ``key`` and date.
        due_instalment: What fell due by the same dates, of all of them.
        policy: Each date is measured by the values of its time.
        key: ``loan_id`` or ``customer_id``.
        dates: Dates of the features, rising.

    Returns:
        A measure is null where instalments are not known, or where its numbers are not in force yet.
    """
    if not policy.measures:
        return features
    parts = [
        _measured(span.of(features), span.of(due_instalment), policy, key, span.first)
        for span in spans(policy, dates)
    ]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _measured(features: ibis.Table, due: ibis.Table, policy: Policy, key: str, on: date) -> ibis.Table:
    t, values = ranked(due, key), policy.values(on)
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
