"""Grade very many cases: in parallel, with flat memory, in the order of the input, and on from where a kill stopped it.

Outcomes are appended to a log beside the output as they come, each under the hash of everything that decides it. When
all are there, the output is written from the log, whole, and the log goes. So the bytes are the same however often the
run was stopped and however many workers there were.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import InputError
from sqlkit.evaluate.cases import NOTHING, Case
from sqlkit.evaluate.group import Options, Outcome
from sqlkit.evaluate.workers import Task, work

VERSION = 2  # of the verdicts: a log of another one is not taken up
WINDOW = 4096  # cases that are looked at together for those that share a database
TASK = 96  # cases that a worker gets at once

Progress = Callable[[int, int], object]
Cases = Callable[[], Iterable[Case]]
Key = Callable[[Case], str]


def keys(options: Options) -> Key:
    """Names cases by the hash of what decides a verdict: the case without its id and what stands beside it, its database file as it is now, the options."""
    start = hashlib.sha256(json.dumps([VERSION, *dataclasses.astuple(options)], default=str).encode())
    names = [field.name for field in dataclasses.fields(Case) if field.name not in ("id", "about")]

    @functools.cache
    def file(database: str) -> str:
        try:
            found = os.stat(database)
            return f"{found.st_size} {found.st_mtime_ns}"
        except OSError:
            return ""  # told when it is opened

    def key(case: Case) -> str:
        held = repr([getattr(case, name) for name in names])
        if case.database and "://" not in case.database:
            held += file(case.database)
        digest = start.copy()
        digest.update(held.encode("utf-8", "backslashreplace"))
        return digest.hexdigest()[:32]

    return key


class Log:
    """Outcomes by key, on disk; in memory only where each one stands. A last line that was torn is dropped.

    Raises OSError, and ValueError when the file is no such log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._at: dict[bytes, int] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        self._end = 0
        try:
            self._read()
        except ValueError:
            self._file.close()
            raise

    def _read(self) -> None:
        self._file.seek(0)
        while (line := self._file.readline()).endswith(b"\n"):
            self._at[bytes.fromhex(line[:32].decode())] = self._end
            self._end += len(line)
        self._file.truncate(self._end)

    def __contains__(self, name: str) -> bool:
        return bytes.fromhex(name) in self._at

    def add(self, name: str, outcome: Outcome) -> None:
        line = f"{name} {json.dumps(outcome, ensure_ascii=False, default=str)}\n".encode("utf-8", "backslashreplace")
        self._file.write(line)
        self._file.flush()
        self._at[bytes.fromhex(name)] = self._end
        self._end += len(line)

    def get(self, name: str) -> Outcome:
        self._file.seek(self._at[bytes.fromhex(name)])
        found: Outcome = json.loads(self._file.readline()[33:])
        return found

    def close(self, remove: bool) -> None:
        self._file.close()
        if remove:
            self.path.unlink(missing_ok=True)


def grade_cases(
    cases: Cases, out: str | Path, options: Options, *, jobs: int = 1, progress: Progress | None = None
) -> Iterator[tuple[Case, Outcome]]:
    """Grade all cases into `out`, a JSON object a line; yields each with its outcome when all are done.

    `cases` is called twice and must give the same cases. Raises InputError when `out` cannot be written.
    """
    out = Path(out)
    try:
        log = Log(out.with_name(out.name + ".log"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot use {out}: {getattr(error, 'strerror', None) or 'the log beside it is not ours'}") from None
    whole, key = False, keys(options)
    try:
        for done, (name, outcome) in enumerate(work(_tasks(cases(), key, log), options, jobs), 1):
            log.add(name, outcome)
            if progress is not None:
                progress(done, 0)
        yield from _write(cases(), out, options, key, log)
        whole = True
    finally:
        log.close(remove=whole)


def _tasks(cases: Iterable[Case], key: Key, log: Log) -> Iterator[Task]:
    """The cases that are not in the log, those that share a database together."""
    planned: set[str] = set()
    window: dict[tuple[str, ...], list[tuple[str, Case]]] = {}
    held = 0
    for case in cases:
        name = key(case)
        if name in log or name in planned:
            continue
        planned.add(name)
        window.setdefault(case.place, []).append((name, dataclasses.replace(case, id="", about=NOTHING)))
        held += 1
        if held == WINDOW:
            yield from _cut(window)
            window, held = {}, 0
    yield from _cut(window)


def _cut(window: dict[tuple[str, ...], list[tuple[str, Case]]]) -> Iterator[Task]:
    for members in window.values():
        if members[0][1].made:  # databases are made to fit the golds: those with the same ones behind each other
            members.sort(key=lambda member: str(member[1].golds))
        for start in range(0, len(members), TASK):
            yield members[start : start + TASK]


def _write(cases: Iterable[Case], out: Path, options: Options, key: Key, log: Log) -> Iterator[tuple[Case, Outcome]]:
    """The output, whole or not at all, in the order of the input."""
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            for case in cases:
                outcome = log.get(key(case))
                file.write(json.dumps(line(case, outcome, options), ensure_ascii=False, default=str) + "\n")
                yield case, outcome
        os.chmod(name, 0o644)
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def line(case: Case, outcome: Outcome, options: Options) -> dict[str, Any]:
    """A line of output: id, verdict, reason, witness; with details also all that a report shows."""
    told: Sequence[str] = ("verdict", "reason", "witness")
    if not options.details:
        return {"id": case.id, **{name: outcome[name] for name in told if name in outcome}}
    asked = {"question": case.about.question, "gold": list(case.golds) if case.golds is not None else None, "pred": case.pred}
    beside = {k: v for k, v in dataclasses.asdict(case.about).items() if v and k != "question"}
    return {"id": case.id, **{name: outcome[name] for name in told}, **asked, **beside, **{k: v for k, v in outcome.items() if k not in told}}
