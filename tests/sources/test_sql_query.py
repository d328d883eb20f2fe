"""A mapping may put one query to a database, and a query only reads; it names its database, never its address."""

from __future__ import annotations

from pathlib import Path

import pytest
from lender_delivery import HEAD
from sql_delivery import LOANS

from postloan.model.fault import USAGE, Fault
from postloan.sources.mapping import read_mapping
from postloan.sources.sql.query import question

SECRET = "hunter2secret"


@pytest.mark.parametrize("name", ["loan", "core.loan", '"Loan tape"', "借据", " loan ; "])
def test_a_tables_name_stands_for_all_of_it(name: str) -> None:
    posed = question("loans", name, "postgres")
    assert posed.statement == f"SELECT * FROM {name.split(';')[0]}"
    assert not posed.is_ordered


@pytest.mark.parametrize(
    "query",
    [
        "SELECT E'a\\\\b', a->>'x' FROM t WHERE n ~ '^x;--'",
        "WITH open AS (SELECT * FROM loan) SELECT * FROM open -- every one",
        "SELECT a FROM t UNION ALL SELECT a FROM u",
        "SELECT count(*) FILTER (WHERE a > 1), 1.005::numeric(18,3) FROM t",
    ],
)
def test_a_query_is_put_as_it_was_written(query: str) -> None:
    assert question("loans", query, "postgres").statement == query


@pytest.mark.parametrize("query", ["SELECT a FROM t ORDER BY a", "(SELECT a FROM t) ORDER BY 1 LIMIT 5"])
def test_an_order_is_noticed(query: str) -> None:
    assert question("loans", query, "postgres").is_ordered
    assert not question("loans", f"SELECT * FROM ({query}) AS inner_order", "postgres").is_ordered


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM loan",
        "WITH gone AS (DELETE FROM loan RETURNING *) SELECT * FROM gone",
        "SELECT * FROM (SELECT * FROM loan FOR UPDATE) AS held",
        "SELECT * INTO copy FROM loan",
        "INSERT INTO loan SELECT * FROM loan",
        "UPDATE loan SET id = '1'",
        "DROP TABLE loan",
        "CREATE TABLE x AS SELECT 1",
        "COPY loan TO '/tmp/x'",
        "TRUNCATE loan",
        "CALL rebuild()",
        "SET role = 'owner'",
        "EXPLAIN SELECT 1",
        "VALUES (1)",
        "1",
    ],
)
def test_anything_but_a_select_is_refused(query: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Fault, match="loans: `query` is not one SELECT that only reads") as caught:
        question("loans", query, "postgres")
    assert caught.value.exit_code == USAGE
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT 1; DELETE FROM loan", "loans: `query` holds 2 statements"),
        (" ; ", "loans: `query` holds 0 statements"),
        ("SELECT * FROM", "loans: `query` cannot be read as SQL"),
        ("SELECT 'open", "loans: `query` cannot be read as SQL"),
    ],
)
def test_a_query_that_is_not_one_statement_is_refused(query: str, what: str) -> None:
    with pytest.raises(Fault) as caught:
        question("loans", query, "postgres")
    assert caught.value.what == what


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("    database: LEDGER_DB\n", "", "loans: sql needs `database`"),
        ("    query: loan\n", "", "loans: sql needs `query`"),
        ("query: loan\n", "query: ''\n", "loans: sql needs `query`"),
        ("format: sql", "format: csv", "loans: only sql has `database`, the format is csv"),
        ("    query", "    encoding: gbk\n    query", "loans: an answer of a database has no `encoding`"),
        ("    query", "    delimiter: ','\n    query", "loans: an answer of a database has no `delimiter`"),
        ("    query", "    sheet: S\n    query", "only xlsx has `sheet`, the format is sql"),
        ("    query", "    header: 3\n    query", "only csv and xlsx have a `header`, the format is sql"),
        ("path: loans", "path: loan*", "loan*: of sql the path only names the answer"),
        ("LEDGER_DB", f"postgresql://u:{SECRET}@h/d", "give the name of an environment variable"),
        ("LEDGER_DB", f"sqlite:///{SECRET}.db", "the address itself, with its password, belongs in no file"),
    ],
)
def test_a_mapping_that_asks_amiss_is_refused(tmp_path: Path, old: str, new: str, what: str) -> None:
    text = HEAD + LOANS
    assert old in text
    (tmp_path / "mapping.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Fault) as caught:
        read_mapping(tmp_path / "mapping.yaml")
    assert what in caught.value.what
    assert caught.value.exit_code == USAGE
    assert SECRET not in caught.value.what + caught.value.mend
