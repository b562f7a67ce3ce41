"""Bands of a measure, by CASE and by FILTER."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.english import figure
from sqlkit.data.filters import nice
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import Role, Scope, World


def _cuts(world: World, rng: random.Random) -> tuple[str, Role, int | float, int | float] | None:
    """A measure with two round figures inside its range."""
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    role = rng.choice(world.of(table, "measure"))
    spread = [q for q in world.profile.column(*role.place).quantiles if isinstance(q, int | float)]
    if len(spread) < 11:
        return None
    low, high = nice(spread[rng.randint(2, 4)], rng), nice(spread[rng.randint(5, 8)], rng)
    return (table, role, low, high) if spread[0] < low < high else None


@shape(0.8)
def buckets(world: World, rng: random.Random) -> Draft | None:
    """Rows above and up to a figure, in one line."""
    drawn = _cuts(world, rng)
    if drawn is None:
        return None
    table, role, cut, _ = drawn
    scope = Scope(world, table)
    target = scope.col(*role.place)
    rows = subject(world, scope, rng, most=1)
    return ask(
        scope.sql(f"COUNT(*) FILTER (WHERE {target} > {cut}), COUNT(*) FILTER (WHERE {target} <= {cut})", rows.where),
        rng,
        (
            "the number of {rows} with {said} [above|over] {cut} and with {said} [up to|of at most] {cut}",
            "{rows} above and up to {cut} {said}, how many each",
            "count of {rows} with {said} over {cut} versus {cut} or less",
        ),
        (
            "how many {rows} have {said} [over|above|of more than] {cut} and how many have {cut} or less?",
            "how many {rows} are [above|over] {cut} in {said} and how many are not?",
        ),
        rows,
        said=world.said(*role.place, rng),
        cut=figure(cut, rng),
    )


@shape(0.8)
def case_buckets(world: World, rng: random.Random) -> Draft | None:
    """Rows counted in bands that get names."""
    drawn = _cuts(world, rng)
    if drawn is None:
        return None
    table, role, low, high = drawn
    scope = Scope(world, table)
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    rows = subject(world, scope, rng, most=1)
    names = rng.choice((("low", "medium", "high"), ("small", "medium", "large"), ("low", "middle", "high")))
    if rng.random() < 0.4:
        names = (names[0], names[0], names[2])
        case = f"CASE WHEN {target} < {high} THEN '{names[0]}' ELSE '{names[2]}' END"
        bands = f"{names[0]} (below {high}) and {names[2]} ({high} and more)"
    else:
        case = f"CASE WHEN {target} < {low} THEN '{names[0]}' WHEN {target} < {high} THEN '{names[1]}' ELSE '{names[2]}' END"
        bands = f"{names[0]} (below {low}), {names[1]} (below {high}) and {names[2]} ({rng.choice(('the rest', f'{high} and more'))})"
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable else rows.where
    return ask(
        scope.sql(f"{case}, COUNT(*)", where, f"GROUP BY {case}"),
        rng,
        (
            "the number of {rows} by {said} band: {bands}",
            "{rows} split by {said} into {bands}, with counts",
            "number of {rows} in the {said} classes {bands}",
        ),
        (
            "how many {rows} have a {bands} {said}?",
            "how many {rows} fall into the {said} bands {bands}?",
            "group [the |]{rows} by {said} into {bands} and count them",
            "classify {rows} by {said} as {bands}: how many of each?",
        ),
        rows,
        said=said,
        bands=bands,
    )


@shape(0.8)
def sum_case(world: World, rng: random.Random) -> Draft | None:
    """A total over those rows alone that pass a test, beside the total of all."""
    drawn = _cuts(world, rng)
    flags = world.of(drawn[0], "flag", "category") if drawn else []
    if drawn is None or not flags:
        return None
    table, role, _, _ = drawn
    scope = Scope(world, table)
    other = rng.choice(flags)
    part = filters.BY_ROLE[other.role](world, scope, other, rng)
    if part is None or not part.before:
        return None
    target = scope.col(*role.place)
    rows = subject(world, scope, rng, most=0)
    return ask(
        scope.sql(f"SUM(CASE WHEN {part.sql} THEN {target} ELSE 0 END), SUM({target})", rows.where),
        rng,
        (
            "the total {said} of {part} {rows} and [the total |]of all {rows}",
            "total {said}: {part} {rows} and all {rows}",
            "{said} of {part} {rows} beside that of all {rows}, as totals",
        ),
        (
            "what is the total {said} of {part} {rows} and what of all {rows}?",
            "how much {said} do {part} {rows} have in total, and how much all {rows}?",
            "[show|give me] the total {said} of {part} {rows} and of all {rows}",
        ),
        rows,
        said=world.said(*role.place, rng),
        part=part.before[0],
    )
