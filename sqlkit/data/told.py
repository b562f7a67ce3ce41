"""Whether the data at hand tell a generated query from its neighbours: other rows for a changed sign, a dropped condition, another column."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlkit.records import Result
from sqlkit.schema.types import Schema
from sqlkit.sql.guard import check
from sqlkit.sql.keys import shapes
from sqlkit.sql.mutate import a_few
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.resolve import tables_of

MUTANTS = 3  # of one query; more would take longer than drawing and running it


@dataclasses.dataclass
class Neighbours:
    """Mutants that were run and how many of them gave other rows than their gold."""

    tried: int = 0
    told: int = 0

    def row(self) -> dict[str, Any]:
        return {"tried": self.tried, "told_apart": self.told, "share": round(self.told / self.tried, 4) if self.tried else 1.0}


class Mutator:
    """Makes mutants of queries over a schema, by which the data must tell them apart."""

    def __init__(self, schema: Schema) -> None:
        self._tables = shapes(schema)
        self._names = tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)

    def mutants(self, sql: str) -> list[str]:
        """A few queries that are nearly this one. None where it has none, or cannot be changed."""
        try:
            made = [m.sql for m in a_few(sql, self._tables, self._names, MUTANTS)]
        except (SqlglotError, RecursionError, ValueError):
            return []
        for mutant in made:
            check(mutant, "duckdb")  # kept for the sandbox, which asks again
        return made


def told(sql: str, gold: Result, mutants: Sequence[Result]) -> Neighbours:
    """How many mutants of a query gave other rows than it did. A mutant that fails is not counted."""
    ordered = "ORDER BY" in sql
    others = [r for r in mutants if not r.error]
    return Neighbours(len(others), sum(not _same(gold, other, ordered) for other in others))


def _same(gold: Result, other: Result, ordered: bool) -> bool:
    if len(other.rows) != len(gold.rows):
        return False
    first, second = ([tuple(map(_plain, row)) for row in r.rows] for r in (gold, other))
    return first == second or (not ordered and Counter(first) == Counter(second))


def _plain(value: Any) -> Any:
    """A cell to compare: a sum of fractions differs in its last digits with the order of its rows."""
    return float(f"{value:.9g}") if isinstance(value, float) else value if isinstance(value, int | str | bool) or value is None else str(value)
