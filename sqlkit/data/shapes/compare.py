"""Two groups or two years side by side."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.english import plural
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape, years
from sqlkit.data.shapes.measures import value
from sqlkit.data.shapes.rows import subject
from sqlkit.data.shapes.times import short, timed
from sqlkit.data.world import Scope, World


@shape(1.5)
def compare_years(world: World, rng: random.Random) -> Draft | None:
    """A figure in two years."""
    drawn = timed(world, rng)
    if drawn is None:
        return None
    scope, found, date, text, span = drawn
    last = rng.randint(min(span[0] + 1, span[1]), span[1])
    return ask(
        scope.sql(f"YEAR({date}), {found.sql}", [*found.where, f"YEAR({date}) IN ({last - 1}, {last})"], f"GROUP BY YEAR({date})"),
        rng,
        (
            "{text} in {a} and {b}",
            "{text} in {b} compared [to|with] {a}",
            "{short} {a} vs {b}",
            "{short} {a} versus {b}",
            "{b} vs {a} {text}",
            "comparison of {text} [between|in] {a} and {b}",
        ),
        (
            "how does the {text} of {b} compare with {a}?",
            "what was the {text} in {a} and in {b}?",
            "compare the {text} of {a} and {b}",
            "how do {a} and {b} compare in {text}?",
        ),
        text=text,
        short=short(text),
        a=str(last - 1),
        b=str(last),
    )


@shape(0.8)
def difference_of_years(world: World, rng: random.Random) -> Draft | None:
    """How many more rows in one year than in the year before."""
    table = pick_table(world, rng, "date")
    role = world.default_date(table) if table else None
    span = years(world, *role.place) if role else None
    if table is None or role is None or span is None:
        return None
    scope = Scope(world, table)
    last = rng.randint(min(span[0] + 1, span[1]), span[1])
    date = scope.col(*role.place)
    rows = subject(world, scope, rng, most=0)
    return ask(
        scope.sql(f"COUNT(*) FILTER (WHERE YEAR({date}) = {last}) - COUNT(*) FILTER (WHERE YEAR({date}) = {last - 1})", rows.where),
        rng,
        (
            "[the |]difference in the number of {rows} between {a} and {b}",
            "change in [number of |]{rows} from {a} to {b}",
            "increase in {rows} {b} over {a}",
        ),
        (
            "how many more {rows} were there in {b} than in {a}?",
            "by how much did the number of {rows} change from {a} to {b}?",
            "what is the difference in [the number of |]{rows} between {a} and {b}?",
        ),
        rows,
        a=str(last - 1),
        b=str(last),
    )


@shape(1.2)
def compare_groups(world: World, rng: random.Random) -> Draft | None:
    """A figure for two values of a column."""
    table = pick_table(world, rng, "category")
    if table is None:
        return None
    scope, role = Scope(world, table), rng.choice(world.of(table, "category"))
    a, b = filters.category(world, scope, role, rng), filters.category(world, scope, role, rng)
    if a is None or b is None or a.sql == b.sql or not a.before or not b.before or not a.sql.count(" = ") or not b.sql.count(" = "):
        return None
    found = value(world, scope, rng, counting=0.4)
    if found is None:
        return None
    rows = subject(world, scope, rng, most=0)
    target = scope.col(*role.place)
    both = f"{target} IN ({a.sql.split(' = ', 1)[1]}, {b.sql.split(' = ', 1)[1]})"
    return ask(
        scope.sql(f"{target}, {found.sql}", [*found.where, both], f"GROUP BY {target}"),
        rng,
        (
            "{text}: {a} vs {b}",
            "{text} [for|of] {a} and {b}[ separately|, by {said}| by {said}]",
            "comparison of {text} between {a} and {b}",
            "{a} versus {b}: {text}",
        ),
        (
            "how does the {text} compare between {a} and {b}?",
            "compare the {text} [of|for] {a} and {b}",
            "what is the {text} for {a} and [what |]for {b}?",
            "what is the {text} of {a} versus {b}?",
        ),
        text=f"number of {rows.text}" if found.counts else found.of(rows, rng),
        a=a.before[0],
        b=b.before[0],
        said=world.said(*role.place, rng),
        many=plural(rows.noun),
    )


@shape(1)
def two_counts(world: World, rng: random.Random) -> Draft | None:
    """How many rows of one kind and how many of another, in one line."""
    table = pick_table(world, rng, "category", "flag")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "category", "flag"))
    maker = filters.BY_ROLE[role.role]
    a, b = maker(world, scope, role, rng), maker(world, scope, role, rng)
    if a is None or b is None or a.sql == b.sql or not a.before or not b.before:
        return None
    rows = subject(world, scope, rng, most=0)
    return ask(
        scope.sql(f"COUNT(*) FILTER (WHERE {a.sql}), COUNT(*) FILTER (WHERE {b.sql})", rows.where),
        rng,
        (
            "the number of {a} and of {b} {rows}",
            "{rows}: {a} and {b}, how many each",
            "count of {a} {rows} and of {b} {rows}",
            "number of {a} {rows} and number of {b} {rows}",
        ),
        (
            "how many {a} and how many {b} {rows} are there?",
            "how many {rows} are {a} and how many are {b}?",
            "how many {a} {rows} do we have and how many {b}?",
        ),
        rows,
        a=a.before[0],
        b=b.before[0],
    )
