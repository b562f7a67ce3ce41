"""Common table expressions: groups compared with the average group, the best group's rows, steps on steps."""

from __future__ import annotations

import random

from sqlkit.data.english import figure, plural
from sqlkit.data.shapes.base import Draft, ask, pick_link, pick_table, shape
from sqlkit.data.shapes.measures import dimension, label_group, value
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import Scope, World


@shape(0.8)
def groups_above_average(world: World, rng: random.Random) -> Draft | None:
    """Groups with more rows, or a higher figure, than groups have on average."""
    scope = Scope(world, pick_table(world, rng) or "")
    group = dimension(world, scope, rng, dates=False)
    found = value(world, scope, rng, counting=0.6)
    if group is None or found is None:
        return None
    rows = subject(world, scope, rng, most=1)
    up = rng.random() < 0.7
    inner = scope.sql(f"{group.shown} AS q, {found.sql} AS n", found.where + rows.where, group.tail)
    text = found.of(rows, rng)
    return ask(
        f"WITH t1 AS ({inner}) SELECT q FROM t1 WHERE n {'>' if up else '<'} (SELECT AVG(n) FROM t1)",
        rng,
        (
            "{many} with a {text} {word} the average {by}",
            "the {many} whose {text} is {word} the average [over|of] all {many}",
            "{many} with {word2} average {text}",
        ),
        (
            "which {many} have a {text} {word} the average over all {many}?",
            "[find|list|show] the {many} whose {text} is {word} that of the average {by}",
            "in which {many} is the {text} {word} the average {by}?",
        ),
        text=text,
        by=group.said,
        many=plural(group.said),
        word=("above", "higher than", "over") if up else ("below", "lower than", "under"),
        word2="above" if up else "below",
    )


@shape(0.8)
def groups_in_band(world: World, rng: random.Random) -> Draft | None:
    """How many parents have so many children."""
    link = pick_link(world, rng, label=False)
    if link is None:
        return None
    scope = Scope(world, link[0])
    rows = subject(world, scope, rng, most=1)
    key, n = scope.col(link[0], link[1][0]), rng.choice((1, 2, 3, 5, 10))
    inner = scope.sql(f"{key} AS q, COUNT(*) AS n", [*rows.where, f"{key} IS NOT NULL"], f"GROUP BY {key}")
    sign, words = rng.choice(
        ((">", f"more than {figure(n, rng)}"), (">=", f"at least {figure(n, rng)}"), ("=", f"exactly {figure(n, rng)}"), (">", f"over {n}"))
    )
    return ask(
        f"WITH t1 AS ({inner}) SELECT COUNT(*) FROM t1 WHERE n {sign} {n}",
        rng,
        ("the number of {many} with {words} {rows}", "number of {many} that have {words} {rows}", "{many} with {words} {rows}, how many"),
        (
            "how many {many} have {words} {rows}?",
            "how many {many} are there with {words} {rows}?",
            "count the {many} that have {words} {rows}",
        ),
        rows,
        many=world.parent(link, rng),
        words=words,
    )


@shape(0.6)
def rows_of_best(world: World, rng: random.Random) -> Draft | None:
    """A figure over the rows of the parent that has the most of them."""
    link = pick_link(world, rng)
    if link is None:
        return None
    scope = Scope(world, link[0])
    found = value(world, scope, rng, kinds="AVG SUM MAX")
    if found is None:
        return None
    group = label_group(world, scope, link[2], rng)
    inner = scope.sql(f"{group.shown} AS q, COUNT(*) AS n, {found.sql} AS m", [], group.tail)
    return ask(
        f"WITH t1 AS ({inner}) SELECT q, m FROM t1 WHERE n = (SELECT MAX(n) FROM t1)",
        rng,
        (
            "the {by} with the most {noun} and its {text}",
            "{by} with most {noun}, with its {text}",
            "name and {text} of the {by} with the most {noun}",
        ),
        (
            "which {by} has the most {noun} and what is its {text}?",
            "what is the {text} of the {by} with the most {noun}? name the {by} too",
            "[find|show] the {by} with the most {noun} and its {text}",
        ),
        text=found.said,
        by=world.parent(link, rng, many=False),
        noun=world.noun(link[0], rng),
    )
