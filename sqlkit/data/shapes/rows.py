"""The rows a question is about: a noun with conditions on itself, its parents, its children."""

from __future__ import annotations

import random

from sqlkit.data import filters
from sqlkit.data.filters import Filter
from sqlkit.data.scope import Scope
from sqlkit.data.shapes.base import Subject
from sqlkit.data.world import World
from sqlkit.schema.expressions import Link
from sqlkit.sql.grammar import identifier

# what people do who are behind a row: "orders placed by customers"
_DONE = {"placed", "made", "booked", "written", "filed", "submitted", "published", "created", "bought", "opened", "taken"}
_JOINTS = {
    "person": ("of", "by", "from", "of", "for"),
    "place": ("at", "in", "from", "of", "at"),
    "group": ("in", "of", "under", "from", "in"),
    "thing": ("of", "for", "with", "from", "of"),
}


def subject(world: World, scope: Scope, rng: random.Random, most: int = 2, least: int = 0) -> Subject:
    """The rows meant, with up to `most` conditions."""
    table = scope.root
    count = min(most, max(least, rng.choices((0, 1, 2, 3), (2, 5, 2, 0.3))[0]))
    noun = world.noun(table, rng)
    before: list[str] = []
    after: list[str] = []
    where: list[str] = []
    fronts: list[str] = []
    seen: set[str] = set(scope.used)
    for _ in range(count):
        found, phrase = condition(world, scope, rng, noun)
        if found is None or found.key in seen:
            continue
        seen.add(found.key)
        where.append(found.sql)
        if phrase.startswith("^"):  # stands before the noun
            if before:
                where.pop()
            else:
                before.append(phrase[1:])
        elif phrase:
            after.append(phrase)
            fronts.append("")
        elif found.before and (not found.after or rng.random() < 0.5) and not before:
            before.append(rng.choice(found.before))
        elif found.after:
            fronts.append(rng.choice(found.front) if found.front and rng.random() < 0.5 else "")
            after.append(fronts[-1] or rng.choice(found.after))
        else:
            where.pop()
    order = list(range(len(after)))
    rng.shuffle(order)
    after, fronts = [after[i] for i in order], [fronts[i] for i in order]
    front = next((f for f in fronts if f), "")
    head = " ".join([*before, noun])
    rest = [a for a, f in zip(after, fronts, strict=True) if f != front] if front else after
    return Subject(f"{head} {_joined(after, rng)}".strip(), where, front, f"{head} {_joined(rest, rng)}".strip(), noun)


def _joined(parts: list[str], rng: random.Random) -> str:
    return " and ".join(parts) if len(parts) > 1 and rng.random() < 0.35 else " ".join(parts)


def condition(world: World, scope: Scope, rng: random.Random, noun: str = "") -> tuple[Filter | None, str]:
    """A condition on the root, on a parent, on the existence of children, or a segment; with its own phrase, behind the noun or,
    after '^', before it; '' where the filter's own forms do."""
    table = scope.root
    style = rng.random()
    parents = [p for p in world.up(table) if p not in scope.avoid and world.of(p, "category", "label", "measure", "date")]
    children = [c for c in world.children(table) if len(c[1]) == 1]
    if style < 0.12 and (found := filters.segment(world, scope, table, rng)):
        return found, ""
    if style < 0.4 and parents:
        weights = [1.0 / len(world.up(table)[p]) for p in parents]
        return of_parent(world, scope, rng.choices(parents, weights)[0], rng)
    if style < 0.5 and children:
        return of_children(world, scope, rng.choice(children), rng)
    return filters.one(world, scope, table, rng), ""


def of_parent(world: World, scope: Scope, parent: str, rng: random.Random) -> tuple[Filter | None, str]:
    """A condition on a parent: 'placed by gold customers', 'from customers in Basel', 'at the Lyon warehouse'."""
    table, path = scope.root, world.up(scope.root)[parent]
    found = filters.segment(world, scope, parent, rng) if rng.random() < 0.1 else None
    found = found or filters.one(world, scope, parent, rng)
    if found is None:
        return None, ""
    link = path[-1]
    many, single, sort = world.called(path, rng), world.called(path, rng, many=False), world.sort(parent)
    joint = rng.choice(_JOINTS[sort])
    date = world.default_date(table)
    done = [v for v in (world.verbs(*date.place) if date else ()) if v in _DONE]
    if sort == "person" and len(path) == 1 and done and not world.part(link) and rng.random() < 0.4:
        joint = f"{rng.choice(done)} by"
    if found.name:
        return found, _named(found.name, joint, single, sort, rng, world.unclear(path))
    if found.before and (not found.after or rng.random() < 0.5):
        word = rng.choice(found.before)
        choices = [
            f"{joint} {word} {many}",
            f"{joint} {word} {many}",
            f"{joint} {word} {many}",
            f"{joint} a {word} {single}",
            f"whose {single} is {word}",
            f"where the {single} is {word}",
        ]
        return found, rng.choice(choices)
    text = rng.choice(found.after)
    who = "who" if sort == "person" else "that"
    choices = [f"{joint} {many} {text}", f"{joint} {many} {text}", f"{joint} {many} {text}", f"{joint} a {single} {text}"]
    if text.startswith(("in ", "from ", "based", "located")):
        choices += [f"whose {single} is {text}", f"{joint} {many} {who} are {text}"]
    return found, rng.choice(choices)


def _named(name: str, joint: str, single: str, sort: str, rng: random.Random, unclear: bool) -> str:
    """A parent by its own name; `unclear`: with the part it plays, for there are others."""
    choices = [
        f"{joint} {name}",
        f"{joint} {name}",
        f"{joint} {single} {name}",
        f"{joint} the {single} {name}",
        f"whose {single} is {name}",
        f"where the {single} is {name}",
        f"with {name} as {single}",
    ]
    if unclear:
        return rng.choice(choices[2:])
    if sort == "person":
        choices += [f"^{name}'s", f"^{name}'s"]
    else:
        choices += [f"{joint} the {name} {single}", f"{joint} {name} {single}", f"^{name}"]
    return rng.choice(choices)


def of_children(world: World, scope: Scope, link: Link, rng: random.Random) -> tuple[Filter | None, str]:
    """With or without children of a kind."""
    inner = inside(world, link)
    part = subject(world, inner, rng, most=1) if rng.random() < 0.6 else Subject(world.noun(link[0], rng), [])
    absent = rng.random() < 0.5
    found = exists(world, scope, link, inner, part.where, absent)
    return found, f"{having(world, link, rng, absent)} {part.text}"


def having(world: World, link: Link, rng: random.Random, absent: bool) -> str:
    """'who placed', 'without any': what ties a parent to its children."""
    who = "who" if world.sort(link[2]) == "person" else "that"
    if link in world.twins:
        return f"{who} {rng.choice(have(world, link, absent))}"
    date = world.default_date(link[0])
    done = (
        [v for v in (world.verbs(*date.place) if date else ()) if v in {"placed", "made", "booked", "submitted", "filed"}]
        if who == "who"
        else []
    )
    if absent:
        forms = [
            "without",
            "without any",
            f"{who} have no",
            "with no",
            f"{who} do not have any",
            f"{who} don't have",
            f"{who} never had",
            "lacking any",
            "with zero",
        ]
        return rng.choice(forms + [f"{who} never {v}" for v in done] * 2 + [f"{who} have not {v} any" for v in done])
    forms = ["with", f"{who} have", "having", f"{who} have at least one of the", "with", f"{who} had", "with at least one of the"]
    return rng.choice([*forms, *(f"{who} {v}" for v in done for _ in range(2)), *(f"{who} have {v}" for v in done)])


def have(world: World, link: Link, absent: bool) -> tuple[str, ...]:
    """Verbs between parents and their children; where there are several keys between them with the part that the parent plays."""
    if link in world.twins:
        part = world.part(link)
        return (f"are the {part} of no", f"are not the {part} of any") if absent else (f"are the {part} of", f"are the {part} of at least one of the")
    return ("have no", "do not have any", "lack") if absent else ("have", "have at least one of the")


def exists(world: World, scope: Scope, link: Link, inner: Scope, where: list[str], absent: bool) -> Filter:
    """Rows of the parent that have, or do not have, such a child."""
    child, (column,), parent, (key,) = link[0], link[1], link[2], link[3]
    conditions = [*where, f"{inner.col(child, column)} IS NOT NULL"] if absent and nullable(world, child, column) else where
    sql = inner.sql(inner.col(child, column), conditions)
    return Filter(f"{scope.col(parent, key)} {'NOT IN' if absent else 'IN'} ({sql})", key=f"{child}?")


def correlated(world: World, link: Link, inner: Scope, where: list[str], absent: bool) -> str:
    """The same by EXISTS, tied to the row around it."""
    child, (column,), parent, (key,) = link[0], link[1], link[2], link[3]
    inner.qualified = True
    tie = f"{inner.col(child, column)} = {world.named(parent)}.{identifier(key)}"
    return f"{'NOT ' if absent else ''}EXISTS({inner.sql('1', [tie, *where])})"


def inside(world: World, link: Link) -> Scope:
    """A scope over the children of rows that a question is about: it says nothing more of these rows."""
    scope = Scope(world, link[0])
    scope.avoid = frozenset({link[2]})
    return scope


def nullable(world: World, table: str, column: str) -> bool:
    found = world.schema.table(table)
    known = found.column(column) if found else None
    return known is None or known.nullable
