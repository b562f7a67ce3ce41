"""Which rows: names, several columns, one fact, sorted lists, different values."""

from __future__ import annotations

import random

from sqlkit.data.english import plural, several
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import World

WHICH = (
    "which {rows} [are there|do we have]?",
    "[what|which] are the {rows}?",
    "list [the|all|all the|] {rows}",
    "what are the {many} of [the |all |]{rows}?",
    "[find|give|show|return|list] the {many} of [all |the |]{rows}",
    "[who|what] are the {rows}?",
    "[which|what] {rows} [can you find|are on record|exist]?",
    "[find|show|show me|give me|get] [the|all|all the|] {rows}",
    "what is the {said} of [each of |all |]the {rows}?",
)


@shape(8)
def names(world: World, rng: random.Random) -> Draft | None:
    """The labels of rows under conditions."""
    table = pick_table(world, rng, "label")
    if table is None:
        return None
    scope, label = Scope(world, table), world.label(table)
    rows = subject(world, scope, rng, least=1)
    said = world.said(table, label, rng)
    which = WHICH if world.sort(table) == "person" else tuple(t.replace("[who|what]", "what") for t in WHICH)
    return ask(
        scope.sql(scope.col(table, label), rows.where),
        rng,
        ("the {many} of [the |all |]{rows}", "all {rows}", "{rows}", "{rows} by name" if "name" in said else "{rows}"),
        which,
        rows,
        said=said,
        many=plural(said),
    )


@shape(5)
def columns(world: World, rng: random.Random) -> Draft | None:
    """The label and one or two more columns."""
    table = pick_table(world, rng, "label")
    others = world.of(table, "measure", "category", "date", "text") if table else []
    if table is None or not others:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, least=1 if rng.random() < 0.8 else 0)
    chosen = rng.sample(others, min(len(others), rng.choice((1, 1, 2))))
    places = [(table, world.label(table)), *(r.place for r in chosen)]
    said = [world.said(t, c, rng) for t, c in places]
    return ask(
        scope.sql(", ".join(scope.col(t, c) for t, c in places), rows.where),
        rng,
        (
            "the {both} of [all |the |]{rows}",
            "{both} [for|of] {rows}",
            "{rows} with their {rest}",
            "{both} of all {rows}",
            "{rows}: {both}",
            "{rows} and their {rest}",
        ),
        (
            "what are the {both} of [all |the |]{rows}?",
            "[list|show|give|find|return|give me] the {both} of [all |the |]{rows}",
            "list {rows} with their {rest}",
            "what is the {both} of each of the {rows}?",
            "for [each of the|all] {rows}, [show|list|give] the {both}",
            "which {rows} are there and what is their {rest}?",
        ),
        rows,
        both=several(said),
        rest=several(said[1:]),
    )


@shape(1.5)
def columns_plain(world: World, rng: random.Random) -> Draft | None:
    """Columns without the label: 'the city and country of all suppliers'."""
    table = pick_table(world, rng)
    others = world.of(table, "measure", "category", "date", "text") if table else []
    if table is None or not others:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, least=1)
    chosen = rng.sample(others, min(len(others), rng.choice((1, 2, 2, 3))))
    said = [world.said(*r.place, rng) for r in chosen]
    return ask(
        scope.sql(", ".join(scope.col(*r.place) for r in chosen), rows.where),
        rng,
        ("the {both} of [all |the |]{rows}", "{both} [for|of] {rows}"),
        ("what [is|are] the {both} of [the |]{rows}?", "[show|give|find|return|list] the {both} of [the |all |]{rows}"),
        rows,
        both=several(said),
    )


@shape(1.5)
def parent_columns(world: World, rng: random.Random) -> Draft | None:
    """Rows beside the label of their parent."""
    table = pick_table(world, rng, "label")
    parents = [p for p, path in world.up(table).items() if world.label(p) and len(path) < 3] if table else []
    if table is None or not parents:
        return None
    scope, parent = Scope(world, table), rng.choice(parents)
    rows = subject(world, scope, rng, most=1)
    single = world.called(world.up(table)[parent], rng, many=False)
    other = world.said(parent, world.label(parent), rng)
    label = world.said(table, world.label(table), rng)
    theirs = single if rng.random() < 0.6 or other.startswith(single) else f"{other} of their {single}"
    return ask(
        scope.sql(f"{scope.col(table, world.label(table))}, {scope.col(parent, world.label(parent))}", rows.where),
        rng,
        (
            "{rows} [with|and|together with|along with] their {theirs}",
            "the {label} of [all |the |]{rows} and [the name of |]their {single}",
            "{rows} and the {single} of each",
        ),
        (
            "list {rows} [with|and|together with] their {theirs}",
            "what is the {single} of each of the {rows}? [show both|give the {label} too|list {label} and {single}]",
            "[show|give] the {label} and the {single} of [all |the |]{rows}",
        ),
        rows,
        theirs=theirs,
        label=label,
        single=single,
    )


@shape(1)
def keys(world: World, rng: random.Random) -> Draft | None:
    """The ids of rows, at times with a column."""
    tables = [t for t in world.schema.tables if len(t.primary_key) == 1 and t.primary_key[0] != world.label(t.name)]
    if not tables:
        return None
    table = rng.choice(tables)
    scope, key = Scope(world, table.name), table.primary_key[0]
    rows = subject(world, scope, rng, least=1)
    others = world.of(table.name, "label", "measure", "category", "date")
    said = world.said(table.name, key, rng)
    if others and rng.random() < 0.5:
        other = rng.choice(others)
        select, both = f"{scope.col(table.name, key)}, {scope.col(*other.place)}", f"{said} and {world.said(*other.place, rng)}"
        return ask(
            scope.sql(select, rows.where),
            rng,
            ("the {both} of [all |the |]{rows}", "{both} of {rows}", "{rows}: {both}"),
            ("what are the {both} of [the |all |]{rows}?", "[show|list|find|give] the {both} of [the |all |]{rows}"),
            rows,
            both=both,
        )
    return ask(
        scope.sql(scope.col(table.name, key), rows.where),
        rng,
        ("the {many} of [all |the |]{rows}", "{many} of {rows}", "{said} of [each of |]the {rows}"),
        (
            "what are the {many} of [the |all |]{rows}?",
            "[show|list|find|give|return] the {many} of [the |all |]{rows}",
            "which {many} do [the |]{rows} have?",
        ),
        rows,
        said=said,
        many=plural(said),
    )
