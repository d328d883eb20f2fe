"""Outcome rows: all schemes of a policy about one kind of subject, over one feature table, in one query."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from postloan.model.grading import OUTCOME
from postloan.policy.boundary import boundaries, nearest, next_step
from postloan.policy.files import PolicyFile
from postloan.policy.policy import Policy
from postloan.policy.scheme import Scheme
from postloan.policy.truth import Operands, operands, truth
from postloan.policy.verdict import InForce, in_force, verdict

KEYS = {"loan": "loan_id", "customer": "customer_id"}


def outcomes(features: ibis.Table, file: PolicyFile, subject: str, on: date) -> ibis.Table | None:
    """Return the outcome rows of the schemes about ``subject``; None where the policy has none.

    Args:
        features: ``loan_feature`` or ``customer_feature`` with the policy's measures beside it, of one date.
        file: The policy; its values are those of ``on``.
        subject: ``loan`` or ``customer``.
        on: Date of the features.

    Returns:
        Table ``outcome``, and beside it the columns that a scheme reads, null in rows of other schemes.
        Subjects that a scheme is surely not about have no row.
    """
    policy = file.policy
    schemes = {name: scheme for name, scheme in policy.schemes.items() if scheme.subject == subject}
    inputs = inputs_of(policy, subject)
    parts = [
        _rows(features, file, name, on, inputs).select(*OUTCOME.names(), *inputs)
        for name in schemes
    ]
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def inputs_of(policy: Policy, subject: str) -> tuple[str, ...]:
    """Return the columns that the schemes about ``subject`` read, each once."""
    chosen = [scheme for scheme in policy.schemes.values() if scheme.subject == subject]
    return tuple(dict.fromkeys(name for scheme in chosen for name in policy.names_of(scheme)))


def reasons_on(policy: Policy, scheme: Scheme, day: date) -> tuple[InForce, ...]:
    """Return the reasons of a scheme that count on ``day``."""
    return in_force(scheme, set(policy.parameters) - set(policy.values(day)))


def _rows(
    features: ibis.Table, file: PolicyFile, name: str, on: date, inputs: tuple[str, ...]
) -> ibis.Table:
    policy, scheme = file.policy, file.policy.schemes[name]
    names = operands(features, policy.values(on))
    belongs = truth(scheme.who.tree, names)
    own = set(policy.names_of(scheme))
    told = _told(features, policy, scheme, names, on)
    kept = features.filter(belongs.fill_null(True))
    blank = {column: ibis.null(features[column].type()) for column in inputs if column not in own}
    return kept.mutate(
        scheme=ibis.literal(name),
        subject=ibis.literal(scheme.subject),
        subject_id=features[KEYS[scheme.subject]],
        policy=ibis.literal(policy.policy),
        policy_version=ibis.literal(file.sha256[:8]),
        previous_outcome=ibis.null("string"),
        **told,
    ).mutate(**blank)


def _told(
    features: ibis.Table, policy: Policy, scheme: Scheme, names: Operands, on: date
) -> dict[str, Any]:
    """Return the columns of the verdict; a row of which it is not known whether it belongs has no outcome."""
    reasons, columns = reasons_on(policy, scheme, on), policy.columns(scheme.subject)
    found = verdict(scheme, reasons, names)
    near = nearest(scheme, reasons, names, features, boundaries(reasons, columns, policy.values(on)))
    step, count = next_step(scheme, reasons, names, features)
    belongs = truth(scheme.who.tree, names).fill_null(False)
    graded = belongs & found.outcome.notnull()
    return {
        "outcome": _if(belongs, found.outcome),
        "is_floor": belongs & found.is_floor,
        "rules": ibis.ifelse(graded, found.rules.rstrip(), ""),
        "unassessed": ibis.ifelse(belongs, found.unassessed.rstrip(), "who"),
        "boundary": _if(graded, near.parameter),
        "boundary_column": _if(graded, near.column),
        "distance": _if(graded, near.distance),
        "boundary_outcome": _if(graded, near.outcome),
        "next_step": _if(graded, step),
        "next_count": _if(graded, count),
    }


def _if(condition: Any, value: Any) -> Any:
    return ibis.ifelse(condition, value, ibis.null(value.type()))
