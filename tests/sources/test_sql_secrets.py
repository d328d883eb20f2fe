"""What keeps a database from answering is one sentence, and no word of it, nor of a book, is an address or a login."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from lender_delivery import HEAD
from sql_delivery import LOANS, MAPPING, load_from_database

from postgres_server import READER, READER_PASSWORD, Ledger
from postloan.model.fault import REFUSED, USAGE, Fault

SECRETS = (READER, READER_PASSWORD, quote(READER_PASSWORD, safe=""), "127.0.0.1", "postgresql://leser")


def assert_secret(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text


def refused(folder: Path, mapping: str = HEAD + LOANS) -> Fault:
    with pytest.raises(Fault) as caught:
        load_from_database(folder, mapping)
    assert not (folder / "book" / "CURRENT").exists()
    assert_secret(caught.value.what + caught.value.mend)
    return caught.value


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("LEDGER_DB", raising=False)
    if value is not None:
        monkeypatch.setenv("LEDGER_DB", value)
    fault = refused(tmp_path)
    assert (fault.what, fault.exit_code) == ("the environment variable LEDGER_DB is not set", USAGE)


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("leser_7", "LEDGER_DB does not hold a database address"),
        ("postgresql://leser_7:x@[::1/d", "LEDGER_DB does not hold a database address"),
        ("bank://leser_7:x@h/d", "LEDGER_DB does not hold the address of a database known here"),
        ("mysql://leser_7:x@h/d", "LEDGER_DB: no driver for such a database is installed"),
    ],
)
def test_an_address_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, what: str
) -> None:
    monkeypatch.setenv("LEDGER_DB", address)
    fault = refused(tmp_path)
    assert (fault.what, fault.exit_code) == (what, USAGE)


def test_a_wrong_password(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_DB", ledger.address(password="not-" + READER_PASSWORD))
    fault = refused(tmp_path)
    assert (fault.what, fault.exit_code) == ("LEDGER_DB: the database refuses the login", USAGE)


def test_a_database_that_does_not_exist(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_DB", ledger.address() + "_of_others")
    assert refused(tmp_path).what == "LEDGER_DB: the database refuses the login"


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid:5432"])
def test_a_server_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("LEDGER_DB", f"postgresql://{READER}:x@{host}/ledger")
    fault = refused(tmp_path)
    assert (fault.what, fault.exit_code) == ("LEDGER_DB: the database cannot be reached", REFUSED)


@pytest.mark.parametrize(
    ("query", "what", "code"),
    [
        ("no_such_table", 'loans: the database answers: relation "no_such_table" does not exist', USAGE),
        ("SELECT nope FROM loan", 'loans: the database answers: column "nope" does not exist', USAGE),
        ("SELECT 1 / 0 AS id", "loans: the database answers: division by zero", REFUSED),
        ("pg_authid", "loans: the database answers: permission denied for table pg_authid", REFUSED),
        ("SELECT pg_sleep(5) AS id", "loans: the database answers: canceling statement", REFUSED),
        ("SELECT pg_terminate_backend(pg_backend_pid()) AS id", "terminating connection", REFUSED),
        ("SELECT current_user::int AS id", "loans: the database answers: invalid input syntax", REFUSED),
        ("SELECT current_setting('x.' || current_user) AS id", "unrecognized configuration", USAGE),
    ],
)
def test_a_query_that_fails(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, what: str, code: int
) -> None:
    monkeypatch.setenv("LEDGER_DB", ledger.address() + "?options=-c%20statement_timeout%3D500")
    fault = refused(tmp_path, HEAD + LOANS.replace("query: loan", f'query: "{query}"'))
    assert what in fault.what
    assert fault.exit_code == code
    assert "\n" not in fault.what + fault.mend


@pytest.mark.parametrize("password", [READER_PASSWORD, "wrong " + READER_PASSWORD])
def test_no_output_of_the_program_tells_the_login(ledger: Ledger, tmp_path: Path, password: str) -> None:
    """Good or refused, with its traceback: nothing printed and no file of the book has a part of the address."""
    (tmp_path / "in").mkdir()
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    places = [
        str(tmp_path / "mapping.yaml"),
        "--from",
        str(tmp_path / "in"),
        "--book",
        str(tmp_path / "book"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", "from postloan.cli import main; main()", "load", *places, "-v"],
        env={**os.environ, "LEDGER_DB": ledger.address(password)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if password == READER_PASSWORD else USAGE), done.stderr
    assert_secret(done.stdout + done.stderr)
    files = [path for path in (tmp_path / "book").rglob("*") if path.is_file()]
    assert bool(files) == (done.returncode == 0)
    for path in files:
        assert_secret(path.read_bytes().decode("latin-1"))
