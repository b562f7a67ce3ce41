"""The shapes of questions: each draws a query over a world and says what it asks for.

A shape is a function (world, rng) -> Draft or None; None means the schema has nothing for it. `SHAPES` lists them with
their weights. A draft holds noun phrases ("the number of open orders") and whole questions; `realise.py` words them.
What is returned is fixed: who/which gives the label; top k by a measure gives label and measure, the single best the
label alone; per group gives group and value; a share is a percentage from 0 to 100.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

from sqlkit.data import filters
from sqlkit.data.filters import Filter
from sqlkit.data.world import Role, Scope, World, plural


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    sql: str
    phrases: tuple[str, ...]
    questions: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    text: str
    where: list[str]


AGGREGATES: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("AVG", ("average", "average", "mean", "avg"), 4), ("SUM", ("total", "total", "sum of", "overall"), 4),
    ("MAX", ("highest", "maximum", "largest", "max"), 2), ("MIN", ("lowest", "minimum", "smallest", "min"), 2),
    ("MEDIAN", ("median",), 0.6),
)


def pick_table(world: World, rng: random.Random, *kinds: str) -> str | None:
    """A table that has columns of one of the roles."""
    tables = [t.name for t in world.schema.tables if not kinds or world.of(t.name, *kinds)]
    return rng.choices(tables, [world.weight(t) for t in tables])[0] if tables else None


def subject(world: World, scope: Scope, rng: random.Random, most: int = 2, least: int = 0) -> Subject:
    """The rows meant: noun, words before and after it, and the conditions."""
    table = scope.root
    count = min(most, max(least, rng.choices((0, 1, 2), (2, 5, 2))[0]))
    before: list[str] = []
    after: list[str] = []
    where: list[str] = []
    seen: set[str] = set()
    for _ in range(count):
        found, phrase = condition(world, scope, rng)
        if found is None or found.key in seen:
            continue
        seen.add(found.key)
        where.append(found.sql)
        if phrase:
            after.append(phrase)
        elif found.before and (not found.after or rng.random() < 0.5) and not before:
            before.append(rng.choice(found.before))
        elif found.after:
            after.append(rng.choice(found.after))
    rng.shuffle(after)
    noun = world.noun(table, rng)
    tail = " and ".join(after) if len(after) > 1 and rng.random() < 0.3 else " ".join(after)
    return Subject(" ".join([*before, noun, tail]).strip(), where)


def condition(world: World, scope: Scope, rng: random.Random) -> tuple[Filter | None, str]:
    """A condition on the root, on a parent, on the existence of children, or a segment; with its own phrase or ''."""
    table = scope.root
    style = rng.random()
    parents = [p for p in world.up(table) if world.of(p, "category", "label", "measure", "date")]
    children = [c for c in world.children(table) if len(c[1]) == 1]
    if style < 0.12 and (found := filters.segment(world, scope, table, rng)):
        return found, ""
    if style < 0.4 and parents:
        weights = [1.0 / len(world.up(table)[p]) for p in parents]
        parent = rng.choices(parents, weights)[0]
        found = filters.segment(world, scope, parent, rng) if rng.random() < 0.1 else None
        found = found or filters.one(world, scope, parent, rng)
        if found is None:
            return None, ""
        many = world.noun(parent, rng)
        single = world.noun(parent, rng, many=False)
        joint = rng.choice(("of", "of", "for", "from", "by", "with"))
        if found.before and (not found.after or rng.random() < 0.45):
            word = rng.choice(found.before)
            choices = [f"{joint} {word} {many}", f"whose {single} is {word}", f"{joint} the {single} {word}", f"in {single} {word}"]
        else:
            text = rng.choice(found.after)
            choices = [f"{joint} {many} {text}", f"whose {single} is {text}", f"{joint} the {single} {text}", f"{joint} {single} {text}"]
        return found, rng.choice(choices[:1] * 3 + choices[1:])
    if style < 0.5 and children:
        link = rng.choice(children)
        inner = Scope(world, link[0])
        part = subject(world, inner, rng, most=1) if rng.random() < 0.6 else Subject(world.noun(link[0], rng), [])
        found = exists(world, scope, link, inner, part.where, rng.random() < 0.5)
        joints = ("without", "without any", "that have no", "with no") if "NOT IN" in found.sql else ("with", "that have", "having at least one of the")
        return found, f"{rng.choice(joints[: 2 if rng.random() < 0.7 else 4])} {part.text}"
    return filters.one(world, scope, table, rng), ""


def exists(world: World, scope: Scope, link: tuple[str, tuple[str, ...], str, tuple[str, ...]], inner: Scope,
           where: list[str], absent: bool) -> Filter:
    """Rows of the parent that have, or do not have, such a child."""
    child, (column,), parent, (key,) = link[0], link[1], link[2], link[3]
    found = world.schema.table(child)
    nullable = found is None or (c := found.column(column)) is None or c.nullable
    conditions = [*where, f"{inner.col(child, column)} IS NOT NULL"] if absent and nullable else where
    sql = inner.sql(inner.col(child, column), conditions)
    return Filter(f"{scope.col(parent, key)} {'NOT IN' if absent else 'IN'} ({sql})", key=f"{child}?")


def dimension(world: World, scope: Scope, rng: random.Random) -> tuple[str, str] | None:
    """What to group by: SQL and words; a column of the root or of a parent, or a part of a date."""
    table = scope.root
    options: list[tuple[Role, str]] = [(r, "") for r in world.of(table, "category", "flag") for _ in range(2)]
    for parent, path in world.up(table).items():
        options += [(r, parent) for r in world.of(parent, "category", "label") for _ in range(2 if len(path) == 1 else 1)]
    date = world.default_date(table)
    if date and rng.random() < 0.2:
        part = rng.choice(("YEAR", "MONTH", "QUARTER"))
        said = part.lower() if rng.random() < 0.7 else f"{part.lower()} of {world.said(*date.place, rng)}"
        return f"{part}({scope.col(*date.place)})", said
    if not options:
        return None
    role, parent = rng.choice(options)
    said = world.said(role.table, role.column.name, rng)
    single = world.noun(role.table, rng, many=False) if parent else ""
    if role.role == "label" and parent:
        said = single if rng.random() < 0.8 else f"{single} {said}"
    elif parent and rng.random() < 0.6:
        said = rng.choice((f"{said} of the {single}", f"{single} {said}"))
    return scope.col(*role.place), said


def value(world: World, scope: Scope, rng: random.Random) -> tuple[str, str, list[str]] | None:
    """An aggregate: SQL, words, and further conditions (those of a metric)."""
    own = [(n, m) for n, m in world.glossary.metrics.items() if m.table == scope.root]
    if own and rng.random() < 0.6:
        name, metric = rng.choice(own)
        where = [scope.expression(metric.where)] if metric.where else []
        return scope.expression(metric.sql), rng.choice([name, name, *metric.synonyms]), where
    roles = world.of(scope.root, "measure")
    if not roles or rng.random() < 0.15:
        return None
    role = rng.choice(roles)
    name, said, _ = rng.choices(AGGREGATES, [a[2] for a in AGGREGATES])[0]
    return f"{name}({scope.col(*role.place)})", f"{rng.choice(said)} {world.said(*role.place, rng)}", []


def count(world: World, rng: random.Random) -> Draft | None:
    scope = Scope(world, pick_table(world, rng) or "")
    rows = subject(world, scope, rng)
    return Draft(
        scope.sql("COUNT(*)", rows.where),
        (f"the number of {rows.text}", f"number of {rows.text}", f"the count of {rows.text}"),
        (f"how many {rows.text} are there?", f"how many {rows.text} do we have?", f"count {rows.text}",
         f"how many {rows.text}?", f"count the {rows.text}"),
    )


def names(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "label")
    if table is None:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, least=1)
    said = world.said(table, world.label(table), rng)
    return Draft(
        scope.sql(scope.col(table, world.label(table)), rows.where),
        (f"the {said} of {rows.text}", f"the {plural(said)} of {rows.text}", f"all {rows.text}", rows.text),
        (f"which {rows.text} are there?", f"list {rows.text}", f"what are the {plural(said)} of {rows.text}?",
         f"which are the {rows.text}?", f"list all {rows.text}"),
    )


def columns(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "label")
    if table is None:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, least=1)
    others = world.of(table, "measure", "category", "date", "text")
    if not others:
        return None
    chosen = rng.sample(others, min(len(others), rng.choice((1, 1, 2))))
    places = [(table, world.label(table)), *(r.place for r in chosen)]
    said = [world.said(t, c, rng) for t, c in places]
    both = f"{', '.join(said[:-1])} and {said[-1]}"
    text = f"{rows.text} with their {' and '.join(said[1:])}"
    return Draft(
        scope.sql(", ".join(scope.col(t, c) for t, c in places), rows.where),
        (f"the {both} of {rows.text}", f"{both} for {rows.text}", text, f"{both} of all {rows.text}"),
        (f"what are the {both} of {rows.text}?", f"list {both} of {rows.text}", f"list {text}"),
    )


def lookup(world: World, rng: random.Random) -> Draft | None:
    """One fact about one named row, its own or its parent's."""
    table = pick_table(world, rng, "label")
    if table is None:
        return None
    scope = Scope(world, table)
    role = next(iter(world.of(table, "label")))
    values = world.profile.column(*role.place).values
    if not values:
        return None
    name = str(rng.choice(values))
    shown = filters.case(name, rng)
    where = [f"{scope.col(*role.place)} = {filters.quote(name)}"]
    parents = [p for p in world.up(table) if world.of(p, "label") and len(world.up(table)[p]) == 1]
    if parents and rng.random() < 0.4:
        parent = rng.choice(parents)
        said = world.noun(parent, rng, many=False)
        return Draft(
            scope.sql(scope.col(parent, world.label(parent)), where),
            (f"the {said} of {shown}", f"{said} of {shown}", f"{shown}'s {said}"),
            (f"what is the {said} of {shown}?", f"which {said} does {shown} belong to?", f"who or what is the {said} of {shown}?"),
        )
    others = world.of(table, "measure", "category", "date", "text")
    if not others:
        return None
    other = rng.choice(others)
    said = world.said(*other.place, rng)
    questions = [f"what is the {said} of {shown}?", f"{said} of {shown}?", f"what {said} does {shown} have?"]
    if other.role == "date":
        questions.append(f"when is the {said} of {shown}?")
    return Draft(scope.sql(scope.col(*other.place), where), (f"the {said} of {shown}", f"{shown}'s {said}", f"{said} for {shown}"),
                 tuple(questions))


def aggregate(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    scope = Scope(world, table)
    found = value(world, scope, rng)
    if found is None:
        return None
    sql, said, where = found
    rows = subject(world, scope, rng)
    noun = world.noun(table, rng)
    tail = rows.text.removeprefix(noun).strip() if rng.random() < 0.5 and rows.text.startswith(noun) and rows.text != noun else ""
    text = f"{said} {tail}" if tail else f"{said} {rng.choice(('of', 'for', 'across', 'of all'))} {rows.text}"
    if not rows.where and rng.random() < 0.7:
        text = said
    return Draft(
        scope.sql(sql, where + rows.where), (f"the {text}", text, f"our {text}"),
        (f"what is the {text}?", f"what was the {text}?", f"how much is the {text}?", f"what's the {text}?"),
    )


def several(world: World, rng: random.Random) -> Draft | None:
    """Two aggregates in one row."""
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    scope = Scope(world, table)
    rows = subject(world, scope, rng, most=1)
    role = rng.choice(world.of(table, "measure"))
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    sql, text = rng.choice((
        (f"MIN({target}), MAX({target})", f"lowest and highest {said}"), (f"MIN({target}), MAX({target})", f"minimum and maximum {said}"),
        (f"COUNT(*), AVG({target})", f"number and average {said}"), (f"COUNT(*), SUM({target})", f"count and total {said}"),
        (f"AVG({target}), MAX({target})", f"average and highest {said}"),
        (f"MIN({target}), AVG({target}), MAX({target})", f"minimum, average and maximum {said}"),
    ))
    return Draft(scope.sql(sql, rows.where), (f"the {text} of {rows.text}", f"{text} for {rows.text}"),
                 (f"what are the {text} of {rows.text}?",))


def distinct(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "category")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "category"))
    rows = subject(world, scope, rng, most=1)
    said, many = world.said(*role.place, rng), plural(world.said(*role.place, rng))
    target = scope.col(*role.place)
    if rng.random() < 0.5:
        return Draft(scope.sql(f"COUNT(DISTINCT {target})", rows.where),
                     (f"the number of different {many} of {rows.text}", f"number of distinct {many} among {rows.text}"),
                     (f"how many different {many} do {rows.text} have?", f"how many distinct {many} are there for {rows.text}?",
                      f"in how many {many} are there {rows.text}?"))
    return Draft(scope.sql(f"DISTINCT {target}", rows.where),
                 (f"the different {many} of {rows.text}", f"all distinct {many} of {rows.text}", f"unique {many} for {rows.text}"),
                 (f"what {many} do {rows.text} have?", f"which {many} are there for {rows.text}?", f"what different values of {said} do {rows.text} have?"))


def parents_of(world: World, rng: random.Random) -> Draft | None:
    """How many different parents have such children."""
    links = [x for x in world.links if len(x[1]) == 1]
    if not links:
        return None
    link = rng.choice(links)
    scope = Scope(world, link[0])
    rows = subject(world, scope, rng, most=1)
    many = world.noun(link[2], rng)
    return Draft(scope.sql(f"COUNT(DISTINCT {scope.col(link[0], link[1][0])})", rows.where),
                 (f"the number of different {many} with {rows.text}", f"number of distinct {many} in {rows.text}"),
                 (f"how many different {many} have {rows.text}?", f"how many {many} have at least one of the {rows.text}?",
                  f"how many distinct {many} are in {rows.text}?"))


def per_group(world: World, rng: random.Random) -> Draft | None:
    """A count, an aggregate or a metric for each group, at times ordered or only the larger groups."""
    table = pick_table(world, rng)
    if table is None:
        return None
    scope = Scope(world, table)
    group = dimension(world, scope, rng)
    if group is None:
        return None
    found = value(world, scope, rng) if rng.random() < 0.6 else None
    rows = subject(world, scope, rng, most=1)
    by, named = group
    sql, said, where = found or ("COUNT(*)", "", [])
    text = said if said and not rows.where else f"{said} of {rows.text}" if said else rng.choice(("number of ", "count of ", "")) + rows.text
    tail, extra = f"GROUP BY {by}", ""
    style = rng.random()
    if style < 0.12:
        tail += f" ORDER BY {sql} DESC"
        extra = rng.choice((", highest first", ", sorted from high to low", ", in descending order", " ordered by the value, largest first"))
    elif style < 0.2:
        tail += f" ORDER BY {by}"
        extra = rng.choice((f", sorted by {named}", f" ordered by {named}", f", in order of {named}"))
    elif style < 0.38 and not said:
        least = rng.choice((1, 2, 3, 5, 10, 20, 50, 100))
        if rng.random() < 0.5:
            select, hint = by, ""
        else:
            select, hint = f"{by}, COUNT(*)", " and how many"
        words_ = rng.choice((f"more than {least}", f"over {least}", f"at least {least + 1}"))
        return Draft(scope.sql(select, rows.where, f"{tail} HAVING COUNT(*) > {least}"),
                     (f"{plural(named)} with {words_} {rows.text}{hint}", f"the {plural(named)} that have {words_} {rows.text}{hint}"),
                     (f"which {plural(named)} have {words_} {rows.text}{hint}?",))
    questions = [f"what is the {text} per {named}{extra}?", f"what is the {text} for each {named}{extra}?"]
    if not said:
        questions = [f"how many {rows.text} are there per {named}{extra}?", f"how many {rows.text} for each {named}{extra}?",
                     f"how many {rows.text} does each {named} have{extra}?"]
    return Draft(scope.sql(f"{by}, {sql}", where + rows.where, tail),
                 (f"{text} per {named}{extra}", f"{text} by {named}{extra}", f"the {text} for each {named}{extra}",
                  f"{text} broken down by {named}{extra}", f"{text} by {named}{extra}"), tuple(questions))


def best_group(world: World, rng: random.Random) -> Draft | None:
    """The group or the k groups with the highest or lowest value."""
    table = pick_table(world, rng)
    if table is None:
        return None
    scope = Scope(world, table)
    group = dimension(world, scope, rng)
    if group is None:
        return None
    found = value(world, scope, rng) if rng.random() < 0.6 else None
    rows = subject(world, scope, rng, most=1)
    by, named = group
    sql, said, where = found or ("COUNT(*)", "", [])
    down = rng.random() < 0.75
    most, least = rng.choice((("most", "fewest"), ("highest number of", "lowest number of"), ("most", "least"))) if not said else ("highest", "lowest")
    word = most if down else least
    many = rng.choice((3, 5, 10)) if rng.random() < 0.5 else 1
    of = said if said and not rows.where else f"{said} of {rows.text}" if said else rows.text
    limit = f"GROUP BY {by} ORDER BY {sql} {'DESC ' if down else ''}LIMIT {many}"
    if many == 1:
        return Draft(scope.sql(by, where + rows.where, limit),
                     (f"the {named} with the {word} {of}", f"{named} with {word} {of}"),
                     (f"which {named} has the {word} {of}?", f"what {named} has the {word} {of}?", f"who or which {named} had the {word} {of}?",
                      f"which {named} has {word} {of}?"))
    rank = "top" if down else "bottom"
    measure = said or f"number of {rows.text}"
    after = f" of {rows.text}" if said and rows.where else ""
    return Draft(scope.sql(f"{by}, {sql}", where + rows.where, limit),
                 (f"{rank} {many} {plural(named)} by {measure}{after}", f"the {many} {plural(named)} with the {word} {of}",
                  f"the {rank} {many} {plural(named)} by {measure}{after}"),
                 (f"which {many} {plural(named)} have the {word} {of}?", f"what are the {rank} {many} {plural(named)} by {measure}{after}?"))


ADJECTIVES = {"price": ("most expensive", "cheapest"), "cost": ("most expensive", "cheapest"), "weight": ("heaviest", "lightest"),
              "salary": ("best paid", "worst paid"), "year": ("newest", "oldest"), "distance": ("longest", "shortest"),
              "duration": ("longest", "shortest"), "rating": ("best rated", "worst rated"), "length": ("longest", "shortest")}


def best_rows(world: World, rng: random.Random) -> Draft | None:
    """The row or the k rows with the highest or lowest measure, or the newest and oldest."""
    table = pick_table(world, rng, "measure", "date")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "measure", "date"))
    rows = subject(world, scope, rng, most=1)
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    found = world.schema.table(table)
    name = world.label(table) or (found.primary_key[0] if found and len(found.primary_key) == 1 else "")
    if not name:
        return None
    down = rng.random() < 0.7
    if role.role == "date":
        adjective = rng.choice(("latest", "newest", "most recent") if down else ("earliest", "oldest", "first"))
        word, short = ("latest" if down else "earliest"), adjective
    else:
        known = next((pair for key, pair in ADJECTIVES.items() if key in said), None)
        word = rng.choice(("highest", "largest", "biggest") if down else ("lowest", "smallest"))
        short = known[0 if down else 1] if known else ""
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable and down else rows.where
    many = rng.choice((3, 5, 10)) if rng.random() < 0.45 else 1
    second = many == 1 and rng.random() < 0.08
    tail = f"ORDER BY {target}{' DESC' if down else ''} LIMIT {many}" + (" OFFSET 1" if second else "")
    if many == 1:
        nth = "second " if second else ""
        phrases = [f"the {rows.text} with the {nth}{word} {said}", f"{rows.text} with {nth}{word} {said}"]
        questions = [f"which of the {rows.text} has the {nth}{word} {said}?", f"which {rows.text} have the {nth}{word} {said}?"]
        if short:
            phrases += [f"the {nth}{short} of the {rows.text}", f"{nth}{short} {rows.text}"]
            questions += [f"which of the {rows.text} is the {nth}{short}?", f"what is the {nth}{short} of the {rows.text}?"]
        return Draft(scope.sql(scope.col(table, name), where, tail), tuple(phrases), tuple(questions))
    phrases = [f"{'top' if down else 'bottom'} {many} {rows.text} by {said}", f"the {many} {rows.text} with the {word} {said}"]
    if short:
        phrases += [f"the {many} {short} {rows.text}", f"{many} {short} {rows.text}"]
    return Draft(scope.sql(f"{scope.col(table, name)}, {target}", where, tail), tuple(phrases),
                 (f"what are the {many} {rows.text} with the {word} {said}?", f"which {many} {rows.text} have the {word} {said}?"))


def parents_by_children(world: World, rng: random.Random) -> Draft | None:
    """Labels of parents that have many children, or the number of children of each."""
    links = [x for x in world.links if world.of(x[2], "label")]
    if not links:
        return None
    link = rng.choice(links)
    scope = Scope(world, link[0])
    rows = subject(world, scope, rng, most=1)
    target = scope.col(link[2], world.label(link[2]))
    many, single = world.noun(link[2], rng), world.noun(link[2], rng, many=False)
    style = rng.random()
    if style < 0.4:
        least = rng.choice((1, 2, 3, 5, 10, 20))
        word = rng.choice((f"more than {least}", f"over {least}", f"at least {least + 1}"))
        return Draft(scope.sql(target, rows.where, f"GROUP BY {target} HAVING COUNT(*) > {least}"),
                     (f"{many} with {word} {rows.text}", f"the {many} that have {word} {rows.text}"),
                     (f"which {many} have {word} {rows.text}?", f"who are the {many} with {word} {rows.text}?"))
    if style < 0.75:
        k = rng.choice((1, 3, 5, 10))
        tail = f"GROUP BY {target} ORDER BY COUNT(*) DESC LIMIT {k}"
        if k == 1:
            return Draft(scope.sql(target, rows.where, tail), (f"the {single} with the most {rows.text}",),
                         (f"which {single} has the most {rows.text}?", f"who has the most {rows.text}?", f"what {single} has most {rows.text}?"))
        return Draft(scope.sql(f"{target}, COUNT(*)", rows.where, tail),
                     (f"the {k} {many} with the most {rows.text}", f"top {k} {many} by number of {rows.text}"),
                     (f"which {k} {many} have the most {rows.text}?",))
    return Draft(scope.sql(f"{target}, COUNT(*)", rows.where, f"GROUP BY {target}"),
                 (f"the number of {rows.text} per {single}", f"{many} with their number of {rows.text}", f"each {single} and how many {rows.text} it has"),
                 (f"how many {rows.text} does each {single} have?", f"how many {rows.text} are there per {single}?"))


def without(world: World, rng: random.Random) -> Draft | None:
    """Parents that have, or lack, certain children."""
    links = [x for x in world.links if len(x[1]) == 1 and world.of(x[2], "label")]
    if not links:
        return None
    link = rng.choice(links)
    scope, inner = Scope(world, link[2]), Scope(world, link[0])
    absent = rng.random() < 0.65
    part = subject(world, inner, rng, most=1)
    own = subject(world, scope, rng, most=1) if rng.random() < 0.4 else Subject(world.noun(link[2], rng), [])
    found = exists(world, scope, link, inner, part.where, absent)
    text = f"{own.text} " + rng.choice(("without any", "without", "that have no", "with no", "that never had") if absent else ("with", "that have", "having"))
    target = scope.col(link[2], world.label(link[2]))
    if rng.random() < 0.45:
        return Draft(scope.sql("COUNT(*)", [*own.where, found.sql]), (f"the number of {text} {part.text}",),
                     (f"how many {text} {part.text} are there?", f"how many {own.text} have {'no' if absent else ''} {part.text}?".replace("  ", " ")))
    return Draft(scope.sql(target, [*own.where, found.sql]), (f"{text} {part.text}", f"the {text} {part.text}"),
                 (f"which {own.text} have {'no' if absent else ''} {part.text}?".replace("  ", " "), f"list {text} {part.text}",
                  f"which {own.text} do not have any {part.text}?" if absent else f"which {own.text} have {part.text}?"))


def against_average(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "measure")
    if table is None or not world.label(table):
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "measure"))
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    above = rng.random() < 0.7
    condition_ = f"{target} {'>' if above else '<'} (SELECT AVG({role.column.name}) FROM {table})"
    rows = subject(world, scope, rng, most=1)
    text = f"{rows.text} with {rng.choice(('a ', ''))}{said} {rng.choice(('above', 'higher than', 'over') if above else ('below', 'lower than', 'under'))} {rng.choice(('average', 'the average'))}"
    if rng.random() < 0.5:
        return Draft(scope.sql("COUNT(*)", [*rows.where, condition_]), (f"the number of {text}",), (f"how many {text} are there?",))
    return Draft(scope.sql(scope.col(table, world.label(table)), [*rows.where, condition_]), (text, f"the {text}"),
                 (f"which {rows.text} have {said} {'above' if above else 'below'} average?", f"list {text}"))


def share(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "category", "flag", "date")
    if table is None:
        return None
    scope = Scope(world, table)
    part = filters.segment(world, scope, table, rng) if rng.random() < 0.25 else None
    role = rng.choice(world.of(table, "category", "flag", "date"))
    maker = filters.missing if role.column.nullable and rng.random() < 0.4 else filters.BY_ROLE[role.role]
    part = part or maker(world, scope, role, rng)
    if part is None:
        return None
    rows = subject(world, scope, rng, most=1)
    sql = f"100.0 * COUNT(*) FILTER (WHERE {part.sql}) / COUNT(*)"
    word = rng.choice(("share", "percentage", "proportion", "percent"))
    if part.before and rng.random() < 0.5:
        said = rng.choice(part.before)
        return Draft(scope.sql(sql, rows.where), (f"the {word} of {rows.text} that are {said}", f"{word} of {said} {rows.text}" if not rows.where else f"{word} {said} among {rows.text}"),
                     (f"what {word} of {rows.text} are {said}?", f"what {word} of {rows.text} is {said}?"))
    said = rng.choice(part.after or part.before)
    return Draft(scope.sql(sql, rows.where), (f"the {word} of {rows.text} {said}", f"{word} of {rows.text} that are {said}"),
                 (f"what {word} of {rows.text} are {said}?", f"what {word} of the {rows.text} is {said}?"))


def share_of_groups(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "category")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "category"))
    by, named = scope.col(*role.place), world.said(*role.place, rng)
    rows = subject(world, scope, rng, most=1)
    return Draft(scope.sql(f"{by}, 100.0 * COUNT(*) / SUM(COUNT(*)) OVER ()", rows.where, f"GROUP BY {by}"),
                 (f"the percentage of {rows.text} per {named}", f"share of each {named} in {rows.text}", f"percentage split of {rows.text} by {named}"),
                 (f"what percentage of {rows.text} falls to each {named}?", f"what share of {rows.text} does each {named} have?"))


def when(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "date")
    if table is None:
        return None
    scope = Scope(world, table)
    role = world.default_date(table) if rng.random() < 0.5 else rng.choice(world.of(table, "date"))
    if role is None:
        return None
    said = world.said(*role.place, rng)
    rows = subject(world, scope, rng, most=1)
    single = world.noun(table, rng, many=False)
    last = rng.random() < 0.6
    word = rng.choice(("latest", "last", "most recent") if last else ("earliest", "first"))
    return Draft(scope.sql(f"{'MAX' if last else 'MIN'}({scope.col(*role.place)})", rows.where),
                 (f"the {word} {said} of {rows.text}", f"{word} {said} for {rows.text}"),
                 (f"what is the {word} {said} of {rows.text}?", f"when was the {word} {said} of {rows.text}?",
                  *((f"when was the {word} {single}?", f"when was our {word} {single}?") if not rows.where and role == world.default_date(table) else ())))


def top_in_group(world: World, rng: random.Random) -> Draft | None:
    """The best k rows inside each group, by a window."""
    table = pick_table(world, rng, "measure")
    if table is None or not world.label(table):
        return None
    scope = Scope(world, table)
    group = dimension(world, scope, rng)
    if group is None:
        return None
    role = rng.choice(world.of(table, "measure"))
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    k = rng.choice((1, 1, 2, 3))
    rows = subject(world, scope, rng, most=1)
    by, named = group
    qualify = f"QUALIFY RANK() OVER (PARTITION BY {by} ORDER BY {target} DESC) <= {k}"
    where = [*rows.where, f"{target} IS NOT NULL"] if role.column.nullable else rows.where
    text = f"the {rows.text} with the highest {said} in each {named}" if k == 1 else f"the top {k} {rows.text} by {said} in each {named}"
    other = f"for each {named}, the {rows.text} with the highest {said}" if k == 1 else f"top {k} {rows.text} per {named} by {said}"
    return Draft(scope.sql(f"{by}, {scope.col(table, world.label(table))}, {target}", where, qualify), (text, other),
                 (f"which {rows.text} have the highest {said} in each {named}?",) if k == 1 else (f"what are {text}?",))


def over_time(world: World, rng: random.Random) -> Draft | None:
    """By month of a year; at times cumulated or as a change against the month before."""
    table = pick_table(world, rng, "date")
    if table is None:
        return None
    scope = Scope(world, table)
    role = world.default_date(table)
    spread = world.profile.column(*role.place).quantiles if role else ()
    if role is None or len(spread) < 11:
        return None
    year = int(str(rng.choice(spread[2:10]))[:4])
    target = scope.col(*role.place)
    found = value(world, scope, rng) if rng.random() < 0.6 else None
    sql, said, where = found or ("COUNT(*)", f"number of {world.noun(table, rng)}", [])
    part = rng.choice(("MONTH", "MONTH", "QUARTER"))
    by, where = f"{part}({target})", [*where, f"YEAR({target}) = {year}"]
    style = rng.random()
    unit = part.lower()
    if style < 0.6:
        return Draft(scope.sql(f"{by}, {sql}", where, f"GROUP BY {by}"),
                     (f"{said} per {unit} in {year}", f"{said} by {unit} for {year}", f"{unit}ly {said} in {year}", f"{unit}ly {said} {year}"),
                     (f"what was the {said} in each {unit} of {year}?", f"how did the {said} develop by {unit} in {year}?"))
    if style < 0.8:
        return Draft(scope.sql(f"{by}, SUM({sql}) OVER (ORDER BY {by})", where, f"GROUP BY {by}"),
                     (f"running total of {said} per {unit} in {year}", f"cumulative {said} by {unit} in {year}", f"{unit}ly running total of {said} for {year}"),
                     (f"what is the cumulative {said} by {unit} in {year}?",))
    return Draft(scope.sql(f"{by}, {sql} - LAG({sql}) OVER (ORDER BY {by})", where, f"GROUP BY {by}"),
                 (f"change in {said} from {unit} to {unit} in {year}", f"{unit} over {unit} change of {said} in {year}"),
                 (f"how did the {said} change from one {unit} to the next in {year}?",))


def compare_years(world: World, rng: random.Random) -> Draft | None:
    table = pick_table(world, rng, "date")
    if table is None:
        return None
    scope = Scope(world, table)
    role = world.default_date(table)
    spread = world.profile.column(*role.place).quantiles if role else ()
    if role is None or len(spread) < 11:
        return None
    last = int(str(spread[9])[:4])
    target = scope.col(*role.place)
    found = value(world, scope, rng) if rng.random() < 0.6 else None
    sql, said, where = found or ("COUNT(*)", f"number of {world.noun(table, rng)}", [])
    if rng.random() < 0.5:
        return Draft(scope.sql(f"YEAR({target}), {sql}", where, f"GROUP BY YEAR({target})"),
                     (f"{said} per year", f"yearly {said}", f"{said} by year", f"annual {said}"), (f"what was the {said} in each year?",))
    return Draft(scope.sql(f"YEAR({target}), {sql}", [*where, f"YEAR({target}) IN ({last - 1}, {last})"], f"GROUP BY YEAR({target})"),
                 (f"{said} in {last - 1} and {last}", f"{said} in {last} compared to {last - 1}", f"{said} {last - 1} vs {last}"),
                 (f"how does the {said} of {last} compare with {last - 1}?", f"what was the {said} in {last - 1} and in {last}?"))


def average_children(world: World, rng: random.Random) -> Draft | None:
    links = [x for x in world.links if len(x[1]) == 1]
    if not links:
        return None
    link = rng.choice(links)
    scope = Scope(world, link[0])
    rows = subject(world, scope, rng, most=1)
    key = scope.col(link[0], link[1][0])
    found = world.schema.table(link[0])
    nullable = found is None or (c := found.column(link[1][0])) is None or c.nullable
    where = [*rows.where, f"{key} IS NOT NULL"] if nullable else rows.where
    inner = scope.sql("COUNT(*) AS n", where, f"GROUP BY {key}")
    single = world.noun(link[2], rng, many=False)
    return Draft(f"SELECT AVG(n) FROM ({inner}) AS q", (f"the average number of {rows.text} per {single}", f"avg number of {rows.text} per {single}"),
                 (f"how many {rows.text} does a {single} have on average?", f"what is the average number of {rows.text} per {single}?"))


def both(world: World, rng: random.Random) -> Draft | None:
    """Parents that have children of two kinds."""
    links = [x for x in world.links if len(x[1]) == 1 and world.of(x[2], "label") and world.of(x[0], "category", "date")]
    if not links:
        return None
    link = rng.choice(links)
    scope = Scope(world, link[2])
    role = rng.choice(world.of(link[0], "category", "date"))
    parts = []
    for _ in range(2):
        inner = Scope(world, link[0])
        plain = role == world.default_date(link[0])
        made = filters.window(world, inner, role, rng, plain) if role.role == "date" else filters.category(world, inner, role, rng)
        if made is None or "<>" in made.sql or "NULL" in made.sql:
            return None
        parts.append((made, exists(world, scope, link, inner, [made.sql], False)))
    if parts[0][0].sql == parts[1][0].sql:
        return None
    second_absent = rng.random() < 0.5
    noun, many = world.noun(link[0], rng), world.noun(link[2], rng)
    first, second = parts[0][1].sql, parts[1][1].sql
    if second_absent:
        second = second.replace(" IN (SELECT", " NOT IN (SELECT", 1)
        table = world.schema.table(link[0])
        column = table.column(link[1][0]) if table else None
        if column is None or column.nullable:
            return None
    a, b = (rng.choice(p[0].after) for p in parts)
    text = f"{many} with {noun} {a} " + (f"but not {b}" if second_absent else f"and also {b}")
    other = f"{many} that have {noun} {a} " + (f"but none {b}" if second_absent else f"as well as {b}")
    if rng.random() < 0.4:
        return Draft(scope.sql("COUNT(*)", [first, second]), (f"the number of {text}",), (f"how many {text} are there?", f"how many {other}?"))
    return Draft(scope.sql(scope.col(link[2], world.label(link[2])), [first, second]), (text, other), (f"which {text}?", f"which {many} have {noun} {a} {'but not' if second_absent else 'and also'} {b}?"))


def between_dates(world: World, rng: random.Random) -> Draft | None:
    """Days between two dates of a row, or rows whose one date lies behind the other."""
    tables = [t.name for t in world.schema.tables if len(world.of(t.name, "date")) > 1]
    if not tables:
        return None
    table = rng.choice(tables)
    scope = Scope(world, table)
    early, late = rng.sample(world.of(table, "date"), 2)
    order = {r.column.name: i for i, r in enumerate(world.of(table, "date"))}
    if order[early.column.name] > order[late.column.name]:
        early, late = late, early
    a, b = scope.col(*early.place), scope.col(*late.place)
    first, second = world.said(*early.place, rng), world.said(*late.place, rng)
    rows = subject(world, scope, rng, most=1)
    style = rng.random()
    if style < 0.5:
        name, words_ = rng.choice((("AVG", "average"), ("AVG", "average"), ("MAX", "longest"), ("MIN", "shortest")))
        return Draft(scope.sql(f"{name}(DATE_DIFF('day', {a}, {b}))", rows.where),
                     (f"the {words_} number of days between {first} and {second} of {rows.text}", f"{words_} days from {first} to {second} for {rows.text}"),
                     (f"how many days are there on average between {first} and {second} of {rows.text}?" if name == "AVG" else
                      f"what is the {words_} time in days between {first} and {second} of {rows.text}?",))
    later = rng.random() < 0.7
    text = f"{rows.text} {rng.choice(('whose', 'where the'))} {second} is {'after' if later else 'before'} the {first}"
    return Draft(scope.sql("COUNT(*)", [*rows.where, f"{b} {'>' if later else '<'} {a}"]), (f"the number of {text}",),
                 (f"how many {text} are there?", f"how many {rows.text} have a {second} {'later' if later else 'earlier'} than the {first}?"))


def hierarchy(world: World, rng: random.Random) -> Draft | None:
    """Rows with the row of the same table that stands above them."""
    usable = [(t, k) for t, k in world.selves if world.label(t.name)]
    if not usable:
        return None
    table, key = rng.choice(usable)
    name, up = world.label(table.name), key.columns[0]
    above = world.said(table.name, up, rng).removesuffix(" id")
    many, single = world.noun(table.name, rng), world.noun(table.name, rng, many=False)
    join = f"FROM {table.name} AS t1 JOIN {table.name} AS t2 ON t1.{up} = t2.{key.ref_columns[0]}"
    values = world.profile.column(table.name, name).values
    style = rng.random()
    if style < 0.3 and values:
        who = str(rng.choice(values))
        shown = filters.case(who, rng)
        if rng.random() < 0.5:
            return Draft(f"SELECT t1.{name} {join} WHERE t2.{name} = {filters.quote(who)}", (f"{many} whose {above} is {shown}", f"{many} under {shown}"),
                         (f"which {many} have {shown} as {above}?", f"who reports to {shown}?", f"which {many} are under {shown}?"))
        return Draft(f"SELECT t2.{name} {join} WHERE t1.{name} = {filters.quote(who)}", (f"the {above} of {shown}", f"{shown}'s {above}"),
                     (f"who is the {above} of {shown}?", f"what is the {above} of {shown}?"))
    if style < 0.55:
        return Draft(f"SELECT t1.{name}, t2.{name} {join}", (f"{many} with their {above}", f"each {single} and its {above}", f"all {many} and the name of their {above}"),
                     (f"list {many} with their {above}", f"who is the {above} of each {single}?"))
    if style < 0.8:
        k = rng.choice((1, 3))
        tail = f"GROUP BY t2.{name} ORDER BY COUNT(*) DESC LIMIT {k}"
        if k == 1:
            return Draft(f"SELECT t2.{name} {join} {tail}", (f"the {above} with the most {many}",), (f"which {above} has the most {many}?", f"who has the most {many} below them?"))
        return Draft(f"SELECT t2.{name}, COUNT(*) {join} {tail}", (f"top {k} {plural(above)} by number of {many}",), (f"which {k} {plural(above)} have the most {many}?",))
    measures = world.of(table.name, "measure")
    if not measures:
        return Draft(f"SELECT t2.{name}, COUNT(*) {join} GROUP BY t2.{name}", (f"number of {many} per {above}",), (f"how many {many} does each {above} have?",))
    role = rng.choice(measures)
    said = world.said(*role.place, rng)
    return Draft(f"SELECT t1.{name} {join} WHERE t1.{role.column.name} > t2.{role.column.name}", (f"{many} with a higher {said} than their {above}",),
                 (f"which {many} have a higher {said} than their {above}?", f"which {many} have more {said} than their {above}?"))


def buckets(world: World, rng: random.Random) -> Draft | None:
    """Rows counted in two or three bands of a measure."""
    table = pick_table(world, rng, "measure")
    if table is None:
        return None
    scope = Scope(world, table)
    role = rng.choice(world.of(table, "measure"))
    spread = [q for q in world.profile.column(*role.place).quantiles if isinstance(q, int | float)]
    if len(spread) < 11:
        return None
    cut = filters.nice(spread[5], rng)
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    rows = subject(world, scope, rng, most=1)
    sql = f"COUNT(*) FILTER (WHERE {target} > {cut}), COUNT(*) FILTER (WHERE {target} <= {cut})"
    return Draft(scope.sql(sql, rows.where), (f"the number of {rows.text} with {said} above {cut} and with {said} up to {cut}",),
                 (f"how many {rows.text} have {said} over {cut} and how many have {cut} or less?",))


SHAPES: dict[str, tuple[Callable[[World, random.Random], Draft | None], float]] = {
    "count": (count, 9), "names": (names, 8), "columns": (columns, 4), "lookup": (lookup, 5), "aggregate": (aggregate, 12),
    "several": (several, 2), "distinct": (distinct, 3), "parents_of": (parents_of, 3), "per_group": (per_group, 12),
    "best_group": (best_group, 8), "best_rows": (best_rows, 8), "parents_by_children": (parents_by_children, 6), "without": (without, 6),
    "against_average": (against_average, 2.5), "share": (share, 4), "share_of_groups": (share_of_groups, 1.5), "when": (when, 2.5),
    "top_in_group": (top_in_group, 2.5), "over_time": (over_time, 4), "compare_years": (compare_years, 2),
    "average_children": (average_children, 2), "both": (both, 2), "between_dates": (between_dates, 2.5), "hierarchy": (hierarchy, 3),
    "buckets": (buckets, 0.8),
}
