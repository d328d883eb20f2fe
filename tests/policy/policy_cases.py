"""Cases of a policy as a risk officer writes them, and what the policy says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from postloan.model.grading import CUSTOMER_FEATURE, DUE_INSTALMENT, LOAN_FEATURE, OUTCOME
from postloan.policy.files import PolicyFile, read_policy
from postloan.policy.grade import outcomes
from postloan.policy.memory import folded
from postloan.policy.scheme import Scheme
from postloan.yaml_file import read_yaml

FOLDER = Path(__file__).parents[1] / "policies"
FILES = sorted(FOLDER.glob("*.yaml"))
TABLES = {"loan": LOAN_FEATURE, "customer": CUSTOMER_FEATURE}
Row = dict[str, Any]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Case(Record):
    """``absent``: the scheme is not about such a subject. ``before``: its outcome of the month before."""

    on: date | None = None
    given: Mapping[str, Any]
    before: str | None = None
    siblings: tuple[Mapping[str, Any], ...] = ()
    absent: bool = False
    outcome: str | None = None
    is_floor: bool = False
    rules: str = ""
    unassessed: str | None = None
    step: int | None = None


class SchemeCases(Record):
    usual: Mapping[str, Any]
    cases: tuple[Case, ...]


class MeasureCase(Record):
    paid_day: tuple[int, ...]
    count: int = Field(alias="is")


class CaseFile(Record):
    policy: str
    on: date
    measures: Mapping[str, tuple[MeasureCase, ...]] = Field(default_factory=dict)
    schemes: Mapping[str, SchemeCases]


@dataclass(frozen=True)
class Said:
    """A case, the date it is of, the row it makes and what the policy says of it; None is no row."""

    case: Case
    on: date
    row: Row
    said: Row | None


def read_cases(path: Path) -> CaseFile:
    return read_yaml(path, CaseFile)


def feature_table(file: PolicyFile, scheme: Scheme, rows: list[Row]) -> pa.Table:
    schema = TABLES[scheme.subject].schema()
    fields = [pa.field(field.name, field.type) for field in schema]
    fields += [pa.field(name, pa.int32()) for name in file.policy.measures]
    known = {field.name for field in fields}
    assert not (unknown := {name for row in rows for name in row} - known), unknown
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def graded_rows(
    file: PolicyFile, scheme_name: str, on: date, rows: list[Row], before: list[Row]
) -> dict[str, Row]:
    """Return what one scheme says of feature rows of one date, by subject."""
    scheme = file.policy.schemes[scheme_name]
    connection = ibis.duckdb.connect(threads=1)
    table = connection.create_table("feature", feature_table(file, scheme, rows))
    only = file.policy.model_copy(update={"schemes": {scheme_name: scheme}})
    found = outcomes(table, PolicyFile(only, file.sha256), scheme.subject, [on])
    assert found is not None
    earlier = pa.Table.from_pylist(before, schema=OUTCOME.schema()) if before else None
    return {row["subject_id"]: row for row in folded(found.to_pyarrow(), only, earlier).to_pylist()}


def said_of(path: Path) -> Iterator[tuple[str, Said]]:
    """Yield each case of a file with its scheme and what the policy says of it."""
    cases = read_cases(path)
    file = read_policy(cases.policy)
    for name, of_scheme in cases.schemes.items():
        dated: dict[date, list[Case]] = {}
        for case in of_scheme.cases:
            dated.setdefault(case.on or cases.on, []).append(case)
        for on, chosen in dated.items():
            rows = [dict(of_scheme.usual) | dict(case.given) for case in chosen]
            found = _said_on(file, name, on, chosen, rows, of_scheme.usual)
            yield from (
                (name, Said(case, on, row, said)) for case, row, said in zip(chosen, rows, found, strict=True)
            )


def _said_on(
    file: PolicyFile, name: str, on: date, cases: list[Case], rows: list[Row], usual: Mapping[str, Any]
) -> list[Row | None]:
    features, before = [], []
    for place, (case, row) in enumerate(zip(cases, rows, strict=True)):
        key = f"{place:03}"
        kind = row.get("customer_kind")
        features.append(_keyed(row, file, name, key, key, on))
        for number, sibling in enumerate(case.siblings):
            theirs = {**usual, **sibling} | ({"customer_kind": kind} if kind else {})
            features.append(_keyed(theirs, file, name, f"{key}-{number}", key, on))
        if case.before:
            before.append(
                {**_BLANK, "scheme": name, "subject_id": key, "outcome": case.before, "month_end": on}
            )
    found = graded_rows(file, name, on, features, before)
    return [found.get(f"{place:03}") for place in range(len(cases))]


_BLANK = {
    "subject": "loan",
    "is_floor": False,
    "rules": "",
    "unassessed": "",
    "policy": "",
    "policy_version": "",
}


def _keyed(row: Row, file: PolicyFile, name: str, subject_id: str, customer_id: str, on: date) -> Row:
    is_loan = file.policy.schemes[name].subject == "loan"
    keys = {"loan_id": subject_id, "customer_id": customer_id} if is_loan else {"customer_id": subject_id}
    return {**row, **keys, "month_end": on}


def due_table(paid_days: tuple[int, ...], on: date, customer_id: str) -> list[Row]:
    """Return one instalment a month, the latest first, paid on the given day of its month."""
    return [
        {
            "loan_id": customer_id, "customer_id": customer_id, "month_end": on, "schedule_no": 1,
            "instalment_no": len(paid_days) - back, "due_on": _months_before(on, back), "is_paid": True,
            "days_late": day - 15, "paid_day": day,
        }
        for back, day in enumerate(paid_days)
    ]  # fmt: skip


def _months_before(on: date, months: int) -> date:
    month = on.year * 12 + on.month - 1 - months
    return date(month // 12, month % 12 + 1, 15)


DUE_SCHEMA = DUE_INSTALMENT.schema()
