"""A whole source cleaned in batches by several processes; what is done stays done.

Each batch's outcomes are one file, written whole or not at all by the worker that made them, and depend on nothing but
the rows: a run that was killed goes on where it stopped and ends with the same bytes. Workers hold one end of a pipe:
when this process dies, however it dies, they leave, and their sandboxes with them.
"""

from __future__ import annotations

import hashlib
import itertools
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import sqlkit
from sqlkit.data.clean import Outcome, clean
from sqlkit.data.sources import Source, SourceRow, read_source
from sqlkit.data.widen import Wide, survey
from sqlkit.database.many import ManySandbox
from sqlkit.errors import RunError
from sqlkit.records import read_jsonl, write_jsonl

BATCH = 256
SECONDS = 2.0  # for one query
_AHEAD = 2  # batches that a worker is given at once, so that it never waits for this process
Task = tuple[int, list[SourceRow], Wide]
Progress = Callable[[int, int], None]


def cleaned(
    of: Source, location: str, out: Path, dropped: Counter[str], *, seed: int = 0, most: int = 0, jobs: int = 1, progress: Progress | None = None
) -> Iterator[Outcome]:
    """The outcomes of a source's rows in their order; rows that cannot be read are counted in `dropped`.

    most: rows read, 0 for all. Parts lie under `out` until `forget` is called. Raises InputError as `read_source`,
    RunError when a batch kills its process twice.
    """
    folder = out / "parts" / _key(of, location, seed, most)
    folder.mkdir(parents=True, exist_ok=True)
    pool = survey(_rows(of, location, Counter(), most), seed) if of.narrow else Wide({})
    count = 0

    def tasks() -> Iterator[Task]:
        nonlocal count
        rows = _rows(of, location, dropped, most)
        while batch := list(itertools.islice(rows, BATCH)):
            if not _part(folder, count).exists():
                yield count, batch, pool.of(batch)
            count += 1

    given = 0
    for done, _ in enumerate(_work(tasks(), of, pool, seed, folder, jobs), 1):
        if progress is not None:
            progress(done * BATCH, 0)
        while given < count and _part(folder, given).exists():  # handed on while the workers go on
            yield from read_jsonl(_part(folder, given))
            given += 1
    for number in range(given, count):
        yield from read_jsonl(_part(folder, number))


def forget(out: Path) -> None:
    """Remove the parts, when all that is made of them is written."""
    shutil.rmtree(out / "parts", ignore_errors=True)


def _rows(of: Source, location: str, dropped: Counter[str], most: int) -> Iterator[SourceRow]:
    rows = read_source(of, location, dropped)
    return itertools.islice(rows, most) if most else rows


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.jsonl"


def _key(of: Source, location: str, seed: int, most: int) -> str:
    """A name that changes with everything the parts depend on: the rows, the descriptor, the seed, this code."""
    told = hashlib.sha256(f"{of.model_dump_json()} {seed} {most} {BATCH}".encode())
    path = Path(location)
    for file in sorted([*Path(sqlkit.__file__).parent.rglob("*.py"), *([path] if path.is_file() else path.rglob("*"))]):
        if file.is_file():
            with file.open("rb") as handle:
                told.update(hashlib.file_digest(handle, "sha256").digest())
    return f"{of.name}-{told.hexdigest()[:16]}"


def _work(tasks: Iterator[Task], of: Source, pool: Wide, seed: int, folder: Path, jobs: int) -> Iterator[int]:
    """Numbers of batches as they are done."""
    first = list(itertools.islice(tasks, 2))
    tasks = itertools.chain(first, tasks)
    if jobs <= 1 or len(first) < 2:  # a process takes longer to start than one batch takes
        if first:
            with ManySandbox(seconds=SECONDS) as sandbox:
                for number, rows, wide in tasks:
                    write_jsonl(_part(folder, number), clean(of, rows, wide, seed, sandbox))
                    yield number
        return
    start = multiprocessing.get_context("spawn")
    workers: dict[Connection, Any] = {}
    given: dict[Connection, list[Task]] = {}
    again: list[Task] = []
    failed: set[int] = set()

    def hire() -> None:
        here, there = start.Pipe()
        process = start.Process(target=_serve, args=(there, of, Wide({}, pool.columns, pool.tables), seed, folder), daemon=True)
        process.start()
        there.close()
        workers[here], given[here] = process, []

    def feed(end: Connection) -> None:
        while len(given[end]) < _AHEAD:
            task = again.pop() if again else next(tasks, None)
            if task is None:
                return
            given[end].append(task)
            end.send((task[0], task[1], task[2].same))

    try:
        for _ in range(jobs):
            hire()
        for end in list(workers):
            feed(end)
        while busy := [end for end, waiting in given.items() if waiting]:
            for ready in wait(busy):
                end = next(one for one in busy if one is ready)
                try:
                    yield end.recv()
                    given[end].pop(0)
                    feed(end)
                except (EOFError, OSError):
                    lost = given.pop(end)
                    workers.pop(end).join()
                    end.close()
                    if lost[0][0] in failed:
                        raise RunError(
                            f"cleaning rows {lost[0][0] * BATCH + 1} to {(lost[0][0] + 1) * BATCH} killed its process twice; is there memory enough?"
                        ) from None
                    failed.add(lost[0][0])
                    again += lost
                    hire()
                    feed(next(reversed(workers)))
    finally:
        for end, process in workers.items():
            end.close()
            process.terminate()
            process.join()


def _serve(end: Connection, of: Source, pool: Wide, seed: int, folder: Path) -> None:
    """A worker: batches in, files out, until the other end is gone."""
    try:
        with ManySandbox(seconds=SECONDS) as sandbox:
            while True:
                number, rows, same = end.recv()
                write_jsonl(_part(folder, number), clean(of, rows, Wide(same, pool.columns, pool.tables), seed, sandbox))
                end.send(number)
    except (EOFError, OSError, KeyboardInterrupt):
        pass


