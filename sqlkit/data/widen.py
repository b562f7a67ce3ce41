"""Contexts that hold only what the answer uses, widened, so that a model must choose.

Other columns of the same table come first, where other rows of the source show them; further columns and tables are
borrowed from the source when they share no word with the question or with what is there, so that they cannot be meant.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlkit.data.sources import SourceRow
from sqlkit.schema.link import FEW
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.schema.words import stems

_TABLE = re.compile(r"CREATE TABLE\s+(\w+)\s*\(([^()]*)\)", re.I)
_NUMBERED = re.compile(r"table_\d+_\d+", re.I)  # WikiSQL's own numbers; table_name_12 stands for many tables
_AS_NUMBER = re.compile(r"\b([^\W\d]\w*)\s*(?:[<>]=?|BETWEEN)\s*-?\d|\b(?:SUM|AVG)\(([^\W\d]\w*)\)", re.I)
_AS_TEXT = re.compile(r"\b([^\W\d]\w*)\s*(?:=|LIKE)\s*[\"']", re.I)
POOLED = 4000  # columns and tables to borrow from


@dataclasses.dataclass(frozen=True, slots=True)
class Wide:
    """What may be added: columns by table for tables of one name everywhere, and columns and tables to borrow, with types."""

    same: dict[str, tuple[Column, ...]]
    columns: tuple[Column, ...] = ()
    tables: tuple[Table, ...] = ()

    def of(self, rows: Iterable[SourceRow]) -> Wide:
        """Only what these rows can use of `same`."""
        names = {name.lower() for row in rows for name, _ in _TABLE.findall(row.ddl)}
        return dataclasses.replace(self, same={name: self.same[name] for name in names if name in self.same})


def survey(rows: Iterable[SourceRow], seed: int) -> Wide:
    """Look through a source's rows once, as text."""
    numbers, texts = Counter[str](), Counter[str]()
    there: defaultdict[str, dict[str, None]] = defaultdict(dict)
    tables: dict[tuple[str, ...], str] = {}
    for row in rows:
        for name, body in _TABLE.findall(row.ddl):
            columns = tuple(part.split()[0] for part in body.split(",") if part.strip())
            tables.setdefault(tuple(sorted(c.lower() for c in columns)), name)
            if _NUMBERED.fullmatch(name):
                there[name.lower()] |= dict.fromkeys(columns)
        for one, other in _AS_NUMBER.findall(row.sql or ""):
            numbers[(one or other).lower()] += 1
        texts.update(name.lower() for name in _AS_TEXT.findall(row.sql or ""))

    def typed(name: str) -> Column:
        return Column(name, "DOUBLE" if numbers[name.lower()] > texts[name.lower()] else "VARCHAR")

    chance = random.Random(f"widen {seed}")
    every = sorted({c for columns in tables for c in columns})
    several = sorted((name, columns) for columns, name in tables.items() if len(columns) > 1)
    return Wide(
        {name: tuple(map(typed, columns)) for name, columns in there.items()},
        tuple(map(typed, chance.sample(every, min(POOLED, len(every))))),
        tuple(Table(name, tuple(map(typed, columns))) for name, columns in chance.sample(several, min(POOLED, len(several)))),
    )


def widen(schema: Schema, question: str, pool: Wide, chance: random.Random) -> Schema:
    """The schema with up to six columns a table and two tables more, as far as a prompt has room, in an order that tells nothing."""
    asked = set(stems(question)) | {s for t, c in schema.columns() for s in stems(c.name)} | {s for t in schema.tables for s in stems(t.name)}
    room = FEW.columns - sum(len(t.columns) for t in schema.tables)
    tables = []
    for table in schema.tables:
        wanted = max(0, min(chance.randint(0, 6), room))
        added = _more(table.columns, pool.same.get(table.name.lower(), ()), chance.randint(0, wanted), chance)
        borrowed = [c for c in _some(pool.columns, 12, chance) if not asked & set(stems(c.name))]
        added += _more([*table.columns, *added], borrowed, wanted - len(added), chance)
        room -= len(added)
        columns = [*table.columns, *added]
        chance.shuffle(columns)
        tables.append(dataclasses.replace(table, columns=tuple(columns)))
    for other in _some(pool.tables, 12, chance)[: chance.choice((0, 0, 3, 6, 12))]:
        apart = not asked & {s for c in other.columns for s in stems(c.name)} and other.name.lower() not in {t.name.lower() for t in tables}
        if apart and len(other.columns) <= room and len(tables) < min(FEW.tables, len(schema.tables) + 2):
            tables.append(other)
            room -= len(other.columns)
    chance.shuffle(tables)
    return Schema(tuple(tables), schema.name)


def _some(pool: Sequence[Column] | Sequence[Table], count: int, chance: random.Random) -> list[Any]:
    return chance.sample(pool, min(count, len(pool)))


def _more(there: Sequence[Column], offered: Sequence[Column], count: int, chance: random.Random) -> list[Column]:
    names = {c.name.lower() for c in there}
    free = [c for c in {c.name.lower(): c for c in offered}.values() if c.name.lower() not in names]
    return chance.sample(free, min(max(0, count), len(free)))
