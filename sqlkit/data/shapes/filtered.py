"""One condition of one kind, asked for by itself: equality, sets, ranges, NULL, LIKE, yes/no, negation, spans of time."""

from __future__ import annotations

import random
from collections.abc import Callable

from sqlkit.data import filters
from sqlkit.data.english import plural
from sqlkit.data.filters import Filter
from sqlkit.data.shapes.base import Draft, Subject, ask, pick_table, shape
from sqlkit.data.shapes.counting import HOW_MANY, NUMBER
from sqlkit.data.shapes.listing import WHICH
from sqlkit.data.world import Role, Scope, World

Make = Callable[[World, Scope, Role, random.Random], Filter | None]


def _one(world: World, rng: random.Random, make: Make, kinds: tuple[str, ...], wanted: Callable[[str], bool] = bool) -> Draft | None:
    """Count or names of rows under one condition whose SQL is as wanted."""
    table = pick_table(world, rng, *kinds)
    if table is None:
        return None
    scope = Scope(world, table)
    roles = world.of(table, *kinds)
    for _ in range(12):
        found = make(world, scope, rng.choice(roles), rng)
        if found and wanted(found.sql) and (found.before or found.after):
            break
    else:
        return None
    noun = world.noun(table, rng)
    text = (
        f"{rng.choice(found.before)} {noun}"
        if found.before and (not found.after or rng.random() < 0.4)
        else f"{noun} {rng.choice(found.after)}"
    )
    front = rng.choice(found.front) if found.front and rng.random() < 0.3 else ""
    rows = Subject(f"{noun} {front}" if front else text, [found.sql], front, noun, noun)
    label = world.label(table)
    if not label or rng.random() < 0.5:
        return ask(scope.sql("COUNT(*)", rows.where), rng, NUMBER, HOW_MANY, rows)
    said = world.said(table, label, rng)
    return ask(
        scope.sql(scope.col(table, label), rows.where),
        rng,
        ("{rows}", "all {rows}", "the {many} of [the |all |]{rows}"),
        WHICH,
        rows,
        said=said,
        many=plural(said),
    )


@shape(1)
def in_list(world: World, rng: random.Random) -> Draft | None:
    """One of several values."""
    return _one(world, rng, filters.category, ("category",), lambda sql: " IN (" in sql)


@shape(1)
def not_equal(world: World, rng: random.Random) -> Draft | None:
    """All but one value."""
    return _one(world, rng, filters.category, ("category",), lambda sql: " <> " in sql)


@shape(1.2)
def compared(world: World, rng: random.Random) -> Draft | None:
    """A number above or below a figure."""
    return _one(world, rng, filters.measure, ("measure",), lambda sql: any(sign in sql for sign in (" > ", " < ", " >= ", " <= ")))


@shape(1)
def in_range(world: World, rng: random.Random) -> Draft | None:
    """A number between two figures."""
    return _one(world, rng, filters.measure, ("measure",), lambda sql: " BETWEEN " in sql)


@shape(1.2)
def missing(world: World, rng: random.Random) -> Draft | None:
    """A value that is not there, or is."""
    return _one(world, rng, filters.missing, ("category", "measure", "date", "text"))


@shape(1)
def like(world: World, rng: random.Random) -> Draft | None:
    """A text that contains, begins with or ends with something."""
    return _one(world, rng, filters.like, ("label", "text"))


@shape(1)
def yes_or_no(world: World, rng: random.Random) -> Draft | None:
    """A flag."""
    return _one(world, rng, filters.flag, ("flag",))


def _plain_window(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    return filters.window(world, scope, role, rng, plain=role == world.default_date(role.table))


@shape(1)
def in_period(world: World, rng: random.Random) -> Draft | None:
    """In a year, a quarter, a month."""
    return _one(world, rng, _plain_window, ("date",), lambda sql: sql.startswith("YEAR("))


@shape(1)
def before_or_after(world: World, rng: random.Random) -> Draft | None:
    """Before, after, since a day, or between two days."""
    return _one(world, rng, _plain_window, ("date",), lambda sql: "'" in sql)


@shape(0.8)
def either(world: World, rng: random.Random) -> Draft | None:
    """One condition or another."""

    def make(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
        a, b = filters.one(world, scope, scope.root, rng), filters.one(world, scope, scope.root, rng)
        if a is None or b is None or a.key == b.key or not a.after or not b.after or " AND " in a.sql + b.sql:
            return None
        joint = rng.choice(("or", "or", "or else", "or those"))
        return Filter(
            f"({a.sql} OR {b.sql})",
            (),
            tuple(f"{x} {joint} {y}" for x, y in zip(rng.sample(a.after, 2), rng.sample(b.after, 2), strict=True))
            if min(len(a.after), len(b.after)) > 1
            else (f"{a.after[0]} {joint} {b.after[0]}",),
        )

    return _one(world, rng, make, ("category", "measure", "date", "flag"))


@shape(1)
def segments(world: World, rng: random.Random) -> Draft | None:
    """Rows of a named segment of the glossary."""
    tables = [s.table for s in world.glossary.segments.values() if world.schema.table(s.table)]
    if not tables:
        return None
    scope = Scope(world, rng.choice(tables))
    found = filters.segment(world, scope, scope.root, rng)
    if found is None:
        return None
    noun = world.noun(scope.root, rng)
    more = filters.one(world, scope, scope.root, rng) if rng.random() < 0.5 else None
    text, where = f"{found.before[0]} {noun}", [found.sql]
    if more and more.after and "NULL" not in more.sql:
        text, where = f"{text} {rng.choice(more.after)}", [*where, more.sql]
    label = world.label(scope.root)
    if not label or rng.random() < 0.6:
        return ask(scope.sql("COUNT(*)", where), rng, NUMBER, HOW_MANY, Subject(text, where))
    said = world.said(scope.root, label, rng)
    return ask(
        scope.sql(scope.col(scope.root, label), where),
        rng,
        ("{rows}", "all {rows}", "the {many} of {rows}"),
        WHICH,
        Subject(text, where),
        said=said,
        many=plural(said),
    )
