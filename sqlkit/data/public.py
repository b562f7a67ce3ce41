"""Public pairs in sql-create-context's form (question, context, answer): repaired, run, and made into pairs.

https://huggingface.co/datasets/b-mc2/sql-create-context, CC-BY-4.0. The published set writes strings in double quotes
and types nearly all columns VARCHAR; the repairs are certain ones only. Rows are run on tables that hold the literals of
the answer, so that a query which compares text with numbers or sums names is found out.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlkit.database import Sandbox, build_database
from sqlkit.errors import InputError, SqlkitError
from sqlkit.prompt import Context, completion, render
from sqlkit.records import Example, Pair, read_jsonl
from sqlkit.schema.ddl import parse_ddl
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.schema.values import Profile
from sqlkit.sql.canonical import canonical
from sqlkit.sql.place import in_schema, literals, numeric_columns

BATCH = 200


def read_public(path: str | Path) -> list[dict[str, Any]]:
    """Rows of a local JSONL file, or of a data set of the hub by id (needs a network).

    Raises InputError when it is missing or lacks the columns question, context, answer.
    """
    if Path(path).exists():
        rows = list(read_jsonl(path))
    else:
        import datasets

        try:
            rows = [dict(row) for row in datasets.load_dataset(str(path), split="train")]
        except Exception as error:
            raise InputError(f"{path} is neither a file nor a data set that can be loaded: {str(error)[:120]}") from None
    if rows and not {"question", "context", "answer"} <= set(rows[0]):
        raise InputError(f"{path}: rows need the columns question, context, answer; found {', '.join(rows[0])}")
    return rows


def public_pairs(path: str | Path, count: int, dropped: Counter[str]) -> Iterator[tuple[Example, Pair]]:
    """At most `count` verified examples with their pairs, in the file's order; `dropped` counts the reasons."""
    made = 0
    rows = read_public(path)
    for start in range(0, len(rows), BATCH):
        for example, context in _verified(rows[start : start + BATCH], start, dropped):
            yield example, Pair(example.id, render(example.question, context), completion(example.sql), "sql-create-context")
            made += 1
            if made >= count:
                return


def _verified(rows: list[dict[str, Any]], start: int, dropped: Counter[str]) -> Iterator[tuple[Example, Context]]:
    import pyarrow

    ready: list[tuple[int, Schema, str, str]] = []
    ddl: list[str] = []
    for offset, row in enumerate(rows):
        sql = re.sub(r'"([^"]*)"', lambda m: "'" + m[1].replace("'", "''") + "'", str(row["answer"]))
        try:
            schema = _typed(parse_ddl(str(row["context"])), sql)
            sql = canonical(sql, {t.name: [c.name for c in t.columns] for t in schema.tables})
            placed = in_schema(sql, f"s{offset}")
        except (SqlkitError, ValueError) as error:
            dropped[f"parse: {type(error).__name__}"] += 1
            continue
        ready.append((offset, schema, sql, placed))
        ddl.append(f"CREATE SCHEMA s{offset};")
        for table in schema.tables:
            names = ", ".join(f'"{c.name}" {c.type}' for c in table.columns)
            values = _row(table, literals(sql))
            ddl.append(f'CREATE TABLE s{offset}."{table.name}" ({names}); INSERT INTO s{offset}."{table.name}" VALUES {values};')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "public.duckdb"
        build_database(path, "\n".join(ddl), dict[str, pyarrow.Table]())
        with Sandbox(path, seconds=2) as sandbox:
            for offset, schema, sql, placed in ready:
                result = sandbox.run(placed)
                if result.error:
                    dropped[result.error.split(":")[0]] += 1
                    continue
                context = Context(schema, profile=Profile())
                yield Example(f"scc-{start + offset:06d}", str(rows[offset]["question"]), sql, source="sql-create-context"), context


def _typed(schema: Schema, sql: str) -> Schema:
    """Columns that the answer compares with numbers or sums are numbers."""
    numbers = numeric_columns(sql)
    return Schema(
        tuple(
            Table(t.name, tuple(Column(c.name, "DOUBLE" if c.name.lower() in numbers else c.type) for c in t.columns))
            for t in schema.tables
        )
    )


def _row(table: Table, values: dict[str, str]) -> str:
    """One row that holds the answer's literals, and one that does not."""
    first = ["1" if c.kind == "number" else "'" + values.get(c.name.lower(), "x").replace("'", "''") + "'" for c in table.columns]
    second = ["2" if c.kind == "number" else "'y'" for c in table.columns]
    kinds = [c.kind in {"number", "text"} for c in table.columns]
    a = ", ".join(v if k else "NULL" for v, k in zip(first, kinds, strict=True))
    b = ", ".join(v if k else "NULL" for v, k in zip(second, kinds, strict=True))
    return f"({a}), ({b})"
