"""Spider's golds in SQLite and, transpiled, in DuckDB, over the same rows: do the results agree?

The databases are read into memory. A DuckDB column has the type of the declaration where that holds every value of the
column unchanged, else VARCHAR. Databases without rows are filled with seeded random ones, literals of their golds among them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import re
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from sqlkit.evaluate.compare import compare
from sqlkit.evaluate.gold import ask_gold
from sqlkit.records import Result, read_jsonl
from sqlkit.schema.ddl import to_ddl
from sqlkit.schema.kinds import duckdb_type
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.probe import probe
from sqlkit.sql.sqlite import Transpiled, from_sqlite

SECONDS = 10.0  # a gold that SQLite does not finish by then is left out
FILES = ("train.jsonl", "train_others.jsonl")


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` '' says that both agree; `left_out` that there is nothing of SQLite's to agree with."""

    db_id: str
    gold: str
    duckdb: str = ""
    reason: str = ""
    left_out: bool = False
    rows: int = 0


def outcomes(folder: Path) -> Iterator[Outcome]:
    """One outcome for each gold of the training files, those of one database together."""
    golds: defaultdict[str, list[str]] = defaultdict(list)
    for file in FILES:
        for row in read_jsonl(folder / file):
            golds[row["db_id"]].append(row["query"])
    for db_id, queries in sorted(golds.items()):
        lite = open_sqlite(folder / "database" / db_id / f"{db_id}.sqlite", queries)
        duck, schema = to_duckdb(lite)
        seen: dict[str, Outcome] = {}
        for gold in queries:
            if gold not in seen:
                seen[gold] = judge(db_id, gold, lite, duck, schema)
            yield seen[gold]


def judge(db_id: str, gold: str, lite: sqlite3.Connection, duck: Any, schema: Schema) -> Outcome:
    """Run one gold on both."""
    started = time.monotonic()
    lite.set_progress_handler(lambda: time.monotonic() - started > SECONDS, 10_000)
    try:
        wanted = lite.execute(gold).fetchall()
    except sqlite3.Error as error:
        return Outcome(db_id, gold, reason=f"SQLite: {error}", left_out=True)
    try:
        made = from_sqlite(gold, schema)
    except SqlglotError as error:
        return Outcome(db_id, gold, reason=f"not transpiled: {str(error).splitlines()[0]}")
    reason = _agree(made, wanted, duck)
    mixed = [c for c in _mixed(lite) if reason and re.search(rf"\b{c}\b", gold, re.I)]
    if mixed:
        reason = f"a column of numbers also holds text: {', '.join(mixed)}"
    return Outcome(db_id, gold, made.sql, reason, rows=len(wanted))


def _agree(made: Transpiled, wanted: list[tuple[Any, ...]], duck: Any) -> str:
    said = ask_gold(made.sql, Plain(duck))
    if not said.result.ok:
        return said.result.error
    if said.unstable or probe(made.sql).fragile:
        tie = "a tie that a LIMIT inside the query cuts"
        made = dataclasses.replace(made, arbitrary=f"{made.arbitrary}; {tie}".strip("; "))
    width = len(said.result.columns)
    if not wanted or not said.result.rows:
        return "" if len(wanted) == len(said.result.rows) else _differ(made, "one has no rows")
    rows = [[_plain(cell) for cell in row] for row in wanted]
    found = compare(said.groups, rows, width, len(wanted[0]))
    in_place = found.equal and found.columns == tuple(range(width))
    return "" if in_place else _differ(made, found.outcome)


def _differ(made: Transpiled, outcome: str) -> str:
    return f"arbitrary in SQLite: {made.arbitrary}" if made.arbitrary else f"other result: {outcome}"


class Plain:
    """DuckDB without a sandbox, for golds that are trusted; cells as SQLite has them."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, sql: str) -> Result:
        try:
            cursor = self.connection.execute(sql)
            names = tuple(column[0] for column in cursor.description)
            return Result(names, tuple(tuple(map(_plain, row)) for row in cursor.fetchall()))
        except duckdb.Error as error:
            return Result(error=f"{type(error).__name__}: {str(error).splitlines()[0]}")


def _plain(cell: Any) -> Any:
    """Truth values as 0 and 1, dates as text: SQLite has neither."""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else cell


def open_sqlite(path: Path, golds: list[str]) -> sqlite3.Connection:
    """A copy in memory, filled when it has no rows."""
    lite = sqlite3.connect(":memory:")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as stored:
        stored.backup(lite)
    lite.text_factory = lambda raw: raw.decode("utf-8", "replace")
    names = _tables(lite)
    if not any(lite.execute(f"SELECT 1 FROM {_quoted(name)} LIMIT 1").fetchone() for name in names):
        fill(lite, golds)
    return lite


def fill(lite: sqlite3.Connection, golds: list[str], rows: int = 40) -> None:
    """Seeded rows from few values, so that joins match and groups tie; every literal of the golds may stand anywhere."""
    chance = random.Random(0)
    words = sorted({w for gold in golds for w in re.findall(r"[\"']([^\"'%]+)[\"']", gold)})
    numbers = sorted({int(n) for gold in golds for n in re.findall(r"\b\d{1,6}\b", gold)})
    lite.execute("PRAGMA foreign_keys = OFF")
    for name in _tables(lite):
        columns = lite.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
        marks = ", ".join("?" * len(columns))
        for number in range(rows):
            row = [_cell(chance, c[2], bool(c[3] or c[5]), words, numbers, number if c[5] else None) for c in columns]
            lite.execute(f"INSERT OR IGNORE INTO {_quoted(name)} VALUES ({marks})", row)


def _cell(chance: random.Random, declared: str, needed: bool, words: list[str], numbers: list[int], number: int | None) -> Any:
    is_text = any(word in declared.lower() for word in ("char", "text", "date", "time"))
    if number is not None and chance.random() < 0.5:
        return str(number) if is_text else number
    if not needed and chance.random() < 0.08:
        return None
    if is_text:
        return chance.choice(words) if words and chance.random() < 0.6 else f"w{chance.randrange(6)}"
    return chance.choice(numbers) if numbers and chance.random() < 0.5 else chance.randrange(12)


def to_duckdb(lite: sqlite3.Connection) -> tuple[Any, Schema]:
    """The same rows in DuckDB, and the schema with the types that they have there."""
    duck = duckdb.connect()
    duck.execute("SET threads = 1")
    tables = []
    for name in _tables(lite):
        info = lite.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
        rows = lite.execute(f"SELECT * FROM {_quoted(name)}").fetchall()
        values = list(zip(*rows, strict=True)) or [()] * len(info)
        columns = tuple(Column(c[1], _type(c[2], column)) for c, column in zip(info, values, strict=True))
        key = tuple(c[1] for c in sorted(info, key=lambda c: c[5]) if c[5])
        tables.append(Table(name, columns, key))
        bare = Table(name, columns)  # the rows do not keep every key that is declared
        duck.execute(to_ddl(Schema((bare,))))
        text = [[str(v) if v is not None and c.type == "VARCHAR" else v for v, c in zip(row, columns, strict=True)] for row in rows]
        for chunk in (text[i : i + 500] for i in range(0, len(text), 500)):
            marks = ", ".join(["(" + ", ".join("?" * len(columns)) + ")"] * len(chunk))
            duck.execute(f"INSERT INTO {_quoted(name)} VALUES {marks}", [cell for row in chunk for cell in row])
    return duck, Schema(tuple(tables))


def _type(declared: str, values: tuple[Any, ...]) -> str:
    """The declared type where it holds every value as it is, else a wider one."""
    wanted = duckdb_type(declared or "TEXT", "sqlite")
    kinds = {type(v) for v in values if v is not None}
    if kinds <= {int} and kinds:
        return "BIGINT"
    if kinds <= {int, float} and kinds:
        return "DOUBLE"
    if wanted in ("DATE", "TIMESTAMP") and all(v is None or _whole(v, wanted) for v in values):
        return wanted
    if kinds:
        return "VARCHAR"
    return {"number": "DOUBLE"}.get(Column("", wanted).kind, wanted if wanted in ("DATE", "TIMESTAMP") else "VARCHAR")


def _whole(value: Any, wanted: str) -> bool:
    """Whether DuckDB gives the text back as it came."""
    try:
        made = dt.date.fromisoformat(value) if wanted == "DATE" else dt.datetime.fromisoformat(value)
        return bool(_plain(made) == value)
    except (ValueError, TypeError):
        return False


def _mixed(lite: sqlite3.Connection) -> list[str]:
    """Columns that hold both numbers and texts, which no DuckDB type does."""
    found = []
    for table in _tables(lite):
        for column in lite.execute(f"PRAGMA table_info({_quoted(table)})").fetchall():
            kinds = lite.execute(f"SELECT DISTINCT typeof({_quoted(column[1])}) FROM {_quoted(table)}").fetchall()
            if ("text",) in kinds and len({*kinds} - {("null",), ("text",)}) > 0:
                found.append(column[1])
    return sorted(set(found))


def _tables(lite: sqlite3.Connection) -> list[str]:
    names = lite.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid")
    return [name for (name,) in names]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def transpiled_and_agreeing(folder: Path) -> dict[str, Any]:
    """The share that agrees, of the golds that SQLite answers; the others by reason, and each by name in `failing`."""
    found = list(outcomes(folder))
    counted = [o for o in found if not o.left_out]
    return {
        "transpiled_and_agreeing": round(sum(not o.reason for o in counted) / len(counted), 4),
        "golds": len(counted),
        "golds_with_rows": sum(o.rows > 0 for o in counted),
        "left_out": len(found) - len(counted),
        "reasons": dict(Counter(o.reason.partition(": ")[0] for o in found if o.reason).most_common()),
        "failing": [dataclasses.asdict(o) for o in dict.fromkeys(o for o in found if o.reason)],
    }
