"""The groups and parents with the most, the least, the top few."""

from __future__ import annotations

import random

from sqlkit.data.english import figure, plural
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, Subject, ask, pick_link, pick_table, shape
from sqlkit.data.shapes.measures import dimension, label_group, value
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import World


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
