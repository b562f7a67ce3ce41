"""Published rows made fit: schema read, SQL mended and translated, run on rows made for it, schema widened, pair written.

Nothing is guessed: what has one reading is repaired and says so, all else is dropped with its reason.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlkit.data.sources import Source, SourceRow
from sqlkit.data.used import used
from sqlkit.data.widen import Wide, widen
from sqlkit.database.many import ManySandbox
from sqlkit.database.populate import Populator, typed_by_use
from sqlkit.database.rows import script
from sqlkit.database.styles import Style, styles
from sqlkit.errors import SqlkitError
from sqlkit.prompt import Context, completion, compose
from sqlkit.records import Example, Pair, Prompt, Result, to_dict
from sqlkit.schema.ddl import parse_ddl
from sqlkit.schema.read import read_schema
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.sight import in_sight
from sqlkit.sql.canonical import canonical
from sqlkit.sql.facts import Facts, facts_of
from sqlkit.sql.mend import Hopeless, mend
from sqlkit.sql.parse import SqlglotError, view_one
from sqlkit.sql.resolve import Names, tables_of
from sqlkit.sql.skeleton import difficulty, outline
from sqlkit.sql.sqlite import from_sqlite
from sqlkit.sql.text import write

TYPED, RULES = "columns typed by their use", "SQLite's rules"
_VALUE = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
_NULLS = re.compile(r"('(?:[^']|'')*')| NULLS (?:FIRST|LAST)")
FIRST = Style("mixed", rows=16)  # enough for nearly all; queries that find nothing there get those that suit what they ask
TRIES = 20
_TABLE = re.compile(r"CREATE TABLE ([A-Za-z_]\w*) \(([^()]*)\)")
_PLAIN = re.compile(r"(?:CREATE TABLE [A-Za-z_]\w* \([A-Za-z_]\w* (?:VARCHAR|INTEGER)(?:, [A-Za-z_]\w* (?:VARCHAR|INTEGER))*\)[; ]*)+")
Outcome = dict[str, Any]  # id, reasons; of a kept row also example, pair, masked (its SQL without values)


@dataclasses.dataclass(frozen=True, slots=True)
class Ready:
    """A row whose SQL is DuckDB's, over a schema that DuckDB takes; not yet run. `sql` None: it cannot be answered."""

    row: SourceRow
    sql: str | None
    schema: Schema
    repairs: tuple[str, ...] = ()
    maker: Populator | None = None
    shape: str = "unanswerable"
    difficulty: str = "unanswerable"

    def database(self, number: int) -> list[str]:
        """Statements that make the number-th set of rows for the query."""
        if self.maker is None:
            return []
        style = FIRST if number == 0 else next(itertools.islice(styles(self.maker.facts), number, None))
        wanted = self.maker.relevant()
        kept = Schema(tuple(t for t in self.maker.schema.tables if t.name.lower() in wanted))
        return script(kept, self.maker.make(style, number, wanted))


def clean(of: Source, rows: Sequence[SourceRow], pool: Wide, seed: int, sandbox: ManySandbox) -> Iterator[Outcome]:
    """The outcome of every row, in order; each depends on the row, the pool and the seed alone."""
    ready: list[Ready | str] = []
    for row in rows:
        try:
            ready.append(prepare(of, row))
        except Hopeless as error:
            ready.append(str(error))
    faults = _run([r for r in ready if isinstance(r, Ready) and r.sql is not None], sandbox)
    for row, found in zip(rows, ready, strict=True):
        reason = found if isinstance(found, str) else faults.get(row.id, "")
        outcome = _kept(of, found, pool, seed) if isinstance(found, Ready) and not reason else None
        yield outcome or {"id": row.id, "reasons": [reason or "its prompt does not show what the answer needs"]}


def prepare(of: Source, row: SourceRow) -> Ready:
    """Raises Hopeless with the reason to drop the row."""
    schema = _schema(row.ddl, row.database, row.dialect)
    if row.sql is None:
        return Ready(row, None, schema)
    mended = mend(row.sql, row.dialect, _names(schema), row.question, narrow=of.narrow)
    repairs = list(mended.repairs)
    try:
        schema = _changed(schema, mended.added, mended.removed)
        if of.narrow:
            before, schema = schema, _typed(schema, facts_of(Names(mended.tree, _names(schema))))
            repairs += [TYPED] if schema != before else []
        sql = write(mended.tree)
        if row.dialect == "sqlite":
            plain, sql = sql, from_sqlite(mended.tree, schema).sql
            repairs += [RULES] if sql != plain else []
        if "NULLS" not in row.sql.upper():  # only another dialect's default, which nobody asked for
            sql = _NULLS.sub(lambda found: found[1] or "", sql)
        sql = canonical(sql, {t.name: [c.name for c in t.columns] for t in schema.tables})
        tree = view_one(sql)
        maker = Populator(schema, facts_of(Names(tree, _names(schema))))
    except (SqlglotError, RecursionError, ValueError, LookupError, AttributeError, TypeError):
        raise Hopeless("SQL that cannot be translated") from None
    return Ready(row, sql, schema, tuple(repairs), maker, outline(tree), difficulty(tree))


def _run(ready: Sequence[Ready], sandbox: ManySandbox) -> dict[str, str]:
    """Why rows are to be dropped, by id, after running them; each gets further databases while its answer is empty."""
    faults: dict[str, str] = {}
    waiting = list(ready)
    for turn in range(TRIES if waiting else 0):
        refused = sandbox.fill([one.database(turn) for one in waiting])
        empty = []
        for number, one in enumerate(waiting):
            result = Result(error="schema that DuckDB refuses: ") if number in refused else sandbox.run(one.sql or "", number)
            if result.error:
                faults[one.row.id] = _told(result.error)
            elif all(cell is None for row in result.rows for cell in row):
                empty.append(one)
        waiting = empty
        if not waiting:
            break
    return faults | dict.fromkeys((one.row.id for one in waiting), "no rows on any database made for it")


def _told(error: str) -> str:
    kind = error.partition(":")[0]
    known = {"bind": "does not fit its schema", "parse": "SQL that cannot be parsed", "runtime": "fails on its rows", "unsafe": "not allowed"}
    return known.get(kind, kind)


def _kept(of: Source, ready: Ready, pool: Wide, seed: int) -> Outcome | None:
    """The outcome of a row that is kept; None when its prompt would not show what the answer needs."""
    row, sql = ready.row, ready.sql
    question = f"{row.question} ({row.evidence})" if row.evidence and sql is not None else row.question
    tables, columns = used(ready.maker.facts if ready.maker else Facts(), ready.schema)
    example = Example(
        row.id, question, sql, row.db_id, evidence=row.evidence, difficulty=ready.difficulty, source=of.name,
        shape=ready.shape, made_by="; ".join(["published", *ready.repairs]),
    )  # fmt: skip
    prompt = _whole(question, row, ready, pool, seed) if of.narrow else _linked(question, ready, tables, columns)
    if prompt is None:
        return None
    pair = Pair(row.id, prompt, completion(sql, ""), of.name)
    return {
        "id": row.id, "reasons": list(ready.repairs), "example": {**to_dict(example), "tables": tables, "columns": columns},
        "pair": to_dict(pair), "masked": _VALUE.sub("?", sql or ""),
    }  # fmt: skip


def _whole(question: str, row: SourceRow, ready: Ready, pool: Wide, seed: int) -> Prompt:
    """The prompt that shows all of a widened context, which has room in it."""
    context = Context(widen(ready.schema, row.question, pool, random.Random(f"{seed} {row.id}")))
    return compose(question, context.linker.link(question, list(context.tables())))


def _linked(question: str, ready: Ready, tables: Sequence[str], columns: Sequence[str]) -> Prompt | None:
    """The prompt as it is written when serving; with the tables of the answer in it where linking misses them."""
    context = _context(ready.schema)
    for need in ((), tables):
        linked = context.linker.link(question, need)
        sight = in_sight(linked, context)
        if all(c in sight.get(t, ()) for t, c in (name.split(".", 1) for name in columns)) and sight.keys() >= set(tables):
            return compose(question, linked)
    return None


@lru_cache(maxsize=64)
def _context(schema: Schema) -> Context:
    return Context(schema)


@lru_cache(maxsize=256)
def _schema(ddl: str, database: str, dialect: str) -> Schema:
    """A row's schema, of its database where that can be read. Raises Hopeless."""
    if database:
        try:
            return read_schema(database)
        except SqlkitError:
            pass
    if not ddl:
        raise Hopeless("no schema")
    try:
        return _plain(ddl) or _merged(parse_ddl(ddl, dialect))
    except SqlkitError:
        raise Hopeless("a schema that cannot be read") from None


def _names(schema: Schema) -> dict[str, tuple[str, ...]]:
    return tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)


def _plain(ddl: str) -> Schema | None:
    """CREATE TABLE with names and two types only, as sql-create-context has, read without a parser; else None."""
    if not _PLAIN.fullmatch(ddl):
        return None
    found = [(name, [part.split() for part in body.split(",")]) for name, body in _TABLE.findall(ddl)]
    return _merged(Schema(tuple(Table(name, tuple(Column(c, t) for c, t in columns)) for name, columns in found)))


def _typed(schema: Schema, asked: Facts) -> Schema:
    """Columns typed as they are used, and with a fraction where they are compared with one."""
    parts = {w.column for w in asked.wishes if any(isinstance(v, float) and v != int(v) for v in w.values)}
    found = typed_by_use(schema, asked)
    tables = []
    for table in found.tables:
        columns = (
            dataclasses.replace(c, type="DOUBLE") if c.type in {"INTEGER", "BIGINT"} and (table.name.lower(), c.name.lower()) in parts else c
            for c in table.columns
        )
        tables.append(dataclasses.replace(table, columns=tuple(columns)))
    return Schema(tuple(tables), schema.name)


def _merged(schema: Schema) -> Schema:
    """Tables and columns that differ by case only are one: SQL sees no difference."""
    tables: dict[str, Table] = {}
    for table in schema.tables:
        before = tables.get(table.name.lower(), dataclasses.replace(table, columns=()))
        columns = {c.name.lower(): c for c in (*table.columns, *before.columns)}
        tables[table.name.lower()] = dataclasses.replace(before, columns=tuple(columns.values()))
    return Schema(tuple(tables.values()), schema.name)


def _changed(schema: Schema, added: Sequence[tuple[str, str]], removed: Sequence[tuple[str, str]]) -> Schema:
    if not added and not removed:
        return schema
    tables = []
    for table in schema.tables:
        gone = {c for t, c in removed if t == table.name.lower()}
        columns = [c for c in table.columns if c.name.lower() not in gone]
        columns += [Column(c) for t, c in added if t == table.name.lower() and not table.column(c)]
        tables.append(dataclasses.replace(table, columns=tuple(columns)))
    return Schema(tuple(tables), schema.name)
