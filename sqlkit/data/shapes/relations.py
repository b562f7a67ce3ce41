"""Rows that have, or lack, others: IN, NOT IN, EXISTS, LEFT JOIN; joins of several tables."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, Subject, ask, pick_link, shape
from sqlkit.data.shapes.counting import HOW_MANY, NUMBER
from sqlkit.data.shapes.rows import correlated, exists, have, having, inside, nullable, subject
from sqlkit.data.world import World
from sqlkit.schema.expressions import Link
from sqlkit.sql.grammar import identifier


def _parents(world: World, scope: Scope, rng: random.Random, chance: float = 0.35) -> Subject:
    """The parents meant: mostly all of them."""
    if rng.random() < chance:
        return subject(world, scope, rng, most=1)
    noun = world.noun(scope.root, rng)
    return Subject(noun, [], "", noun, noun)


def _listed(
    world: World, scope: Scope, link: Link, rng: random.Random, own: Subject, part: Subject, where: list[str], absent: bool
) -> Draft:
    """Count or names of parents with or without such children."""
    rows = Subject(f"{own.text} {having(world, link, rng, absent)} {part.text}", where)
    verb = have(world, link, False)[0]
    if rng.random() < 0.42:
        asked = f"how many {{own}} {verb} {{no}}{{part}}?"
        return ask(
            scope.sql("COUNT(*)", where),
            rng,
            NUMBER,
            (*HOW_MANY[:5], asked, asked),
            rows,
            own=own.text,
            part=part.text,
            no=("no ", "no ", "zero ") if absent else "",
        )
    questions = [
        f"which {{own}} {verb} {{no}}{{part}}?",
        "[list|find|show|show me] [all |the |]{rows}",
        "what are the names of [the |all |]{rows}?",
        "[which|what] {rows}?",
    ]
    if absent:
        questions += [
            f"which {{own}} {have(world, link, True)[1]} {{part}}?",
            *([] if link in world.twins else ["which {own} don't have {part}?"]),
            "[are there any|do we have] {rows}? which ones?",
        ]
    if world.sort(scope.root) == "person" and link not in world.twins:
        questions += ["who has no {part}?" if absent else "who has {part}?", "who are the {rows}?"]
    return ask(
        scope.sql(scope.col(scope.root, world.label(scope.root)), where),
        rng,
        ("{rows}", "the {rows}", "names of [the |]{rows}", "all {rows}"),
        questions,
        rows,
        own=own.text,
        part=part.text,
        no="no " if absent else "",
    )


@shape(5)
def without(world: World, rng: random.Random) -> Draft | None:
    """Parents that lack certain children, by NOT IN."""
    link = pick_link(world, rng)
    if link is None:
        return None
    scope, inner = Scope(world, link[2]), inside(world, link)
    part, own = subject(world, inner, rng, most=1), _parents(world, scope, rng)
    return _listed(world, scope, link, rng, own, part, [*own.where, exists(world, scope, link, inner, part.where, True).sql], True)


@shape(2.5)
def with_some(world: World, rng: random.Random) -> Draft | None:
    """Parents that have certain children, by IN."""
    link = pick_link(world, rng)
    if link is None:
        return None
    scope, inner = Scope(world, link[2]), inside(world, link)
    part, own = subject(world, inner, rng, most=2, least=1), _parents(world, scope, rng)
    return _listed(world, scope, link, rng, own, part, [*own.where, exists(world, scope, link, inner, part.where, False).sql], False)


@shape(0.7)
def not_exists(world: World, rng: random.Random) -> Draft | None:
    """The same by a correlated NOT EXISTS, where the key of the children may be NULL."""
    link = pick_link(world, rng)
    if link is None or not nullable(world, link[0], link[1][0]):
        return None
    scope, inner = Scope(world, link[2]), inside(world, link)
    inner.avoid = frozenset(world.up(link[0]))
    noun = world.noun(link[2], rng)
    part = subject(world, inner, rng, most=1)
    return _listed(
        world, scope, link, rng, Subject(noun, [], "", noun, noun), part, [correlated(world, link, inner, part.where, True)], True
    )


@shape(0.7)
def left_join(world: World, rng: random.Random) -> Draft | None:
    """How many children each parent has, those without any included."""
    link = pick_link(world, rng)
    if link is None:
        return None
    child, parent = link[0], link[2]
    label, unique = world.label(parent), world.single_label(parent)
    a, b = world.named(parent), world.named(child)
    name = f"{a}.{identifier(label)}"
    key = f"{a}.{identifier(link[3][0])}"
    tail = f"GROUP BY {name if unique else f'{key}, {name}'}"
    return ask(
        f"SELECT {name}, COUNT({b}.{identifier(link[1][0])}) FROM {a} LEFT JOIN {b} ON {b}.{identifier(link[1][0])} = {key} {tail}",
        rng,
        (
            "the number of {rows} per {single}, {zero}",
            "{many} with their number of {rows}, {zero}",
            "number of {rows} for [each|every] {single}, {zero}",
        ),
        (
            "how many {rows} does each {single} have, {zero}?",
            "for every {single}, how many {rows} are there, {zero}?",
            "[list|show] all {many} and how many {rows} they have, {zero}",
        ),
        Subject(world.noun(child, rng), []),
        many=world.parent(link, rng),
        single=world.parent(link, rng, many=False),
        zero=("including those without any", "zero included", "also those with none", "including zero", "counting those with none as 0"),
    )


@shape(1.5)
def both(world: World, rng: random.Random) -> Draft | None:
    """Parents that have children of two kinds, or of one and not of another."""
    links = [x for x in world.links if len(x[1]) == 1 and world.label(x[2]) and world.of(x[0], "category", "date")]
    if not links:
        return None
    link = rng.choice(links)
    scope = Scope(world, link[2])
    role = rng.choice(world.of(link[0], "category", "date"))
    absent = rng.random() < 0.45
    parts = []
    for last in (False, True):
        inner = Scope(world, link[0])
        plain = role == world.default_date(link[0])
        made = filters.window(world, inner, role, rng, plain) if role.role == "date" else filters.category(world, inner, role, rng)
        if made is None or "<>" in made.sql or "NULL" in made.sql:
            return None
        parts.append((made, exists(world, scope, link, inner, [made.sql], absent and last).sql))
    if parts[0][0].sql == parts[1][0].sql:
        return None
    noun, many = world.noun(link[0], rng), world.noun(link[2], rng)
    a, b = (rng.choice(p[0].after) for p in parts)
    joint = ("but not", "but no {noun}", "but none") if absent else ("and also", "as well as", "and", "and {noun}")
    who = "who" if world.sort(link[2]) == "person" else "that"
    verb = have(world, link, False)[0]
    slots = {
        "many": many,
        "have": verb,
        "noun": noun,
        "a": a,
        "b": b,
        "joint": rng.choice(joint).format(noun=noun),
        "both": "" if absent else rng.choice(("", "both ")),
    }
    where = [p[1] for p in parts]
    tied = rng.choice(("with", "with", f"{who} have"))
    text = f"{many} {f'{who} {verb}' if link in world.twins else tied} {slots['both']}{noun} {a} {slots['joint']} {b}"
    if rng.random() < 0.4:
        return ask(
            scope.sql("COUNT(*)", where),
            rng,
            NUMBER,
            (*HOW_MANY[:5], "how many {many} {have} {both}{noun} {a} {joint} {b}?"),
            Subject(text, where),
            **slots,
        )
    return ask(
        scope.sql(scope.col(link[2], world.label(link[2])), where),
        rng,
        ("{rows}", "the {rows}"),
        ("which {many} {have} {both}{noun} {a} {joint} {b}?", "[find|list|show] [the |all |]{rows}", "what are the names of the {rows}?"),
        Subject(text, where),
        **slots,
    )


@shape(3)
def along_keys(world: World, rng: random.Random) -> Draft | None:
    """Different rows of a far table reached by joins: 'customers who bought the Breeze Monitor'."""
    tables = [t.name for t in world.schema.tables if sum(bool(world.label(p)) for p in world.up(t.name)) > 1]
    if not tables:
        return None
    scope = Scope(world, rng.choice(tables))
    far = [p for p in world.up(scope.root) if world.label(p)]
    one, other = rng.sample(far, 2)
    found = filters.one(world, scope, other, rng)
    if found is None or not (found.after or found.name or found.before):
        return None
    own = filters.one(world, scope, one, rng) if rng.random() < 0.3 else None
    way = world.up(scope.root)[other]
    unclear = world.unclear(way)

    def whose(many: bool) -> str:
        return world.called(way, rng, many) if unclear else world.noun(other, rng, many)

    words = found.name or (
        f"{rng.choice(found.before)} {whose(True)}"
        if found.before and rng.random() < 0.5
        else f"{whose(True)} {rng.choice(found.after or found.before)}"
    )
    if found.name and (rng.random() < 0.4 or unclear):
        words = f"the {whose(False)} {found.name}"
    many = world.called(world.up(scope.root)[one], rng)
    where = [found.sql, *([own.sql] if own and own.after else [])]
    head = f"{many} {rng.choice(own.after)}" if own and own.after else many
    links = world.noun(scope.root, rng)
    target = scope.col(one, world.label(one))
    who = "who" if world.sort(one) == "person" else "that"
    slots = {"head": head, "words": words, "links": links, "who": who, "many": many}
    phrases = (
        "{head} with {links} [of|for] {words}",
        "[the |]{head} {who} have {links} [for|of|with] {words}",
        "names of {head} with {links} [of|for|with] {words}",
    )
    if rng.random() < 0.3 and world.single_label(one):
        return ask(
            scope.sql(f"COUNT(DISTINCT {target})", where),
            rng,
            ("the number of [different |]{head} with {links} [of|for] {words}",),
            (
                "how many [different |]{head} have {links} [of|for|with] {words}?",
                "how many {head} are there with {links} [of|for] {words}?",
            ),
            **slots,
        )
    return ask(
        scope.sql(f"DISTINCT {target}", where),
        rng,
        phrases,
        (
            "which {head} have {links} [of|for|with] {words}?",
            "[list|find|show] the [different |]{head} with {links} [of|for] {words}",
            "what are the names of the {head} {who} have {links} [of|for] {words}?",
        ),
        **slots,
    )
