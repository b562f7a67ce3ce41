"""Run SQL that nobody has read: a gate on the parse tree, then a process of its own that can be killed.

Covered: writes, files, network, extensions, settings, several statements, endless queries, memory, huge results, a crash
of DuckDB. Not covered: a hole in the operating system's process limits; other databases than DuckDB run under their own
server's permissions, so give sqlkit a read-only account there.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import select
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlkit.errors import DatabaseError
from sqlkit.records import Result
from sqlkit.schema.values import engine_url
from sqlkit.sql.guard import check

START_SECONDS = 60.0
GRACE = 0.25
_ALLOWED = {"datetime": {"date", "datetime", "time", "timedelta", "timezone"}, "decimal": {"Decimal"}, "uuid": {"UUID", "SafeUUID"}}


class _Values(pickle.Unpickler):
    """Plain values only: the worker runs hostile SQL, so its answers are not trusted either."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _ALLOWED.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not a plain value")


class Sandbox:
    """A database opened read-only in a worker process.

    seconds: limit for one query; the worker is killed and replaced past it. memory_mb: what a query may add to the
    worker's address space. max_rows, max_bytes: the most that comes back. Raises DatabaseError when the database cannot
    be opened; never raises for what SQL does.
    """

    def __init__(
        self,
        database: str | Path,
        *,
        seconds: float = 5.0,
        memory_mb: int = 1024,
        max_rows: int = 10_000,
        max_bytes: int = 32 * 2**20,
    ) -> None:
        url = engine_url(database)
        kind = "duckdb" if url.startswith("duckdb") else "sqlalchemy"
        self._options = {
            "kind": kind,
            "database": url.split("://", 1)[1].removeprefix("/").split("?")[0] if kind == "duckdb" else url,
            "seconds": seconds,
            "memory_mb": memory_mb,
            "max_rows": max_rows,
            "max_bytes": max_bytes,
        }
        if kind == "duckdb" and not Path(str(self._options["database"])).is_file():
            raise DatabaseError(f"database {self._options['database']} does not exist")
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # what the worker says before it dies
        try:
            self._start()
        except DatabaseError:
            self.close()
            raise

    def run(self, sql: str) -> Result:
        """Run one query. What goes wrong is in `Result.error`."""
        reason = check(sql)
        if reason:
            return Result(error=reason if reason.startswith("parse: ") else f"unsafe: {reason}")
        began = time.perf_counter()
        try:
            process = self._process or self._start()
            assert process.stdin is not None
            process.stdin.write(json.dumps({"sql": sql}).encode() + b"\n")
            process.stdin.flush()
            answer = self._read(began + self._seconds + GRACE)
        except TimeoutError:
            self._kill()
            return Result(error=f"time: stopped after {self._seconds:g} seconds", seconds=time.perf_counter() - began)
        except (OSError, EOFError, pickle.UnpicklingError, ValueError):
            self._kill()
            return Result(error="crash: the database process died", seconds=time.perf_counter() - began)
        return Result(
            columns=tuple(answer.get("columns", ())),
            rows=tuple(answer.get("rows", ())),
            error=str(answer.get("error", "")),
            seconds=float(answer.get("seconds", 0.0)),
            truncated=bool(answer.get("truncated", False)),
            types=tuple(answer.get("types", ())),
        )

    def _start(self) -> subprocess.Popen[bytes]:
        self._errors.seek(0)
        self._errors.truncate()
        keep = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "TZ"}}
        root = str(Path(__file__).resolve().parents[2])
        keep["PYTHONPATH"] = os.pathsep.join(filter(None, (root, keep.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sqlkit.database.worker", json.dumps(self._options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**keep, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,  # Ctrl-C reaches the parent alone, which closes its workers
        )
        try:
            self._read(time.perf_counter() + START_SECONDS)
        except (EOFError, TimeoutError, pickle.UnpicklingError, OSError):
            self._kill()
            self._errors.seek(0)
            lines = self._errors.read().decode(errors="replace").strip().splitlines()
            said = lines[-1] if lines else "the worker did not start"
            raise DatabaseError(f"cannot open database {self._options['database']}: {said[:240]}") from None
        return self._process

    def _read(self, deadline: float) -> dict[str, Any]:
        (size,) = struct.unpack(">Q", self._bytes(8, deadline))
        value = _Values(io.BytesIO(self._bytes(size, deadline))).load()
        if not isinstance(value, dict):
            raise pickle.UnpicklingError("not an answer")
        return value

    def _bytes(self, count: int, deadline: float) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        parts = bytearray()
        while len(parts) < count:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.perf_counter()))
            if not ready:
                raise TimeoutError
            data = os.read(descriptor, min(count - len(parts), 2**20))
            if not data:
                raise EOFError
            parts += data
        return bytes(parts)

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def close(self) -> None:
        """End the worker. Calling it twice is harmless."""
        self._kill()
        with contextlib.suppress(AttributeError, OSError):
            self._errors.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


def open_sandbox(url: str | Path, **limits: Any) -> Sandbox:
    """A sandbox for a database URL or file; `limits` as for Sandbox."""
    return Sandbox(url, **limits)
