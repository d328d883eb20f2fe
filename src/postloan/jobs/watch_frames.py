"""Warnings and care: their tables are put beside the facts, so that the catalogue measures them, and listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from postloan.engine import care
from postloan.engine.warnings import deteriorations, warning_states
from postloan.metrics import watching
from postloan.metrics.facts import Facts
from postloan.metrics.scope import observation_dates
from postloan.policy.policy import Policy
from postloan.policy.work import limits

_MONTHS = 13  # as many as are shown


def with_watch_tables(facts: Facts, as_of: date, policy: Policy) -> Facts:
    """Return the facts with the tables of warnings and care filled from what the lender gives.

    What it does not give stays empty, and its figures unknown.
    """
    assert policy.work is not None
    judged_by = limits(policy.work, policy.parameters)
    given, table = facts.given(as_of), facts.table
    position, loan = table("position"), table("loan")
    dates = observation_dates(position, as_of)[-_MONTHS:]
    tables: dict[str, ibis.Table] = {}
    if "warning" in given:
        args = (table("warning"), position, loan, dates, judged_by)
        tables |= {"warning_state": warning_states(*args), "deterioration": deteriorations(*args)}
    if "survey_answer" in given:
        asked = table("survey_answer")
        tables["survey_state"] = care.survey_states(asked, position, loan, judged_by, dates)
    if "complaint" in given:
        came = table("complaint")
        tables["complaint_state"] = care.complaint_states(came, position, loan, judged_by, as_of)
        tables["borrower_month"] = care.borrower_months(came, position, loan, as_of)
    if "document" in given:
        tables["file_state"] = care.file_states(table("document"), position, as_of)
    tables["matured"] = care.matured_loans(position, loan, judged_by, as_of)
    for name, rows in tables.items():
        facts.connection.create_table(name, rows.to_pyarrow(), overwrite=True)
    return facts.anew()


def watch_frames(facts: Facts, as_of: date, policy: Policy, scopes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the lists beside the measures: the ledger of warnings, who should have been warned of, the sample.

    Args:
        facts: With the tables of ``with_watch_tables``.
        as_of: Observation date.
        policy: Its rules of work.
        scopes: ``all``, branches, products.
    """
    assert policy.work is not None
    judged_by = limits(policy.work, policy.parameters)
    whole = facts.whole()
    given = whole.given(as_of)
    frames = {}
    if "warning" in given:
        frames["warning_ledger"] = watching.ledger(whole.table("warning_state"), as_of, scopes)
        frames["warnings_missing"] = watching.missing(whole, as_of, scopes, judged_by)
        frames["warning_families"] = watching.families(whole.table("warning_state"), as_of, scopes)
    if {"survey_answer", "complaint", "document"} & given:
        frames["care_given"] = pd.DataFrame(
            {"table": sorted({"survey_answer", "complaint", "document"} & given)}
        )
    if "survey_answer" in given:
        frames["survey_sample"] = watching.sample(whole, as_of, scopes)
    return frames
