"""A worker process that is asked one thing at a time over pipes, and not trusted: what it answers is only ever values."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import select
import struct
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Any

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "TZ", "LD_LIBRARY_PATH")
_VALUES = {
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "uuid": {"UUID", "SafeUUID"},
}


class BrokenWorker(Exception):
    """The worker died or answered nonsense."""


class _Values(pickle.Unpickler):
    """Plain values only: the worker runs hostile SQL, so its answers are not trusted either."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _VALUES.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not a plain value")


class Process:
    """A child started fresh (never forked: the parent may hold threads) with a bare environment and no open files.

    It reads JSON, one object a line, and answers each with 8 bytes of length and a pickled dict of at most `largest` bytes.
    """

    def __init__(self, command: Sequence[str], largest: int) -> None:
        self._largest = largest
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - what the worker says before it dies; closed with it
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd="/",
            env={**environment, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,  # Ctrl-C reaches the parent alone, which ends its workers
        )
        assert self._child.stdin is not None and self._child.stdout is not None
        self._in, self._out = self._child.stdin, self._child.stdout
        self._held = bytearray()  # what it has said and nobody has asked for yet
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def ask(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Send a request and wait for its answer until `deadline` (time.perf_counter).

        Raises TimeoutError or BrokenWorker; after either the worker is of no more use.
        """
        self.send([request])
        return self.receive(deadline)

    def send(self, requests: Sequence[dict[str, Any]]) -> None:
        """Send requests that are answered in turn. More than a pipe holds (64 KB) may block for ever. Raises BrokenWorker."""
        try:
            self._in.write(b"".join(json.dumps(request).encode() + b"\n" for request in requests))
            self._in.flush()
        except OSError:
            raise BrokenWorker("the database process died") from None

    def receive(self, deadline: float) -> dict[str, Any]:
        """The next answer, as for `ask`."""
        try:
            (size,) = struct.unpack(">Q", self._read(8, deadline))
            if size > self._largest:
                raise BrokenWorker("the database process answered too much")
            value = _Values(io.BytesIO(self._read(size, deadline))).load()
        except TimeoutError:
            raise
        except OSError:
            raise BrokenWorker("the database process died") from None
        except Exception as error:  # a broken pickle can raise anything
            if isinstance(error, BrokenWorker):
                raise
            raise BrokenWorker("the database process answered nonsense") from None
        if not isinstance(value, dict):
            raise BrokenWorker("the database process answered nonsense")
        return value

    def _read(self, count: int, deadline: float) -> bytes:
        while len(self._held) < count:
            if not self._poll.poll(max(0.0, deadline - time.perf_counter()) * 1000):
                raise TimeoutError
            data = os.read(self._out.fileno(), 2**20)
            if not data:
                raise BrokenWorker("the database process died")
            self._held += data
        part = bytes(self._held[:count])
        del self._held[:count]
        return part

    def close(self) -> str:
        """Kill the child; returns the last line it wrote to its error output. Calling it twice is harmless."""
        self._child.kill()
        self._child.wait()
        for stream in (self._in, self._out):
            with contextlib.suppress(OSError):
                stream.close()
        if self._errors.closed:
            return ""
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        self._errors.close()
        return lines[-1][:240] if lines else "the database process did not start"
