"""The most, the least, the top few: rows and groups."""

from __future__ import annotations

import random

from sqlkit.data.english import figure, plural
from sqlkit.data.shapes.base import Draft, Subject, ask, pick_link, pick_table, shape
from sqlkit.data.shapes.measures import dimension, label_group, value
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import Role, Scope, World

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


@shape(6)
def best_group(world: World, rng: random.Random) -> Draft | None:
    """The group with the most rows, the highest or lowest figure."""
    scope = Scope(world, pick_table(world, rng) or "")
    group = dimension(world, scope, rng)
    found = value(world, scope, rng, counting=0.42)
    if group is None or found is None:
        return None
    rows = subject(world, scope, rng, most=1)
    down = rng.random() < 0.75
    tail = f"{group.tail} ORDER BY {found.sql} {'DESC ' if down else ''}LIMIT 1"
    sql = scope.sql(group.shown, found.where + rows.where, tail)
    if found.counts:
        return _most(sql, rows, group.said, group.person, down, rng)
    word = ("highest", "largest", "biggest", "greatest", "highest") if down else ("lowest", "smallest", "lowest")
    verbs = (
        ("[generates|brings in|has|makes|yields] the {word} {text}",)
        if any(w in found.said for w in ("revenue", "sales", "profit", "margin", "income", "turnover"))
        else ()
    )
    return ask(
        sql,
        rng,
        ("the {by} with the {word} {text}", "{by} with [the |]{word} {text}", "{word} {text}: which {by}", "{word} {by} by {text}"),
        (
            "[which|what] {by} has the {word} {text}?",
            "which {by} had the {word} {text}?",
            "[find|show|tell me] the {by} with the {word} {text}",
            "what is the {by} with the {word} {text}?",
            "where is the {text} the {word}, by {by}?",
            *(f"which {{by}} {v}?" for v in verbs),
            *(("who has the {word} {text}?",) if group.person else ()),
        ),
        text=found.of(rows, rng),
        by=group.said,
        word=word,
    )


def _most(sql: str, rows: Subject, by: str, person: bool, down: bool, rng: random.Random) -> Draft:
    """'Which city has the most customers?'"""
    word = (
        ("most", "highest number of", "largest number of", "most", "greatest number of")
        if down
        else ("fewest", "lowest number of", "least", "smallest number of", "fewest")
    )
    common = ("most common", "most frequent", "most popular") if down else ("least common", "rarest", "least frequent")
    questions = [
        "[which|what] {by} has the {word} {rows}?",
        "which {by} has {word} {rows}?",
        "[find|show|return] the {by} with the {word} {rows}",
        "what is the {by} with the {word} {rows}?",
    ]
    if person:
        questions += ["who has the {word} {rows}?", "who is the {by} with the {word} {rows}?"]
    else:
        questions += ["what is the {common} {by} [of|among|for] {rows}?", "in which {by} are there the {word} {rows}?"]
    return ask(
        sql,
        rng,
        (
            "the {by} with the {word} {rows}",
            "{by} with [the |]{word} {rows}",
            "the {common} {by} [of|among] {rows}" if not person else "{by} with {word} {rows}",
        ),
        questions,
        rows,
        by=by,
        word=word,
        common=common,
    )


@shape(3)
def best_groups(world: World, rng: random.Random) -> Draft | None:
    """The k groups with the most rows or the highest figure, with it."""
    scope = Scope(world, pick_table(world, rng) or "")
    group = dimension(world, scope, rng)
    found = value(world, scope, rng, counting=0.42)
    if group is None or found is None:
        return None
    rows = subject(world, scope, rng, most=1)
    down, k = rng.random() < 0.75, rng.choice((2, 3, 5, 10, 3, 5))
    tail = f"{group.tail} ORDER BY {found.sql} {'DESC ' if down else ''}LIMIT {k}"
    word = ("highest", "largest", "biggest") if down else ("lowest", "smallest")
    if found.counts:
        word = ("most", "highest number of", "most") if down else ("fewest", "lowest number of", "least")
    return ask(
        scope.sql(f"{group.shown}, {found.sql}", found.where + rows.where, tail),
        rng,
        (
            "{rank} {k} {many} by {text}",
            "the {k} {many} with the {word} {of}",
            "the {rank} {k} {many} [by|in terms of] {text}",
            "{rank} {k} {many} {text}",
        ),
        (
            "which {k} {many} have the {word} {of}?",
            "what are the {rank} {k} {many} [by|in terms of|ranked by] {text}?",
            "[list|show|find|rank] the {k} {many} with the {word} {of}",
            "[list|show|give me] the {rank} {k} {many} by {text}",
        ),
        text=found.of(rows, rng),
        of=rows.text if found.counts else found.of(rows, rng),
        many=plural(group.said),
        k=(str(k), figure(k, rng)),
        word=word,
        rank="top" if down else "bottom",
    )


@shape(4)
def best_parent(world: World, rng: random.Random) -> Draft | None:
    """The parent with the most or fewest children, by name."""
    link = pick_link(world, rng)
    if link is None:
        return None
    scope = Scope(world, link[0])
    group = label_group(world, scope, link[2], rng)
    rows = subject(world, scope, rng, most=1)
    down = rng.random() < 0.85
    sql = scope.sql(group.shown, rows.where, f"{group.tail} ORDER BY COUNT(*){' DESC' if down else ''} LIMIT 1")
    return _most(sql, rows, world.parent(link, rng, many=False), world.sort(link[2]) == "person", down, rng)


@shape(2.5)
def best_parents(world: World, rng: random.Random) -> Draft | None:
    """The k parents with the most children, with their number."""
    link = pick_link(world, rng)
    if link is None:
        return None
    scope = Scope(world, link[0])
    group = label_group(world, scope, link[2], rng)
    rows = subject(world, scope, rng, most=1)
    k = rng.choice((2, 3, 5, 10))
    return ask(
        scope.sql(f"{group.shown}, COUNT(*)", rows.where, f"{group.tail} ORDER BY COUNT(*) DESC LIMIT {k}"),
        rng,
        ("the {k} {many} with the most {rows}", "top {k} {many} by [number of |count of |]{rows}", "{k} {many} with [the |]most {rows}"),
        (
            "which {k} {many} have the most {rows}?",
            "[who|which] are the {k} {many} with the most {rows}?" if group.person else "what are the {k} {many} with the most {rows}?",
            "[list|show|find] the top {k} {many} by number of {rows}",
        ),
        rows,
        many=world.parent(link, rng),
        k=(str(k), figure(k, rng)),
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
