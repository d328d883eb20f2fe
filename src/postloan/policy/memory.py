"""What the past and siblings add to an outcome: the upgrade wait, and contagion within a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis

from postloan.policy.fence import fenced
from postloan.policy.parameter import Value
from postloan.policy.scheme import Contagion, Scheme
from postloan.policy.truth import operands
from postloan.policy.verdict import holds

_EXACT = "decimal(38, 0)"
_MILLION = 1_000_000
_NOTHING = ibis.null("string")
_OF_ITS_OWN_FACTS = ("boundary", "boundary_column", "boundary_outcome", "distance", "next_step", "next_count")


def remembered(graded: ibis.Table, scheme: Scheme, values: Mapping[str, Value]) -> ibis.Table:
    """Return the rows held at their outcome of the date before, then infected by siblings, as the scheme says.

    Args:
        graded: Rows of one scheme: ``previous_outcome``, and the verdict on their own facts beside features.
        scheme: A wait or a contagion whose numbers are not in force is left out.
        values: Parameters in force.

    Returns:
        An outcome made worse names the rule that did it; a row that lacks facts is at least what it was
        made. No boundary and no step is told of it, since its own facts did not decide.
    """
    t = graded
    if scheme.hold and _in_force(scheme.hold.until.names(), t, values):
        is_over = holds(scheme.hold.until, operands(t, values))
        is_held = t.previous_outcome.isin(scheme.hold.outcomes) & ~is_over
        t = _at_least(t, scheme, scheme.hold.rule, ibis.ifelse(is_held, t.previous_outcome, _NOTHING))
    live = [c for c in scheme.contagion if _in_force((c.share_over, *c.who.names()), t, values)]
    t = t.mutate(**{c.rule: _infected(t, c, values) for c in live})
    for contagion in live:
        t = _at_least(t, scheme, contagion.rule, t[contagion.rule])
    return t


def _in_force(names: tuple[str, ...], t: ibis.Table, values: Mapping[str, Value]) -> bool:
    return all(name in values or name in t.columns for name in names)


def _infected(t: ibis.Table, contagion: Contagion, values: Mapping[str, Value]) -> Any:
    """Return what the rows become of whose customer more than the share of all balances is in the outcomes."""
    of_customer = ibis.window(group_by="customer_id")
    bad = ibis.ifelse(t.outcome.isin(contagion.outcomes), t.balance_minor, 0)
    bad_sum, all_sum = (part.sum().over(of_customer).cast(_EXACT) for part in (bad, t.balance_minor))
    share = values[contagion.share_over]
    assert isinstance(share, int | float)  # noqa: S101 - a fraction, checked when the policy was read
    is_over = bad_sum * _MILLION > all_sum * round(share * _MILLION)
    is_hit = (is_over & holds(contagion.who, operands(t, values))).fill_null(False)
    return ibis.ifelse(is_hit, contagion.becomes, _NOTHING)


def _at_least(t: ibis.Table, scheme: Scheme, rule: str, least: Any) -> ibis.Table:
    ranks = {name: place for place, name in enumerate(scheme.outcomes)}
    is_worse = (_rank(least, ranks) > _rank(t.outcome, ranks).fill_null(-1)).fill_null(False) & t.belongs
    t = fenced(t.mutate(least=least, is_worse=is_worse))
    is_worse = t.is_worse
    own = {name: ibis.ifelse(is_worse, ibis.null(t[name].type()), t[name]) for name in _OF_ITS_OWN_FACTS}
    return t.mutate(
        outcome=ibis.ifelse(is_worse, t.least, t.outcome),
        is_floor=t.is_floor | (is_worse & t.outcome.isnull()),
        rules=ibis.ifelse(is_worse, rule, t.rules),
        **own,
    )


def _rank(outcome: Any, ranks: Mapping[str, int]) -> Any:
    return ibis.cases(*((outcome == name, place) for name, place in ranks.items()), else_=ibis.null("int8"))
