"""Rule checks as results frames: those of the rules of work, and of the plan's policies on whom each one grades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TypeAlias

import pandas as pd
import pyarrow as pa

from postloan.engine.rule_checks.evaluate import FINDERS, looked_at, placed
from postloan.metrics import rule_checks as measured
from postloan.metrics.facts import Facts
from postloan.model.checked import RULE_CHECK, RuleCheck
from postloan.policy.composition import WHOLE, Segment, segmented
from postloan.policy.files import Rulebook
from postloan.policy.policy import Policy
from postloan.policy.rule_check import rule_checks_on

_Asked: TypeAlias = tuple[RuleCheck, tuple[Segment, ...], int]
_OWN = ("loan", "instalment", "customer", "payment")  # every lender has these


def rule_frames(
    facts: Facts, as_of: date, work: Policy, plan: Rulebook | None, scopes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return the frames of rule checks; none where nothing is delivered that any of them is judged by.

    A check whose tables were not delivered is listed in ``check_labels`` and nowhere counted.

    Args:
        facts: Of the book at ``as_of``.
        as_of: Observation date.
        work: Rules of work: for everybody.
        plan: Its policies, each for whom it grades; None for none.
        scopes: ``all``, branches, products.
    """
    whole = facts.whole()
    given = {*whole.given(as_of), *_OWN}
    asked = list(_asked(work, plan, as_of))
    checks = [check for check, _, _ in asked]
    missing = {check.name: " ".join(sorted({*FINDERS[check.name].needs} - given)) for check in checks}
    judged = [part for part in asked if not missing[part[0].name]]
    if not judged:
        return {}
    rows = whole.connection.create_table("_rule_check", _rows(whole, as_of, judged), overwrite=True)
    states = [name for name, finder in FINDERS.items() if finder.is_state]
    return {
        "check_measures": measured.check_measures(rows, as_of, scopes),
        "check_history": measured.check_history(rows, as_of, scopes),
        "check_breaches": measured.check_breaches(rows, as_of, scopes),
        "check_labels": measured.check_labels(checks, missing, states),
    }


def _asked(work: Policy, plan: Rulebook | None, as_of: date) -> Iterator[_Asked]:
    """Yield each check with the segments it belongs to and its place among them."""
    for check in rule_checks_on(work.checks, work.parameters, as_of):
        yield check, (WHOLE,), 0
    for place, file in enumerate(plan.files if plan else ()):
        assert plan is not None
        for check in rule_checks_on(file.policy.checks, file.policy.parameters, as_of):
            yield check, plan.segments, place


def _rows(facts: Facts, as_of: date, asked: Sequence[_Asked]) -> pa.Table:
    """Return table ``rule_check``; a record that two policies look at under one name is looked at once."""
    connection, table = facts.connection, facts.table
    found: dict[tuple[tuple[Segment, ...], int], list[pa.Table]] = {}
    for check, segments, place in asked:
        part = looked_at(check, table, as_of).to_pyarrow().cast(RULE_CHECK.schema())
        found.setdefault((segments, place), []).append(part)
    parts = []
    for (segments, place), some in found.items():
        held = connection.create_table("_looked_at", pa.concat_tables(some), overwrite=True)
        rows = placed(held, table, as_of)
        if segments != (WHOLE,):
            kind = table("customer").select("customer_id", "customer_kind")
            beside = rows.left_join(kind, "customer_id").drop("customer_id_right")
            rows = segmented(beside, segments, place).drop("customer_kind")
        parts.append(rows.to_pyarrow().cast(RULE_CHECK.schema()))
    whole = pa.concat_tables(parts)
    return whole.group_by(whole.column_names, use_threads=False).aggregate([])
