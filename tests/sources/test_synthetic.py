"""The synthetic lender: its contract, its arithmetic, its files."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from synthetic_sample import AS_OF, chunk_of, contract_tables, house_tables

from effort import examples
from postloan.jobs.demo import demo
from postloan.model.contract import Kind
from postloan.model.fault import Fault
from postloan.model.tables import DELIVERED
from postloan.sources.mapping import Mapping, read_mapping
from postloan.sources.synthetic import controls, stock
from postloan.sources.synthetic.world import LENDER_EN, LENDER_ZH

Tables = dict[str, pa.Table]
MAPPING = Path(__file__).parents[2] / "params/sources/demo.yaml"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return contract_tables(1_900, seed=11) | house_tables(1_900, seed=11)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    demo(out, loans=4_500, seed=11)
    return out


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return read_mapping(MAPPING)


def query(tables: Tables, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.execute(sql).fetchall()


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    threads = pa.cpu_count()
    pa.set_cpu_count(1)
    try:
        demo(tmp_path, loans=4_500, seed=11)
    finally:
        pa.set_cpu_count(threads)
    assert hashes(folder) == hashes(tmp_path)


def test_another_seed_gives_other_loans(folder: Path, tmp_path: Path) -> None:
    demo(tmp_path, loans=4_500, seed=12)
    assert hashes(folder)["loan.csv.gz"] != hashes(tmp_path)["loan.csv.gz"]


def test_an_earlier_run_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    demo(tmp_path, loans=10, seed=1)
    before = hashes(tmp_path)
    demo(tmp_path, loans=30, seed=1)
    assert before.keys() == hashes(tmp_path).keys()
    assert before != hashes(tmp_path)


def test_chunks_carry_on_numbering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postloan.sources.synthetic.lender.CHUNK_LOANS", 40)
    report = demo(tmp_path, loans=100, seed=3)
    payments = pq.read_table(tmp_path / "payment.parquet")
    assert report.rows["loan.csv.gz"] == 100
    assert pc.count_distinct(payments["payment_id"]).as_py() == len(payments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"loans": 0}, "--loans 0"), ({"seed": -1}, "--seed -1"), ({"months": 12}, "12 months")],
)
def test_refuses_what_it_cannot_make(tmp_path: Path, arguments: dict[str, int], said: str) -> None:
    with pytest.raises(Fault, match=said):
        demo(tmp_path / "out", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", [name for name in DELIVERED if name not in ("control_total", "loan_tape")])
def test_keeps_the_contract(tables: Tables, name: str) -> None:
    contract, table = DELIVERED[name], tables[name]
    assert len(table)
    for column in contract.columns:
        values = table[column.name]
        if column.required or column.name in contract.grain:
            assert values.null_count == 0, column.name
        if column.codes is not None:
            assert set(pc.unique(values).to_pylist()) - {None} <= set(column.codes.values())
        if column.minimum is not None:
            assert (pc.min(values).as_py() or 0) >= column.minimum
    keys = ", ".join(contract.grain)
    assert query(tables, f"SELECT {keys} FROM {name} GROUP BY ALL HAVING count(*) > 1") == []
    for check in contract.checks:
        assert query(tables, f"SELECT count(*) FROM {name} WHERE NOT ({check.expression})") == [(0,)], (
            check.name
        )


def test_references_hold(tables: Tables) -> None:
    for name, contract in DELIVERED.items():
        for column in contract.columns:
            if column.references and name in tables:
                parent, key = column.references.split(".")
                orphans = f"SELECT count(*) FROM {name} c ANTI JOIN {parent} p ON c.{column.name} = p.{key} "
                assert query(tables, f"{orphans} WHERE c.{column.name} IS NOT NULL") == [(0,)], (
                    name,
                    column.name,
                )


def test_first_plans_repay_exactly_what_was_lent(tables: Tables) -> None:
    differing = query(
        tables,
        """SELECT loan_id FROM loan JOIN (
             SELECT loan_id, sum(principal_minor) AS planned FROM instalment WHERE schedule_no = 1 GROUP BY ALL
           ) USING (loan_id) WHERE planned <> principal_minor""",
    )
    assert differing == []


def test_nothing_happens_before_the_loan_or_after_the_end(tables: Tables) -> None:
    for name, day in {"payment": "paid_on", "loan_event": "event_on", "instalment": "due_on"}.items():
        early = f"SELECT count(*) FROM {name} JOIN loan USING (loan_id) WHERE NOT coalesce({day} >= disbursed_on, false)"
        assert query(tables, early) == [(0,)], name
    for name, days in {"payment": ("paid_on", "known_on"), "loan_event": ("event_on", "known_on")}.items():
        for day in days:
            assert pc.max(tables[name][day]).as_py() <= AS_OF
        assert query(tables, f"SELECT count(*) FROM {name} WHERE known_on < {days[0]}") == [(0,)]


def test_renewals_follow_the_loan_they_renew(tables: Tables) -> None:
    found = query(
        tables,
        """SELECT count(*), count(*) FILTER (
             new.disbursed_on = old.matures_on AND new.customer_id = old.customer_id AND new.branch IS NOT DISTINCT FROM old.branch
           ) FROM loan AS new JOIN loan AS old ON new.renewed_from = old.loan_id
           WHERE new.branch IS NOT NULL AND old.branch IS NOT NULL""",
    )
    assert found[0][0] == found[0][1] != 0


def test_every_kind_of_fact_occurs() -> None:
    tables = contract_tables(12_000, seed=5)
    kinds = set(tables["loan_event"]["event_kind"].to_pylist())
    rare = {"renewal", "resume", "settlement"}  # said by renewed_from, until_on and full payment instead
    assert kinds == set(DELIVERED["loan_event"].column("event_kind").codes.values()) - rare  # type: ignore[union-attr]
    assert set(tables["payment"]["payment_kind"].to_pylist()) == {
        "repayment",
        "early_repayment",
        "early_settlement",
        "reversal",
        "refund",
    }


def test_reversals_and_refunds_match_a_payment(tables: Tables) -> None:
    reversals = query(
        tables,
        """SELECT count(*) FILTER (p.amount_minor = r.amount_minor AND p.loan_id = r.loan_id AND r.paid_on > p.paid_on),
                  count(*) FROM payment r JOIN payment p ON r.reverses_id = p.payment_id WHERE r.payment_kind = 'reversal'""",
    )
    asked = query(tables, "SELECT count(*) FROM payment WHERE payment_kind = 'reversal'")
    assert reversals[0][0] == reversals[0][1] == asked[0][0] != 0


def test_nobody_is_real(tables: Tables) -> None:
    customer = tables["customer"].to_pylist()
    phones = {row["phone"] for row in customer} - {None}
    assert all(re.fullmatch(r"100\d{8}", phone) for phone in phones)  # no mobile network has 100
    for row in customer:
        number = row["id_number"]
        if row["customer_kind"] == "individual":
            assert number.startswith("999999")
            assert ric.calc_check_digit(number) == number[-1]
        else:
            assert number.startswith("91999999")
            assert uscc.calc_check_digit(number) == number[-1]


def test_the_files_fit_their_mapping(folder: Path, mapping: Mapping) -> None:
    assert (mapping.lender.zh, mapping.lender.en, mapping.is_synthetic) == (LENDER_ZH, LENDER_EN, True)
    assert {file.path for file in mapping.files} | {"truth.json"} == {path.name for path in folder.iterdir()}
    for file in mapping.files:
        heads = set(columns_of(folder / file.path))
        for table in file.tables.values():
            assert {name for spec in table.columns.values() for name in spec.column} == heads, file.path


def columns_of(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return list(pq.read_schema(path).names)
    data = (
        gzip.decompress(path.read_bytes()).decode("gb18030")
        if path.suffix == ".gz"
        else path.read_text("utf-8")
    )
    return next(csv.reader(data.splitlines()))


def test_text_files_say_what_the_contract_tables_say(folder: Path, mapping: Mapping) -> None:
    file = next(file for file in mapping.files if file.path == "loan.csv.gz")
    spec = file.tables["loan"].columns
    lines = gzip.decompress((folder / file.path).read_bytes()).decode("gb18030").splitlines()
    first = {loan["loan_id"]: loan for loan in contract_tables(4_500, seed=11)["loan"].to_pylist()}
    for row in list(csv.DictReader(lines))[:300]:
        loan = first[row["借据号"]]
        assert round(float(row["放款金额(元)"]) * 100) == loan["principal_minor"]
        assert row["放款日"] == (loan["disbursed_on"].strftime("%Y/%m/%d") if loan["disbursed_on"] else "")
        assert abs(float(row["年利率(%)"]) / 100 - loan["annual_rate"]) < 1e-9
        assert (spec["repayment_method"].codes or {})[row["还款方式"]] == loan["repayment_method"]


def test_dirt_is_a_small_share(folder: Path, mapping: Mapping) -> None:
    payments = pq.read_table(folder / "payment.parquet")
    bad = len(payments) - len(contract_tables(4_500, seed=11)["payment"])
    assert 0 < bad < len(payments) * mapping.limits.quarantine_share


def test_truths_are_beside_the_files(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    assert {item["name"] for item in truth["truths"]} == {
        "shock", "bad_vintage", "hard_cases", "night_calls", "beyond_authority", "late_first_visits",
        "stale_valuations", "missing_documents",
    }  # fmt: skip
    assert truth["truths"][0]["from_month"] == "2026-02"
    assert truth["truths"][1]["cohorts"] == ["2025-07", "2025-08", "2025-09"]


def test_money_columns_of_text_files_are_mapped_in_yuan(mapping: Mapping) -> None:
    for file in mapping.files:
        for name, table in file.tables.items():
            if any(DELIVERED[name].column(column).kind is Kind.MONEY for column in table.columns):
                assert file.formats.money == ("minor" if file.format == "parquet" else "major")


@pytest.fixture(scope="module", params=[1, 2, 3])
def stocks(request: pytest.FixtureRequest) -> list[stock.Stock]:
    chunk, span = chunk_of(20_000, request.param)
    received = stock.credits(chunk)
    return [stock.stock(chunk, received, day) for day in span.month_ends(13)]


def test_levels_are_those_of_a_lender(stocks: list[stock.Stock]) -> None:
    def rate(held: stock.Stock, days: int) -> float:
        return float(held.balance[held.dpd > days].sum() / held.balance.sum())

    assert 0.025 < rate(stocks[-1], 0) < 0.055
    assert 0.015 < rate(stocks[-1], 30) < 0.035
    assert 0.008 < rate(stocks[-1], 90) < 0.025
    assert rate(stocks[0], 0) < rate(stocks[-1], 0)


@settings(max_examples=examples(10, 25), deadline=None)
@given(
    loans=st.integers(1, 120),
    seed=st.integers(0, 10_000),
    as_of=st.dates(date(2024, 2, 28), date(2027, 3, 1)),
)
def test_any_size_seed_and_date_adds_up(loans: int, seed: int, as_of: date) -> None:
    chunk, span = chunk_of(loans, seed, as_of)
    plans, terms = chunk.plans, chunk.plans.terms
    planned = np.bincount(plans.owner, plans.principal, len(plans)).astype(np.int64)
    assert (planned == terms.principal).all()
    assert (plans.principal >= 0).all()
    assert (plans.interest >= 0).all()
    assert (chunk.payments["amount"] > 0).all()
    assert (chunk.payments["day"] <= span.last_day).all()
    assert (chunk.payments["day"] >= terms.starts[chunk.payments["plan"]]).all()
    held = stock.stock(chunk, stock.credits(chunk), span.last_day)
    assert (held.balance > 0).all()
    assert (held.balance <= terms.principal[held.plan]).all()
    assert ((held.dpd > 0) <= (held.overdue > 0)).all()
    assert len(set(terms.loan[held.plan].tolist())) == len(held.plan)
    assert controls.totals(chunk, span)[span.last_day, "balance"] == held.balance.sum()
