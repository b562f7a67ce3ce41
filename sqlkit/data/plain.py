"""Plain questions about one column or one key, for what no shape reaches: a table without names, a key of three columns."""

from __future__ import annotations

import datetime
import random

from sqlkit.data.filters import nice, quote
from sqlkit.data.scope import Scope
from sqlkit.data.shapes import Draft
from sqlkit.data.wanted import Item
from sqlkit.data.world import KEY_WORDS, World
from sqlkit.schema.types import Column
from sqlkit.sql.grammar import identifier

GROUPS = 30  # most values of a column to group by


def plain(item: Item, world: World, rng: random.Random) -> Draft | None:
    """A draft that reads the item; None where the data have nothing to ask it with."""
    if item.key:
        return _itself(item, world, rng) if item.table == item.key.ref_table else _joined(item, world, rng)
    if not item.column:
        many = world.noun(item.table, rng)
        return Draft(Scope(world, item.table).sql("COUNT(*)"), (f"the number of {many}",), (f"how many {many} are there?",))
    return _column(item.table, item.column, world, rng)


def _column(table: str, column: str, world: World, rng: random.Random) -> Draft | None:
    scope = Scope(world, table)
    target, said = scope.col(table, column), world.said(table, column, rng)
    many, single = world.noun(table, rng), world.noun(table, rng, many=False)
    seen = world.profile.column(table, column)
    drafts = []
    if seen.distinct > 1:
        drafts.append(Draft(
            scope.sql(f"COUNT(DISTINCT {target})"),
            (f"the number of different {said} values of {many}", f"number of distinct values of {said} among {many}"),
            (f"how many different values of {said} do {many} have?", f"how many distinct {said} values are there among {many}?"),
        ))  # fmt: skip
    if 1 < seen.distinct <= GROUPS and seen.distinct < world.profile.rows.get(table, 0):  # groups of one row each tell nothing
        drafts.append(Draft(
            scope.sql(f"{target}, COUNT(*)", tail=f"GROUP BY {target}"), (f"number of {many} per {said}", f"the number of {many} for each {said}"),
            (f"how many {many} are there per {said}?", f"how many {many} are there for each {said}?"),
        ))  # fmt: skip
    if 0 < seen.null_share < 1:
        drafts.append(Draft(
            scope.sql("COUNT(*)", [f"{target} IS NULL"]), (f"the number of {many} without {said}", f"number of {many} where {said} is missing"),
            (f"how many {many} have no {said}?", f"for how many {many} is the {said} missing?"),
        ))  # fmt: skip
    held = world.schema.table(table)
    alone = held is not None and held.primary_key == (column,)  # the row of a key is one
    if not alone and (found := _compared(table, column, world, rng)):
        test, words = found
        drafts.append(Draft(
            scope.sql("COUNT(*)", [f"{target} {test}"]), (f"the number of {many} with {said} {words}", f"number of {many} whose {said} is {words}"),
            (f"how many {many} have {said} {words}?", f"how many {many} are there whose {said} is {words}?"),
        ))  # fmt: skip
    if named := _row(table, column, world, rng):
        test, words = named
        drafts.append(Draft(
            scope.sql(target, [test]), (f"the {said} of {single} {words}", f"{said} of the {single} with {words}"),
            (f"what is the {said} of {single} {words}?", f"what is the {said} of the {single} with {words}?"),
        ))  # fmt: skip
    return rng.choice(drafts) if drafts else None


def _compared(table: str, column: str, world: World, rng: random.Random) -> tuple[str, str] | None:
    """A condition on a column by what stands in it, and its words."""
    found, seen = _of(world, table, column), world.profile.column(table, column)
    if found.kind == "bool":
        return ("IS TRUE", "true") if rng.random() < 0.5 else ("IS FALSE", "false")
    if found.kind == "date" and len(seen.quantiles) > 9:
        day = str(rng.choice(seen.quantiles[2:8]))[:10]
        try:
            datetime.date.fromisoformat(day)
        except ValueError:
            return None
        return (f"> '{day}'", f"after {day}") if rng.random() < 0.5 else (f"< '{day}'", f"before {day}")
    named = any(r.column.name == column for r in world.of(table, "key", "category"))  # customers with an id above 300 are no one's question
    if found.kind == "number" and not named and len(seen.quantiles) > 9 and rng.random() < 0.6:
        value = rng.choice(seen.quantiles[2:8])
        cut = nice(value, rng) if isinstance(value, int | float) else None
        if cut is not None:
            return (f"> {cut}", f"above {cut}") if rng.random() < 0.5 else (f"< {cut}", f"below {cut}")
    if found.kind in {"number", "text"} and seen.values:
        literal = rng.choice(seen.values)
        return f"= {quote(literal)}", str(literal)
    return None


def _row(table: str, column: str, world: World, rng: random.Random) -> tuple[str, str] | None:
    """A condition that names one row by its key, and its words: 'order no 4711'."""
    found = world.schema.table(table)
    if found is None or len(found.primary_key) != 1 or found.primary_key[0] == column:
        return None
    key = found.primary_key[0]
    values = world.profile.column(table, key).values
    if not values:
        return None
    value = rng.choice(values)
    return f"{identifier(key)} = {quote(value)}", f"{world.said(table, key, rng)} {value}"


def _joined(item: Item, world: World, rng: random.Random) -> Draft | None:
    """Children counted by what their parent holds."""
    key = item.key
    assert key is not None
    scope = Scope(world, item.table)
    held = world.schema.table(key.ref_table)
    columns = [c.name for c in held.columns if c.name not in key.ref_columns] if held else []
    column = rng.choice(columns or list(key.ref_columns))
    target = scope.col(key.ref_table, column)
    part = _part(item, world, rng)
    many, said = world.noun(item.table, rng), world.said(key.ref_table, column, rng)
    seen = world.profile.column(key.ref_table, column)
    if 1 < seen.distinct <= GROUPS and rng.random() < 0.4:
        return Draft(
            scope.sql(f"{target}, COUNT(*)", tail=f"GROUP BY {target}"),
            (f"number of {many} per {said} of the {part}", f"the number of {many} by {said} of their {part}"),
            (f"how many {many} are there for each {said} of the {part}?",),
        )
    if found := _compared(key.ref_table, column, world, rng):
        test, words = found
        return Draft(
            scope.sql("COUNT(*)", [f"{target} {test}"]),
            (f"the number of {many} of a {part} with {said} {words}", f"number of {many} whose {part} has {said} {words}"),
            (f"how many {many} have a {part} with {said} {words}?", f"how many {many} are there whose {part} has {said} {words}?"),
        )
    return Draft(
        scope.sql(f"COUNT(DISTINCT {target})"), (f"the number of different {said} values of the {part} of {many}",),
        (f"how many different values of {said} does the {part} of {many} have?",),
    )  # fmt: skip


def _itself(item: Item, world: World, rng: random.Random) -> Draft | None:
    """Rows counted by what the row of the same table that they point to holds."""
    key = item.key
    assert key is not None
    found = world.schema.table(item.table)
    columns = [c.name for c in found.columns if c.name not in {*key.columns, *key.ref_columns}] if found else []
    if not columns:
        return None
    column = rng.choice(columns)
    compared = _compared(item.table, column, world, rng)
    if compared is None:
        return None
    test, words = compared
    name = world.named(item.table)
    on = " AND ".join(f"t1.{identifier(a)} = t2.{identifier(b)}" for a, b in zip(key.columns, key.ref_columns, strict=True))
    sql = f"SELECT COUNT(*) FROM {name} AS t1 JOIN {name} AS t2 ON {on} WHERE t2.{identifier(column)} {test}"
    many, part, said = world.noun(item.table, rng), _part(item, world, rng), world.said(item.table, column, rng)
    return Draft(sql, (f"the number of {many} whose {part} has {said} {words}",), (f"how many {many} have a {part} with {said} {words}?",))


def _part(item: Item, world: World, rng: random.Random) -> str:
    """What the parent is to the child: by the column that points to it, 'ship to address', else by its own noun."""
    key = item.key
    assert key is not None
    own = world.noun(key.ref_table, rng, many=False)
    if len(key.columns) > 1:
        return own
    said = [w for w in world.said(item.table, key.columns[0], rng).split() if w not in KEY_WORDS]
    return " ".join(said) or own


def _of(world: World, table: str, column: str) -> Column:
    found = world.schema.table(table)
    held = found.column(column) if found else None
    assert held is not None  # items are made of the schema
    return held
