"""Small random databases that try to tell apart what is claimed to be equal.

Primary keys and NOT NULL hold, foreign keys need not. Few values, so that joins match, groups tie and rows repeat; NULLs
wherever they may stand; the literals of the queries and their neighbours among the values; tables without rows.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from sqlkit.evaluate.compare import compare
from sqlkit.evaluate.gold import ask_gold
from sqlkit.records import Result
from sqlkit.schema.ddl import to_ddl
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.sql.tables import kind

ROWS = (0, 1, 2, 3, 4, 6, 9)
TIGHT = (4, 6, 9)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Refuter:
    """The tables of a schema that some queries name, in DuckDB, filled anew for each database."""

    def __init__(self, schema: Schema, queries: Sequence[str], seed: int = 0) -> None:
        said = " ".join(queries).lower()
        self.tables = [_bare(t) for t in schema.tables if t.name.lower() in said]
        self.chance = random.Random(f"{seed} {queries[0] if queries else ''}")
        texts = [t.replace("''", "'") for q in queries for t in re.findall(r"'((?:[^']|'')*)'", q)]
        self.texts = [w for t in dict.fromkeys(texts) for w in (t.replace("%", ""), t, t.swapcase())][:15]
        numbers = [float(n) for q in queries for n in re.findall(r"(?<![\w.'])\d{1,9}(?:\.\d{1,4})?(?![\w.'])", q)]
        self.numbers = list(dict.fromkeys(m for n in numbers for m in (n, n - 1, n + 1)))[:12]
        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 1")
        for table in self.tables:
            self.connection.execute(to_ddl(Schema((dataclasses.replace(table, primary_key=()),))))

    def run(self, sql: str) -> Result:
        """Without a sandbox: these queries are the project's own or a benchmark's."""
        try:
            cursor = self.connection.execute(sql)
            rows = tuple(tuple(row) for row in cursor.fetchall())
            return Result(tuple(column[0] for column in cursor.description), rows)
        except duckdb.Error as error:
            return Result(error=f"{type(error).__name__}: {str(error).splitlines()[0]}")

    def refute(self, gold: str, claims: dict[str, tuple[int, ...]], databases: int) -> Iterator[tuple[str, str]]:
        """Each claimed query that is not the gold's equal, with what showed it. A claim is which column of it stands for
        each of the gold's. Databases on which the gold fails show nothing."""
        open_ = dict(claims)
        for number in range(databases):
            if not open_:
                return
            self.fill(("loose", "sparse", "tight")[number % 3])
            wanted = ask_gold(gold, self)  # type: ignore[arg-type]
            if wanted.broken:
                continue
            for sql, places in list(open_.items()):
                why = wanted.unstable or self._differs(wanted, sql, places)
                if why:
                    del open_[sql]
                    yield sql, f"{why} on {self.rows()}"

    def _differs(self, wanted: Any, sql: str, places: tuple[int, ...]) -> str:
        said = self.run(sql)
        if not said.ok:
            return said.error
        width = len(wanted.result.columns)
        if len(said.columns) != width or len(places) != width:
            return f"{width} columns against {len(said.columns)}"
        rows = [tuple(row[place] for place in places) for row in said.rows]
        found = compare(wanted.groups, rows, width, width, "fixed")
        return "" if found.equal else f"{found.outcome}: {wanted.result.rows} against {rows}"

    def rows(self) -> dict[str, Any]:
        """What the database holds now."""
        return {table.name: self.run(f"SELECT * FROM {_quoted(table.name)}").rows for table in self.tables}

    def fill(self, style: str) -> None:
        """Another database in the place of the last. sparse: half of all that may be NULL is; tight: joins and literals hit."""
        for table in self.tables:
            self.connection.execute(f"DELETE FROM {_quoted(table.name)}")
            rows, keys = [], set()
            for _ in range(self.chance.choice(TIGHT if style == "tight" else ROWS)):
                row = [self._cell(c, {"sparse": 0.5, "tight": 0.05}.get(style, 0.15), style == "tight") for c in table.columns]
                if rows and self.chance.random() < 0.3:  # nearly the row before
                    row = [old if self.chance.random() < 0.7 else new for old, new in zip(rows[-1], row, strict=True)]
                key = tuple(repr(row[i]) for i, c in enumerate(table.columns) if c.name in table.primary_key)
                if key and key in keys:
                    continue
                keys.add(key)
                rows.append(row)
            if rows:
                mark = "(" + ", ".join("?" * len(table.columns)) + ")"
                values = ", ".join([mark] * len(rows))
                self.connection.execute(f"INSERT INTO {_quoted(table.name)} VALUES {values}", [cell for row in rows for cell in row])

    def _cell(self, column: Column, nulls: float, tight: bool) -> Any:
        chance, of = self.chance, kind(column.type)
        if not of or (column.nullable and chance.random() < nulls):
            return None
        if of == "text":
            own = self.texts[::3] if tight else self.texts
            return chance.choice(own if own and chance.random() < 0.6 else ["a", "b"] if tight else ["a", "A", "b", "", "ab", "10", "9"])
        if of == "bool":
            return chance.random() < 0.5
        if of in ("date", "moment"):
            days = [t[:10] for t in self.texts if _DAY.match(t)] + ["2020-01-01", "2020-02-29", "2021-12-31"]
            try:
                day = dt.datetime.fromisoformat(chance.choice(days))
            except ValueError:
                day = dt.datetime(2020, 1, 1)
            return day.date() if of == "date" else day + dt.timedelta(hours=chance.choice((0, 0, 13)))
        own = self.numbers if self.numbers and chance.random() < (0.2 if tight else 0.5) else ()
        number = chance.choice(own or ((1, 2, 3, 4) if tight else (0, 1, 2, 3, -1)))
        if of == "int":
            name = column.type.upper()
            number = int(number) % 100 if "TINY" in name else int(number) % 30_000 if "SMALL" in name else int(number)
            return abs(number) if name.startswith("U") else number
        if of == "decimal":
            digits, after = (int(n) for n in (re.findall(r"\d+", column.type) + ["18", "3"])[:2])
            return round(float(number) % 10 ** min(3, digits - after), min(1, after))
        return chance.choice((float(number), number + 0.5, -0.0)) if chance.random() < 0.97 else float("nan")


def _bare(table: Table) -> Table:
    """The table with its key and NOT NULLs only; what stands in a key is never NULL."""
    key = {c.lower() for c in table.primary_key}
    free = [(c.nullable and c.name.lower() not in key) or not kind(c.type) for c in table.columns]  # of an odd type: always NULL
    columns = tuple(dataclasses.replace(c, nullable=nullable) for c, nullable in zip(table.columns, free, strict=True))
    return Table(table.name, columns, tuple(c.name for c in columns if c.name.lower() in key))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
