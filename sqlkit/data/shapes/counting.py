"""How many: rows, different values, parents."""

from __future__ import annotations

import random

from sqlkit.data.english import plural
from sqlkit.data.shapes.base import Draft, ask, pick_link, pick_table, shape
from sqlkit.data.shapes.rows import nullable, subject
from sqlkit.data.world import Scope, World

NUMBER = (
    "the number of {rows}",
    "[number|count|total number|total count] of {rows}",
    "{rows}[, how many|, count| count|, how many are there|: how many]",
    "the [total |]count of {rows}",
)
HOW_MANY = (
    "how many {rows} [are there|do we have|exist|are there in total|are there in the database|are on record|do we have in total|have we got]?",
    "how many {rows}[?| are there?| in total?]",
    "[count|count the|count all|count all the] {rows}",
    "what is the [number|total number|count] of {rows}?",
    "[find|get|tell me|calculate|give me|return|determine] the [number|total number|count] of {rows}",
    "what's the [number|total number|count] of {rows}?",
    "how many {rows} [are there|do we have] [altogether|overall|all in all|in all]?",
    "[do you know|can you tell me|could you tell me] how many {rows} [there are|we have]?",
)


@shape(10)
def count(world: World, rng: random.Random) -> Draft | None:
    """Rows under conditions."""
    scope = Scope(world, pick_table(world, rng) or "")
    rows = subject(world, scope, rng)
    return ask(scope.sql("COUNT(*)", rows.where), rng, NUMBER, HOW_MANY, rows)


@shape(2)
def count_distinct(world: World, rng: random.Random) -> Draft | None:
    """Different values of a column."""
    table = pick_table(world, rng, "category")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "category"))
    scope.used.add(f"{role.table}.{role.column.name}")
    rows = subject(world, scope, rng, most=1)
    return ask(
        scope.sql(f"COUNT(DISTINCT {scope.col(*role.place)})", rows.where),
        rng,
        (
            "the number of [different|distinct|unique] {many} [of|among|for|across] {rows}",
            "[number|count] of [distinct|different|unique] {many} [of|among|for] {rows}",
        ),
        (
            "how many [different|distinct|unique] {many} do {rows} have?",
            "how many [different|distinct|unique] {many} are there [for|among] {rows}?",
            "in how many [different |]{many} are there {rows}?",
            "count the [different|distinct|unique] {many} of {rows}",
            "how many {many} are represented among {rows}?",
        ),
        rows,
        many=plural(world.said(*role.place, rng)),
    )


@shape(2.5)
def count_parents(world: World, rng: random.Random) -> Draft | None:
    """Different parents that have such children."""
    link = pick_link(world, rng, label=False)
    if link is None:
        return None
    scope = Scope(world, link[0])
    rows = subject(world, scope, rng, most=1)
    return ask(
        scope.sql(f"COUNT(DISTINCT {scope.col(link[0], link[1][0])})", rows.where),
        rng,
        (
            "the number of [different|distinct|unique] {many} with {rows}",
            "[number|count] of [distinct|different|unique] {many} [in|with|behind] {rows}",
        ),
        (
            "how many [different|distinct|unique] {many} [have|had] {rows}?",
            "how many {many} have at least one of the {rows}?",
            "how many {many} have any {rows}?",
            "how many [distinct|different] {many} are [in|behind] {rows}?",
            "{rows} - how many different {many} is that?",
        ),
        rows,
        many=world.parent(link, rng),
    )


@shape(1)
def count_two(world: World, rng: random.Random) -> Draft | None:
    """Rows and the parents behind them in one line."""
    link = pick_link(world, rng, label=False)
    if link is None:
        return None
    scope = Scope(world, link[0])
    rows = subject(world, scope, rng, most=1)
    return ask(
        scope.sql(f"COUNT(*), COUNT(DISTINCT {scope.col(link[0], link[1][0])})", rows.where),
        rng,
        (
            "the number of {rows} and [the number of|how many] [different|distinct|unique] {many}",
            "count of {rows} and of [distinct|different] {many} behind them",
        ),
        (
            "how many {rows} are there and how many different {many} do they belong to?",
            "how many {rows}, and from how many [different|distinct] {many}?",
        ),
        rows,
        many=world.parent(link, rng),
    )


@shape(0.7)
def count_filled(world: World, rng: random.Random) -> Draft | None:
    """Rows that have a value, beside all rows."""
    table = pick_table(world, rng)
    roles = (
        [
            r
            for r in world.of(table, "measure", "date", "category", "text")
            if r.column.nullable and 0 < world.profile.column(*r.place).null_share < 1
        ]
        if table
        else []
    )
    if table is None or not roles:
        return None
    scope, role = Scope(world, table), rng.choice(roles)
    rows = subject(world, scope, rng, most=1)
    return ask(
        scope.sql(f"COUNT(*), COUNT({scope.col(*role.place)})", rows.where),
        rng,
        (
            "the number of {rows} and [how many|the number] of them [with|that have] a {said}",
            "[count|number] of {rows}, and of those with a [known |]{said}",
        ),
        (
            "how many {rows} are there, and how many of them have a {said}?",
            "how many {rows} do we have and for how many is the {said} known?",
        ),
        rows,
        said=world.said(*role.place, rng),
    )


@shape(1.2)
def most_children_number(world: World, rng: random.Random) -> Draft | None:
    """The largest or smallest number of children that one parent has."""
    link = pick_link(world, rng, label=False)
    if link is None:
        return None
    scope = Scope(world, link[0])
    rows = subject(world, scope, rng, most=1)
    up = rng.random() < 0.75
    key = scope.col(link[0], link[1][0])
    where = [*rows.where, f"{key} IS NOT NULL"] if nullable(world, link[0], link[1][0]) else rows.where
    inner = scope.sql("COUNT(*) AS n", where, f"GROUP BY {key}")
    return ask(
        f"SELECT {'MAX' if up else 'MIN'}(n) FROM ({inner}) AS q",
        rng,
        ("the {word} number of {rows} [a single|any one|one] {single} has", "{word} number of {rows} [per|for a] [single |]{single}"),
        ("what is the {word} number of {rows} [of a|for one|per] {single}?", "how many {rows} does the {single} with the {most} have?"),
        rows,
        single=world.parent(link, rng, many=False),
        word=("highest", "largest", "maximum") if up else ("lowest", "smallest", "minimum"),
        most="most" if up else "fewest",
    )


@shape(2)
def average_children(world: World, rng: random.Random) -> Draft | None:
    """How many children a parent has on average, among those that have any."""
    link = pick_link(world, rng, label=False)
    if link is None:
        return None
    scope = Scope(world, link[0])
    rows = subject(world, scope, rng, most=1)
    key = scope.col(link[0], link[1][0])
    where = [*rows.where, f"{key} IS NOT NULL"] if nullable(world, link[0], link[1][0]) else rows.where
    inner = scope.sql("COUNT(*) AS n", where, f"GROUP BY {key}")
    return ask(
        f"SELECT AVG(n) FROM ({inner}) AS q",
        rng,
        (
            "the average number of {rows} [per|for each|by|for a] {single}",
            "[avg|mean|average] number of {rows} per {single}",
            "{rows} per {single} on average",
        ),
        (
            "how many {rows} does [a|each|one|the average] {single} have on average?",
            "what is the [average|mean] number of {rows} [per|of a|for each] {single}?",
            "on average, how many {rows} are there [per|for each] {single}?",
            "how many {rows} are there per {single} on average?",
        ),
        rows,
        single=world.parent(link, rng, many=False),
    )
