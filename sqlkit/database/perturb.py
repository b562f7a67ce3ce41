"""Further databases from one that is there: rows left out, cells changed, so that what hides a difference may go."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlkit.database.constraints import kept
from sqlkit.database.rows import Database, Row
from sqlkit.schema.types import Schema, Table

if TYPE_CHECKING:
    from sqlkit.database.populate import Populator


def perturbed(maker: Populator, database: Database, seed: int) -> Database:
    """The database with fewer rows and other cells in columns that the golds read; all constraints hold as before."""
    chance = random.Random(f"perturbed {seed}")
    share = chance.choice((0.25, 0.5, 0.75, 0.95))
    rate = chance.choice((0.0, 0.04, 0.12, 0.3))
    rows: dict[str, tuple[Row, ...]] = {}
    for table in maker.schema.tables:
        given = database.rows.get(table.name)
        if given is not None:
            part = share if chance.random() < 0.7 else 1.0
            chosen = [_changed(maker, table, row, given, rate, chance) for row in given if chance.random() < part]
            rows[table.name] = _staying(maker.schema, table, maker.settled(table, chosen), rows, chance)
    return Database("perturbed", rows)


def completed(schema: Schema, whole: Database, part: Database) -> Database:
    """All tables of `whole`, those in `part` as they are there, and of the others the rows that refer to none that is gone."""
    rows: dict[str, tuple[Row, ...]] = {}
    for table in schema.tables:
        if table.name in part.rows:
            rows[table.name] = part.rows[table.name]
        elif table.name in whole.rows:
            others = {name.lower(): held for name, held in rows.items()}
            rows[table.name] = tuple(whole.rows[table.name][i] for i in kept(schema, table, whole.rows[table.name], others))
    return Database(part.name, rows)


def _changed(maker: Populator, table: Table, row: Row, rows: Sequence[Row], rate: float, chance: random.Random) -> Row:
    """A row of which some cells hold what another row holds there, what a condition asks for, or NULL."""
    if not rate:
        return row
    cells = list(row)
    name = table.name.lower()
    for i, column in enumerate(table.columns):
        origin = (name, column.name.lower())
        if origin not in maker.facts.columns or chance.random() > rate:
            continue
        pool, dice = maker.pool(origin), chance.random()
        if dice < 0.15 and column.nullable:
            cells[i] = None
        elif dice < 0.5 and pool.wished and (pool.hits or pool.near):
            cells[i] = chance.choice([*pool.hits, *pool.near])
        else:
            cells[i] = chance.choice(rows)[i]
    return tuple(cells)


def _staying(
    schema: Schema, table: Table, rows: list[Row], others: Mapping[str, Sequence[Row]], chance: random.Random
) -> tuple[Row, ...]:
    """The rows that keep every constraint; some that have lost what they refer to do so with NULL."""
    made = {name.lower(): held for name, held in others.items()}
    position = {c.name.lower(): i for i, c in enumerate(table.columns)}
    for key in table.foreign_keys:
        other = schema.table(key.ref_table)
        at = [position[c.lower()] for c in key.columns]
        if other is None or other.name == table.name or not all(table.columns[i].nullable for i in at):
            continue
        names = [c.name.lower() for c in other.columns]
        to = [names.index(c.lower()) for c in key.ref_columns]
        there = {tuple(row[i] for i in to) for row in made.get(other.name.lower(), ())}
        rows = [_loose(row, at) if tuple(row[i] for i in at) not in there and chance.random() < 0.4 else row for row in rows]
    return tuple(rows[i] for i in kept(schema, table, rows, made))


def _loose(row: Row, at: Sequence[int]) -> Row:
    cells: list[Any] = list(row)
    for i in at:
        cells[i] = None
    return tuple(cells)
