"""All the work on one chunk, table by table."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from postloan.model.tables import DELIVERED
from postloan.sources.synthetic.dirt import plain
from postloan.sources.synthetic.work import cases, contacts, court, securing, visits, watching
from postloan.sources.synthetic.work.view import Staffed

# Reminders, and promises before the due day, are numbered behind those on cases.
_BEHIND = 10_000_000
# The day the lender knew a fact is not in these files.
_NOT_WRITTEN = ("known_on",)


def worked(seen: Staffed) -> tuple[dict[str, pa.Table], Counter[tuple[int, int]]]:
    """Return the delivered tables of a chunk's work, and how many customers each collector spoke with by day."""
    found = cases.cases(seen)
    made = contacts.contacts(seen, found)
    sued = court.suits(seen)
    signals = watching.signal_rows(seen)
    tables = {
        "collection_case": cases.case_table(seen, found),
        "assignment": cases.assignment_table(seen, found),
        "action": _both(contacts.action_table(seen, found, made), contacts.reminder_table(seen, _BEHIND)),
        "promise": _both(contacts.promise_table(seen, made), contacts.deferral_table(seen, _BEHIND)),
        **court.legal_tables(seen, sued),
        "sighting": court.sighting_table(seen, sued),
        "tow": court.tow_table(seen, sued),
        "disposal_plan": court.disposal_table(seen),
        "maturity_decision": court.maturity_table(seen),
        "visit": visits.visit_table(seen),
        "inspection": visits.inspection_table(seen),
        "complaint": visits.complaint_table(seen),
        "survey_answer": visits.survey_table(seen),
        "care": visits.care_table(seen),
        "statement": watching.statement_table(seen),
        "signal": watching.signal_table(seen, signals),
        "warning": watching.warning_table(seen, signals),
        "finding": watching.finding_table(seen),
        "other_bank_debt": watching.other_debt_table(seen),
        "ownership": watching.ownership_table(seen),
        "guarantee": securing.guarantee_table(seen),
        "collateral": securing.collateral_table(seen),
        "valuation": securing.valuation_table(seen),
        "document": securing.document_table(seen),
    }
    return {name: whole(name, table) for name, table in tables.items()}, contacts.calls_by_day(seen, made)


def whole(name: str, table: pa.Table) -> pa.Table:
    """Return a table with the columns of its contract that its files have, in their types; what it lacks is blank."""
    fields = [field for field in DELIVERED[name].schema() if field.name not in _NOT_WRITTEN]
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in fields
    ]
    return pa.table(columns, schema=pa.schema([field.with_nullable(True) for field in fields]))


def _both(one: pa.Table, other: pa.Table) -> pa.Table:
    """Return two tables of one contract table below each other; what one lacks is blank there."""
    return pa.concat_tables([plain(one), plain(other)], promote_options="default")
