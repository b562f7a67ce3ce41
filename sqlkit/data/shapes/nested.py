"""Against the average, the extreme, another row: subqueries for one value, plain and correlated."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.english import plural
from sqlkit.data.shapes.base import Draft, Subject, ask, pick_table, shape
from sqlkit.data.shapes.counting import HOW_MANY, NUMBER
from sqlkit.data.shapes.listing import WHICH
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import Role, Scope, World
from sqlkit.sql.grammar import identifier


def _measured(world: World, rng: random.Random) -> tuple[str, Role] | None:
    table = pick_table(world, rng, "measure")
    return (table, rng.choice(world.of(table, "measure"))) if table and world.label(table) else None


def _asked(world: World, scope: Scope, rows: Subject, test: str, words: str, rng: random.Random) -> Draft:
    """Count or names of rows that pass a test."""
    text = Subject(f"{rows.text} {words}", [])
    where = [*rows.where, test]
    if rng.random() < 0.45:
        return ask(scope.sql("COUNT(*)", where), rng, NUMBER, HOW_MANY, text)
    said = world.said(scope.root, world.label(scope.root), rng)
    return ask(
        scope.sql(scope.col(scope.root, world.label(scope.root)), where),
        rng,
        ("{rows}", "the {rows}", "the {many} of [the |all |]{rows}", "all {rows}"),
        WHICH,
        text,
        said=said,
        many=plural(said),
    )


@shape(2.5)
def against_average(world: World, rng: random.Random) -> Draft | None:
    """Rows above or below the average of all."""
    drawn = _measured(world, rng)
    if drawn is None:
        return None
    table, role = drawn
    scope = Scope(world, table)
    said, above = world.said(*role.place, rng), rng.random() < 0.7
    rows = subject(world, scope, rng, most=1)
    test = f"{scope.col(*role.place)} {'>' if above else '<'} (SELECT AVG({identifier(role.column.name)}) FROM {identifier(table)})"
    word = rng.choice(
        ("above", "higher than", "over", "greater than", "bigger than", "exceeding")
        if above
        else ("below", "lower than", "under", "less than", "smaller than")
    )
    all_ = world.noun(table, rng)
    words = rng.choice(
        (
            f"with a {said} {word} average",
            f"with {said} {word} the average",
            f"whose {said} is {word} average",
            f"whose {said} is {word} the average",
            f"with {'above' if above else 'below'}-average {said}",
            f"with a {said} {word} the average {said} of all {all_}",
            f"with a {said} {word} the overall average",
            f"with {'an above' if above else 'a below'} average {said}",
        )
    )
    return _asked(world, scope, rows, test, words, rng)


@shape(0.8)
def against_group_average(world: World, rng: random.Random) -> Draft | None:
    """Rows above the average of their own group: a correlated subquery."""
    drawn = _measured(world, rng)
    if drawn is None:
        return None
    table, role = drawn
    groups = world.of(table, "category")
    if not groups:
        return None
    group, above = rng.choice(groups), rng.random() < 0.7
    a, g, c = identifier(table), identifier(group.column.name), identifier(role.column.name)
    said, by = world.said(*role.place, rng), world.said(*group.place, rng)
    noun = world.noun(table, rng)
    word = rng.choice(("above", "higher than", "over") if above else ("below", "lower than", "under"))
    text = f"{noun} " + rng.choice(
        (
            f"with a {said} {word} the average of their {by}",
            f"whose {said} is {word} the average {said} of their {by}",
            f"with {said} {word} average within their {by}",
            f"whose {said} is {word} the average for their own {by}",
        )
    )
    sign = ">" if above else "<"
    label = identifier(world.label(table))
    test = f"t1.{c} {sign} (SELECT AVG(t2.{c}) FROM {a} AS t2 WHERE t2.{g} = t1.{g})"
    if rng.random() < 0.45:
        return ask(f"SELECT COUNT(*) FROM {a} AS t1 WHERE {test}", rng, NUMBER, HOW_MANY, Subject(text, []))
    said_ = world.said(table, world.label(table), rng)
    return ask(
        f"SELECT t1.{label} FROM {a} AS t1 WHERE {test}",
        rng,
        ("{rows}", "the {rows}", "all {rows}"),
        WHICH,
        Subject(text, []),
        said=said_,
        many=plural(said_),
    )


@shape(1.2)
def against_row(world: World, rng: random.Random) -> Draft | None:
    """Rows with more, or later, than a named one."""
    table = pick_table(world, rng, "measure", "date")
    if table is None or not world.label(table):
        return None
    scope, role = Scope(world, table), rng.choice(world.of(table, "measure", "date"))
    values = world.profile.column(table, world.label(table)).values
    if not values or not world.single_label(table):
        return None
    name, up = rng.choice(values), rng.random() < 0.65
    shown, said, column = filters.case(str(name), rng), world.said(*role.place, rng), identifier(role.column.name)
    test = f"{scope.col(*role.place)} {'>' if up else '<'} (SELECT {column} FROM {identifier(table)} WHERE {identifier(world.label(table))} = {filters.quote(name)})"
    rows = subject(world, scope, rng, most=1) if rng.random() < 0.3 else Subject(noun := world.noun(table, rng), [], "", noun, noun)
    if role.role == "date":
        verbs = [v for v in world.verbs(*role.place) if not v.endswith("ing")]
        word = "after" if up else "before"
        words = rng.choice(
            [
                f"with a {said} {'later' if up else 'earlier'} than {shown}",
                f"whose {said} is {word} that of {shown}",
                *(f"{v} {word} {shown}" for v in verbs for _ in range(3)),
            ]
        )
    else:
        word = rng.choice(("higher", "greater", "larger") if up else ("lower", "smaller"))
        words = rng.choice(
            (
                f"with a {word} {said} than {shown}",
                f"whose {said} is {word} than that of {shown}",
                f"with {'more' if up else 'less'} {said} than {shown}",
                f"with a {said} {'above' if up else 'below'} {shown}'s",
            )
        )
    return _asked(world, scope, rows, test, words, rng)


@shape(1)
def at_extreme(world: World, rng: random.Random) -> Draft | None:
    """All rows that share the highest or lowest value."""
    drawn = _measured(world, rng)
    if drawn is None:
        return None
    table, role = drawn
    scope, up = Scope(world, table), rng.random() < 0.6
    said = world.said(*role.place, rng)
    test = f"{scope.col(*role.place)} = (SELECT {'MAX' if up else 'MIN'}({identifier(role.column.name)}) FROM {identifier(table)})"
    noun = world.noun(table, rng)
    word = rng.choice(("highest", "maximum", "largest") if up else ("lowest", "minimum", "smallest"))
    words = rng.choice(
        (
            f"that have the {word} {said} of all",
            f"whose {said} equals the {word} {said}",
            f"sharing the {word} {said}",
            f"with a {said} equal to the {word} one",
        )
    )
    return _asked(world, scope, Subject(noun, [], "", noun, noun), test, words, rng)


@shape(0.7)
def between_columns(world: World, rng: random.Random) -> Draft | None:
    """Rows whose one measure exceeds another of the same row."""
    tables = [t.name for t in world.schema.tables if len(world.of(t.name, "measure")) > 1]
    if not tables:
        return None
    table = rng.choice(tables)
    scope = Scope(world, table)
    a, b = rng.sample(world.of(table, "measure"), 2)
    up = rng.random() < 0.6
    rows = subject(world, scope, rng, most=1)
    one, other = world.said(*a.place, rng), world.said(*b.place, rng)
    word = rng.choice(
        ("above", "higher than", "greater than", "more than", "larger than") if up else ("below", "lower than", "less than", "smaller than")
    )
    words = rng.choice(
        (
            f"whose {one} is {word} the {other}",
            f"with a {one} {word} the {other}",
            f"where the {one} is {word} the {other}",
            f"with {one} {word} {other}",
            f"where {one} {'exceeds' if up else 'falls short of'} {other}",
        )
    )
    if not world.label(table):
        return ask(
            scope.sql("COUNT(*)", [*rows.where, f"{scope.col(*a.place)} {'>' if up else '<'} {scope.col(*b.place)}"]),
            rng,
            NUMBER,
            HOW_MANY,
            Subject(f"{rows.text} {words}", []),
        )
    return _asked(world, scope, rows, f"{scope.col(*a.place)} {'>' if up else '<'} {scope.col(*b.place)}", words, rng)


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
