"""Groups of cases over several processes, each with a sandbox of its own.

Workers are started fresh and hold one end of a pipe: when this process dies, however it dies, they read its end and
leave, and their sandboxes with them. A worker that dies itself gives its cases to another one, singly, once.
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import Any

from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.group import Options, Outcome, grade_group
from sqlkit.evaluate.place import Place

Task = list[tuple[str, Case]]  # a name for each case; all share a database
ROWS = 100_000  # of a result; larger ones cannot be compared
DIED = "the process that graded it died"


def work(tasks: Iterator[Task], options: Options, jobs: int) -> Iterator[tuple[str, Outcome]]:
    """The outcomes of all cases by name, as they come."""
    first = list(itertools.islice(tasks, 2))
    tasks = itertools.chain(first, tasks)
    if jobs <= 1 or len(first) < 2:  # a process takes longer to start than a few cases take
        place = _place(options)
        try:
            for task in tasks:
                yield from zip([name for name, _ in task], grade_group([c for _, c in task], place, options), strict=True)
        finally:
            place.close()
        return
    pool = _Pool(options)
    try:
        yield from pool.run(tasks, jobs)
    finally:
        pool.close()


def _place(options: Options) -> Place:
    return Place(seconds=options.seconds, memory_mb=options.memory_mb, max_rows=ROWS)


class _Pool:
    def __init__(self, options: Options) -> None:
        self.options = options
        self._start = multiprocessing.get_context("spawn")
        self._workers: dict[Connection, Any] = {}
        self._busy: dict[Connection, Task] = {}
        self._again: deque[Task] = deque()

    def run(self, tasks: Iterator[Task], jobs: int) -> Iterator[tuple[str, Outcome]]:
        more = True
        while more or self._busy or self._again:
            while len(self._busy) < jobs and (more or self._again):
                task = self._again.popleft() if self._again else next(tasks, None)
                if task is None:
                    more = False
                    break
                self._give(task)
            for end in wait(list(self._busy)):
                if isinstance(end, Connection):
                    yield from self._take(end)

    def _give(self, task: Task) -> None:
        end = next((free for free in self._workers if free not in self._busy), None) or self._hire()
        self._busy[end] = task
        end.send(task)

    def _hire(self) -> Connection:
        here, there = self._start.Pipe()
        process = self._start.Process(target=_serve, args=(there, self.options), daemon=True)
        process.start()
        there.close()
        self._workers[here] = process
        return here

    def _take(self, end: Connection) -> Iterator[tuple[str, Outcome]]:
        task = self._busy.pop(end)
        try:
            yield from zip([name for name, _ in task], end.recv(), strict=True)
        except (EOFError, OSError):
            self._workers.pop(end).join()
            end.close()
            if len(task) > 1:
                self._again.extend([case] for case in task)
            else:
                yield task[0][0], {"verdict": "undecidable", "reason": DIED, "witness": None}

    def close(self) -> None:
        for end, process in self._workers.items():
            end.close()
            process.terminate()
            process.join()


def _serve(end: Connection, options: Options) -> None:
    """A worker: tasks in, lists of outcomes out, until the other end is gone."""
    place = _place(options)
    gc.freeze()
    gc.set_threshold(20_000)  # trees of SQL are made and dropped by the thousand; looking through them every 700 objects costs a tenth
    try:
        while True:
            task: Task = end.recv()
            end.send(list(grade_group([case for _, case in task], place, options)))
    except (EOFError, OSError, KeyboardInterrupt):
        pass
    finally:
        place.close()
