"""Windows: ranks, top rows inside groups, running values, shares within a group."""

from __future__ import annotations

import random

from sqlkit.data.english import plural
from sqlkit.data.shapes.base import Draft, ask, pick_link, pick_table, shape
from sqlkit.data.shapes.measures import dimension, label_group
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import Role, Scope, World


def _ranked(world: World, rng: random.Random) -> tuple[Scope, Role, str, str] | None:
    """A labelled table and a measure of it: scope, role, the measure's SQL and words."""
    table = pick_table(world, rng, "measure")
    if table is None or not world.label(table):
        return None
    scope, role = Scope(world, table), rng.choice(world.of(table, "measure"))
    return scope, role, scope.col(*role.place), world.said(*role.place, rng)


@shape(2.5)
def top_in_group(world: World, rng: random.Random) -> Draft | None:
    """The best k rows inside each group."""
    drawn = _ranked(world, rng)
    group = dimension(world, drawn[0], rng) if drawn else None
    if drawn is None or group is None:
        return None
    scope, role, target, said = drawn
    k, down = rng.choice((1, 1, 2, 3)), rng.random() < 0.8
    rows = subject(world, scope, rng, most=1)
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable else rows.where
    qualify = f"QUALIFY RANK() OVER (PARTITION BY {group.by or group.shown} ORDER BY {target}{' DESC' if down else ''}) <= {k}"
    sql = scope.sql(f"{group.shown}, {scope.col(scope.root, world.label(scope.root))}, {target}", where, qualify)
    word, one = (
        ("highest", "largest") if down else ("lowest", "smallest"),
        rows.text.replace(rows.noun, world.noun(scope.root, rng, many=False), 1),
    )
    slots = {"said": said, "by": group.said, "one": one, "word": word, "k": str(k), "rank": "top" if down else "bottom"}
    if k == 1:
        return ask(
            sql,
            rng,
            (
                "the {one} with the {word} {said} [in|for|per] each {by}",
                "for each {by}, the {one} with the {word} {said}",
                "{word} {said} {one} [per|by|in each] {by}",
            ),
            (
                "which {one} has the {word} {said} in each {by}?",
                "for each {by}, which {one} has the {word} {said}?",
                "who or what has the {word} {said} in each {by}, among {rows}?",
                "[find|show|list] the {one} with the {word} {said} [for|in|per] each {by}",
            ),
            rows,
            **slots,
        )
    return ask(
        sql,
        rng,
        (
            "the {rank} {k} {rows} by {said} [in|for|within] each {by}",
            "{rank} {k} {rows} per {by} by {said}",
            "for each {by}, the {rank} {k} {rows} by {said}",
        ),
        (
            "what are the {rank} {k} {rows} by {said} in each {by}?",
            "[list|show|find] the {k} {rows} with the {word} {said} [in|per|for] each {by}",
            "which {k} {rows} have the {word} {said} in each {by}?",
        ),
        rows,
        **slots,
    )


@shape(1)
def top_parent_in_group(world: World, rng: random.Random) -> Draft | None:
    """In each group the other group with the most rows: 'the most ordered product of each country'."""
    link = pick_link(world, rng)
    if link is None:
        return None
    scope = Scope(world, link[0])
    best, group = label_group(world, scope, link[2], rng), dimension(world, scope, rng)
    if group is None or group.shown == best.shown or group.said == best.said:
        return None
    rows = subject(world, scope, rng, most=1)
    part, other = group.by or group.shown, best.by or best.shown
    tail = f"GROUP BY {part}, {other} QUALIFY RANK() OVER (PARTITION BY {part} ORDER BY COUNT(*) DESC) = 1"
    return ask(
        scope.sql(f"{group.shown}, {best.shown}", rows.where, tail),
        rng,
        (
            "the {best} with the most {rows} [in|for|per] each {by}",
            "for each {by}, the {best} with the most {rows}",
            "{best} with the most {rows} per {by}",
        ),
        (
            "which {best} has the most {rows} in each {by}?",
            "for each {by}, which {best} has the most {rows}?",
            "[find|show|list] the {best} with the most {rows} [for|in|per] each {by}",
        ),
        rows,
        best=best.said,
        by=group.said,
    )


@shape(1.2)
def rank_rows(world: World, rng: random.Random) -> Draft | None:
    """All rows with their rank."""
    drawn = _ranked(world, rng)
    if drawn is None:
        return None
    scope, role, target, said = drawn
    rows = subject(world, scope, rng, most=1)
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable else rows.where
    up = rng.random() < 0.15
    return ask(
        scope.sql(f"{scope.col(scope.root, world.label(scope.root))}, RANK() OVER (ORDER BY {target}{'' if up else ' DESC'})", where),
        rng,
        (
            "{rows} with their rank by {said}{order}",
            "the rank of [each of |all |]the {rows} by {said}{order}",
            "ranking of {rows} by {said}{order}",
            "{rows} ranked by {said}{order}, with the rank",
        ),
        (
            "what is the rank of each of the {rows} by {said}{order}?",
            "rank [all |the |]{rows} by {said}{order}",
            "how do the {rows} rank by {said}{order}? show name and rank",
        ),
        rows,
        said=said,
        order=(" from low to high", ", lowest first") if up else ("", "", ", highest first", " (1 is the highest)"),
    )


@shape(0.8)
def rank_in_group(world: World, rng: random.Random) -> Draft | None:
    """Rows with their rank inside a group."""
    drawn = _ranked(world, rng)
    group = dimension(world, drawn[0], rng, dates=False) if drawn else None
    if drawn is None or group is None:
        return None
    scope, role, target, said = drawn
    rows = subject(world, scope, rng, most=1)
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable else rows.where
    label = scope.col(scope.root, world.label(scope.root))
    return ask(
        scope.sql(f"{group.shown}, {label}, RANK() OVER (PARTITION BY {group.by or group.shown} ORDER BY {target} DESC)", where),
        rng,
        (
            "{by}, {rows} and their rank by {said} within the {by}",
            "the rank of {rows} by {said} within their {by}, with the {by}",
            "ranking of {rows} by {said} inside each {by}",
        ),
        (
            "how do the {rows} rank by {said} within their {by}? show {by}, name and rank",
            "rank [the |all |]{rows} by {said} within each {by}",
            "for each {by}, rank the {rows} by {said}",
        ),
        rows,
        said=said,
        by=group.said,
    )


@shape(0.8)
def rank_groups(world: World, rng: random.Random) -> Draft | None:
    """Groups with their number of rows and rank."""
    scope = Scope(world, pick_table(world, rng) or "")
    group = dimension(world, scope, rng, dates=False)
    if group is None:
        return None
    rows = subject(world, scope, rng, most=1)
    return ask(
        scope.sql(f"{group.shown}, COUNT(*), RANK() OVER (ORDER BY COUNT(*) DESC)", rows.where, group.tail),
        rng,
        (
            "{many} with their number of {rows} and their rank",
            "ranking of {many} by number of {rows}, with the number",
            "number of {rows} per {by} with rank",
        ),
        (
            "how do the {many} rank by number of {rows}? show the number and the rank",
            "rank the {many} by number of {rows}, with the number",
            "for each {by}, how many {rows} are there and which rank is that?",
        ),
        rows,
        by=group.said,
        many=plural(group.said),
    )


@shape(0.8)
def beside_average(world: World, rng: random.Random) -> Draft | None:
    """Rows with their measure and the average of their group."""
    drawn = _ranked(world, rng)
    group = dimension(world, drawn[0], rng, dates=False) if drawn else None
    if drawn is None or group is None:
        return None
    scope, _, target, said = drawn
    rows = subject(world, scope, rng, most=1)
    return ask(
        scope.sql(
            f"{scope.col(scope.root, world.label(scope.root))}, {target}, AVG({target}) OVER (PARTITION BY {group.by or group.shown})",
            rows.where,
        ),
        rng,
        (
            "{rows} with their {said} and the average {said} of their {by}",
            "the {said} of each of the {rows} beside the average of the same {by}",
            "{said} of {rows} next to the average {said} in their {by}",
        ),
        (
            "what is the {said} of each of the {rows}, and what is the average {said} of its {by}?",
            "[list|show] {rows} with their {said} and the {by} average",
            "how does the {said} of each of the {rows} compare with the average of its {by}? show both",
        ),
        rows,
        said=said,
        by=group.said,
    )


@shape(0.6)
def running_rows(world: World, rng: random.Random) -> Draft | None:
    """A measure added up row by row in the order of time."""
    table = pick_table(world, rng, "date")
    date = world.default_date(table) if table else None
    found = world.schema.table(table) if table else None
    if table is None or date is None or found is None or len(found.primary_key) != 1 or not world.of(table, "measure"):
        return None
    scope, role = Scope(world, table), rng.choice(world.of(table, "measure"))
    rows = subject(world, scope, rng, most=1, least=1)
    target, day, key = scope.col(*role.place), scope.col(*date.place), scope.col(table, found.primary_key[0])
    return ask(
        scope.sql(f"{key}, {day}, SUM({target}) OVER (ORDER BY {day}, {key})", rows.where),
        rng,
        (
            "{key}, {date} and running total of {said} [over time |]for {rows}",
            "the running total of {said} over time for {rows}, with {key} and {date}",
            "{rows} with {key}, {date} and cumulative {said}",
        ),
        (
            "what is the running total of {said} over {rows} in order of {date}? show {key} and {date} too",
            "[show|list] {key}, {date} and the cumulative {said} of {rows} by {date}",
            "how does the {said} add up over {rows} by {date}? give {key}, {date} and running total",
        ),
        rows,
        key=world.said(table, found.primary_key[0], rng),
        date=world.said(*date.place, rng),
        said=world.said(*role.place, rng),
    )
