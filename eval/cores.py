"""Wall time of work that is shared out to processes, without what each does to get ready."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Task = Callable[[Any], Iterator[Any]]


def seconds(task: Task, shares: Sequence[Any]) -> tuple[float, list[Any]]:
    """Seconds from when all processes are ready until the last has done its share, and what each found.

    task: called with a share in a fresh process; it yields once when it is ready, and then what it found. Both go by its module.
    """
    start = multiprocessing.get_context("spawn")
    ready, done, told = start.Barrier(len(shares) + 1), start.Barrier(len(shares) + 1), start.Queue()
    workers = [start.Process(target=_one, args=(task, share, ready, done, told), daemon=True) for share in shares]
    for worker in workers:
        worker.start()
    ready.wait(900)
    began = time.perf_counter()
    done.wait()
    took = time.perf_counter() - began
    found = [told.get() for _ in workers]
    for worker in workers:
        worker.join()
    return took, found


def dealt(items: Sequence[Any], jobs: int) -> list[list[Any]]:
    """Every `jobs`-th item to one, the next to another."""
    return [list(items[i::jobs]) for i in range(jobs)]


def _one(task: Task, share: Any, ready: Any, done: Any, told: Any) -> None:
    work = task(share)
    next(work)
    gc.freeze()
    gc.set_threshold(20_000)  # as the workers that grade
    ready.wait()
    found = next(work)
    done.wait()
    told.put(found)
    work.close()  # type: ignore[attr-defined]
