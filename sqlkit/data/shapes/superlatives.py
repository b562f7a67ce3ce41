"""The most, the least, the top few: rows and groups."""

from __future__ import annotations

import random

from sqlkit.data.english import figure
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import Role, World

ADJECTIVES = {
    "price": ("most expensive", "cheapest"),
    "cost": ("most expensive", "cheapest"),
    "fee": ("most expensive", "cheapest"),
    "weight": ("heaviest", "lightest"),
    "salary": ("best paid", "worst paid"),
    "founded year": ("newest", "oldest"),
    "distance": ("longest", "shortest"),
    "duration": ("longest", "shortest"),
    "rating": ("best rated", "worst rated"),
    "length": ("longest", "shortest"),
    "height": ("tallest", "shortest"),
    "capacity": ("biggest", "smallest"),
    "runtime": ("longest", "shortest"),
    "age": ("oldest", "youngest"),
    "population": ("most populous", "least populous"),
}


def _key(world: World, table: str) -> str:
    found = world.schema.table(table)
    return world.label(table) or (found.primary_key[0] if found and len(found.primary_key) == 1 else "")


def _words(world: World, role: Role, down: bool, said: str, rng: random.Random) -> tuple[str, str]:
    """'highest' before the measure's name, and an adjective that says both, or ''."""
    if role.role == "date":
        verbs = [v for v in world.verbs(*role.place) if not v.endswith("ing") and " " not in v]
        adjectives = (
            ("latest", "newest", "most recent", "last", *(f"most recently {v}" for v in verbs))
            if down
            else ("earliest", "oldest", "first", *(f"first {v}" for v in verbs))
        )
        return ("latest" if down else "earliest"), rng.choice(adjectives)
    known = next((pair for key, pair in ADJECTIVES.items() if key in said), None)
    return rng.choice(
        ("highest", "largest", "biggest", "highest", "greatest", "top") if down else ("lowest", "smallest", "lowest", "least")
    ), known[0 if down else 1] if known else ""


@shape(5)
def best_row(world: World, rng: random.Random) -> Draft | None:
    """The row with the highest, lowest, second highest measure, the newest, the oldest."""
    table = pick_table(world, rng, "measure", "date")
    if table is None or not (name := _key(world, table)):
        return None
    scope, role = Scope(world, table), rng.choice(world.of(table, "measure", "date"))
    scope.used.add(f"{role.table}.{role.column.name}" if rng.random() < 0.7 or role.column.nullable else "")
    rows = subject(world, scope, rng, most=1)
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    down = rng.random() < 0.7
    word, short = _words(world, role, down, said, rng)
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable and down else rows.where
    nth, skip = rng.choices((("", 0), ("second ", 1), ("third ", 2), ("2nd ", 1)), (90, 6, 2, 2))[0]
    single = world.noun(table, rng, many=False)
    one = rows.text.replace(rows.noun, single, 1)
    phrases = [
        "the {one} with the {nth}{word} {said}",
        "{rows} with [the |]{nth}{word} {said}",
        "{nth}{word} {said} [among|of] {rows}, which one",
    ]
    questions = [
        "which {one} has the {nth}{word} {said}?",
        "[which|what] of the {rows} has the {nth}{word} {said}?",
        "[find|show|give] the {one} with the {nth}{word} {said}",
        "what is the {one} with the {nth}{word} {said}?",
        "what is the name of the {one} with the {nth}{word} {said}?"
        if name == world.label(table)
        else "which {one} has {nth}{word} {said}?",
    ]
    if world.sort(table) == "person":
        questions += ["who is the {one} with the {nth}{word} {said}?", "who has the {nth}{word} {said} [of|among] [the |all |]{rows}?"]
    if short:
        phrases += ["the {nth}{short} {one}", "{nth}{short} of the {rows}", "{nth}{short} {one}"]
        questions += [
            "which {one} is the {nth}{short}?",
            "what is the {nth}{short} {one}?",
            "which of the {rows} is the {nth}{short}?",
            "[find|show|give me] the {nth}{short} {one}",
        ]
    tail = f"ORDER BY {target}{' DESC' if down else ''} LIMIT 1" + (f" OFFSET {skip}" if skip else "")
    return ask(
        scope.sql(scope.col(table, name), where, tail), rng, phrases, questions, rows, one=one, said=said, nth=nth, word=word, short=short
    )


@shape(4)
def best_rows(world: World, rng: random.Random) -> Draft | None:
    """The k rows with the highest or lowest measure, with it."""
    table = pick_table(world, rng, "measure", "date")
    if table is None or not (name := _key(world, table)):
        return None
    scope, role = Scope(world, table), rng.choice(world.of(table, "measure", "date"))
    scope.used.add(f"{role.table}.{role.column.name}" if rng.random() < 0.7 or role.column.nullable else "")
    rows = subject(world, scope, rng, most=1)
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    down, k = rng.random() < 0.7, rng.choice((3, 5, 10, 2, 4, 20))
    word, short = _words(world, role, down, said, rng)
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable and down else rows.where
    phrases = [
        "{rank} {k} {rows} by {said}",
        "the {k} {rows} with the {word} {said}",
        "{k} {rows} with the {word} {said}",
        "the {k} {word} {said} and their {rows}",
    ]
    questions = [
        "[what|which] are the {k} {rows} with the {word} {said}?",
        "which {k} {rows} have the {word} {said}?",
        "[list|show|find|rank] the {rank} {k} {rows} by {said}",
        "what are the {rank} {k} {rows} [by|in terms of|ranked by] {said}?",
    ]
    if short:
        phrases += ["the {k} {short} {rows}", "{k} {short} {rows}"]
        questions += ["[which|what] are the {k} {short} {rows}?", "[list|show] the {k} {short} {rows} and their {said}"]
    tail = f"ORDER BY {target}{' DESC' if down else ''} LIMIT {k}"
    return ask(
        scope.sql(f"{scope.col(table, name)}, {target}", where, tail),
        rng,
        phrases,
        questions,
        rows,
        said=said,
        k=(str(k), figure(k, rng)),
        word=word,
        short=short,
        rank="top" if down else "bottom",
    )


@shape(1.5)
def best_fact(world: World, rng: random.Random) -> Draft | None:
    """A fact of the row with the highest measure: 'the city of the largest warehouse'."""
    table = pick_table(world, rng, "measure", "date")
    if table is None or not world.label(table):
        return None
    scope, role = Scope(world, table), rng.choice(world.of(table, "measure", "date"))
    others = [r for r in world.of(table, "category", "date", "measure", "text") if r != role]
    if not others:
        return None
    other, down = rng.choice(others), rng.random() < 0.7
    rows = subject(world, scope, rng, most=1)
    said = world.said(*role.place, rng)
    word, short = _words(world, role, down, said, rng)
    target = scope.col(*role.place)
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable and down else rows.where
    one = rows.text.replace(rows.noun, world.noun(table, rng, many=False), 1)
    best = f"{short} {one}" if short and rng.random() < 0.6 else f"{one} with the {word} {said}"
    label, both = world.said(table, world.label(table), rng), rng.random() < 0.3
    select = f"{scope.col(table, world.label(table))}, {scope.col(*other.place)}" if both else scope.col(*other.place)
    fact = world.said(*other.place, rng)
    return ask(
        scope.sql(select, where, f"ORDER BY {target}{' DESC' if down else ''} LIMIT 1"),
        rng,
        ("the {fact} of the {best}", "{fact} of the {best}"),
        ("what is the {fact} of the {best}?", "what {fact} does the {best} have?", "[find|show|give] the {fact} of the {best}"),
        fact=f"{label} and {fact}" if both else fact,
        best=best,
    )
