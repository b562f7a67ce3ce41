"""Two dates of a row: the days between them, which one is later."""

from __future__ import annotations

import random

from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, Subject, ask, shape
from sqlkit.data.shapes.counting import HOW_MANY, NUMBER
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import World


@shape(2)
def between_dates(world: World, rng: random.Random) -> Draft | None:
    """Days between two dates of a row."""
    tables = [t.name for t in world.schema.tables if len(world.of(t.name, "date")) > 1]
    if not tables:
        return None
    table = rng.choice(tables)
    scope = Scope(world, table)
    i, j = sorted(rng.sample(range(len(world.of(table, "date"))), 2))
    early, late = world.of(table, "date")[i], world.of(table, "date")[j]
    rows = subject(world, scope, rng, most=1)
    name, word = rng.choice(
        (("AVG", ("average", "mean")), ("AVG", ("average", "typical")), ("MAX", ("longest", "maximum")), ("MIN", ("shortest", "minimum")))
    )
    questions = [
        "what is the {word} [time in days|number of days] between {a} and {b} [of|for] {rows}?",
        "what's the {word} number of days from {a} to {b} for {rows}?",
    ]
    if name == "AVG":
        questions += [
            "how many days [are there|pass|lie] on average between {a} and {b} of {rows}?",
            "how long does it take on average from {a} to {b} for {rows}, in days?",
            "on average, how many days from {a} to {b} for {rows}?",
        ]
    return ask(
        scope.sql(f"{name}(DATE_DIFF('day', {scope.col(*early.place)}, {scope.col(*late.place)}))", rows.where),
        rng,
        (
            "the {word} number of days between {a} and {b} of {rows}",
            "{word} days from {a} to {b} for {rows}",
            "{word} days between {a} and {b}, {rows}",
        ),
        questions,
        rows,
        word=word,
        a=world.said(*early.place, rng),
        b=world.said(*late.place, rng),
    )


@shape(1)
def later_dates(world: World, rng: random.Random) -> Draft | None:
    """Rows whose one date lies behind the other."""
    tables = [t.name for t in world.schema.tables if len(world.of(t.name, "date")) > 1]
    if not tables:
        return None
    table = rng.choice(tables)
    scope = Scope(world, table)
    one, other = rng.sample(world.of(table, "date"), 2)
    later = rng.random() < 0.65
    rows = subject(world, scope, rng, most=1)
    a, b = world.said(*one.place, rng), world.said(*other.place, rng)
    word = "after" if later else "before"
    verbs = [v for v in world.verbs(*one.place) if not v.endswith("ing")]
    words = rng.choice(
        [
            f"whose {a} is {word} the {b}",
            f"where the {a} is {word} the {b}",
            f"with a {a} {'later' if later else 'earlier'} than the {b}",
            f"with {a} {word} {b}",
            *(f"{v} {word} the {b}" for v in verbs for _ in range(2)),
        ]
    )
    return ask(
        scope.sql("COUNT(*)", [*rows.where, f"{scope.col(*one.place)} {'>' if later else '<'} {scope.col(*other.place)}"]),
        rng,
        NUMBER,
        HOW_MANY,
        Subject(f"{rows.text} {words}", []),
    )
