"""Small databases made from a schema and what its golds ask: rows that fulfil every condition, rows that break one, ties,
NULLs, duplicates, groups at a threshold, more rows than a LIMIT, parents without children, empty tables.

The idea is XData's (Shah et al. 2011: a data set for each class of mutants) and Zhong, Yu, Klein's (2020: random values
around the gold's constants), with constraints kept by construction: keys are drawn without repetition, foreign keys from
rows that are there, and what a CHECK refuses is dropped.
"""

from __future__ import annotations

import dataclasses
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlkit.database import pools
from sqlkit.database.pools import Pool
from sqlkit.schema.ddl import enforced, qualified
from sqlkit.schema.types import Schema, Table
from sqlkit.sql.facts import Facts
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.facts import facts as read_facts
from sqlkit.sql.resolve import Origin, tables_of

Row = tuple[Any, ...]
_LAST = frozenset({"skewed", "null favourites", "nulls", "few rows"})
_MOST_ROWS = 600  # of one table: a threshold beyond a third of it is not reached


@dataclasses.dataclass(frozen=True, slots=True)
class Style:
    """How one database is filled. `hit`: share of rows that fulfil all conditions; `near`: that break exactly one;
    the rest is random. `few`: so many values in a column without conditions, 0 for no repetition. `even`: children
    spread over all parents, else most go to the first. `group`: sizes of groups lie around it. `empty`: a table without rows.
    `favour`: NULLs sit in the rows that most others refer to, and in theirs."""

    name: str
    rows: int = 20
    hit: float = 0.35
    near: float = 0.4
    nulls: float = 0.06
    few: int = 3
    even: bool = False
    group: int = 0
    empty: str = ""
    favour: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Database:
    """Rows by table name, cells in the order of the schema's columns, parents before children."""

    name: str
    rows: Mapping[str, tuple[Row, ...]]


def styles(facts: Facts, seed: int = 0) -> Iterator[Style]:
    """Directed databases first, then random ones without end."""
    many = min(facts.rows + 4, _MOST_ROWS // 2)
    counts = sorted(n for n in facts.counts if 0 < n <= _MOST_ROWS // 3)[:3]
    yield Style("mixed", rows=22)
    if facts.rows or facts.sorts:
        yield Style("large", rows=max(10, many), hit=0.9, near=0.05, nulls=0.0, few=0, even=True)
    for n in counts:
        yield Style(f"groups of {n}", hit=1.0, near=0.0, nulls=0.0, group=n, few=3)
        yield Style(f"groups of {n}, distinct", hit=1.0, near=0.0, nulls=0.0, group=n, few=0)
    yield Style("nulls", rows=14, hit=0.5, near=0.2, nulls=0.3, few=3)
    yield Style("null favourites", rows=18, hit=0.85, near=0.1, nulls=0.0, few=4, favour=True)
    yield Style("nulls, distinct", rows=9, hit=0.8, near=0.1, nulls=0.4, few=0)
    yield Style("distinct", rows=12, hit=0.35, near=0.65, nulls=0.0, few=0, even=True)
    yield Style("constant", rows=6, hit=1.0, near=0.0, nulls=0.0, few=1)
    yield Style("near misses", rows=30, hit=0.25, near=0.75, nulls=0.0, few=2)
    yield Style("one hit", rows=26, hit=0.0, near=1.0, nulls=0.0, few=0)
    yield Style("mostly nulls", rows=12, hit=0.4, near=0.1, nulls=0.65, few=2)
    yield Style("skewed", rows=max(40, many * 2), hit=0.7, near=0.2, nulls=0.02, few=5)
    yield Style("few rows", rows=3, hit=0.7, near=0.3, nulls=0.0, few=2)
    for table in sorted(facts.tables) if len(facts.tables) > 1 else ():
        yield Style(f"{table} empty", rows=5, hit=0.8, near=0.1, empty=table)
    chance = random.Random(f"styles {seed}")
    for number in range(1000):
        hit = chance.choice((0.1, 0.3, 0.5, 0.8, 1.0))
        yield Style(
            f"random {number}",
            rows=chance.choice((4, 8, 15, 30, max(45, min(200, many * 2)))),
            hit=hit,
            near=chance.choice((0.2, 0.5, 1.0)) * (1 - hit),
            nulls=chance.choice((0.0, 0.1, 0.3, 0.5)),
            favour=chance.random() < 0.2,
            few=chance.choice((0, 1, 2, 3, 5, 8)),
            even=chance.random() < 0.4,
            group=chance.choice(counts) if counts and chance.random() < 0.4 else 0,
        )


def typed_by_use(schema: Schema, facts: Facts) -> Schema:
    """The schema with columns typed as its golds use them, where DuckDB would refuse the golds otherwise.

    Schemas that come without rows often call every column VARCHAR (sql-create-context), and DuckDB compares no text with a
    number. Text that is compared with numbers only, summed or averaged becomes a number; a number that is compared with
    text that is none becomes text. Columns that are joined get one type.
    """
    union = Union([*facts.equal, *_references(schema)])
    numbers = {union.root(c) for c in facts.numbers}
    summed = {union.root(c) for c in facts.summed}
    words, parts = set(), set()
    for wish in facts.wishes:
        for value in wish.values:
            if isinstance(value, str) and wish.how in {"", "min", "max"} and pools.number(value) is None and "like" not in wish.sign:
                words.add(union.root(wish.column))
            if isinstance(value, float) and value != int(value):
                parts.add(union.root(wish.column))
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
            columns.append(column)
        tables.append(dataclasses.replace(table, columns=tuple(columns)))
    return dataclasses.replace(schema, tables=tuple(tables))


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
        self.schema, self.facts = enforced(schema), facts
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
        names = self.facts.tables | {name.lower() for name in more}
        while True:
            parents = {k.ref_table.lower() for t in self.schema.tables if t.name.lower() in names for k in t.foreign_keys}
            if parents <= names:
                return names
            names |= parents

    def make(self, style: Style, seed: int, only: set[str] | None = None) -> Database:
        """One database; the rows of a table do not depend on `only`, which names the tables wanted (lower case)."""
        return _Filling(self, style, seed).database(only)

    def pool(self, origin: Origin) -> Pool:
        return self._pools[origin]

    def shared(self, origin: Origin) -> Origin | None:
        """The class of a column that others must share values with, else None."""
        root = self._union.root(origin)
        return root if root in self._shared else None


class _Filling:
    """The making of one database."""

    def __init__(self, maker: Populator, style: Style, seed: int) -> None:
        self.maker, self.style, self.seed = maker, style, seed
        self.rows: dict[str, list[Row]] = {}
        self.hits: dict[str, list[int]] = {}  # per table the rows that fulfil everything
        self.nears: dict[str, list[int]] = {}  # and those that miss it by one condition
        self.keys: dict[Origin, list[Any]] = {}  # per class the values that the first hold
        self.misses: dict[Origin, list[Any]] = {}  # and the second
        chance = random.Random(f"{seed} {style.name}")
        self.offset = chance.randrange(0, 7) if style.name.startswith("random") else 0
        tables = [t for t in maker.schema.tables if t.name.lower() in maker.facts.tables]
        options = [(t.name.lower(), c) for t in tables for c in self._plannable(t)] if style.group else []
        self.planned = chance.choice(options) if options else None

    def database(self, only: set[str] | None) -> Database:
        made = {}
        for table in self.maker.schema.tables:
            if only is None or table.name.lower() in only:
                made[table.name] = self._fill(table)
        return Database(self.style.name, made)

    def _plannable(self, table: Table) -> list[str]:
        """Columns by which rows may be gathered into groups of a size."""
        alone = {k[0].lower() for k in (table.primary_key, *table.unique) if len(k) == 1}
        found = []
        for column in table.columns:
            origin = (table.name.lower(), column.name.lower())
            if column.name.lower() not in alone and (self.maker.shared(origin) or origin in self.maker.facts.groups):
                found.append(column.name.lower())
        return found

    def _count(self, table: Table, chance: random.Random) -> int:
        style, name = self.style, table.name.lower()
        if name not in self.maker.facts.tables:
            wished = [pool for c in table.columns if (pool := self.maker.pool((name, c.name.lower()))).wished]
            return max([3, *(min(12, len(pool.hits) + len(pool.near) + 1) for pool in wished)])
        if style.empty == name:
            return 0
        if not style.group:
            return max(1, style.rows if table.foreign_keys or style.few == 0 else style.rows * 2 // 3)
        if self.planned and self.planned[0] == name:
            return 3 * style.group + (style.group == 1)
        parents = [len(self.rows.get(k.ref_table.lower(), ())) for k in table.foreign_keys]
        return max(4, min(style.group + 2, 40), *parents)

    def _fill(self, table: Table) -> tuple[Row, ...]:
        name, style = table.name.lower(), self.style
        chance = random.Random(f"{self.seed} {style.name} {name}")
        count = self._count(table, chance)
        columns = [(c.name.lower(), self.maker.pool((name, c.name.lower())), c.nullable) for c in table.columns]
        position = {c: i for i, (c, _, _) in enumerate(columns)}
        unique = {k[0].lower() for k in (table.primary_key, *table.unique) if len(k) == 1}
        foreign = [(tuple(c.lower() for c in k.columns), k) for k in table.foreign_keys]
        held = {c for names, _ in foreign for c in names}
        drawn = {c: self._unrepeated(pool, count, chance) for c, pool, _ in columns if c in unique and c not in held}
        wished = [i for i, (c, pool, _) in enumerate(columns) if (pool.wished or self.maker.shared((name, c))) and c not in unique]
        picked = [(c, pool.hits) for c, pool, _ in columns if c in drawn and pool.wished]
        close = [(c, pool.near) for c, pool, _ in columns if c in drawn and pool.wished]
        rows: list[Row] = []
        perfect: list[str] = []
        for r in range(count * 2 if table.checks else count):
            mode = self._mode(r, count, chance)
            chosen = all(drawn[c][r : r + 1] and drawn[c][r] in hits for c, hits in picked)
            if picked and chosen:
                mode = "hit"
            broken = chance.choice(wished) if mode == "near" and wished else -1
            row: list[Any] = [None] * len(columns)
            for i, (c, pool, nullable) in enumerate(columns):
                if c in drawn:
                    row[i] = drawn[c][r] if r < len(drawn[c]) else pools.made(pool, r + 500)
                elif c not in held:
                    row[i] = self._cell((name, c), pool, nullable, "miss" if i == broken else mode, r, chance)
            missed = columns[broken][0] if broken >= 0 else ""
            good = all(
                self._refer(row, table, names, key, position, "miss" if missed in names else mode, r, chance, rows) for names, key in foreign
            )
            if good:
                if style.favour and self._favoured(name, columns, row, foreign, r):
                    for i, (c, pool, nullable) in enumerate(columns):
                        if nullable and not pool.wished and c not in held and c not in drawn and not self.maker.shared((name, c)):
                            row[i] = pool.rest[0] if (name, c) in self.maker.facts.groups and not foreign and r else None
                rows.append(tuple(row))
                almost = mode == "near" or (not chosen and all(r < len(drawn[c]) and drawn[c][r] in near for c, near in close))
                perfect.append("hit" if mode == "hit" and chosen else "near" if almost else "")
        rows, perfect = self._kept(table, rows, perfect, count)
        order = list(range(len(rows)))
        if not any(k.ref_table.lower() == name for k in table.foreign_keys):
            chance.shuffle(order)
            if style.name in _LAST or (style.name.startswith("random") and self.offset % 2):
                order.sort(key=self._frequency(table, rows).__getitem__)  # whoever is first to come is not the most frequent
        rows, perfect = [rows[i] for i in order], [perfect[i] for i in order]
        self.rows[name] = rows
        self.hits[name] = sorted((i for i, state in enumerate(perfect) if state == "hit"), key=order.__getitem__)
        self.nears[name] = [i for i, state in enumerate(perfect) if state == "near"]
        for c, pool, _ in columns:
            root = self.maker.shared((name, c))
            if root and root not in self.keys:
                values = [rows[i][position[c]] for i in self.hits[name] or range(len(rows))]
                wanted = [v for v in values if v in pool.hits] if pool.wished else []
                self.keys[root] = [v for v in dict.fromkeys(wanted or values) if v is not None][:6]
                missed_values = dict.fromkeys(rows[i][position[c]] for i in self.nears[name])
                self.misses[root] = [v for v in missed_values if v is not None and v not in self.keys[root]][:12]
        return tuple(rows)

    def _favoured(
        self, name: str, columns: Sequence[tuple[str, Pool, bool]], row: Sequence[Any], foreign: Sequence[Any], r: int
    ) -> bool:
        """Whether a row is, or belongs to, the one that most rows refer to."""
        linked = False
        for i, (c, _, _) in enumerate(columns):
            root = self.maker.shared((name, c))
            if root and self.keys.get(root):
                linked = True
                if row[i] == self.keys[root][0]:
                    return True
        return not linked and (r == 0 if any(self.maker.shared((name, c)) for c, _, _ in columns) else r % 2 == 0)

    def _frequency(self, table: Table, rows: Sequence[Row]) -> list[int]:
        """How often the value occurs in each row's first column that groups or refers."""
        for i, column in enumerate(table.columns):
            if column.name.lower() in self._plannable(table):
                counts = Counter(row[i] for row in rows)
                return [counts[row[i]] for row in rows]
        return [0] * len(rows)

    def _mode(self, r: int, count: int, chance: random.Random) -> str:
        if r == 0 and (self.style.hit or self.style.near == 1.0):
            return "hit"
        dice = chance.random()
        return "hit" if dice < self.style.hit else "near" if dice < self.style.hit + self.style.near else "any"

    def _cell(self, origin: Origin, pool: Pool, nullable: bool, mode: str, r: int, chance: random.Random) -> Any:
        style, root = self.style, self.maker.shared(origin)
        number = zlib.crc32(f"{self.seed} {origin}".encode()) if style.name.startswith("random") or style.name == "skewed" else 0
        if nullable and style.nulls and number % 2 == 0 and chance.random() < style.nulls and not (mode in {"hit", "near"} and (pool.wished or root)):
            return None
        if self.planned == origin:
            values = [v for k in self.keys.get(root, ()) if (v := pool.take(k)) is not None] if root else []
            values = values or pool.hits or self._window(pool)
            values = values if len(values) > 2 else [*values, *(v for v in self._window(pool) if v not in values)]
            return values[self._group(r) % len(values)] if values else pools.made(pool, self._group(r))
        if root and not pool.wished:
            return self._shared_cell(root, pool, mode, r, chance)
        if pool.wished and mode in {"hit", "near"} and pool.hits:
            known = [v for k in self.keys.get(root, ()) if (v := pool.take(k)) is not None] if root else []
            if known and chance.random() < 0.7:
                return chance.choice(known)
            return pool.hits[0] if style.few == 1 or chance.random() < 0.35 else chance.choice(pool.hits)
        if pool.wished and mode == "miss":
            return chance.choice(pool.near or self._window(pool) or [None if nullable else pools.made(pool, r)])
        if style.few == 0 and not pool.wished:
            return pools.made(pool, (r * 7 + self.offset) % 97 + r // 97 * 97) if pool.kind not in {"bool", "enum", "none"} else chance.choice(pool.rest or [None])
        choices = [*pool.hits, *pool.near, *self._window(pool)] if pool.wished else self._window(pool, number // 2 % 3)
        return chance.choice(choices) if choices else None if nullable else pools.made(pool, r)

    def _shared_cell(self, root: Origin, pool: Pool, mode: str, r: int, chance: random.Random) -> Any:
        """A value that other columns hold too, or for a miss one that they do not."""
        known = [v for k in self.keys.get(root, ()) if (v := pool.take(k)) is not None] or pool.rest[:3]
        if mode == "miss" and self.misses.get(root) and chance.random() < 0.6:
            return pool.take(chance.choice(self.misses[root])) or known[0]
        if mode == "miss" or not known:
            return chance.choice(pool.rest[-4:]) if pool.rest else pools.made(pool, r)
        if self.style.even:
            return known[r % len(known)]
        if mode == "any":
            return chance.choice([*pool.rest[:8], *known])
        return known[min(int(chance.expovariate(0.9)), len(known) - 1)]

    def _window(self, pool: Pool, more: int = 0) -> list[Any]:
        few = (self.style.few or 6) + more
        rest = pool.rest[self.offset :] + pool.rest[: self.offset]
        return rest[:few]

    def _group(self, r: int) -> int:
        """Groups of one less, as many, and one more than the threshold."""
        n = self.style.group
        return 0 if r < n - 1 else 1 if r < 2 * n - 1 else 2

    def _unrepeated(self, pool: Pool, count: int, chance: random.Random) -> list[Any]:
        values = [v for v in (pools.fresh(pool, i) for i in range(count)) if v is not None]
        head = values[: len(pool.hits)] if pool.wished else []
        tail = values[len(head) :]
        chance.shuffle(tail)
        return head + tail

    def _refer(
        self, row: list[Any], table: Table, names: tuple[str, ...], key: Any, position: Mapping[str, int], mode: str, r: int,
        chance: random.Random, before: Sequence[Row],
    ) -> bool:  # fmt: skip
        """Fill a foreign key from a parent row; False when there is none and NULL is not allowed."""
        target = key.ref_table.lower()
        parents: Sequence[Row] = before if target == table.name.lower() else self.rows.get(target, ())
        nullable = all(c.nullable for c in table.columns if c.name.lower() in names)
        absent = chance.random() < self.style.nulls * 1.5 or (mode == "any" and chance.random() < 0.1)
        other = self.maker.schema.table(target)
        assert other is not None
        if (not parents or (nullable and absent and self.style.nulls)) and nullable:
            for c in names:
                row[position[c]] = None
            return True
        at = {c.name.lower(): i for i, c in enumerate(other.columns)}
        if not parents:
            if target != table.name.lower():
                return False
            for c, theirs in zip(names, key.ref_columns, strict=True):  # the first row of a table refers to itself
                row[position[c]] = row[position[theirs.lower()]]
            return True
        parent = parents[self._parent(table, names, target, parents, mode, r, chance)]
        for c, theirs in zip(names, key.ref_columns, strict=True):
            row[position[c]] = parent[at[theirs.lower()]]
        return True

    def _parent(
        self, table: Table, names: tuple[str, ...], target: str, parents: Sequence[Row], mode: str, r: int, chance: random.Random
    ) -> int:
        if self.planned and self.planned[0] == table.name.lower():
            return self._group(r) % len(parents) if self.planned[1] in names else r % len(parents)
        if self.style.group or self.style.even:
            return r % len(parents)
        good = self.hits.get(target, []) if target != table.name.lower() else []
        if mode == "miss" and len(good) < len(parents):
            if self.nears.get(target) and chance.random() < 0.75:
                return chance.choice(self.nears[target])
            return chance.choice([i for i in range(len(parents)) if i not in good])
        if mode in {"hit", "near"} and good:
            return good[min(int(chance.expovariate(0.7)), len(good) - 1)]
        return chance.randrange(len(parents))

    def _kept(self, table: Table, rows: list[Row], perfect: list[str], count: int) -> tuple[list[Row], list[str]]:
        """Rows that repeat no key and pass every CHECK."""
        position = {c.name.lower(): i for i, c in enumerate(table.columns)}
        chosen = list(range(len(rows)))
        for key in (k for k in (table.primary_key, *table.unique) if k):
            at = [position[c.lower()] for c in key]
            seen = set()
            kept = []
            for i in chosen:
                value = tuple(rows[i][j] for j in at)
                if value not in seen or (None in value and key != table.primary_key):
                    seen.add(value)
                    kept.append(i)
            chosen = kept
        required = [i for i, c in enumerate(table.columns) if not c.nullable]
        chosen = [i for i in chosen if all(rows[i][j] is not None for j in required)]
        if table.checks and chosen:
            passed = passing(table, [rows[i] for i in chosen])
            chosen = [i for i, good in zip(chosen, passed, strict=True) if good][:count]
        return [rows[i] for i in chosen], [perfect[i] for i in chosen]


def create(table: Table) -> str:
    """CREATE TABLE without constraints: rows that keep them need no index, and loading is faster."""
    return f"CREATE TABLE {qualified(table)} ({', '.join(f'{quoted(c.name)} {c.type}' for c in table.columns)})"


def insert(table: Table, rows: Sequence[Row]) -> str:
    """One INSERT for all rows; '' for none."""
    if not rows:
        return ""
    return f"INSERT INTO {qualified(table)} VALUES " + ",".join("(" + ",".join(map(literal, row)) + ")" for row in rows)


def script(schema: Schema, database: Database) -> list[str]:
    """Statements that make a database in an empty DuckDB."""
    made = [f"CREATE SCHEMA {quoted(name)}" for name in dict.fromkeys(t.schema for t in schema.tables if t.schema)]
    for table in schema.tables:
        made.append(create(table))
        rows = insert(table, database.rows.get(table.name, ()))
        made += [rows] if rows else []
    return made


def literal(value: Any) -> str:
    """A value as DuckDB reads it in VALUES of any column."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def passing(table: Table, rows: Sequence[Row]) -> list[bool]:
    """Which rows pass the table's CHECK conditions; all of them where DuckDB cannot read a condition."""
    import duckdb

    bare = dataclasses.replace(table, name=table.bare, schema="", foreign_keys=())
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        try:
            connection.execute(create(bare).replace("(", "(row_number_ INTEGER, ", 1))
            connection.execute(insert(bare, [(i, *row) for i, row in enumerate(rows)]))
            tests = " AND ".join(f"(({check}) IS NOT FALSE)" for check in table.checks)
            good = {i for (i,) in connection.execute(f"SELECT row_number_ FROM {qualified(bare)} WHERE {tests}").fetchall()}
        except duckdb.Error:
            return [True] * len(rows)
    return [i in good for i in range(len(rows))]


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
