"""Metrics of the glossary: in a period, per group, ranked, of some rows, against a figure."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.english import figure, plural
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Draft, Subject, ask, shape, years
from sqlkit.data.shapes.measures import Group, Value, dimension, metric_of
from sqlkit.data.shapes.rows import condition
from sqlkit.data.world import Role, World

WHAT = (
    "what [is|was] [the |our |]{text}?",
    "what's [the |our |]{text}?",
    "how [much|high|large] [is|was] [the |our |]{text}?",
    "{text}?",
    "[show|give|tell] me [the |our |]{text}",
    "[calculate|compute] [the |]{text}",
    "what {text} did we have?",
    "[can you tell me|do you know] [the |our |]{text}?",
)


def _metric(world: World, rng: random.Random) -> tuple[Scope, Value] | None:
    if not world.glossary.metrics:
        return None
    name = rng.choice(list(world.glossary.metrics))
    table = world.schema.table(world.glossary.metrics[name].table)
    if table is None:
        return None
    scope = Scope(world, table.name)
    return scope, metric_of(world, scope, name, rng)


def _period(world: World, scope: Scope, found: Value, rng: random.Random) -> tuple[list[str], str]:
    """A span of the metric's own date, said without naming the date; ([], '') where it has none."""
    table, column = found.date or ("", "")
    role = next((r for r in world.of(table, "date") if r.column.name == column), None) if table else None
    made = filters.window(world, scope, role, rng, plain=True) if role and years(world, table, column) else None
    if made is None:
        return [], ""
    return [made.sql], rng.choice(made.front)


def _limits(world: World, scope: Scope, found: Value, rng: random.Random) -> tuple[list[str], str, str]:
    """Conditions on the metric's rows: SQL, words behind the metric, words for its period."""
    where, behind = [], ""
    if rng.random() < 0.6:
        made, phrase = condition(world, scope, rng)
        if made and made.key not in scope.used:
            noun = world.noun(scope.root, rng)
            if phrase.startswith("^"):
                where, behind = [made.sql], f"of {phrase[1:]} {noun}"
            elif phrase:
                where, behind = [made.sql], phrase if rng.random() < 0.75 else f"of {noun} {phrase}"
            elif made.after or made.before:
                where = [made.sql]
                behind = (
                    f"of {rng.choice(made.before)} {noun}"
                    if made.before and (not made.after or rng.random() < 0.5)
                    else f"of {noun} {rng.choice(made.after)}"
                )
    again = found.date is not None and any(scope.col(*found.date) in sql for sql in where)
    dated, when = _period(world, scope, found, rng) if not again and (rng.random() < 0.55 or not where) else ([], "")
    return where + dated, behind, when


def _said(found: Value, behind: str, when: str, rng: random.Random) -> str:
    parts = [behind, when] if rng.random() < 0.65 else [when, behind]
    return " ".join(p for p in (found.said, *parts) if p)


@shape(5)
def metric(world: World, rng: random.Random) -> Draft | None:
    """One metric, in a period, of some rows."""
    drawn = _metric(world, rng)
    if drawn is None:
        return None
    scope, found = drawn
    where, behind, when = _limits(world, scope, found, rng) if rng.random() < 0.85 else ([], "", "")
    sql = scope.sql(found.sql, found.where + where)
    if when and rng.random() < 0.2:
        text = _said(found, behind, "", rng)
        return ask(
            sql,
            rng,
            ("{when}: {text}", "{text}, {when}"),
            ("{when}, what was [the |our |]{text}?", "{when}, how [much|high] was [the |our |]{text}?"),
            text=text,
            when=when,
        )
    text = _said(found, behind, when, rng)
    return ask(sql, rng, ("{text}", "the {text}", "our {text}", "{text}"), WHAT, text=text)


@shape(4)
def metric_per_group(world: World, rng: random.Random) -> Draft | None:
    """A metric for each group."""
    drawn = _metric(world, rng)
    group = dimension(world, drawn[0], rng) if drawn else None
    if drawn is None or group is None:
        return None
    scope, found = drawn
    where, behind, when = _limits(world, scope, found, rng) if rng.random() < 0.5 else ([], "", "")
    text, after = (
        (_said(found, behind, when, rng), "") if rng.random() < 0.6 else (_said(found, behind, "", rng), f" {when}" if when else "")
    )
    return ask(
        scope.sql(f"{group.shown}, {found.sql}", found.where + where, group.tail),
        rng,
        (
            "{text} [per|by|for each|per|by] {by}{after}",
            "{text} [broken down|split|split up] by {by}{after}",
            "{text} by {by}{after}",
            "{by}-wise {text}{after}",
            "{text} for every {by}{after}",
            "{text} across {many}{after}",
        ),
        (
            "what [is|was] the {text} [per|by|for each|of each] {by}{after}?",
            "for each {by}, what [is|was] the {text}{after}?",
            "how much {text} [per|for each] {by}{after}?",
            "[show|give] me the {text} [per|by|for each] {by}{after}",
            "how does {text} split by {by}{after}?",
            "what {text} does each {by} have{after}?",
        ),
        text=text,
        by=group.said,
        many=plural(group.said),
        after=after,
    )


def _ranked(scope: Scope, found: Value, group: Group, where: list[str], down: bool, k: int) -> str:
    shown = group.shown if k == 1 else f"{group.shown}, {found.sql}"
    return scope.sql(shown, found.where + where, f"{group.tail} ORDER BY {found.sql} {'DESC ' if down else ''}LIMIT {k}")


@shape(3)
def metric_ranking(world: World, rng: random.Random) -> Draft | None:
    """The group or the groups with the highest or lowest metric."""
    drawn = _metric(world, rng)
    group = dimension(world, drawn[0], rng) if drawn else None
    if drawn is None or group is None:
        return None
    scope, found = drawn
    where, behind, when = _limits(world, scope, found, rng) if rng.random() < 0.45 else ([], "", "")
    down, k = rng.random() < 0.78, rng.choice((1, 1, 1, 3, 5, 10))
    text = _said(found, behind, when, rng)
    word = ("highest", "most", "largest", "biggest", "best", "top") if down else ("lowest", "smallest", "least", "worst")
    slots = {
        "text": text,
        "by": group.said,
        "many": plural(group.said),
        "word": word,
        "k": (str(k), figure(k, rng)),
        "rank": "top" if down else "bottom",
    }
    sql = _ranked(scope, found, group, where, down, k)
    if k == 1:
        questions = [
            "[which|what] {by} has the {word} {text}?",
            "which {by} had the {word} {text}?",
            "[find|show|tell me] the {by} with the {word} {text}",
            "what is our {word} {by} by {text}?",
            "which {by} is {word} [by|in terms of] {text}?",
        ]
        if group.person:
            questions += ["who has the {word} {text}?", "who had the {word} {text}?"]
        return ask(
            sql, rng, ("the {by} with the {word} {text}", "{by} with [the |]{word} {text}", "{word} {by} by {text}"), questions, **slots
        )
    return ask(
        sql,
        rng,
        (
            "{rank} {k} {many} by {text}",
            "the {k} {many} with the {word} {text}",
            "{rank} {k} {many}, {text}",
            "{rank} {k} {many} in {text}",
        ),
        (
            "which {k} {many} have the {word} {text}?",
            "what are the {rank} {k} {many} by {text}?",
            "[list|show] the {rank} {k} {many} by {text}",
            "[list|give me] the {k} {many} with the {word} {text}",
        ),
        **slots,
    )


@shape(0.8)
def metric_above(world: World, rng: random.Random) -> Draft | None:
    """Groups whose metric lies above or below a figure."""
    drawn = _metric(world, rng)
    group = dimension(world, drawn[0], rng, dates=False) if drawn else None
    if drawn is None or group is None:
        return None
    scope, found = drawn
    percent = "100.0" in found.sql or found.sql.startswith("AVG")
    level, up = rng.choice((5, 10, 20, 50) if percent else (100, 500, 1000, 5000, 10000, 50000, 100000)), rng.random() < 0.7
    where, when = _period(world, scope, found, rng) if rng.random() < 0.35 else ([], "")
    return ask(
        scope.sql(group.shown, found.where + where, f"{group.tail} HAVING {found.sql} {'>' if up else '<'} {level}"),
        rng,
        ("{many} with [a |]{text} {word} {level}", "the {many} whose {text} is {word} {level}", "{many} where {text} is {word} {level}"),
        (
            "which {many} have [a |]{text} {word} {level}?",
            "[list|show|find] the {many} with [a |]{text} {word} {level}",
            "for which {many} is the {text} {word} {level}?",
        ),
        text=_said(found, "", when, rng),
        many=plural(group.said),
        level=figure(level, rng),
        word=("above", "over", "higher than", "of more than") if up else ("below", "under", "lower than", "of less than"),
    )


@shape(1.2)
def metric_of_one(world: World, rng: random.Random) -> Draft | None:
    """A metric of one named row: 'net revenue of Anna Bauer in 2024'."""
    drawn = _metric(world, rng)
    if drawn is None:
        return None
    scope, found = drawn
    roles: list[Role] = [r for p in world.up(scope.root) for r in world.of(p, "label") if world.profile.column(*r.place).values]
    if not roles:
        return None
    role = rng.choice(roles)
    value = rng.choice(world.profile.column(*role.place).values)
    shown = filters.case(str(value), rng)
    single = world.called(world.up(scope.root)[role.table], rng, many=False)
    dated, when = _period(world, scope, found, rng) if rng.random() < 0.4 else ([], "")
    who = rng.choice(
        (f"of {shown}", f"for {shown}", f"with {shown}", f"of {single} {shown}", f"of the {single} {shown}", f"for {single} {shown}")
    )
    if world.unclear(world.up(scope.root)[role.table]):
        who = f"for {single} {shown}"
    text = Subject(_said(found, who, when, rng), []).text
    return ask(
        scope.sql(found.sql, [*found.where, f"{scope.col(*role.place)} = {filters.quote(value)}", *dated]),
        rng,
        ("{text}", "the {text}", "{text}", "{name}'s {said}{when}"),
        WHAT,
        text=text,
        name=shown,
        said=found.said,
        when=f" {when}" if when else "",
    )
