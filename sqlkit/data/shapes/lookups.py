"""Facts about one named row."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.english import several
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape
from sqlkit.data.world import World


@shape(5)
def lookup(world: World, rng: random.Random) -> Draft | None:
    """One fact about one named row, its own or its parent's."""
    table = pick_table(world, rng, "label")
    values = world.profile.column(table, world.label(table)).values if table else ()
    if table is None or not values:
        return None
    scope = Scope(world, table)
    name = rng.choice(values)
    shown = filters.case(str(name), rng)
    single = world.noun(table, rng, many=False)
    who = rng.choice((shown, shown, shown, f"{single} {shown}", f"the {single} {shown}", f"the {single} named {shown}"))
    where = [f"{scope.col(table, world.label(table))} = {filters.quote(name)}"]
    parents = [p for p in world.up(table) if world.of(p, "label") and len(world.up(table)[p]) == 1]
    if parents and rng.random() < 0.4:
        parent = rng.choice(parents)
        said = world.called(world.up(table)[parent], rng, many=False)
        asks = "who is" if world.sort(parent) == "person" else "what is"
        return ask(
            scope.sql(scope.col(parent, world.label(parent)), where),
            rng,
            ("the {said} of {who}", "{said} of {who}", "{who}'s {said}"),
            (
                "{asks} the {said} of {who}?",
                "which {said} does {who} [belong to|have]?",
                "[which|what] {said} is {who} [with|in|from|of]?",
                "{asks} {who}'s {said}?",
                "{who}: which {said}?",
            ),
            said=said,
            who=who,
            asks=asks,
        )
    others = world.of(table, "measure", "category", "date", "text")
    if not others:
        return None
    other = rng.choice(others)
    said = world.said(*other.place, rng)
    questions = [
        "what is the {said} of {who}?",
        "{said} of {who}?",
        "what {said} does {who} have?",
        "what's {who}'s {said}?",
        "what is {who}'s {said}?",
        "[find|give|show|tell me] the {said} [of|for] {who}",
        "{who} {said}?",
        "which {said} does {who} have?",
    ]
    if other.role == "date":
        questions += [f"when was {{who}} {v}?" for v in world.verbs(*other.place) if not v.endswith("ing")] * 2 + [
            "when is the {said} of {who}?"
        ]
    if other.role == "measure" and set(said.split()) & {"price", "cost", "fee", "fare"}:
        questions += ["how much does {who} cost ({said})?", "how much is {who} ({said})?"]
    return ask(
        scope.sql(scope.col(*other.place), where),
        rng,
        ("the {said} of {who}", "{who}'s {said}", "{said} for {who}", "{who} {said}"),
        questions,
        said=said,
        who=who,
    )


@shape(1)
def lookup_two(world: World, rng: random.Random) -> Draft | None:
    """Two facts about one named row."""
    table = pick_table(world, rng, "label")
    values = world.profile.column(table, world.label(table)).values if table else ()
    others = world.of(table, "measure", "category", "date", "text") if table else []
    if table is None or not values or len(others) < 2:
        return None
    scope, name = Scope(world, table), rng.choice(values)
    chosen = rng.sample(others, 2)
    return ask(
        scope.sql(", ".join(scope.col(*r.place) for r in chosen), [f"{scope.col(table, world.label(table))} = {filters.quote(name)}"]),
        rng,
        ("the {both} of {who}", "{who}'s {both}", "{both} for {who}"),
        (
            "what are the {both} of {who}?",
            "what are {who}'s {both}?",
            "what {both} does {who} have?",
            "[show|give me|find] the {both} of {who}",
        ),
        both=several([world.said(*r.place, rng) for r in chosen]),
        who=filters.case(str(name), rng),
    )
