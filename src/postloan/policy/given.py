"""A policy cut to what a lender delivers: a rule on a table that never came is awaited, not a missing fact.

Were it kept, every subject would lack a fact, and none could have the best outcome.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from postloan.model.grading import GIVEN_BY
from postloan.model.tables import DELIVERED
from postloan.policy.condition import Condition
from postloan.policy.files import PolicyFile, Rulebook
from postloan.policy.parameter import BothLanguages
from postloan.policy.policy import Awaited, Policy
from postloan.policy.scheme import Ladder, Reason, Scheme


def given(rules: Rulebook, tables: Collection[str]) -> Rulebook:
    """Return the rulebook of a lender who delivers ``tables``."""
    return replace(rules, files=tuple(file_given(file, tables) for file in rules.files))


def file_given(file: PolicyFile, tables: Collection[str]) -> PolicyFile:
    """Return the policy of a lender who delivers ``tables``; its version stays that of the file."""
    return PolicyFile(policy_given(file.policy, tables), file.sha256)


def policy_given(policy: Policy, tables: Collection[str]) -> Policy:
    """Return the policy without the rules and ladders that read a column of another table.

    They are listed in ``awaits`` of their scheme, with the table they need; a scheme of which nothing is left
    is not there.
    """
    cut = {name: _cut(scheme, tables) for name, scheme in policy.schemes.items()}
    awaited = tuple(
        Awaited(scheme=name, rule=reason.rule, what=reason.why, needs=_needed(reason, scheme, tables))
        for name, scheme in policy.schemes.items()
        for reason in _left_out(scheme, cut[name])
    )
    if not awaited:
        return policy
    kept = {name: scheme for name, scheme in cut.items() if scheme is not None}
    return policy.model_copy(update={"schemes": kept, "awaits": (*policy.awaits, *awaited)})


def _cut(scheme: Scheme, tables: Collection[str]) -> Scheme | None:
    if scheme.who is not None and _missing(scheme.who, tables):
        return None
    rules = tuple(rule for rule in scheme.rules if not _missing(rule.when, tables))
    ladders = tuple(ladder for ladder in scheme.ladders if not _ladder_missing(ladder, tables))
    kept = scheme.model_copy(update={"rules": rules, "ladders": ladders})
    return kept if kept.reasons() else None


def _left_out(scheme: Scheme, kept: Scheme | None) -> tuple[Reason, ...]:
    """Return the reasons that went; of a ladder its first rung stands for all."""
    rules = {reason.rule for reason in kept.reasons()} if kept else set()
    gone = [reason for reason in scheme.reasons() if reason.rule not in rules]
    listed = [reason for reason in gone if reason.branch is None]
    first = {reason.branch: reason for reason in reversed(gone) if reason.branch is not None}
    return (*listed, *first.values())


def _missing(condition: Condition, tables: Collection[str]) -> list[str]:
    named = (GIVEN_BY[name] for name in condition.names() if name in GIVEN_BY)
    return [table for table in dict.fromkeys(named) if table not in tables]


def _ladder_missing(ladder: Ladder, tables: Collection[str]) -> list[str]:
    conditions = (ladder.condition(ladder.rungs[0]), *([ladder.when] if ladder.when else []))
    return [table for condition in conditions for table in _missing(condition, tables)]


def _needed(reason: Reason, scheme: Scheme, tables: Collection[str]) -> BothLanguages:
    missing = _missing(reason.condition, tables)
    if reason.branch is not None:
        missing += _ladder_missing(scheme.ladders[reason.branch], tables)
    missing += _missing(scheme.who, tables) if scheme.who else []
    labels = [DELIVERED[table].label for table in dict.fromkeys(missing)]
    return BothLanguages(zh="、".join(part.zh for part in labels), en=", ".join(part.en for part in labels))
