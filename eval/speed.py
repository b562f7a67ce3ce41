"""Questions graded per second over Spider's databases, one database each, in the sandbox that always runs.

Half of the predictions are the gold, the others near misses of it (one edit each), in the order of Spider's files. The
databases are read once into DuckDB files; that is not timed. Timed is what `sqlkit grade` does: start of the workers,
opening of the databases, queries, comparison, output.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import spider  # beside this file

from sqlkit.evaluate.batch import grade_cases
from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.group import Options
from sqlkit.records import read_jsonl
from sqlkit.schema.types import Schema
from sqlkit.sql.mutate import mutants
from sqlkit.sql.parse import SqlglotError

GOLDS = ("duckdb_gold_train.jsonl", "duckdb_gold_train_others.jsonl")


def databases(folder: Path, into: Path) -> Iterator[tuple[str, Path, Schema]]:
    """Spider's databases as DuckDB files: name, file, schema."""
    for path in sorted((folder / "database").glob("*/*.sqlite")):
        file = into / f"{path.stem}.duckdb"
        duck, schema = spider.to_duckdb(spider.open_sqlite(path, []))
        with duckdb.connect(str(file)) as connection:
            for statement in duck.execute("SELECT sql FROM duckdb_tables()").fetchall():
                connection.execute(statement[0])
            for table in schema.tables:
                rows = duck.execute(f'SELECT * FROM "{table.name}"').to_arrow_table()  # noqa: F841 - DuckDB reads it by name
                connection.execute(f'INSERT INTO "{table.name}" SELECT * FROM rows')
        yield path.stem, file, schema


def cases(folder: Path, into: Path, chance: random.Random) -> list[Case]:
    """A case for each gold that there is in DuckDB's form."""
    known = {name: (file, schema) for name, file, schema in databases(folder, into)}
    made = []
    for row in (row for file in GOLDS for row in read_jsonl(folder / file)):
        if row["db_id"] not in known:
            continue
        file, schema = known[row["db_id"]]
        gold = pred = row["duckdb_sql"]
        if chance.random() < 0.5:
            try:
                near = mutants(gold, schema)
            except (SqlglotError, RecursionError, ValueError):
                near = []
            pred = chance.choice(near).sql if near else gold
        made.append(Case(len(made), (gold,), pred, database=str(file)))
    return made


def questions_per_second_single(folder: Path, jobs: int = 2) -> dict[str, Any]:
    """The rate, and what was graded."""
    with tempfile.TemporaryDirectory() as name:
        into = Path(name)
        asked = cases(folder, into, random.Random(0))
        began = time.perf_counter()
        verdicts = Counter(o["verdict"] for _, o in grade_cases(lambda: asked, into / "grades.jsonl", Options(), jobs=jobs))
        seconds = time.perf_counter() - began
    return {
        "questions_per_second_single": round(len(asked) / seconds, 1),
        "questions": len(asked),
        "seconds": round(seconds, 1),
        "verdicts": dict(verdicts.most_common()),
    }


if __name__ == "__main__":
    import sys

    print(json.dumps(questions_per_second_single(Path(sys.argv[1]))))
