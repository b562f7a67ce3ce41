"""Small databases made from a schema and what its golds ask: rows that fulfil every condition, rows that break one, ties,
NULLs, duplicates, groups at a threshold, more rows than a LIMIT, parents without children, empty tables.

The idea is XData's (Shah et al. 2011: a data set for each class of mutants) and Zhong, Yu, Klein's (2020: random values
around the gold's constants), with constraints kept by construction: keys are drawn without repetition, foreign keys from
rows that are there, and what a CHECK refuses is dropped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlkit.database import pools
from sqlkit.database.fill import Filling
from sqlkit.database.near import number
from sqlkit.database.pools import Pool
from sqlkit.database.rows import Database, Row
from sqlkit.database.styles import Style
from sqlkit.database.sweep import Sweep
from sqlkit.schema.ddl import enforced, qualified
from sqlkit.schema.types import Schema, Table
from sqlkit.sql.facts import Facts, facts_of
from sqlkit.sql.facts import facts as read_facts
from sqlkit.sql.parse import SqlglotError, parse_one
from sqlkit.sql.resolve import Names, Origin, tables_of


def typed_by_use(schema: Schema, facts: Facts) -> Schema:
    """The schema with columns typed as its golds use them, where DuckDB would refuse the golds otherwise.

    Schemas that come without rows often call every column VARCHAR (sql-create-context), and DuckDB compares no text with a
    number. Text that is compared with numbers only, summed or averaged becomes a number; a number that is compared with
    text that is none becomes text; an integer that is to equal a fraction may be one, and a bit that is
    compared with 0 or 1 is a truth value. Columns that are joined get one type.
    """
    union = Union([*facts.equal, *_references(schema)])
    numbers = {union.root(c) for c in facts.numbers}
    summed = {union.root(c) for c in facts.summed}
    words, parts, exact = set(), set(), set()
    for wish in facts.wishes:
        for value in wish.values:
            if isinstance(value, str) and wish.how in {"", "min", "max"} and number(value) is None and "like" not in wish.sign:
                words.add(union.root(wish.column))
            if isinstance(value, float) and value != int(value):
                parts.add(union.root(wish.column))
                if wish.sign in {"=", "in"} and not wish.how:
                    exact.add(union.root(wish.column))
        if "like" in wish.sign or wish.how in {"lower", "upper", "prefix"}:
            words.add(union.root(wish.column))
    tables = []
    for table in schema.tables:
        columns = []
        for column in table.columns:
            root = union.root((table.name.lower(), column.name.lower()))
            if column.kind == "text" and root in numbers and root not in words:
                column = dataclasses.replace(column, type="DOUBLE" if root in parts else "BIGINT")
            elif column.kind == "number" and root in words and root not in summed and root not in numbers:
                column = dataclasses.replace(column, type="VARCHAR")
            elif column.type.upper().startswith("BIT") and root in numbers:
                column = dataclasses.replace(column, type="BOOLEAN")
            elif "INT" in column.type.upper() and root in exact:
                column = dataclasses.replace(column, type="DOUBLE")
            columns.append(column)
        tables.append(dataclasses.replace(table, columns=tuple(columns)))
    return dataclasses.replace(schema, tables=tuple(tables))


def typed_for(schema: Schema, golds: Iterable[str], dialect: str) -> Schema:
    """The schema typed by what golds of a dialect use; one that cannot be read is passed over."""
    names = tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)
    asked = Facts()
    for sql in golds:
        try:
            asked.add(facts_of(Names(parse_one(sql, dialect), names)))
        except (SqlglotError, RecursionError, ValueError):
            continue
    return typed_by_use(schema, asked)


class Union:
    """Columns that share their values, found by union-find."""

    def __init__(self, pairs: Iterable[tuple[Origin, Origin]]) -> None:
        self.parent: dict[Origin, Origin] = {}
        for a, b in pairs:
            self.parent.setdefault(a, a)
            self.parent.setdefault(b, b)
            self.parent[self.root(a)] = self.root(b)

    def root(self, origin: Origin) -> Origin:
        while (parent := self.parent.get(origin, origin)) != origin:
            origin = parent
        return origin


def _references(schema: Schema) -> Iterator[tuple[Origin, Origin]]:
    for table, key in schema.joins():
        for a, b in zip(key.columns, key.ref_columns, strict=False):
            yield (table.name.lower(), a.lower()), (key.ref_table.lower(), b.lower())


class Populator:
    """Makes databases for one schema and the facts of its golds; `given` are real values by column, where there are any."""

    def __init__(self, schema: Schema, facts: Facts, given: Mapping[Origin, Sequence[Any]] | None = None) -> None:
        self.schema, self.facts = _keyed(enforced(schema), facts), facts
        given = given or {}
        wishes = list(facts.wishes) + _checked(self.schema)
        self._union = Union([*_references(self.schema), *sorted(facts.equal)])
        self._pools: dict[Origin, Pool] = {}
        by_class: dict[Origin, list[Any]] = {}
        for wish in wishes:
            by_class.setdefault(self._union.root(wish.column), []).append(wish)
        shared = {self._union.root(c) for c in list(self._union.parent)}
        every = [((t.name.lower(), c.name.lower()), c) for t, c in self.schema.columns()]
        numbers = {self._union.root(o) for o, c in every if self._union.root(o) in shared and c.kind == "number"}
        numbers |= {self._union.root(c) for c in facts.numbers}
        moments = {self._union.root(o) for o, c in every if self._union.root(o) in shared and c.kind == "date"}
        moments |= {self._union.root(c) for c in facts.moments}
        for origin, column in every:
            root = self._union.root(origin)
            kind = pools.kind_of(column, root in numbers, root in moments)
            mine = by_class.get(root, [])
            if not mine and not given.get(origin) and root not in shared:
                self._pools[origin] = pools.pool(column, kind, ())
            else:
                self._pools[origin] = pools.pool(column, kind, mine, given.get(origin, ()))
            if root in shared and kind == "whole" and not given.get(origin):
                self._pools[origin].rest = list(range(1, min(13, pools.limit_of(column))))
        self._shared = shared

    def relevant(self, more: Sequence[str] = ()) -> set[str]:
        """The tables that the golds read, with those they refer to."""
        names = self.facts.tables | {name.lower() for name in more}  # a new set
        while True:
            parents = {k.ref_table.lower() for t in self.schema.tables if t.name.lower() in names for k in t.foreign_keys}
            if parents <= names:
                return names
            names |= parents

    def make(self, style: Style, seed: int, only: set[str] | None = None) -> Database:
        """One database; the rows of a table do not depend on `only`, which names the tables wanted (lower case)."""
        return Sweep(self, style, seed).database(only) if style.sweep else Filling(self, style, seed).database(only)

    def settled(self, table: Table, rows: Sequence[Row]) -> list[Row]:
        """The rows with one value in columns that another column fixes, that of the first row."""
        position = {(table.name.lower(), c.name.lower()): i for i, c in enumerate(table.columns)}
        made = list(rows)
        for column, by in sorted(self.facts.follows):
            if column in position and by in position:
                first: dict[Any, Any] = {}
                at, to = position[by], position[column]
                made = [(*row[:to], first.setdefault(row[at], row[to]), *row[to + 1 :]) for row in made]
        return made

    def pool(self, origin: Origin) -> Pool:
        return self._pools[origin]

    def groups(self, origin: Origin) -> bool:
        """Whether a gold groups by a column or by one that shares its values."""
        return self._union.root(origin) in {self._union.root(group) for group in self.facts.groups}

    def shared(self, origin: Origin) -> Origin | None:
        """The class of a column that others must share values with, else None."""
        root = self._union.root(origin)
        return root if root in self._shared else None


def _keyed(schema: Schema, facts: Facts) -> Schema:
    """The schema with keys that a gold takes for granted, undeclared as they are."""
    tables = []
    for table in schema.tables:
        known = {tuple(c.lower() for c in key) for key in (table.primary_key, *table.unique)}
        more = [(c.name,) for c in table.columns if (table.name.lower(), c.name.lower()) in facts.keyed and (c.name.lower(),) not in known]
        tables.append(dataclasses.replace(table, unique=(*table.unique, *more)) if more else table)
    return dataclasses.replace(schema, tables=tuple(tables))


def _checked(schema: Schema) -> list[Any]:
    """What CHECK conditions ask of columns, so that values which pass are there."""
    names = tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)
    found = []
    for table in schema.tables:
        for check in table.checks:
            try:
                found += read_facts(f"SELECT 1 FROM {qualified(table)} WHERE {check}", names).wishes
            except (SqlglotError, RecursionError):
                continue
    return found
