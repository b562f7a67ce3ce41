"""`make bench-data`: speed, memory and scaling of cleaning and generation; one line of JSON at the end.

DATA is a file of sql-create-context rows, of which ROWS are taken evenly (all with ROWS=0); without it rows like its own are made.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlkit.data import company
from sqlkit.data.build import build
from sqlkit.data.ground import from_ddl
from sqlkit.data.published import published
from sqlkit.data.sources import source

PUBLISHED = 78_577  # rows of sql-create-context


class Memory:
    """The most memory that this process and those below it held at once, in GB, looked at five times a second."""

    def __enter__(self) -> Memory:
        self.peak, self._stop = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            self.peak = max(self.peak, sum(map(_resident, _family(os.getpid()))) / 2**30)


def _family(root: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def sample(path: Path, rows: int) -> list[str]:
    """So many lines of a file, evenly."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines if not rows or rows >= len(lines) else [lines[i * len(lines) // rows] for i in range(rows)]


def made(rows: int) -> Iterator[str]:
    """Rows like those of the source: most on one table, some on three."""
    for i in range(rows):
        if i % 7:
            yield json.dumps({
                "question": f"who has more than {i} points in round {i % 9}?",
                "context": f"CREATE TABLE table_{i}_{i % 5} (player VARCHAR, points VARCHAR, round VARCHAR)",
                "answer": f'SELECT player FROM table_{i}_{i % 5} WHERE points > {i} AND round = "{i % 9}"',
            })  # fmt: skip
        else:
            yield json.dumps({
                "question": f"list the names of clubs whose members are from city {i} with their number",
                "context": f"CREATE TABLE club_{i} (id VARCHAR, name VARCHAR); CREATE TABLE member_{i} (club_id VARCHAR, person_id VARCHAR); CREATE TABLE person_{i} (id VARCHAR, city VARCHAR)",
                "answer": f'SELECT t1.name, COUNT(*) FROM club_{i} AS t1 JOIN member_{i} AS t2 ON t1.id = t2.club_id JOIN person_{i} AS t3 ON t2.person_id = t3.id WHERE t3.city = "city {i}" GROUP BY t1.id',
            })  # fmt: skip


def cleaning(lines: list[str], folder: Path, jobs: int) -> tuple[float, float]:
    """Rows a second and GB."""
    path = folder / f"rows-{len(lines)}-{jobs}.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    began = time.perf_counter()
    with Memory() as memory:
        published([(source("sql-create-context"), str(path))], folder / f"clean-{len(lines)}-{jobs}", jobs=jobs)
    return len(lines) / (time.perf_counter() - began), memory.peak


def generation(database: Path, folder: Path, pairs: int, **more: Any) -> tuple[float, float]:
    """Pairs a second and GB."""
    began = time.perf_counter()
    with Memory() as memory:
        manifest = build(folder / f"pairs-{database.parent.name}", database=database, pairs=pairs, **more)
    return manifest["examples"]["generated"] / (time.perf_counter() - began), memory.peak


def schema(tables: int) -> str:
    """DDL in which each table refers to two before it."""
    made = []
    for i in range(tables):
        keys = [f"  t{(i - d) // 2}_{d}_id INTEGER REFERENCES part_{(i - d) // 2:03d} (id)" for d in (1, 2) if i >= d]
        made.append(f"CREATE TABLE part_{i:03d} (\n  id INTEGER PRIMARY KEY,\n  name VARCHAR NOT NULL,\n  kind VARCHAR,\n  amount DECIMAL(10,2),\n  made_on DATE" + "".join(",\n" + k for k in keys) + "\n);")
    return "\n".join(made)


def main() -> None:
    data, rows = (sys.argv[1] if len(sys.argv) > 1 else ""), int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else 4000
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else 1000
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = sample(Path(data), rows) if data else list(made(rows))
        half, _ = cleaning(lines[::2], folder, 2)
        two, peak = cleaning(lines, folder, 2)
        one, _ = cleaning(lines, folder, 1)
        figures |= {"clean_rows": len(lines), "clean_rows_per_second": round(two, 1), "clean_rows_per_second_half_the_rows": round(half, 1)}
        figures |= {"clean_rows_per_second_1_worker": round(one, 1), "workers_2_speedup": round(two / one, 2)}
        figures |= {"seconds_for_the_published_set": round(PUBLISHED / two), "clean_peak_memory_gb": round(peak, 2)}
        retail = company.database(folder / "retail" / "retail.duckdb")
        speed, other = generation(retail, folder, pairs, glossary=company.glossary())
        figures |= {"pairs_per_second": round(speed, 1), "peak_memory_gb": round(max(peak, other), 2)}
        for tables in (30, 120):
            ddl = folder / f"{tables}.sql"
            ddl.write_text(schema(tables), encoding="utf-8")
            figures[f"pairs_per_second_{tables}_tables"] = round(generation(from_ddl(ddl, "", folder / f"erp{tables}")[0], folder, pairs // 2)[0], 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
