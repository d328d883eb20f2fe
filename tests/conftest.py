"""Makes the modules of this folder importable from every test, and starts a PostgreSQL server per test process
where a test asks for one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres_server import Ledger, Server, running_server
from postloan.jobs.demo import demo
from postloan.jobs.load import load

gc.set_threshold(100_000, 50, 50)  # as the command line has it


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test by its argument where that is bytes: archives hold the time, and processes must agree on names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


@pytest.fixture(scope="session")
def ledger_database(server: Server) -> Ledger:
    return Ledger.create(server, "ledger")


@pytest.fixture
def ledger(ledger_database: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Return a fresh ledger in PostgreSQL; LEDGER_DB holds the address its reader logs in with."""
    ledger_database.refill()
    monkeypatch.setenv("LEDGER_DB", ledger_database.address())
    return ledger_database


@pytest.fixture(scope="session")
def small_lender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the book of a synthetic lender of 400 loans, shared by tests that only read it."""
    folder = tmp_path_factory.mktemp("lender")
    demo(folder / "files", loans=400)
    mapping = Path(__file__).parents[1] / "params" / "sources" / "demo.yaml"
    load(mapping, folder / "files", folder / "book")
    return folder / "book"
