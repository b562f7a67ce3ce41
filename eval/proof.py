"""Does the proof of equivalence ever claim too much, and how much does it claim? On Spider's golds, as DuckDB's SQL.

Each gold against its mutants, and against other golds of its database; every claim is tried on small random databases. Mutants
that a populated suite cannot tell from the gold are "equal by execution": the share of them that is proven says how complete the
proof is (some of the others are different, and the suite too weak).
`python eval/proof.py SPIDER [golds of each database] [databases of each gold] [databases from:to]`
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from refute import Refuter  # beside this file

from sqlkit.database.suite import build_suite
from sqlkit.errors import SqlkitError
from sqlkit.records import read_jsonl
from sqlkit.schema.kinds import duckdb_type
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.sql.equivalent import places
from sqlkit.sql.mutate import mutants
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.sqlite import from_sqlite

FILES = ("train.jsonl", "train_others.jsonl")
OTHERS = 12  # golds of the same database that one gold is paired with


def golds(folder: Path, most: int) -> Iterator[tuple[Schema, list[str]]]:
    """For each database its schema and at most so many of its golds, each once."""
    told: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for file in FILES:
        for row in read_jsonl(folder / file):
            told[row["db_id"]][row["query"]] = None
    for db_id, queries in sorted(told.items()):
        schema = schema_of(folder / "database" / db_id / f"{db_id}.sqlite")
        step = max(1, len(queries) // most)
        made: dict[str, None] = {}
        for query in list(queries)[::step][:most]:
            try:
                made[from_sqlite(query, schema).sql] = None
            except SqlglotError:
                continue
        yield schema, list(made)


def schema_of(path: Path) -> Schema:
    """The declared schema of a SQLite file, in DuckDB's types."""
    tables = []
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as lite:
        for (name,) in lite.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").fetchall():
            info = lite.execute(f'PRAGMA table_info("{name}")').fetchall()
            columns = tuple(Column(c[1], duckdb_type(c[2] or "TEXT", "sqlite"), nullable=not c[3] and not c[5]) for c in info)
            tables.append(Table(name, columns, tuple(c[1] for c in sorted(info, key=lambda c: c[5]) if c[5])))
    return Schema(tuple(tables))


def main(folder: Path, most: int, databases: int, part: slice) -> dict[str, Any]:
    count: Counter[str] = Counter()
    seconds = 0.0
    for schema, queries in list(golds(folder, most))[part]:
        for i, gold in enumerate(queries):
            try:
                near = mutants(gold, schema)
                suite = build_suite(schema, [gold])
            except (SqlglotError, SqlkitError):
                continue
            rivals = {m.sql: m.kind for m in near} | {other: "gold" for other in (queries[i + 1 :] + queries[:i])[:OTHERS]}
            started = time.process_time()
            claims = {sql: found for sql in [gold, *rivals] if (found := places(gold, sql, schema)) is not None}
            seconds += time.process_time() - started
            for sql, why in Refuter(schema, [gold]).refute(gold, claims, databases):
                count["refuted"] += 1
                print(f"WRONG ({rivals.get(sql, 'itself')})\n  {gold}\n  {sql}\n  {why}", flush=True)
            alive = {m.sql for m in (*suite.survivors, *(m for m in near if m.equal))}
            for sql in alive - claims.keys():
                print(f"not proven ({rivals.get(sql, '')})\n  {gold}\n  {sql}", flush=True)
            count["golds"] += 1
            count["modelled"] += gold in claims
            count["pairs"] += len(rivals) + 1
            count["claims"] += len(claims.keys() - {gold})
            count["equal by execution"] += len(alive)
            count["of these proven"] += len(alive & claims.keys())
    return {**count, "ms_per_pair": round(1000 * seconds / max(1, count["pairs"]), 3)}


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    first, _, last = given.get(4, ":").partition(":")
    chosen = slice(int(first or 0), int(last) if last else None)
    print(json.dumps(main(Path(sys.argv[1]), int(given.get(2, 10)), int(given.get(3, 10)), chosen)))
