"""Rows by chance under a style: shares of rows that fulfil all conditions, that miss by one, and of any others."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlkit.database import pools
from sqlkit.database.constraints import kept
from sqlkit.database.pools import Pool
from sqlkit.database.rows import Database, Row, database
from sqlkit.database.styles import Style
from sqlkit.schema.types import Table
from sqlkit.sql.resolve import Origin

if TYPE_CHECKING:
    from sqlkit.database.populate import Populator

_LAST = frozenset({"skewed", "null favourites", "nulls", "few rows"})


class Filling:
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
        grouped = [option for option in options if maker.groups(option)]
        self.planned = chance.choice(options if style.name.startswith("random") else grouped or options) if options else None

    def database(self, only: set[str] | None) -> Database:
        return database(self.style.name, self.maker.schema.tables, only, self._fill)

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
            return 4 * style.group + 1
        parents = [len(self.rows.get(k.ref_table.lower(), ())) for k in table.foreign_keys]
        return max(4, min(style.group + 6, 250), *parents)

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
        rows = self.maker.settled(table, rows)
        staying = kept(self.maker.schema, table, rows, self.rows)[:count]
        rows, perfect = [rows[i] for i in staying], [perfect[i] for i in staying]
        order = list(range(len(rows)))
        if not any(k.ref_table.lower() == name for k in table.foreign_keys):  # else rows refer to those before them
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
        if self.planned == origin and style.nulls and nullable and self._group(r) == 2:
            return None
        if self.planned != origin and nullable and style.nulls and number % 2 == 0 and chance.random() < style.nulls and not (mode in {"hit", "near"} and (pool.wished or root)):
            return None
        if self.planned == origin:
            values = [v for k in self.keys.get(root, ()) if (v := pool.take(k)) is not None] if root else []
            values = values or pool.hits or self._window(pool)
            values = values if len(values) > 3 else [*values, *(v for v in self._window(pool) if v not in values)]
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
        """Groups of one less, as many, and twice one more than the threshold."""
        n = self.style.group
        return 0 if r < n - 1 else 1 if r < 2 * n - 1 else 2 if r < 3 * n else 3

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
        if self.planned == (table.name.lower(), names[0]) and self.style.nulls and nullable:
            absent = self._group(r) == 2
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
        alone = any(tuple(c.lower() for c in key) == names for key in (table.primary_key, *table.unique))
        if self.style.group or self.style.even or alone:
            return r % len(parents)
        good = self.hits.get(target, []) if target != table.name.lower() else []
        if mode == "miss" and len(good) < len(parents):
            if self.nears.get(target) and chance.random() < 0.75:
                return chance.choice(self.nears[target])
            return chance.choice([i for i in range(len(parents)) if i not in good])
        if mode in {"hit", "near"} and good:
            return good[min(int(chance.expovariate(0.7)), len(good) - 1)]
        return chance.randrange(len(parents))
