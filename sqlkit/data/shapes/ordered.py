"""Different values, and rows in an order."""

from __future__ import annotations

import random

from sqlkit.data.english import plural
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import World


@shape(2.5)
def distinct(world: World, rng: random.Random) -> Draft | None:
    """The different values of a column."""
    table = pick_table(world, rng, "category")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "category"))
    scope.used.add(f"{role.table}.{role.column.name}")
    rows = subject(world, scope, rng, most=1)
    said = world.said(*role.place, rng)
    return ask(
        scope.sql(f"DISTINCT {scope.col(*role.place)}", rows.where),
        rng,
        (
            "the [different|distinct|unique] {many} of {rows}",
            "[all|the] [distinct|different|unique] {many} [of|among] {rows}",
            "[unique|distinct] {many} for {rows}",
        ),
        (
            "what [different |]{many} do {rows} have?",
            "which [different|distinct] {many} are there [for|among] {rows}?",
            "what different values of {said} do {rows} have?",
            "[list|show|find] the [different|distinct|unique] {many} of {rows}",
            "what are the [different|distinct|unique] {many} of {rows}?",
            "in which {many} do we have {rows}?",
            "what kinds of {said} are there among {rows}?",
        ),
        rows,
        said=said,
        many=plural(said),
    )


@shape(2.5)
def sorted_rows(world: World, rng: random.Random) -> Draft | None:
    """All rows in an order."""
    table = pick_table(world, rng, "label")
    keys = world.of(table, "measure", "date") if table else []
    if table is None or not keys:
        return None
    scope, role = Scope(world, table), rng.choice(keys)
    rows = subject(world, scope, rng, most=1)
    down, shown = rng.random() < 0.6, rng.random() < 0.5
    target, label = scope.col(*role.place), scope.col(table, world.label(table))
    said, name = world.said(*role.place, rng), world.said(table, world.label(table), rng)
    order = (
        (
            ("latest first", "newest first", "most recent first", "in descending order")
            if down
            else ("oldest first", "earliest first", "in ascending order", "in chronological order")
        )
        if role.role == "date"
        else (
            ("highest first", "from high to low", "in descending order", "descending", "largest first")
            if down
            else ("lowest first", "from low to high", "in ascending order", "ascending")
        )
    )
    with_ = f" with their {said}" if shown else ""
    return ask(
        scope.sql(f"{label}, {target}" if shown else label, rows.where, f"ORDER BY {target}{' DESC' if down else ''}"),
        rng,
        (
            "{rows}{with_}[, sorted by| sorted by| ordered by|, ordered by|, by] {said}, {order}",
            "the {many} of {rows}{with_}[, sorted by|, ordered by] {said}, {order}",
            "all {rows}{with_} [sorted|ordered] by {said} {order}",
        ),
        (
            "[list|show|give me|rank|order] [all |the |]{rows}{with_} by {said}, {order}",
            "what are the {many} of {rows}{with_}, [ordered|sorted] by {said}, {order}?",
            "which {rows} are there{with_}? sort by {said}, {order}",
        ),
        rows,
        said=said,
        many=plural(name),
        with_=with_,
        order=order,
    )


@shape(0.8)
def sorted_names(world: World, rng: random.Random) -> Draft | None:
    """Names in alphabetical order."""
    table = pick_table(world, rng, "label")
    if table is None:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, least=1, most=1)
    target = scope.col(table, world.label(table))
    down = rng.random() < 0.2
    return ask(
        scope.sql(target, rows.where, f"ORDER BY {target}{' DESC' if down else ''}"),
        rng,
        ("{rows} {order}", "the {many} of {rows} {order}"),
        ("list {rows} {order}", "what are the {many} of {rows}, {order}?", "[show|give me] the {many} of [all |]{rows} {order}"),
        rows,
        many=plural(world.said(table, world.label(table), rng)),
        order=("in reverse alphabetical order", "from Z to A")
        if down
        else ("in alphabetical order", "alphabetically", "sorted by name", "sorted alphabetically", "from A to Z"),
    )
