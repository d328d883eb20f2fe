"""What is known of a claim beyond its ledger, beside a plain walk over the rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from postloan.engine.claims import claims
from postloan.model.tables import TABLES

ON = date(2026, 10, 31)
BEFORE = date(2026, 9, 30)
Row = dict[str, Any]


def table(name: str, rows: list[Row]) -> pa.Table:
    schema = TABLES[name].schema()
    blank = dict.fromkeys(schema.names)
    nullable = pa.schema([field.with_nullable(True) for field in schema])
    return pa.Table.from_pylist([blank | row for row in rows], schema=nullable)


def loan(loan_id: str, customer_id: str, **given: Any) -> Row:
    usual = {"status": "active", "balance_minor": 1000, "dpd": 0, "month_end": ON}
    return {"loan_id": loan_id, "customer_id": customer_id, **usual, **given}


def told(
    positions: list[Row],
    findings: list[Row] = [],  # noqa: B006
    provisions: list[Row] = [],  # noqa: B006
    debts: list[Row] = [],  # noqa: B006
    dates: tuple[date, ...] = (ON,),
) -> dict[tuple[str, date], Row]:
    connection = ibis.duckdb.connect(threads=1)
    by_name = {"position": positions, "finding": findings, "provision": provisions, "other_bank_debt": debts}
    opened = {name: connection.create_table(name, table(name, rows)) for name, rows in by_name.items()}
    found = claims(**opened, dates=dates).to_pyarrow().to_pylist()
    return {(row["loan_id"], row["month_end"]): row for row in found}


def finding(kind: str, customer: str, loan_id: str | None, found: date, until: date | None = None) -> Row:
    return {
        "finding_id": f"{kind}-{customer}-{loan_id}-{found}", "customer_id": customer, "loan_id": loan_id,
        "finding_kind": kind, "found_on": found, "until_on": until,
    }  # fmt: skip


def test_a_finding_counts_from_its_day_until_the_day_before_it_ends() -> None:
    day = timedelta(days=1)
    for found, until, holds in (
        (ON, None, True),
        (ON + day, None, False),
        (ON - day, ON + day, True),
        (ON - day, ON, False),
    ):
        rows = told([loan("A", "K")], [finding("evasion", "K", "A", found, until)])
        assert rows["A", ON]["is_evading"] is holds, (found, until)


def test_a_finding_without_a_loan_is_of_all_that_the_customer_has() -> None:
    positions = [loan("A", "K"), loan("B", "K"), loan("C", "L")]
    rows = told(positions, [finding("bankruptcy", "K", None, ON), finding("purpose_changed", "K", "B", ON)])
    assert [rows[key, ON]["is_bankrupt"] for key in "ABC"] == [True, True, False]
    assert [rows[key, ON]["is_purpose_changed"] for key in "ABC"] == [False, True, False]


def test_impairment_is_that_of_the_latest_provision_of_the_last_quarter() -> None:
    def provision(on: date, stage: int, amount: int) -> Row:
        return {"loan_id": "A", "month_end": on, "stage": stage, "provision_minor": amount}

    rows = told([loan("A", "K")], provisions=[provision(BEFORE, 3, 900), provision(ON, 2, 499)])
    assert (rows["A", ON]["is_impaired"], rows["A", ON]["expected_loss_share"]) == (False, 0.499)
    rows = told([loan("A", "K")], provisions=[provision(BEFORE, 3, 500)])
    assert (rows["A", ON]["is_impaired"], rows["A", ON]["expected_loss_share"]) == (True, 0.5)
    for day, is_known in ((date(2026, 8, 1), True), (date(2026, 7, 31), False)):
        rows = told([loan("A", "K")], provisions=[provision(day, 3, 500)])
        assert (rows["A", ON]["is_impaired"] is None) is not is_known


def test_without_provision_or_balance_nothing_is_said_of_impairment() -> None:
    rows = told([loan("A", "K")])
    assert rows["A", ON]["is_impaired"] is None
    assert rows["A", ON]["expected_loss_share"] is None
    held = {"loan_id": "A", "month_end": ON, "stage": 3, "provision_minor": 5}
    assert told([loan("A", "K", balance_minor=0)], provisions=[held])["A", ON]["expected_loss_share"] is None


def test_debts_of_all_banks_are_added_to_those_of_this_one() -> None:
    debt = {"customer_id": "K", "reported_on": ON, "debt_minor": 8000, "over_90_minor": 1000}
    late = [loan("A", "K", dpd=91), loan("B", "K", dpd=90), loan("C", "K", dpd=400, status="written_off")]
    assert told(late, debts=[debt])["A", ON]["over_90_share"] == 0.2
    assert told([loan("A", "K", dpd=None), late[1]], debts=[debt])["B", ON]["over_90_share"] is None
    assert told(late)["A", ON]["over_90_share"] is None
    old = {**debt, "reported_on": date(2025, 10, 31)}
    assert told(late, debts=[old])["A", ON]["over_90_share"] is None


DAYS = st.integers(-200, 40).map(lambda n: ON + timedelta(days=n))


@settings(max_examples=examples(20, 300), deadline=None)
@given(
    st.lists(
        st.builds(
            finding,
            st.sampled_from(["evasion", "bankruptcy", "technical_delay"]),
            st.sampled_from(["K", "L"]),
            st.sampled_from([None, "A", "B"]),
            DAYS,
            st.none() | DAYS,
        ),
        max_size=6,
    )
)
def test_findings_are_those_of_a_plain_walk(findings: list[Row]) -> None:
    owner = {"A": "K", "B": "L"}
    positions = [loan(key, of, month_end=on) for key, of in owner.items() for on in (BEFORE, ON)]
    # A finding names the loan, whoever's customer stands beside it.
    rows = told(positions, findings, dates=(BEFORE, ON))
    for (loan_id, on), row in rows.items():
        for column, kind in (
            ("is_evading", "evasion"),
            ("is_bankrupt", "bankruptcy"),
            ("is_technical_delay", "technical_delay"),
        ):
            expected = any(
                one["finding_kind"] == kind
                and (one["loan_id"] or owner[loan_id]) == (loan_id if one["loan_id"] else one["customer_id"])
                and one["found_on"] <= on
                and (one["until_on"] is None or one["until_on"] > on)
                for one in findings
            )
            assert row[column] is expected
    assert len(rows) == 4
