"""A world that is led: to tables that few examples speak of, or to one table, column or key that none does."""

from __future__ import annotations

import math
import random
from collections import Counter

from sqlkit.data.wanted import Item
from sqlkit.data.world import Role, World
from sqlkit.prompt import Context

NARROWED = 0.7  # share of draws in which columns are narrowed to the one in focus; always would ask for "the colour of red things"
ELSEWHERE = 1e-6  # the weight of tables out of focus, for shapes that have no use for the one in it


class Steered(World):
    """As `World`, for schemas of any size: what shapes ask for again and again is kept."""

    def __init__(self, context: Context, rng: random.Random) -> None:
        super().__init__(context)
        self._rng = rng
        self._all_selves = self.selves
        self._base = {t.name: super(Steered, self).weight(t.name) for t in self.schema.tables}
        self._labels: dict[str, str] = {}
        self.uses: Counter[str] = Counter()  # examples that read a table
        self._mean = 0.0
        self._table = self._column = ""

    def focus(self, item: Item | None) -> None:
        """Lead what is drawn next to an item; None for the whole schema."""
        self.narrow(None)
        self.selves = self._all_selves
        self._table = self._column = ""
        if item is None:
            return
        self._table = item.table
        self._column = item.column if self._rng.random() < NARROWED else ""
        if item.key is not None:
            link = (item.table, item.key.columns, item.key.ref_table, item.key.ref_columns)
            self.narrow([link] if item.table != item.key.ref_table else [])
            self.selves = [(t, k) for t, k in self._all_selves if t.name == item.table and k == item.key]

    def used(self, tables: list[str]) -> None:
        """Note the tables that an example reads."""
        self.uses.update(tables)
        self._mean += len(tables) / max(1, len(self._base))

    def weight(self, table: str) -> float:
        """How often people may ask about a table, less the more it was asked about already."""
        if self._table:
            return 1.0 if table == self._table else ELSEWHERE
        return float(self._base[table] * math.sqrt((1 + self._mean) / (1 + self.uses[table])))

    def of(self, table: str, *kinds: str) -> list[Role]:
        found = super().of(table, *kinds)
        if self._column and table == self._table:
            return [r for r in found if r.column.name == self._column] or found
        return found

    def sharing(self) -> list[tuple[Role, Role]]:
        found = super().sharing()
        if self._column and any(r.column.name == self._column for r in super().of(self._table, "category")):
            return [pair for pair in found if all(r.table != self._table or r.column.name == self._column for r in pair)]
        return found

    def label(self, table: str) -> str:
        if table not in self._labels:
            self._labels[table] = super().label(table)
        return self._labels[table]
