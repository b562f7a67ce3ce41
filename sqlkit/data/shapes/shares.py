"""Shares, ratios and parts of a whole, in percent."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.english import plural
from sqlkit.data.filters import Filter
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, ask, pick_link, pick_table, shape
from sqlkit.data.shapes.measures import dimension, value
from sqlkit.data.shapes.rows import exists, have, having, inside, subject
from sqlkit.data.world import World

WORD = ("share", "percentage", "proportion", "percent", "percentage", "fraction in percent", "%")


def part_of(world: World, scope: Scope, rng: random.Random) -> Filter | None:
    """A condition that makes a part of the rows."""
    part = filters.segment(world, scope, scope.root, rng) if rng.random() < 0.25 else None
    roles = world.of(scope.root, "category", "flag", "date", "measure")
    if part or not roles:
        return part
    role = rng.choices(roles, [{"category": 4, "flag": 4, "date": 1.5, "measure": 1}[r.role] for r in roles])[0]
    if role.column.nullable and rng.random() < 0.3 and (found := filters.missing(world, scope, role, rng)):
        return found
    return filters.BY_ROLE[role.role](world, scope, role, rng)


def _said(part: Filter, rng: random.Random) -> tuple[str, str]:
    """A part as a predicate, 'are shipped', and behind the noun, 'that are shipped'."""
    if part.before and rng.random() < 0.6:
        word = rng.choice(part.before)
        return f"are {word}", f"that are {word}"
    text = rng.choice(part.after or part.before)
    for head in ("that are ", "which are ", "who are "):
        if text.startswith(head):
            return f"are {text.removeprefix(head)}", text
    for head in ("that ", "who ", "which "):
        if text.startswith(head):
            return text.removeprefix(head), text
    if text.startswith(("with ", "having ", "without ", "lacking ")):
        return {"with": "have", "having": "have", "without": "are without", "lacking": "lack"}[text.split()[0]] + " " + text.split(" ", 1)[
            1
        ], text
    return f"are {text}" if not text.startswith(("whose", "where")) else f"are ones {text}", text


@shape(4)
def share(world: World, rng: random.Random) -> Draft | None:
    """Part of the rows."""
    table = pick_table(world, rng, "category", "flag", "date")
    if table is None:
        return None
    scope = Scope(world, table)
    part = part_of(world, scope, rng)
    if part is None:
        return None
    rows = subject(world, scope, rng, most=1)
    are, that = _said(part, rng)
    return ask(
        scope.sql(f"100.0 * COUNT(*) FILTER (WHERE {part.sql}) / COUNT(*)", rows.where),
        rng,
        ("the {word} of {rows} {that}", "{word} of {rows} {that}", "{word} of {rows} that {are}"),
        (
            "what {word} of [the |our |all |]{rows} {are}?",
            "what is the {word} of {rows} {that}?",
            "how many percent of [the |all |]{rows} {are}?",
            "[calculate|find|show] the {word} of {rows} {that}",
            "of all {rows}, what {word} {are}?",
            "among [the |all |]{rows}, what {word} {are}?",
        ),
        rows,
        word=WORD,
        are=are,
        that=that,
    )


@shape(1.2)
def share_per_group(world: World, rng: random.Random) -> Draft | None:
    """The part in each group."""
    table = pick_table(world, rng, "category", "flag")
    if table is None:
        return None
    scope = Scope(world, table)
    part, group = part_of(world, scope, rng), dimension(world, scope, rng, dates=False)
    if part is None or group is None or part.key.split(".")[-1] == group.shown.split("\x03")[-1].rstrip("\x02"):
        return None
    rows = subject(world, scope, rng, most=0)
    are, that = _said(part, rng)
    return ask(
        scope.sql(f"{group.shown}, 100.0 * COUNT(*) FILTER (WHERE {part.sql}) / COUNT(*)", rows.where, group.tail),
        rng,
        (
            "the {word} of {rows} {that} [per|by|for each] {by}",
            "{word} of {rows} {that} [by|per|in each] {by}",
            "for each {by}, the {word} of {rows} {that}",
        ),
        (
            "what {word} of {rows} {are}, [by|per] {by}?",
            "for each {by}, what {word} of the {rows} {are}?",
            "what is the {word} of {rows} {that} [per|in each] {by}?",
        ),
        rows,
        word=WORD,
        are=are,
        that=that,
        by=group.said,
    )


@shape(1.8)
def share_of_groups(world: World, rng: random.Random) -> Draft | None:
    """What part of the whole each group has: of the rows or of a metric."""
    scope = Scope(world, pick_table(world, rng) or "")
    group = dimension(world, scope, rng, dates=rng.random() < 0.3)
    found = value(world, scope, rng, counting=0.5, kinds="SUM") if rng.random() < 0.6 else value(world, scope, rng, counting=0.3)
    if group is None or found is None or not (found.counts or found.sql.startswith("SUM(")) or " / " in found.sql:
        return None
    rows = subject(world, scope, rng, most=1)
    text = rows.text if found.counts else found.of(rows, rng)
    return ask(
        scope.sql(f"{group.shown}, 100.0 * {found.sql} / SUM({found.sql}) OVER ()", found.where + rows.where, group.tail),
        rng,
        (
            "the {word} of {text} [per|by|for each] {by}",
            "{word} of {text} [by|per] {by}",
            "{by} {word} of {text}",
            "{word} split of {text} by {by}",
            "each {by}'s {word} of {text}",
            "how {text} split by {by}, in percent",
        ),
        (
            "what {word} of {text} [falls to|comes from|belongs to] each {by}?",
            "what {word} of [the |]{text} does each {by} [have|account for|make up|bring]?",
            "what is each {by}'s {word} of {text}?",
            "how is {text} distributed [over|across] {many} in percent?",
        ),
        word=("share", "percentage", "share", "proportion"),
        text=text,
        by=group.said,
        many=plural(group.said),
    )


@shape(1)
def share_with_children(world: World, rng: random.Random) -> Draft | None:
    """What part of the parents has, or lacks, children of a kind."""
    link = pick_link(world, rng, label=False)
    if link is None:
        return None
    scope, inner = Scope(world, link[2]), inside(world, link)
    part, absent = subject(world, inner, rng, most=1), rng.random() < 0.4
    test = exists(world, scope, link, inner, part.where, absent)
    return ask(
        scope.sql(f"100.0 * COUNT(*) FILTER (WHERE {test.sql}) / COUNT(*)"),
        rng,
        ("the {word} of {many} {having} {part}", "{word} of {many} {having} {part}"),
        (
            "what {word} of [the |our |all |]{many} {have} {part}?",
            "how many percent of [the |]{many} {have} {part}?",
            "what is the {word} of {many} {having} {part}?",
            "among [the |all |]{many}, what {word} {have} {part}?",
        ),
        word=WORD,
        many=world.noun(link[2], rng),
        having=having(world, link, rng, absent),
        part=part.text,
        have=have(world, link, absent),
    )


@shape(1)
def ratio(world: World, rng: random.Random) -> Draft | None:
    """Rows of one kind for each row of another."""
    table = pick_table(world, rng, "category", "flag")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "category", "flag"))
    maker = filters.BY_ROLE[role.role]
    a, b = maker(world, scope, role, rng), maker(world, scope, role, rng)
    if a is None or b is None or a.sql == b.sql or not a.before or not b.before or "<>" in a.sql + b.sql or " IN " in a.sql + b.sql:
        return None
    rows = subject(world, scope, rng, most=0)
    return ask(
        scope.sql(f"COUNT(*) FILTER (WHERE {a.sql}) / COUNT(*) FILTER (WHERE {b.sql})", rows.where),
        rng,
        ("the ratio of {a} to {b} {rows}", "{a} to {b} {rows} ratio", "ratio between {a} and {b} {rows}", "{a} {rows} per {b} one"),
        (
            "what is the ratio [of|between] {a} [to|and] {b} {rows}?",
            "how many {a} {rows} are there for each {b} one?",
            "[calculate|find|compute] the ratio of {a} to {b} {rows}",
        ),
        rows,
        a=a.before[0],
        b=b.before[0],
    )


@shape(1.2)
def per_child(world: World, rng: random.Random) -> Draft | None:
    """A total divided by the number of different parents: 'revenue per customer'."""
    link = pick_link(world, rng, label=False)
    if link is None:
        return None
    scope = Scope(world, link[0])
    found = value(world, scope, rng, kinds="SUM") if rng.random() < 0.5 else value(world, scope, rng)
    if found is None or not found.sql.startswith("SUM(") or " / " in found.sql:
        return None
    rows = subject(world, scope, rng, most=1)
    text = found.of(rows, rng)
    return ask(
        scope.sql(f"{found.sql} / COUNT(DISTINCT {scope.col(link[0], link[1][0])})", found.where + rows.where),
        rng,
        (
            "{text} divided by the number of [different |distinct |]{many}",
            "the {text} per {single} on average",
            "average {text} per {single}",
        ),
        (
            "how much {text} is there per {single} on average?",
            "what is the average {text} per {single}?",
            "what is the {text} divided by the number of [different |]{many}?",
        ),
        text=text,
        many=world.parent(link, rng),
        single=world.parent(link, rng, many=False),
    )
