"""Outcome rows: all schemes of a policy about one kind of subject, over one feature table, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis

from postloan.model.grading import OUTCOME
from postloan.policy.boundary import NO_STEP, NOW, World, boundaries, nearest, next_step, worlds
from postloan.policy.fence import fenced
from postloan.policy.files import PolicyFile
from postloan.policy.memory import FOR_MEMORY, memory_columns
from postloan.policy.policy import Policy
from postloan.policy.scheme import Scheme
from postloan.policy.spans import spans
from postloan.policy.truth import operands, truth
from postloan.policy.verdict import InForce, in_force, verdict

KEYS = {"loan": "loan_id", "customer": "customer_id"}


def outcomes(
    features: ibis.Table, file: PolicyFile, subject: str, dates: Sequence[date], *, near: bool = True
) -> ibis.Table | None:
    """Return the outcome rows of the schemes about ``subject``, on their own facts; None where there is none.

    Args:
        features: ``loan_feature`` or ``customer_feature``, with the policy's measures beside it.
        file: The policy; each date is judged by the values of its time.
        subject: ``loan`` or ``customer``.
        dates: Dates of the features, rising.
        near: Tell the nearest boundary and the next step, of the rules of the last date; a query many times as
            long.

    Returns:
        Table ``outcome`` with nothing remembered yet, the columns that a scheme reads (null in rows of other
        schemes), and those that ``memory.folded`` needs. Who is surely not meant by a scheme has no row.
    """
    inputs = inputs_of(file.policy, subject)
    parts = [
        _shaped(
            _graded(span.of(features), file.policy, scheme, span.first, near and span.last == dates[-1]),
            file,
            name,
            inputs,
        )
        for span in spans(file.policy, dates)
        for name, scheme in file.policy.schemes.items()
        if scheme.subject == subject
    ]
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else None


def inputs_of(policy: Policy, subject: str) -> tuple[str, ...]:
    """Return the columns that the schemes about ``subject`` read, each once."""
    chosen = [scheme for scheme in policy.schemes.values() if scheme.subject == subject]
    return tuple(dict.fromkeys(name for scheme in chosen for name in policy.names_of(scheme)))


def reasons_on(policy: Policy, scheme: Scheme, day: date) -> tuple[InForce, ...]:
    """Return the reasons of a scheme that count on ``day``."""
    return in_force(scheme, set(policy.parameters) - set(policy.values(day)), day)


def _graded(features: ibis.Table, policy: Policy, scheme: Scheme, on: date, near: bool) -> ibis.Table:
    """Return the rows that the scheme is about, with the columns of its verdict beside the features."""
    values = policy.values(on)
    names = operands(features, values)
    reasons = reasons_on(policy, scheme, on)
    found = boundaries(reasons, policy.columns(scheme.subject), values) if near else ()
    all_worlds = list(worlds(scheme, found, names, features)) if near else [NOW]
    belongs = truth(scheme.who.tree, names) if scheme.who else ibis.literal(True)
    held = {
        f"{world.key}_{place}": reason.truth({**names, **world.changes})
        for world in all_worlds
        for place, reason in enumerate(reasons)
        if world is NOW or world.differs_for(reason)
    }
    judged = fenced(features.filter(belongs.fill_null(True)).mutate(belongs=belongs.fill_null(False), **held))
    weighed = fenced(judged.mutate(**_weighed(judged, scheme, reasons, all_worlds)))
    names = operands(weighed, values)
    outcome = {world.key: weighed[f"outcome_{world.key}"] for world in all_worlds}
    said = outcome[NOW.key].notnull()
    return weighed.mutate(
        outcome=outcome[NOW.key],
        is_floor=weighed.is_floor & said,
        rules=ibis.ifelse(said, weighed.rules.rstrip(), ""),
        unassessed=ibis.ifelse(weighed.belongs, weighed.unassessed.rstrip(), "who"),
        **nearest(weighed, found, names, outcome),
        **(next_step(scheme, names, weighed, outcome) if near else NO_STEP),
        **memory_columns(scheme, names, values),
    )


def _weighed(
    judged: ibis.Table, scheme: Scheme, reasons: Sequence[InForce], all_worlds: Sequence[World]
) -> dict[str, Any]:
    """Return the outcome in each world, and of the row as it is also the rules; null if it may not belong."""
    found = {}
    for world in all_worlds:
        truths = [
            judged[f"{(world if world.differs_for(reason) else NOW).key}_{place}"]
            for place, reason in enumerate(reasons)
        ]
        said = verdict(scheme, reasons, truths)
        found[f"outcome_{world.key}"] = ibis.ifelse(judged.belongs, said.outcome, ibis.null("string"))
        if world is NOW:
            found |= {"is_floor": said.is_floor, "rules": said.rules, "unassessed": said.unassessed}
    return found


def _shaped(graded: ibis.Table, file: PolicyFile, name: str, inputs: tuple[str, ...]) -> ibis.Table:
    scheme = file.policy.schemes[name]
    own = set(file.policy.names_of(scheme))
    columns = {
        "scheme": ibis.literal(name),
        "subject": ibis.literal(scheme.subject),
        "subject_id": graded[KEYS[scheme.subject]],
        "policy": ibis.literal(file.policy.policy),
        "policy_version": ibis.literal(file.sha256[:8]),
        "previous_outcome": ibis.null("string"),
    }
    shown = {column: _if_own(graded[column], column in own) for column in inputs}
    kept = [column for column in OUTCOME.names() if column not in columns]
    remembered = {f"_{column}": graded[column] for column in FOR_MEMORY}
    return graded.select(*kept, **columns, **shown, **remembered).select(
        *OUTCOME.names(), *inputs, *remembered
    )


def _if_own(value: Any, is_own: bool) -> Any:
    return value if is_own else ibis.null(value.type())
