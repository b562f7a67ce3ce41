"""UNION, INTERSECT and EXCEPT over one column."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.english import plural
from sqlkit.data.filters import Filter
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape
from sqlkit.data.world import World


def _two(world: World, rng: random.Random) -> tuple[Scope, str, str, Filter, Filter, str] | None:
    """A column, and two conditions on rows: scope, the column's SQL and words, conditions, the rows' noun."""
    table = pick_table(world, rng, "category")
    if table is None:
        return None
    scope, role = Scope(world, table), rng.choice(world.of(table, "category"))
    others = [r for r in world.of(table, "category", "measure", "date", "flag") if r != role]
    if not others:
        return None
    one, other = rng.choice(others), rng.choice(others)
    a, b = (filters.BY_ROLE[r.role](world, scope, r, rng) for r in (one, other))
    if a is None or b is None or a.sql == b.sql or not a.after or not b.after:
        return None
    return scope, scope.col(*role.place), world.said(*role.place, rng), a, b, world.noun(table, rng)


def _draft(world: World, rng: random.Random, operator: str, joint: tuple[str, ...]) -> Draft | None:
    drawn = _two(world, rng)
    if drawn is None:
        return None
    scope, target, said, a, b, noun = drawn
    both = {"INTERSECT": "both ", "UNION": "", "EXCEPT": ""}[operator]
    return ask(
        f"{scope.sql(target, [a.sql])} {operator} {scope.sql(target, [b.sql])}",
        rng,
        (
            "the {many} of {noun} {a} {joint} {noun} {b}",
            "{many} [with|that have] {both}{noun} {a} {joint} {noun} {b}",
            "[distinct|different] {many} of {noun} {a} {joint} {noun} {b}",
        ),
        (
            "which {many} have {both}{noun} {a} {joint} {noun} {b}?",
            "what are the {many} with {both}{noun} {a} {joint} {noun} {b}?",
            "[find|list|show] the {many} that have {both}{noun} {a} {joint} {noun} {b}",
        ),
        many=plural(said),
        noun=noun,
        a=rng.choice(a.after),
        b=rng.choice(b.after),
        joint=joint,
        both=both,
    )


@shape(0.8)
def intersect(world: World, rng: random.Random) -> Draft | None:
    """Values that occur among both kinds of rows."""
    return _draft(world, rng, "INTERSECT", ("and also", "as well as", "and"))


@shape(0.8)
def except_(world: World, rng: random.Random) -> Draft | None:
    """Values that occur among one kind of rows and not among another."""
    return _draft(world, rng, "EXCEPT", ("but no", "but not any", "but without any", "and no"))


@shape(0.6)
def union(world: World, rng: random.Random) -> Draft | None:
    """Values that occur among either kind of rows."""
    return _draft(world, rng, "UNION", ("or", "or else", "or with"))


@shape(0.5)
def union_tables(world: World, rng: random.Random) -> Draft | None:
    """The same kind of value from two tables: 'all cities of customers and suppliers'."""
    pairs = world.sharing()
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    first, second = Scope(world, one.table), Scope(world, other.table)
    operator, joint = rng.choice(
        (
            ("UNION", ("and of", "and", "together with those of", "or")),
            ("INTERSECT", ("that are also {many} of", "that also occur for", "shared with")),
            ("EXCEPT", ("but not of", "that are not {many} of", "without those of")),
        )
    )
    many = plural(world.said(*one.place, rng))
    return ask(
        f"{first.sql(first.col(*one.place))} {operator} {second.sql(second.col(*other.place))}",
        rng,
        ("[all |the |all the ]{many} of {a} {joint} {b}", "[different|distinct] {many} of {a} {joint} {b}", "{many} of {a} {joint} {b}"),
        (
            "what are the {many} of {a} {joint} {b}?",
            "which are the [different |]{many} of {a} {joint} {b}?",
            "[list|find|show] [all|the] {many} of {a} {joint} {b}",
        ),
        many=many,
        a=world.noun(one.table, rng),
        b=world.noun(other.table, rng),
        joint=rng.choice(joint).format(many=many),
    )
