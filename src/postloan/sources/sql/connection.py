"""Open a lender's database for reading. Its address is known to one environment variable and to no message."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import ibis
import psycopg
from ibis.util import backend_entry_points
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postloan.model.fault import REFUSED, USAGE, Fault
from postloan.model.label import Label

_CONNECT_SECONDS = 10
_LOCK_TIMEOUT = "60s"  # a table that is being rebuilt must not hold up a month's run for ever
_ADVICE_ADDRESS = "set it to an address such as postgresql://USER:PASSWORD@HOST/DATABASE"
_FREE_TEXT = 200  # of a database's own words, one line


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    Args:
        variable: Environment variable that holds its address: the only name that messages use.
        backend: The Ibis backend, in a session that can't write where the database knows such sessions.
        secrets: Address, user and password, which no message may repeat.
    """

    variable: str
    backend: Any
    secrets: tuple[str, ...]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let everything read inside see one state: a transaction, or a file that is held unchanged."""
        if self.backend.name == "postgres":
            with self.backend.con.transaction():
                yield
            return
        if self.backend.name == "sqlite":
            self.backend.con.execute("BEGIN")
        yield

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Let a query fail by itself: PostgreSQL would refuse all that follow in the same transaction."""
        if self.backend.name == "postgres":
            with self.backend.con.transaction():
                yield
            return
        yield

    def refusal(self, name: str, error: Exception) -> Fault:
        """Return the fault of a query that failed, in the database's own words without the secrets."""
        words = " ".join(str(getattr(getattr(error, "diag", None), "message_primary", None) or error).split())
        for secret in self.secrets:
            words = words.replace(secret, "***")
        lost = "08" if isinstance(error, psycopg.OperationalError) else ""
        mend, code = _query_advice(getattr(error, "sqlstate", None) or lost, self.variable)
        words = words[:_FREE_TEXT]
        what = Label(f"{name}：数据库报错：{words}", f"{name}: the database answers: {words}")
        return Fault(what, mend, code)


@contextmanager
def opened(variable: str, zone: str) -> Iterator[Database]:
    """Open the database whose address the environment variable holds, and close it afterwards.

    Args:
        variable: Name of the environment variable.
        zone: Time zone of the session, an IANA name: the day a stamp falls on when a query asks for it.

    Raises:
        Fault: 2 where the variable isn't set or isn't an address, the login is refused, or a driver is
            missing; 3 where the database can't be reached.
    """
    address = os.environ.get(variable, "").strip()
    if not address:
        raise Fault(f"the environment variable {variable} is not set", _ADVICE_ADDRESS)
    secrets = _secrets(variable, address)
    scheme = urlsplit(address).scheme
    if scheme not in _OPENERS and scheme not in {entry.name for entry in backend_entry_points()}:
        raise Fault(f"{variable} does not hold the address of a database known here", _ADVICE_ADDRESS)
    opener = _OPENERS.get(scheme, _any_other)
    try:
        backend = opener(address, zone)
    except Exception as error:  # of whichever driver; its words may hold the address
        raise _not_opened(variable, error) from None
    try:
        yield Database(variable, backend, secrets)
    finally:
        backend.disconnect()


def _secrets(variable: str, address: str) -> tuple[str, ...]:
    """Return what must not be repeated, the longest first; raises Fault 2 for what is no address."""
    try:
        parts = urlsplit(address)
        names = (parts.username, parts.password)
    except ValueError:
        raise Fault(f"{variable} does not hold a database address", _ADVICE_ADDRESS) from None
    if not parts.scheme or "://" not in address:
        raise Fault(f"{variable} does not hold a database address", _ADVICE_ADDRESS)
    found = {address, parts.netloc, *(part for name in names if name for part in (name, unquote(name)))}
    return tuple(sorted(found - {""}, key=lambda secret: (-len(secret), secret)))


def _postgres(address: str, zone: str) -> Any:
    """Connect as libpq reads the address (Ibis turns a plus sign of a password into a space)."""
    patience: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS, **conninfo_to_dict(address)}
    con = psycopg.connect(make_conninfo(**patience), autocommit=True, client_encoding="utf8")
    backend = ibis.postgres.from_connection(con)
    settings = {
        "TimeZone": zone,
        "DateStyle": "ISO",
        "default_transaction_read_only": "on",
        "default_transaction_isolation": "repeatable read",
        "lock_timeout": _LOCK_TIMEOUT,
    }
    for setting, value in settings.items():
        con.execute("SELECT set_config(%s, %s, false)", (setting, value))
    return backend


def _sqlite(address: str, zone: str) -> Any:
    """Open a file for reading: Ibis would make a missing one."""
    uri = f"file:{quote(_file(address))}?mode=ro"
    con = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_CONNECT_SECONDS)
    return ibis.sqlite.from_connection(con)


def _duckdb(address: str, zone: str) -> Any:
    """Open a file for reading; nobody can write it meanwhile, and a query sees no other file."""
    backend = ibis.duckdb.connect(_file(address), read_only=True)
    backend.raw_sql(f"SET TimeZone = '{zone}'")
    for setting in ("enable_external_access", "python_enable_replacements"):
        backend.raw_sql(f"SET {setting} = false")
    backend.raw_sql("SET lock_configuration = true")
    return backend


def _any_other(address: str, zone: str) -> Any:
    return ibis.connect(address)


_OPENERS: dict[str, Callable[[str, str], Any]] = {
    "postgres": _postgres,
    "postgresql": _postgres,
    "sqlite": _sqlite,
    "duckdb": _duckdb,
}


def _file(address: str) -> str:
    parts = urlsplit(address)
    path = Path(parts.netloc + parts.path)
    if not path.is_file():
        raise FileNotFoundError
    return str(path)


_LOGIN = (
    "authentication failed",
    "no password supplied",
    "role ",
    "pg_hba",
    "does not exist",
    "permission denied",
)
_AWAY = (
    "refused",
    "timeout",
    "timed out",
    "could not translate",
    "not known",
    "resolve",
    "unreachable",
    "no route",
)


def _not_opened(variable: str, error: Exception) -> Fault:
    """Say what kept us out in words of our own: a driver's hold host and user."""
    words = str(error).lower()
    if isinstance(error, FileNotFoundError):
        return Fault(
            Label(f"{variable}：没有这个数据库文件", f"{variable}: there is no such database file"),
            Label("请核对地址", "check the address"),
            REFUSED,
        )
    if isinstance(error, ImportError):
        return Fault(
            f"{variable}: no driver for such a database is installed", "install its Ibis backend", USAGE
        )
    if any(word in words for word in _LOGIN):
        mend = "check user, password and database in the address, and that the server lets this machine in"
        return Fault(f"{variable}: the database refuses the login", mend, USAGE)
    if any(word in words for word in _AWAY):
        return _away(variable)
    kind = type(error).__name__
    what = Label(
        f"{variable}：无法打开数据库（{kind}）", f"{variable}: the database cannot be opened ({kind})"
    )
    advice = Label("请用数据库客户端核对该地址", "check the address with a client of the database")
    return Fault(what, advice, REFUSED)


def _away(variable: str) -> Fault:
    return Fault(
        Label(f"{variable}：连接不上数据库", f"{variable}: the database cannot be reached"),
        Label(
            "请核对地址中的主机和端口，并确认服务器正在运行、可从本机访问",
            "check host and port in the address, and that the server runs and can be reached from here",
        ),
        REFUSED,
    )


def _query_advice(state: str, variable: str) -> tuple[Label, int]:
    """Return remedy and exit code by SQLSTATE; databases that have none get the one for a wrong query."""
    if state == "42501":
        zh = f"请授予 {variable} 中的用户读取权限（GRANT SELECT）"
        return Label(zh, f"let the user of {variable} read it (GRANT SELECT)"), REFUSED
    if state[:2] in ("08", "40", "53", "55", "57", "58"):
        return Label("请待数据库空闲后重新加载", "load again when the database is free"), REFUSED
    if state[:2] == "22":
        zh = "请更正查询，或更正数据库中的值"
        return Label(zh, "correct the query or the value in the database"), REFUSED
    return Label(
        "请更正映射中的 `query`，可先在数据库客户端中试运行",
        "correct `query` in the mapping; try it in a client of the database",
    ), USAGE
