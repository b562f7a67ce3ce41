"""What examples have yet to speak of: tables, columns and foreign keys, one after the other until each is there or given up."""

from __future__ import annotations

import dataclasses
import random
import re
from collections import Counter, deque
from typing import Any

from sqlkit.data.used import ends, key_name
from sqlkit.schema.types import ForeignKey, Schema
from sqlkit.sql.facts import Facts

TRIES = 6  # of one item before it is given up


@dataclasses.dataclass(frozen=True, slots=True)
class Item:
    """A column, a foreign key, or (both empty) a table."""

    table: str
    column: str = ""
    key: ForeignKey | None = None

    @property
    def kind(self) -> str:
        return "foreign_keys" if self.key else "columns" if self.column else "tables"

    def in_text(self, sql: str) -> bool:
        """Whether a query names the item, as far as its text tells."""
        names = [self.table, self.column] if not self.key else [self.table, self.key.ref_table, *self.key.columns, *self.key.ref_columns]
        return all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql) for name in names if name)


class Wanted:
    """A queue of items; `missed` has those given up, with the reason of the last try."""

    def __init__(self, schema: Schema, rng: random.Random) -> None:
        keys = [Item(t.name, key=k) for t, k in schema.joins() if schema.table(k.ref_table)]
        columns = [Item(t.name, c.name) for t, c in schema.columns()]
        tables = [Item(t.name) for t in schema.tables]
        for part in (keys, columns):
            rng.shuffle(part)
        # a column brings its table along, a key brings columns: tables stand last
        self._queue = deque([*_mixed(keys, columns), *tables])
        self._names = {item: (f"{item.table}.{item.column}" if item.column else key_name(item.table, item.key) if item.key else item.table) for item in self._queue}
        self._tries: Counter[Item] = Counter()
        self._tables, self._columns = set[str](), set[tuple[str, str]]()
        self._joined = set[tuple[tuple[str, str], tuple[str, str]]]()
        self.missed: dict[Item, str] = {}

    def note(self, found: Facts) -> None:
        """Take in what a new example speaks of."""
        self._tables |= found.tables
        self._columns |= found.columns
        self._joined |= {pair for a, b in found.equal for pair in ((a, b), (b, a))}

    def has(self, item: Item) -> bool:
        if item.key:
            return ends(item.table, item.key) <= self._joined
        return (item.table.lower(), item.column.lower()) in self._columns if item.column else item.table.lower() in self._tables

    def next(self) -> Item | None:
        """The next item that no example speaks of; None when there is none left."""
        while self._queue and self.has(self._queue[0]):
            self._queue.popleft()
        return self._queue[0] if self._queue else None

    def tries(self, item: Item) -> int:
        return self._tries[item]

    def failed(self, item: Item, reason: str) -> None:
        """Put an item back, or give it up after `TRIES`."""
        if self._queue and self._queue[0] == item:
            self._queue.popleft()
            self._tries[item] += 1
            if self._tries[item] < TRIES:
                self._queue.append(item)
            else:
                self.missed[item] = reason

    def left(self) -> int:
        """At most how many items are still to come."""
        return len(self._queue)

    def unreached(self) -> dict[str, Any]:
        """Names by kind of what was given up and never came by itself, with the reason."""
        found: dict[str, dict[str, str]] = {"tables": {}, "columns": {}, "foreign_keys": {}}
        for item, reason in self.missed.items():
            if not self.has(item):
                found[item.kind][self._names[item]] = reason
        return {kind: dict(sorted(names.items())) for kind, names in found.items() if names}


def _mixed(keys: list[Item], columns: list[Item]) -> list[Item]:
    """Both in even shares."""
    step = max(1, len(columns) // max(1, len(keys)))
    found: list[Item] = []
    for i, key in enumerate(keys):
        found += [key, *columns[i * step : (i + 1) * step]]
    return found + columns[len(keys) * step :]
