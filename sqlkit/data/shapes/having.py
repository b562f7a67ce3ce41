"""Groups that are large enough: HAVING."""

from __future__ import annotations

import random

from sqlkit.data.english import figure, plural
from sqlkit.data.filters import nice
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, ask, pick_link, pick_table, shape
from sqlkit.data.shapes.measures import aggregate_of, dimension, label_group
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import World


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
