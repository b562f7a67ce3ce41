"""Opening a database through SQLAlchemy: read-only, within a time limit, and with one clear line when it cannot be done."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlkit.errors import DatabaseError
from sqlkit.schema.files import READERS, SCRIPTS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# the drivers of sqlkit[databases] where a URL names none; other databases bring their own package
_DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
CONNECT_SECONDS = 15  # for a server that does not answer
_WAITING = ("postgresql+psycopg", "mysql+pymysql", "mariadb+pymysql")  # drivers that take the limit by one name
_PACKAGES = {
    "psycopg": "'sqlkit[databases]'", "pymysql": "'sqlkit[databases]'", "snowflake": "snowflake-sqlalchemy", "bigquery": "sqlalchemy-bigquery",
    "pyodbc": "pyodbc", "mssql": "pyodbc", "redshift": "sqlalchemy-redshift", "databricks": "databricks-sqlalchemy", "trino": "trino",
    "oracledb": "oracledb", "cx_Oracle": "oracledb", "clickhouse": "clickhouse-sqlalchemy", "ibm_db_sa": "ibm-db-sa",
}  # fmt: skip


def engine_url(url: str | Path) -> str:
    """A SQLAlchemy URL for a URL or a path to a DuckDB or SQLite file."""
    text = str(url)
    if "://" in text:
        scheme, _, rest = text.partition("://")
        return f"{_DRIVERS.get(scheme, scheme)}://{rest}"
    return f"sqlite:///{text}" if Path(text).suffix in {".sqlite", ".sqlite3", ".db"} else f"duckdb:///{text}"


def hidden(url: str) -> str:
    """The URL without its user, password and options."""
    head, at, tail = url.rpartition("@")
    return (url if not at else f"{head.split('://')[0]}://***@{tail}").split("?")[0]


def line(error: BaseException) -> str:
    """What a driver says, in one line."""
    return " ".join(str(getattr(error, "orig", None) or error).split())[:240]


def open_engine(url: str | Path) -> Engine:
    """An engine that keeps no connections. Raises DatabaseError when the URL, its driver or its file is not there."""
    import sqlalchemy

    text = engine_url(url)
    check_file(text)
    more: dict[str, Any] = {"poolclass": sqlalchemy.pool.NullPool}
    if text.startswith("duckdb"):
        more["connect_args"] = {"read_only": True}
    elif text.startswith(_WAITING):
        more["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    elif text.startswith("sqlite"):
        path = urllib.parse.quote(str(_path(text).absolute()))
        more["creator"] = lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    try:
        return sqlalchemy.create_engine(text, **more)
    except (ModuleNotFoundError, sqlalchemy.exc.NoSuchModuleError) as error:
        missing = getattr(error, "name", None) or text.split("://")[0].split("+")[-1]
        told = f": pip install {_PACKAGES[missing]}" if missing in _PACKAGES else f": {line(error)}"
        raise DatabaseError(f"cannot use database URL {hidden(text)}{told}") from None
    except (sqlalchemy.exc.ArgumentError, ImportError, ValueError) as error:
        raise DatabaseError(f"cannot use database URL {hidden(text)}: {line(error)}") from None


def check_file(url: str) -> None:
    """Raises DatabaseError when a DuckDB or SQLite URL names no file."""
    if url.partition("://")[0].split("+")[0] not in {"duckdb", "sqlite"}:
        return
    path = _path(url)
    if str(path) in {".", ":memory:"}:
        raise DatabaseError(f"{url} is an empty in-memory database; name a file")
    if not path.exists():
        raise DatabaseError(f"database {path} does not exist")
    if path.is_dir():
        raise DatabaseError(f"database {path} is a folder, not a file")
    if path.suffix.lower().removeprefix(".") in READERS:
        raise DatabaseError(f"{path} holds rows, not a database; a folder of such files goes with --files, questions with --questions")
    if path.suffix.lower() in SCRIPTS:
        raise DatabaseError(f"{path} holds statements, not a database; CREATE statements go with --ddl")


def _path(url: str) -> Path:
    return Path(url.partition("://")[2].removeprefix("/").split("?")[0])


def restrain(connection: Connection, seconds: float) -> None:
    """Have a server refuse writes and end statements that take longer; for files `limited` does it."""
    dialect: Any = connection.dialect
    milliseconds = int(seconds * 1000)
    statements = {
        "postgresql": ["SET default_transaction_read_only = on", f"SET statement_timeout = {milliseconds}"],
        "mysql": ["SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_execution_time = {milliseconds}"],
        "mariadb": ["SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_statement_time = {seconds}"],
        "snowflake": [f"ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {max(1, round(seconds))}"],
    }
    name = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name  # mysql:// may lead to a MariaDB server
    for statement in statements.get(name, []):
        connection.exec_driver_sql(statement)
    connection.commit()


@contextlib.contextmanager
def limited(connection: Connection, seconds: float) -> Iterator[None]:
    """Interrupt what an embedded database does for longer than this."""
    raw: Any = connection.connection.dbapi_connection
    stop = getattr(raw, "interrupt", None)
    if stop is None:
        yield
        return
    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
