"""Which rows: names, several columns, one fact, sorted lists, different values."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.english import plural, several
from sqlkit.data.shapes.base import Draft, ask, pick_table, shape
from sqlkit.data.shapes.rows import subject
from sqlkit.data.world import Scope, World

WHICH = (
    "which {rows} [are there|do we have]?",
    "[what|which] are the {rows}?",
    "list [the|all|all the|] {rows}",
    "what are the {many} of [the |all |]{rows}?",
    "[find|give|show|return|list] the {many} of [all |the |]{rows}",
    "[who|what] are the {rows}?",
    "[which|what] {rows} [can you find|are on record|exist]?",
    "[find|show|show me|give me|get] [the|all|all the|] {rows}",
    "what is the {said} of [each of |all |]the {rows}?",
)


@shape(8)
def names(world: World, rng: random.Random) -> Draft | None:
    """The labels of rows under conditions."""
    table = pick_table(world, rng, "label")
    if table is None:
        return None
    scope, label = Scope(world, table), world.label(table)
    rows = subject(world, scope, rng, least=1)
    said = world.said(table, label, rng)
    which = WHICH if world.sort(table) == "person" else tuple(t.replace("[who|what]", "what") for t in WHICH)
    return ask(
        scope.sql(scope.col(table, label), rows.where),
        rng,
        ("the {many} of [the |all |]{rows}", "all {rows}", "{rows}", "{rows} by name" if "name" in said else "{rows}"),
        which,
        rows,
        said=said,
        many=plural(said),
    )


@shape(5)
def columns(world: World, rng: random.Random) -> Draft | None:
    """The label and one or two more columns."""
    table = pick_table(world, rng, "label")
    others = world.of(table, "measure", "category", "date", "text") if table else []
    if table is None or not others:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, least=1 if rng.random() < 0.8 else 0)
    chosen = rng.sample(others, min(len(others), rng.choice((1, 1, 2))))
    places = [(table, world.label(table)), *(r.place for r in chosen)]
    said = [world.said(t, c, rng) for t, c in places]
    return ask(
        scope.sql(", ".join(scope.col(t, c) for t, c in places), rows.where),
        rng,
        (
            "the {both} of [all |the |]{rows}",
            "{both} [for|of] {rows}",
            "{rows} with their {rest}",
            "{both} of all {rows}",
            "{rows}: {both}",
            "{rows} and their {rest}",
        ),
        (
            "what are the {both} of [all |the |]{rows}?",
            "[list|show|give|find|return|give me] the {both} of [all |the |]{rows}",
            "list {rows} with their {rest}",
            "what is the {both} of each of the {rows}?",
            "for [each of the|all] {rows}, [show|list|give] the {both}",
            "which {rows} are there and what is their {rest}?",
        ),
        rows,
        both=several(said),
        rest=several(said[1:]),
    )


@shape(1.5)
def columns_plain(world: World, rng: random.Random) -> Draft | None:
    """Columns without the label: 'the city and country of all suppliers'."""
    table = pick_table(world, rng)
    others = world.of(table, "measure", "category", "date", "text") if table else []
    if table is None or not others:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, least=1)
    chosen = rng.sample(others, min(len(others), rng.choice((1, 2, 2, 3))))
    said = [world.said(*r.place, rng) for r in chosen]
    return ask(
        scope.sql(", ".join(scope.col(*r.place) for r in chosen), rows.where),
        rng,
        ("the {both} of [all |the |]{rows}", "{both} [for|of] {rows}"),
        ("what [is|are] the {both} of [the |]{rows}?", "[show|give|find|return|list] the {both} of [the |all |]{rows}"),
        rows,
        both=several(said),
    )


@shape(1.5)
def parent_columns(world: World, rng: random.Random) -> Draft | None:
    """Rows beside the label of their parent."""
    table = pick_table(world, rng, "label")
    parents = [p for p, path in world.up(table).items() if world.label(p) and len(path) < 3] if table else []
    if table is None or not parents:
        return None
    scope, parent = Scope(world, table), rng.choice(parents)
    rows = subject(world, scope, rng, most=1)
    single = world.parent(world.up(table)[parent][-1], rng, many=False)
    other = world.said(parent, world.label(parent), rng)
    label = world.said(table, world.label(table), rng)
    theirs = single if rng.random() < 0.6 or other.startswith(single) else f"{other} of their {single}"
    return ask(
        scope.sql(f"{scope.col(table, world.label(table))}, {scope.col(parent, world.label(parent))}", rows.where),
        rng,
        (
            "{rows} [with|and|together with|along with] their {theirs}",
            "the {label} of [all |the |]{rows} and [the name of |]their {single}",
            "{rows} and the {single} of each",
        ),
        (
            "list {rows} [with|and|together with] their {theirs}",
            "what is the {single} of each of the {rows}? [show both|give the {label} too|list {label} and {single}]",
            "[show|give] the {label} and the {single} of [all |the |]{rows}",
        ),
        rows,
        theirs=theirs,
        label=label,
        single=single,
    )


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
        said = world.parent(world.up(table)[parent][-1], rng, many=False)
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


@shape(2.5)
def distinct(world: World, rng: random.Random) -> Draft | None:
    """The different values of a column."""
    table = pick_table(world, rng, "category")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "category"))
    scope.used.add(f"{role.table}.{role.column.name}")
    rows = subject(world, scope, rng, most=1)
    said = world.said(*role.place, rng)
    return ask(
        scope.sql(f"DISTINCT {scope.col(*role.place)}", rows.where),
        rng,
        (
            "the [different|distinct|unique] {many} of {rows}",
            "[all|the] [distinct|different|unique] {many} [of|among] {rows}",
            "[unique|distinct] {many} for {rows}",
        ),
        (
            "what [different |]{many} do {rows} have?",
            "which [different|distinct] {many} are there [for|among] {rows}?",
            "what different values of {said} do {rows} have?",
            "[list|show|find] the [different|distinct|unique] {many} of {rows}",
            "what are the [different|distinct|unique] {many} of {rows}?",
            "in which {many} do we have {rows}?",
            "what kinds of {said} are there among {rows}?",
        ),
        rows,
        said=said,
        many=plural(said),
    )


@shape(2.5)
def sorted_rows(world: World, rng: random.Random) -> Draft | None:
    """All rows in an order."""
    table = pick_table(world, rng, "label")
    keys = world.of(table, "measure", "date") if table else []
    if table is None or not keys:
        return None
    scope, role = Scope(world, table), rng.choice(keys)
    rows = subject(world, scope, rng, most=1)
    down, shown = rng.random() < 0.6, rng.random() < 0.5
    target, label = scope.col(*role.place), scope.col(table, world.label(table))
    said, name = world.said(*role.place, rng), world.said(table, world.label(table), rng)
    order = (
        (
            ("latest first", "newest first", "most recent first", "in descending order")
            if down
            else ("oldest first", "earliest first", "in ascending order", "in chronological order")
        )
        if role.role == "date"
        else (
            ("highest first", "from high to low", "in descending order", "descending", "largest first")
            if down
            else ("lowest first", "from low to high", "in ascending order", "ascending")
        )
    )
    with_ = f" with their {said}" if shown else ""
    return ask(
        scope.sql(f"{label}, {target}" if shown else label, rows.where, f"ORDER BY {target}{' DESC' if down else ''}"),
        rng,
        (
            "{rows}{with_}[, sorted by| sorted by| ordered by|, ordered by|, by] {said}, {order}",
            "the {many} of {rows}{with_}[, sorted by|, ordered by] {said}, {order}",
            "all {rows}{with_} [sorted|ordered] by {said} {order}",
        ),
        (
            "[list|show|give me|rank|order] [all |the |]{rows}{with_} by {said}, {order}",
            "what are the {many} of {rows}{with_}, [ordered|sorted] by {said}, {order}?",
            "which {rows} are there{with_}? sort by {said}, {order}",
        ),
        rows,
        said=said,
        many=plural(name),
        with_=with_,
        order=order,
    )


@shape(0.8)
def sorted_names(world: World, rng: random.Random) -> Draft | None:
    """Names in alphabetical order."""
    table = pick_table(world, rng, "label")
    if table is None:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, least=1, most=1)
    target = scope.col(table, world.label(table))
    down = rng.random() < 0.2
    return ask(
        scope.sql(target, rows.where, f"ORDER BY {target}{' DESC' if down else ''}"),
        rng,
        ("{rows} {order}", "the {many} of {rows} {order}"),
        ("list {rows} {order}", "what are the {many} of {rows}, {order}?", "[show|give me] the {many} of [all |]{rows} {order}"),
        rows,
        many=plural(world.said(table, world.label(table), rng)),
        order=("in reverse alphabetical order", "from Z to A")
        if down
        else ("in alphabetical order", "alphabetically", "sorted by name", "sorted alphabetically", "from A to Z"),
    )


@shape(1)
def keys(world: World, rng: random.Random) -> Draft | None:
    """The ids of rows, at times with a column."""
    tables = [t for t in world.schema.tables if len(t.primary_key) == 1 and t.primary_key[0] != world.label(t.name)]
    if not tables:
        return None
    table = rng.choice(tables)
    scope, key = Scope(world, table.name), table.primary_key[0]
    rows = subject(world, scope, rng, least=1)
    others = world.of(table.name, "label", "measure", "category", "date")
    said = world.said(table.name, key, rng)
    if others and rng.random() < 0.5:
        other = rng.choice(others)
        select, both = f"{scope.col(table.name, key)}, {scope.col(*other.place)}", f"{said} and {world.said(*other.place, rng)}"
        return ask(
            scope.sql(select, rows.where),
            rng,
            ("the {both} of [all |the |]{rows}", "{both} of {rows}", "{rows}: {both}"),
            ("what are the {both} of [the |all |]{rows}?", "[show|list|find|give] the {both} of [the |all |]{rows}"),
            rows,
            both=both,
        )
    return ask(
        scope.sql(scope.col(table.name, key), rows.where),
        rng,
        ("the {many} of [all |the |]{rows}", "{many} of {rows}", "{said} of [each of |]the {rows}"),
        (
            "what are the {many} of [the |all |]{rows}?",
            "[show|list|find|give|return] the {many} of [the |all |]{rows}",
            "which {many} do [the |]{rows} have?",
        ),
        rows,
        said=said,
        many=plural(said),
    )
