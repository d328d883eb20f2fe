"""A ledger in PostgreSQL is loaded over a real connection: exact, in one state, the same data once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from lender_delivery import HEAD, LOAN_FILE, LOANS, deliver, entry, reasons
from sql_delivery import LOANS as LOAN_QUERY
from sql_delivery import MAPPING, PAYMENTS, load_from_database

from postgres_server import READER, Ledger, Server
from postloan.book.store import Book
from postloan.jobs.check import check
from postloan.model.fault import REFUSED, Fault
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.tape import Tape
from postloan.sources.sql.answer import Kinds, fetched
from postloan.sources.sql.answers import read_answers
from postloan.sources.sql.query import Question


def asked(query: str, timezone: str = "Asia/Shanghai") -> Tape:
    tables = {"loan": {"columns": {"loan_id": "id"}}}
    given = {"path": "answer", "format": "sql", "database": "LEDGER_DB", "query": query, "tables": tables}
    (answer,) = read_answers([FileMapping.model_validate(given)], timezone)
    if isinstance(answer, Fault):
        raise answer
    return answer


def test_queries_are_loaded_like_files(ledger: Ledger, tmp_path: Path) -> None:
    report = load_from_database(tmp_path)
    assert [(e["file"], e["rows_read"], e["rows_accepted"]) for e in report.entries] == [
        ("loans", 2, 2),
        ("payments", 2, 2),
    ]
    book = Book.open(tmp_path / "book")
    assert book.read("loan").column("loan_id").to_pylist() == ["000123", "1E10"]
    assert book.read("loan").column("branch").to_pylist() == ["东", "西"]
    assert book.read("loan").column("principal_minor").to_pylist() == [100_000, 200_050]
    assert book.read("payment").column("amount_minor").to_pylist() == [10_000, 5_050]


def test_a_mapping_mixes_files_and_queries(ledger: Ledger, tmp_path: Path) -> None:
    report = deliver(tmp_path, {"loans.csv": LOANS}, HEAD + PAYMENTS + LOAN_FILE)
    assert {e["file"]: e["rows_accepted"] for e in report.entries} == {"loans.csv": 2, "payments": 2}


def test_an_amount_with_a_third_decimal_is_quarantined_not_rounded(ledger: Ledger, tmp_path: Path) -> None:
    ledger.run("INSERT INTO loan VALUES ('3', '东', 1.005, '2025-01-01'), ('4', '东', 1.010, '2025-01-01')")
    report = load_from_database(tmp_path)
    assert reasons(report, "loan") == {"principal_minor: more than 2 decimals": 1}
    amounts = Book.open(tmp_path / "book").read("loan").column("principal_minor").to_pylist()
    assert amounts == [100_000, 200_050, 101]
    kept = Book.open(tmp_path / "book").read("quarantine").to_pylist()
    assert '"amount": "1.005"' in kept[0]["raw"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("'NaN'", "amount_minor: not a finite number"),
        ("'Infinity'", "amount_minor: not a finite number"),
        ("NULL", "amount_minor: missing"),
        ("-0.01", "amount_minor: below 0"),
        ("1e20", "amount_minor: too large"),
        ("0.00000000000000000001", "amount_minor: more than 2 decimals"),
    ],
)
def test_a_number_that_is_no_amount_is_quarantined(
    ledger: Ledger, tmp_path: Path, value: str, reason: str
) -> None:
    ledger.run(f"INSERT INTO payment VALUES ('P3', '1E10', '2025-04-01', {value})")
    report = load_from_database(tmp_path)
    assert reasons(report, "payment") == {reason: 1}
    assert entry(report, "payment")["rows_accepted"] == 2


def test_amounts_in_floating_point_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    ledger.run("ALTER TABLE payment ALTER amount TYPE double precision")
    with pytest.raises(Fault, match=r"payments: column amount \(amount_minor\): floating point is not exact"):
        load_from_database(tmp_path)


@pytest.mark.parametrize("day", ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'10000-01-01'"])
def test_a_day_that_no_calendar_here_has_is_quarantined(ledger: Ledger, tmp_path: Path, day: str) -> None:
    ledger.run(f"INSERT INTO payment VALUES ('P3', '1E10', {day}, 1)")
    assert reasons(load_from_database(tmp_path), "payment") == {"paid_on: not a date of the calendar": 1}


def test_values_keep_their_meaning(ledger: Ledger) -> None:
    row = asked(
        "SELECT 9007199254740993 AS n, true AS t, 0.1::real AS f, 'x'::char(5) AS c, DATE '2025-01-02' AS d, "
        "TIMESTAMP '2025-01-02 03:04:05.678' AS s, NULL::int AS missing, '' AS empty, E'a\\nb\\\\c\"' AS odd"
    ).columns.to_pylist()[0]
    assert (row["n"], row["t"], row["c"], row["odd"]) == ("9007199254740993", "true", "x", 'a\nb\\c"')
    assert (row["d"].isoformat(), row["s"].isoformat()) == ("2025-01-02", "2025-01-02T03:04:05.678000")
    assert (row["missing"], row["empty"]) == (None, "")


def test_types_of_the_lender_come_as_text(ledger: Ledger) -> None:
    ledger.run("CREATE TYPE state AS ENUM ('正常', '逾期')", "CREATE DOMAIN fen AS numeric(18,0)")
    row = asked("SELECT '逾期'::state AS s, 5::fen AS f, '{\"a\": 1}'::jsonb AS j").columns.to_pylist()[0]
    assert row == {"s": "逾期", "f": "5", "j": '{"a": 1}'}


@pytest.mark.parametrize(
    "value", ["ARRAY[1, 2]", "'\\x00'::bytea", "INTERVAL '1 month'", "ARRAY['a']::text[]"]
)
def test_a_column_without_a_single_value_is_refused(ledger: Ledger, value: str) -> None:
    with pytest.raises(Fault, match=r"column x is of type .* which holds no single value") as caught:
        asked(f"SELECT '1' AS id, {value} AS x")
    assert caught.value.exit_code == REFUSED


def test_a_stamp_with_a_time_zone_has_no_day_of_its_own(ledger: Ledger, tmp_path: Path) -> None:
    ledger.run("ALTER TABLE payment ALTER paid TYPE timestamptz")
    with pytest.raises(Fault, match="a stamp with a time zone has no calendar date"):
        load_from_database(tmp_path)


@pytest.mark.parametrize(
    ("timezone", "day"), [("Asia/Shanghai", "2025-01-02"), ("UTC", "2025-01-01"), ("none", "2025-01-01")]
)
def test_the_day_of_a_stamp_is_that_of_the_mappings_time_zone(
    ledger: Ledger, timezone: str, day: str
) -> None:
    tape = asked("SELECT (TIMESTAMPTZ '2025-01-01 23:30:00+00')::date AS day", timezone)
    assert tape.columns.column("day").to_pylist()[0].isoformat() == day


def test_chinese_text_of_a_gb_database_arrives(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_DB", Ledger.create(server, "gb_ledger", "EUC_CN").address())
    load_from_database(tmp_path)
    assert Book.open(tmp_path / "book").read("loan").column("branch").to_pylist() == ["东", "西"]


def test_text_in_an_undeclared_encoding_is_refused_and_can_be_declared(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database of encoding SQL_ASCII hands out whatever bytes were put in."""
    old = Ledger.create(server, "undeclared", "SQL_ASCII")
    old.run("INSERT INTO loan VALUES ('3', convert_from('\\xb6ab'::bytea, 'SQL_ASCII'), 1, '2025-01-01')")
    monkeypatch.setenv("LEDGER_DB", old.address())
    with pytest.raises(Fault, match='invalid byte sequence for encoding "UTF8": 0xb6'):
        load_from_database(tmp_path)
    text = "convert_from(convert(branch::bytea, 'GBK', 'UTF8'), 'UTF8')"
    old.run(f"CREATE VIEW declared AS SELECT id, {text} AS branch, amount, lent FROM loan WHERE id = '3'")
    load_from_database(tmp_path, HEAD + LOAN_QUERY.replace("query: loan", "query: declared"))
    assert Book.open(tmp_path / "book").read("loan").column("branch").to_pylist() == ["东"]


def test_control_characters_are_found(ledger: Ledger, tmp_path: Path) -> None:
    ledger.run("INSERT INTO loan VALUES (E'7\\x01', '东', 1, '2025-01-01')")
    assert reasons(load_from_database(tmp_path), "loan") == {"loan_id: control character": 1}


def test_the_same_data_is_loaded_once_in_whatever_order(ledger: Ledger, tmp_path: Path) -> None:
    load_from_database(tmp_path)
    ledger.run("CREATE TABLE copy AS SELECT * FROM loan ORDER BY id", "DELETE FROM loan")
    ledger.run("INSERT INTO loan SELECT * FROM copy ORDER BY id DESC")
    report = load_from_database(tmp_path)
    assert (report.changed, report.version) == (False, 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE loan SET amount = amount + 0.01 WHERE id = '1E10'",
        "UPDATE loan SET branch = NULL WHERE id = '1E10'",
        "INSERT INTO payment VALUES ('P3', '1E10', '2025-04-01', 1)",
        "UPDATE payment SET paid = 'infinity' WHERE id = 'P1'",
    ],
)
def test_changed_data_is_a_new_load(ledger: Ledger, tmp_path: Path, change: str) -> None:
    load_from_database(tmp_path)
    ledger.run(change)
    report = load_from_database(tmp_path)
    assert (report.changed, report.version) == (True, 2)


def test_a_missing_value_and_an_empty_text_are_different_data(ledger: Ledger) -> None:
    assert asked("SELECT '' AS id").sha256 != asked("SELECT NULL::text AS id").sha256


def test_rows_come_in_the_order_asked_for_else_in_that_of_their_values(ledger: Ledger) -> None:
    by_value = asked("SELECT id, amount FROM loan")
    as_asked = asked("SELECT id, amount FROM loan ORDER BY amount DESC")
    assert by_value.columns.column("id").to_pylist() == ["000123", "1E10"]
    assert as_asked.columns.column("id").to_pylist() == ["1E10", "000123"]
    assert by_value.sha256 == as_asked.sha256


def test_flawed_cells_are_found_in_either_order(ledger: Ledger) -> None:
    query = "SELECT n, CASE n WHEN 3 THEN 'infinity'::date ELSE '2025-01-01' END AS d FROM generate_series(4, 1, -1) n"
    for order, position in (("", 2), (" ORDER BY n DESC", 1)):
        (flaw,) = asked(query + order).flaws
        assert (flaw.column, flaw.positions.tolist()) == ("d", [position])


def test_all_queries_see_one_state_of_the_database(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loan and its payment are committed between the two queries: neither is seen."""

    def meanwhile(posed: Question, kinds: Kinds, backend: object) -> object:
        table = fetched(posed, kinds, backend)
        late = "INSERT INTO loan VALUES ('9', '东', 1, '2025-01-01') ON CONFLICT DO NOTHING"
        done = threading.Thread(
            target=ledger.run, args=(late, "INSERT INTO payment VALUES ('P9', '9', '2025-05-01', 1)")
        )
        done.start()
        done.join()
        return table

    monkeypatch.setattr("postloan.sources.sql.answers.fetched", meanwhile)
    report = load_from_database(tmp_path)
    assert [e["rows_read"] for e in report.entries] == [2, 2]


def test_a_check_sees_one_state_too_though_a_query_fails(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row that appears between the queries is seen by none, and a refused query takes no other with it."""

    def meanwhile(posed: Question, kinds: Kinds, backend: object) -> object:
        table = fetched(posed, kinds, backend)
        ledger.run("INSERT INTO payment VALUES ('P9', '000123', '2025-05-01', 1) ON CONFLICT DO NOTHING")
        return table

    monkeypatch.setattr("postloan.sources.sql.answers.fetched", meanwhile)
    broken = PAYMENTS.replace("path: payments", "path: broken").replace(
        "amount FROM", "amount / 0 AS amount FROM"
    )
    (tmp_path / "mapping.yaml").write_text(HEAD + LOAN_QUERY + broken + PAYMENTS, encoding="utf-8")
    report = check(tmp_path / "mapping.yaml", tmp_path).intake
    assert [(e["file"], e["rows_read"]) for e in report.entries] == [("loans", 2), ("payments", 2)]
    assert [(r["file"], r["what"]) for r in report.refusals] == [
        ("broken", "broken: the database answers: division by zero")
    ]


def test_the_session_cannot_write(ledger: Ledger) -> None:
    """Even for a user who may, and where a function hides it from a look at the statement."""
    ledger.run(
        "CREATE FUNCTION hidden() RETURNS int LANGUAGE sql AS 'DELETE FROM loan RETURNING 1'",
        f"GRANT ALL ON loan TO {READER}",
    )
    with pytest.raises(Fault, match="cannot execute DELETE in a read-only transaction"):
        asked("SELECT hidden() AS id")


def test_rows_are_counted_by_the_database_too(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postloan.sources.sql.answers.fetched", lambda *given: fetched(*given).slice(0, 1))
    with pytest.raises(Fault, match="answer: the query gave 1 rows, and 2 when they were counted"):
        asked("loan")


def test_an_answer_without_rows_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Fault, match="answer: the query gives no rows") as caught:
        asked("SELECT * FROM loan WHERE id = 'none'")
    assert caught.value.exit_code == REFUSED


def test_an_answer_without_rows_may_be_allowed(ledger: Ledger, tmp_path: Path) -> None:
    ledger.run("DELETE FROM payment")
    mapping = MAPPING.replace("path: payments", "allow_empty: true\n    path: payments")
    assert [e["rows_read"] for e in load_from_database(tmp_path, mapping).entries] == [2, 0]


def test_a_query_may_end_in_a_semicolon_and_a_comment(ledger: Ledger) -> None:
    assert asked("SELECT id FROM loan; -- all").n_read == 2
    assert asked("SELECT id FROM loan -- all").n_read == 2


def test_a_column_named_twice_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Fault, match="more than one column of the answer is named id"):
        asked("SELECT l.id, p.id FROM loan l JOIN payment p ON p.loan = l.id")


def test_a_table_of_another_schema_and_a_chinese_name_are_found(ledger: Ledger) -> None:
    ledger.run("CREATE SCHEMA core", "CREATE TABLE core.借据 AS SELECT * FROM loan")
    assert asked("core.借据").n_read == 2


def test_an_answer_of_several_batches_is_whole(ledger: Ledger) -> None:
    tape = asked("SELECT n::text AS id FROM generate_series(1, 120001) AS n")
    assert tape.n_read == 120_001
    assert len(set(tape.columns.column("id").to_pylist())) == 120_001


def test_the_book_depends_on_the_data_only(ledger: Ledger, tmp_path: Path) -> None:
    for book in ("a", "b"):
        load_from_database(tmp_path, book=book)
    assert Book.open(tmp_path / "a").version.id == Book.open(tmp_path / "b").version.id
