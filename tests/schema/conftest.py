"""Real PostgreSQL and MariaDB servers on the loopback, started once in a temporary folder; absent ones skip with a reason."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

NewDatabase = Callable[[str], str]  # statements, separated by a line of dashes -> URL of a fresh database that has run them
_count = itertools.count()


def binary(name: str) -> str:
    """The path of a server's program, wherever the system keeps it. Skips the test when it is not installed."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/sbin"), Path("/usr/local/sbin")]
    found = shutil.which(name) or next((str(p / name) for p in places if (p / name).exists()), "")
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder with a short path (sockets want one), owned by the account that the servers run under."""
    folder = Path(tempfile.mkdtemp(prefix="sqlkit-"))
    if os.getuid() == 0:
        shutil.chown(folder, "nobody")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def as_server(*command: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Run as a plain user: both servers refuse root."""
    user = "nobody" if os.getuid() == 0 else None
    return subprocess.run(command, user=user, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, check=check)


def serve(*command: str) -> subprocess.Popen[bytes]:
    """Start a server as a plain user; it ends with this process, even when that is killed (Linux)."""

    def with_me() -> None:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG

    user = "nobody" if os.getuid() == 0 else None
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, user=user, cwd="/", stdin=quiet, stdout=quiet, stderr=quiet, preexec_fn=with_me)


def wait(connect: Callable[[], None]) -> None:
    for attempt in range(600):
        try:
            return connect()
        except Exception:  # each driver has its own kinds
            if attempt == 599:
                raise
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def execute(url: str, statements: str) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in filter(str.strip, statements.split("\n--\n")):
            connection.exec_driver_sql(statement.replace("%", "%%") if url.startswith(("postgresql", "mysql")) else statement)


@pytest.fixture(scope="session")
def postgresql(server_folder: Path) -> Iterator[NewDatabase]:
    psycopg = pytest.importorskip("psycopg")
    initdb, server = binary("initdb"), binary("postgres")
    data, port = server_folder / "pg", free_port()
    as_server(initdb, "-D", str(data), "-A", "trust", "-U", "root", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={server_folder}", "fsync=off")
    process = serve(server, "-D", str(data), "-p", str(port), *(word for one in settings for word in ("-c", one)))
    wait(lambda: psycopg.connect(host="127.0.0.1", port=port, user="root", dbname="postgres").close())

    def new(statements: str) -> str:
        name = f"case{next(_count)}"
        execute(f"postgresql+psycopg://root@127.0.0.1:{port}/postgres", f"CREATE DATABASE {name}")
        url = f"postgresql+psycopg://root@127.0.0.1:{port}/{name}"
        execute(url, statements)
        return url

    yield new
    process.send_signal(signal.SIGINT)  # at once, whoever is connected
    process.wait()


@pytest.fixture(scope="session")
def mariadb(server_folder: Path) -> Iterator[NewDatabase]:
    pymysql = pytest.importorskip("pymysql")
    install, server = binary("mariadb-install-db"), binary("mariadbd")
    data, port = server_folder / "my", free_port()
    as_server(install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db")
    process = serve(
        server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={server_folder}/my.sock",
        "--innodb-flush-log-at-trx-commit=0",
    )  # fmt: skip
    wait(lambda: pymysql.connect(host="127.0.0.1", port=port, user="root").close())

    def new(statements: str) -> str:
        name = f"case{next(_count)}"
        execute(f"mysql+pymysql://root@127.0.0.1:{port}/", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        url = f"mysql+pymysql://root@127.0.0.1:{port}/{name}"
        execute(url, statements)
        return url

    yield new
    process.terminate()
    process.wait()


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """(kind, statements) -> URL, for kinds duckdb, sqlite, postgresql, mariadb."""

    def new(kind: str, statements: str) -> str:
        if kind in {"postgresql", "mariadb"}:
            made: str = request.getfixturevalue(kind)(statements)
            return made
        url = f"{kind}:///{tmp_path_factory.mktemp('db')}/case{next(_count)}.{kind}"
        execute(url, statements)
        return url

    return new
