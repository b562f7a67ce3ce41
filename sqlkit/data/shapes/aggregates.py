"""One figure, or several at once, over the rows meant."""

from __future__ import annotations

import random

from sqlkit.data.english import several
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape
from sqlkit.data.shapes.measures import aggregate_of, value
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import World

PHRASES = ("the {text}", "{text}", "our {text}", "{text}")
QUESTIONS = (
    "what [is|was] the {text}?",
    "what's the {text}?",
    "how [much|high|big|large] [is|was] the {text}?",
    "[calculate|compute|find|work out|determine] the {text}",
    "what {text} do we have?",
    "[tell me|give me|show me|get|return] the {text}",
    "[do you know|can you tell me] the {text}?",
    "what is our {text}?",
    "{text}?",
)


@shape(11)
def aggregate(world: World, rng: random.Random) -> Draft | None:
    """A metric or an aggregate of a column."""
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    scope = Scope(world, table)
    found = value(world, scope, rng)
    if found is None:
        return None
    rows = subject(world, scope, rng)
    if rows.front and rng.random() < 0.25:
        text = found.said if rows.rest == rows.noun else f"{found.said} of {rows.rest}"
        return ask(
            scope.sql(found.sql, found.where + rows.where),
            rng,
            (f"{rows.front}, the {{text}}",),
            (f"{rows.front}, what was the {{text}}?", "how high was the {text} " + f"{rows.front}?"),
            text=text,
        )
    text = found.of(rows, rng)
    if not rows.where and rng.random() < 0.4:
        text = f"{found.said} of [all |our |the |]{rows.noun}".replace("[all |our |the |]", rng.choice(("all ", "our ", "the ", "")))
    return ask(scope.sql(found.sql, found.where + rows.where), rng, PHRASES, QUESTIONS, text=text)


@shape(1)
def sum_of_parent(world: World, rng: random.Random) -> Draft | None:
    """A measure of a parent, over the parents of the rows: each counted as often as it has rows."""
    table = pick_table(world, rng)
    parents = [p for p, path in world.up(table).items() if world.of(p, "measure") and len(path) < 3] if table else []
    if table is None or not parents:
        return None
    scope, parent = Scope(world, table), rng.choice(parents)
    role = rng.choice(world.of(parent, "measure"))
    rows = subject(world, scope, rng, most=1)
    single = world.called(world.up(table)[parent], rng, many=False)
    name, words = rng.choice((("AVG", ("average", "mean")), ("MAX", ("highest", "maximum")), ("MIN", ("lowest", "minimum"))))
    return ask(
        scope.sql(f"{name}({scope.col(*role.place)})", rows.where),
        rng,
        ("the {word} {said} of the {single} [over|across|among] [all |]{rows}", "{word} {single} {said} [over|across|for] [all |]{rows}"),
        (
            "what is the {word} {said} of the {single} [over|across] [all |]{rows}?",
            "what is the {word} {single} {said} [for|across] {rows}?",
        ),
        rows,
        word=words,
        said=world.said(*role.place, rng),
        single=single,
    )


@shape(2)
def several_aggregates(world: World, rng: random.Random) -> Draft | None:
    """Two or three aggregates of one column in one row."""
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, most=1)
    role = rng.choice(world.of(table, "measure"))
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    words = {
        "MIN": ("lowest", "minimum", "smallest"),
        "MAX": ("highest", "maximum", "largest"),
        "AVG": ("average", "mean", "average"),
        "SUM": ("total",),
    }
    chosen = rng.choice(
        (("MIN", "MAX"), ("MAX", "MIN"), ("AVG", "MAX"), ("MIN", "AVG", "MAX"), ("AVG", "MIN", "MAX"), ("SUM", "AVG"), ("AVG", "SUM"))
    )
    return ask(
        scope.sql(", ".join(f"{n}({target})" for n in chosen), rows.where),
        rng,
        ("the {text} {said} of [all |]{rows}", "{text} {said} [for|of|across] {rows}", "{said} of {rows}: {text}"),
        (
            "what are the {text} {said} of [all |]{rows}?",
            "[find|show|calculate|give me] the {text} {said} [of|for|across] [all |]{rows}",
            "what is the {text} {said} of {rows}?",
        ),
        rows,
        text=several([rng.choice(words[n]) for n in chosen]),
        said=said,
    )


@shape(1.2)
def count_and_aggregate(world: World, rng: random.Random) -> Draft | None:
    """How many rows, and an aggregate of them."""
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, most=1)
    found = aggregate_of(world, scope, rng.choice(world.of(table, "measure")), rng, "AVG SUM MAX")
    return ask(
        scope.sql(f"COUNT(*), {found.sql}", rows.where),
        rng,
        ("the number of {rows} and their {said}", "count of {rows} and [the|their] {said}", "number and {said} of {rows}"),
        (
            "how many {rows} are there and what is their {said}?",
            "how many {rows}, and [what is|with what] [the|their] {said}?",
            "what are the number and the {said} of {rows}?",
        ),
        rows,
        said=found.said,
    )


@shape(1)
def two_columns(world: World, rng: random.Random) -> Draft | None:
    """The same aggregate of two columns."""
    table = pick_table(world, rng, "measure")
    roles = world.of(table, "measure") if table else []
    if table is None or len(roles) < 2:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, most=1)
    a, b = rng.sample(roles, 2)
    name, words = rng.choice((("AVG", ("average", "mean")), ("SUM", ("total",)), ("MAX", ("highest", "maximum"))))
    return ask(
        scope.sql(f"{name}({scope.col(*a.place)}), {name}({scope.col(*b.place)})", rows.where),
        rng,
        ("the {word} {a} and [the |]{word} {b} of [all |]{rows}", "{word} {a} and {b} [for|of] {rows}"),
        (
            "what are the {word} {a} and {word} {b} of {rows}?",
            "[find|show|give me] the {word} {a} and {b} of [all |]{rows}",
            "what is the {word} {a} and {b} for {rows}?",
        ),
        rows,
        word=rng.choice(words),
        a=world.said(*a.place, rng),
        b=world.said(*b.place, rng),
    )


@shape(2.5)
def when(world: World, rng: random.Random) -> Draft | None:
    """The first or last date."""
    table = pick_table(world, rng, "date")
    if table is None:
        return None
    scope = Scope(world, table)
    default = world.default_date(table)
    role = default if default and rng.random() < 0.5 else rng.choice(world.of(table, "date"))
    rows = subject(world, scope, rng, most=1)
    last = rng.random() < 0.6
    verbs = [v for v in world.verbs(*role.place) if not v.endswith("ing")]
    questions = [
        "what is the {word} {said} of {rows}?",
        "when was the {word} {said} of {rows}?",
        "when is the {word} {said} [for|of] {rows}?",
    ]
    questions += [f"when was the {{word}} of the {{rows}} {v}?" for v in verbs]
    if not rows.where and role == default:
        questions += ["when was [the|our] {word} {single}?", "what is the date of the {word} {single}?"] + [
            f"when was the {{word}} {{single}} {v}?" for v in verbs
        ] * 2
    return ask(
        scope.sql(f"{'MAX' if last else 'MIN'}({scope.col(*role.place)})", rows.where),
        rng,
        ("the {word} {said} of [all |]{rows}", "{word} {said} for {rows}", "[date of the {word}|{word}] {said} of {rows}"),
        questions,
        rows,
        word=("latest", "last", "most recent") if last else ("earliest", "first", "very first"),
        said=world.said(*role.place, rng),
        single=world.noun(table, rng, many=False),
    )
