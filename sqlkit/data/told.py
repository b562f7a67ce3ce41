"""Whether the data at hand tell a generated query from its neighbours: other rows for a changed sign, a dropped condition, another column."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from sqlkit.database import Sandbox
from sqlkit.records import Result
from sqlkit.schema.types import Schema
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


class Judge:
    """Runs a few mutants of each query in the sandbox of the data."""

    def __init__(self, schema: Schema, sandbox: Sandbox) -> None:
        self._tables, self._sandbox = shapes(schema), sandbox
        self._names = tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)

    def neighbours(self, sql: str, gold: Result) -> Neighbours:
        """A mutant that fails is not counted. None are tried where the query has none, or cannot be changed."""
        try:
            made = a_few(sql, self._tables, self._names, MUTANTS)
        except (SqlglotError, RecursionError, ValueError):
            made = []
        ordered = "ORDER BY" in sql
        others = [r for r in self._sandbox.run_many([m.sql for m in made]) if not r.error]
        return Neighbours(len(others), sum(not _same(gold, other, ordered) for other in others))


def _same(gold: Result, other: Result, ordered: bool) -> bool:
    if len(other.rows) != len(gold.rows):
        return False
    first, second = ([tuple(map(_plain, row)) for row in r.rows] for r in (gold, other))
    return first == second or (not ordered and Counter(first) == Counter(second))


def _plain(value: Any) -> Any:
    """A cell to compare: a sum of fractions differs in its last digits with the order of its rows."""
    return float(f"{value:.9g}") if isinstance(value, float) else value if isinstance(value, int | str | bool) or value is None else str(value)
