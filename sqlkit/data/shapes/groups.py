"""A figure for each group; groups that are large enough (HAVING)."""

from __future__ import annotations

import random

from sqlkit.data.english import figure, plural, sort_of
from sqlkit.data.filters import nice
from sqlkit.data.shapes.base import Draft, ask, pick_link, pick_table, shape
from sqlkit.data.shapes.measures import aggregate_of, dimension, label_group, value
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import Scope, World

PER = (
    "{text} [per|by|for each|per|by|for every|across each] {by}{extra}",
    "the {text} [for each|per|by|of each] {by}{extra}",
    "{text} [broken down|split|grouped|split up|summarised] by {by}{extra}",
    "{text} by {by}{extra}",
    "{by}-wise {text}{extra}",
    "for each {by}, the {text}{extra}",
    "{text} across {many}{extra}",
)
EACH = (
    "what [is|was] the {text} [per|for each|by|for every|in each|of each] {by}{extra}?",
    "what's the {text} [per|by|for each] {by}{extra}?",
    "for each {by}, what is the {text}{extra}?",
    "[show|give|list|find|calculate|compute] the {text} [per|for each|by|of each|grouped by] {by}{extra}",
    "how does the {text} [split|break down|vary|differ] by {by}{extra}?",
    "[show|list|return] each {by} [and|with] [its|the] {text}{extra}",
    "what is the {text}, [broken down|grouped|split] by {by}{extra}?",
)
HOW_MANY = (
    "how many {rows} are there [per|for each|in each|by|for every] {by}{extra}?",
    "how many {rows} [for each|per|in each|by] {by}{extra}?",
    "how many {rows} does each {by} have{extra}?",
    "count [the |]{rows} [per|by|for each|in each] {by}{extra}",
    "for each {by}, how many {rows} are there{extra}?",
    "[show|list|give|find] the number of {rows} [per|for each|in each|by] {by}{extra}",
    "[show|list] each {by} and [the number of|how many] {rows} [it has|there are]{extra}",
    "how many {rows} do we have [per|by|for each] {by}{extra}?",
    "how are {rows} distributed [across|over] {many}{extra}?",
)


@shape(11)
def per_group(world: World, rng: random.Random) -> Draft | None:
    """A count, an aggregate or a metric for each group, at times ordered."""
    scope = Scope(world, pick_table(world, rng) or "")
    group = dimension(world, scope, rng)
    found = value(world, scope, rng, counting=0.42)
    if group is None or found is None:
        return None
    rows = subject(world, scope, rng, most=1)
    tail, extra, style = group.tail, "", rng.random()
    if style < 0.12:
        tail += f" ORDER BY {found.sql} DESC"
        extra = rng.choice(
            (
                ", highest first",
                ", sorted from high to low",
                ", in descending order",
                ", largest first",
                " sorted descending",
                ", biggest first",
            )
        )
    elif style < 0.2:
        tail += f" ORDER BY {group.shown}"
        extra = rng.choice((f", sorted by {group.said}", f", ordered by {group.said}", f", in order of {group.said}"))
    text = found.of(rows, rng)
    phrases, questions = PER, (HOW_MANY if found.counts else EACH)
    if found.counts:
        text = rng.choice((text, text, rows.text))
    return ask(
        scope.sql(f"{group.shown}, {found.sql}", found.where + rows.where, tail),
        rng,
        phrases,
        questions,
        rows,
        text=text,
        by=group.said,
        many=plural(group.said),
        extra=extra,
    )


@shape(2)
def per_two_groups(world: World, rng: random.Random) -> Draft | None:
    """A figure for each pair of groups."""
    scope = Scope(world, pick_table(world, rng) or "")
    one, other = dimension(world, scope, rng), dimension(world, scope, rng)
    found = value(world, scope, rng, counting=0.5)
    if one is None or other is None or found is None or one.shown == other.shown or one.said == other.said:
        return None
    rows = subject(world, scope, rng, most=1)
    tail = f"GROUP BY {one.by or one.shown}, {other.by or other.shown}"
    return ask(
        scope.sql(f"{one.shown}, {other.shown}, {found.sql}", found.where + rows.where, tail),
        rng,
        (
            "{text} [per|by|for each] {a} and {b}",
            "the {text} [for each|by] {a} and {b}",
            "{text} [broken down|split] by {a} and {b}",
            "{text} by {a}, {b}",
            "{text} for each combination of {a} and {b}",
        ),
        (
            "what is the {text} [per|by|for each] {a} and {b}?",
            "for each {a} and {b}, what is the {text}?",
            "[show|give|find] the {text} [per|by|for each] {a} and {b}",
        ),
        text=found.of(rows, rng),
        a=one.said,
        b=other.said,
    )


@shape(1.2)
def per_group_several(world: World, rng: random.Random) -> Draft | None:
    """How many rows and an aggregate, or two aggregates, for each group."""
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    scope = Scope(world, table)
    group = dimension(world, scope, rng)
    if group is None:
        return None
    rows = subject(world, scope, rng, most=1)
    role = rng.choice(world.of(table, "measure"))
    one = aggregate_of(world, scope, role, rng, "AVG SUM")
    other = aggregate_of(world, scope, role, rng, "MAX MIN")
    if rng.random() < 0.5:
        return ask(
            scope.sql(f"{group.shown}, COUNT(*), {one.sql}", rows.where, group.tail),
            rng,
            ("the number of {rows} and their {a} [per|by|for each] {by}", "count and {a} of {rows} [by|per] {by}"),
            (
                "how many {rows} are there per {by} and what is their {a}?",
                "for each {by}, [show|what is] the number of {rows} and their {a}",
                "[show|list] each {by} with the number of {rows} and the {a}",
            ),
            rows,
            a=one.said,
            by=group.said,
        )
    return ask(
        scope.sql(f"{group.shown}, {one.sql}, {other.sql}", rows.where, group.tail),
        rng,
        ("{a} and {b} of {rows} [per|by|for each] {by}", "the {a} and the {b} of {rows} [per|by|for each] {by}"),
        (
            "what are the {a} and {b} of {rows} [per|for each] {by}?",
            "for each {by}, what are the {a} and the {b} of {rows}?",
            "[show|find] the {a} and {b} of {rows} [by|grouped by] {by}",
        ),
        rows,
        a=one.said,
        b=other.said,
        by=group.said,
    )


def _least(rng: random.Random) -> tuple[str, str]:
    """A condition on a number of rows: SQL and words."""
    n = rng.choice((1, 2, 3, 5, 10, 20, 50, 100))
    style = rng.random()
    if style < 0.6:
        more = figure(n, rng)
        return f"> {n}", rng.choice((f"more than {more}", f"over {n}", f"more than {more}", f"above {n}"))
    if style < 0.85:
        return f">= {n + 1}", rng.choice(
            (
                f"at least {figure(n + 1, rng)}",
                f"{n + 1} or more",
                f"no less than {n + 1}",
                f"a minimum of {n + 1}",
                f"no fewer than {n + 1}",
            )
        )
    if style < 0.95:
        return f"< {n + 1}", rng.choice((f"fewer than {figure(n + 1, rng)}", f"less than {n + 1}", f"under {n + 1}"))
    return f"= {n}", f"exactly {figure(n, rng)}"


@shape(4)
def having_count(world: World, rng: random.Random) -> Draft | None:
    """Groups with so many rows, at times with the number."""
    scope = Scope(world, pick_table(world, rng) or "")
    group = dimension(world, scope, rng)
    if group is None:
        return None
    rows = subject(world, scope, rng, most=1)
    test, words = _least(rng)
    shown = rng.random() < 0.45
    hint = rng.choice((" and how many", " with the number", " and the number", ", with counts")) if shown else ""
    who = "who" if group.person else "that"
    return ask(
        scope.sql(f"{group.shown}, COUNT(*)" if shown else group.shown, rows.where, f"{group.tail} HAVING COUNT(*) {test}"),
        rng,
        (
            "[the |]{many} with {words} {rows}{hint}",
            "the {many} {who} have {words} {rows}{hint}",
            "{many} having {words} {rows}{hint}",
            "{many} where there are {words} {rows}{hint}",
        ),
        (
            "[which|what] {many} have {words} {rows}{hint}?",
            "[find|list|show] [the|all] {many} with {words} {rows}{hint}",
            "which {many} are there with {words} {rows}{hint}?",
            "in which {many} are there {words} {rows}{hint}?" if not group.person else "who has {words} {rows}{hint}?",
        ),
        rows,
        many=plural(group.said),
        words=words,
        hint=hint,
        who=who,
    )


@shape(3)
def parents_having(world: World, rng: random.Random) -> Draft | None:
    """Parents by name that have so many children."""
    link = pick_link(world, rng)
    if link is None:
        return None
    scope = Scope(world, link[0])
    group = label_group(world, scope, link[2], rng)
    rows = subject(world, scope, rng, most=1)
    test, words = _least(rng)
    who = "who" if group.person else "that"
    return ask(
        scope.sql(group.shown, rows.where, f"{group.tail} HAVING COUNT(*) {test}"),
        rng,
        (
            "[the |]{many} with {words} {rows}",
            "{many} {who} have {words} {rows}",
            "names of [the |]{many} with {words} {rows}",
            "{many} having {words} {rows}",
        ),
        (
            "which {many} have {words} {rows}?",
            "{wh} are the {many} with {words} {rows}?",
            "[find|list|show] the {many} {who} have {words} {rows}",
            "who has {words} {rows}?" if group.person else "what {many} have {words} {rows}?",
        ),
        rows,
        many=world.parent(link, rng),
        words=words,
        who=who,
        wh="who" if group.person else "what",
    )


@shape(1.5)
def having_aggregate(world: World, rng: random.Random) -> Draft | None:
    """Groups whose average or total lies above or below a figure."""
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    scope = Scope(world, table)
    group = dimension(world, scope, rng)
    role = rng.choice(world.of(table, "measure"))
    spread = [q for q in world.profile.column(*role.place).quantiles if isinstance(q, int | float)]
    if group is None or len(spread) < 11:
        return None
    found = aggregate_of(world, scope, role, rng, "AVG AVG SUM MAX")
    level = nice(spread[rng.randint(4, 6)] * (rng.choice((10, 50, 200)) if "SUM(" in found.sql else 1), rng)
    rows = subject(world, scope, rng, most=1)
    up, shown = rng.random() < 0.65, rng.random() < 0.4
    return ask(
        scope.sql(
            f"{group.shown}, {found.sql}" if shown else group.shown,
            rows.where,
            f"{group.tail} HAVING {found.sql} {'>' if up else '<'} {level}",
        ),
        rng,
        ("{many} [where the|whose|with a|with an] {text} [is |]{word} {level}{hint}", "the {many} with [a |]{text} {word} {level}{hint}"),
        (
            "which {many} have [a |an |]{text} {word} {level}{hint}?",
            "[find|list|show] the {many} [whose|where the] {text} is {word} {level}{hint}",
            "for which {many} is the {text} {word} {level}{hint}?",
        ),
        text=found.of(rows, rng),
        many=plural(group.said),
        level=figure(level, rng),
        hint=" and how much is it" if shown else "",
        word=("above", "over", "higher than", "greater than", "more than") if up else ("below", "under", "lower than", "less than"),
    )


@shape(2.5)
def per_parent(world: World, rng: random.Random) -> Draft | None:
    """The number of children of each parent, by name."""
    link = pick_link(world, rng)
    if link is None:
        return None
    scope = Scope(world, link[0])
    group = label_group(world, scope, link[2], rng)
    rows = subject(world, scope, rng, most=1)
    single, many = world.parent(link, rng, many=False), world.parent(link, rng)
    return ask(
        scope.sql(f"{group.shown}, COUNT(*)", rows.where, group.tail),
        rng,
        (
            "the number of {rows} [per|for each|of each|by] {single}",
            "{many} [with|and] their number of {rows}",
            "each {single} and how many {rows} [it|they] [has|have]",
            "{rows} per {single}",
            "number of {rows} [per|by|for each] {single}",
        ),
        (
            *HOW_MANY,
            "how many {rows} does each {single} have?",
            "[show|list] the name of each {single} and the number of {rows}",
            "[show|list] {many} with the number of {rows} [of each|they have]",
        ),
        rows,
        single=single,
        many=many,
        by=single,
        extra="",
        wh=sort_of(single),
    )
