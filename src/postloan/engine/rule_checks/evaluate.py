"""All checks there are, and their rows in the shape of table ``rule_check``."""

from __future__ import annotations

from datetime import date

import ibis

from postloan.engine.duties import owned
from postloan.engine.rule_checks.collecting import COLLECTING
from postloan.engine.rule_checks.court import COURT
from postloan.engine.rule_checks.customers import CUSTOMERS
from postloan.engine.rule_checks.finder import Finder, Tables, active, joined
from postloan.engine.rule_checks.lending import LENDING
from postloan.engine.warnings import largest_loan, shaped
from postloan.model.checked import RULE_CHECK, RuleCheck

FINDERS: dict[str, Finder] = {**COLLECTING, **COURT, **CUSTOMERS, **LENDING}
_NOWHERE = {name: ibis.null("string") for name in ("branch", "product")}


def looked_at(check: RuleCheck, table: Tables, as_of: date) -> ibis.Table:
    """Return the records of one check: what happened in the last twelve months, or how things stand at the date.

    Args:
        check: What is looked for.
        table: Opens the contract tables.
        as_of: Observation date; nothing later is known.

    Returns:
        One row per record, whether it breaks the rule or not; ``placed`` says where it belongs.
    """
    finder = FINDERS[check.name]
    t = finder.find(table, check.numbers, as_of)
    if not finder.is_state:
        since = date(as_of.year - 1 + as_of.month // 12, as_of.month % 12 + 1, 1)
        t = t.filter(t.happened_on >= ibis.literal(since), t.happened_on <= ibis.literal(as_of))
    return shaped(t.mutate(rule_check=ibis.literal(check.name), **_NOWHERE), RULE_CHECK)


def placed(t: ibis.Table, table: Tables, as_of: date) -> ibis.Table:
    """Return table ``rule_check``: records with loan (else the customer's largest), branch, product and owner."""
    largest = largest_loan(active(table, as_of)).select("customer_id", "largest_id")
    t = joined(t.drop(*_NOWHERE), largest, "customer_id")
    t = t.mutate(loan_id=t.loan_id.coalesce(t.largest_id)).drop("largest_id")
    return shaped(owned(t, table), RULE_CHECK)
