"""A condition by the role of a column, any condition on a table, the segments of the glossary."""

from __future__ import annotations

import random
from collections.abc import Callable

from sqlkit.data.english import singular
from sqlkit.data.filters.base import Filter
from sqlkit.data.filters.dates import window
from sqlkit.data.filters.numbers import measure
from sqlkit.data.filters.presence import flag, missing
from sqlkit.data.filters.texts import label, like
from sqlkit.data.filters.values import category
from sqlkit.data.scope import Scope
from sqlkit.data.world import Role, World
from sqlkit.schema.words import words

BY_ROLE: dict[str, Callable[[World, Scope, Role, random.Random], Filter | None]] = {
    "category": category,
    "label": label,
    "measure": measure,
    "date": window,
    "flag": flag,
    "text": like,
}


def one(world: World, scope: Scope, table: str, rng: random.Random) -> Filter | None:
    """A random condition on a column of `table` (joined when it is not the root)."""
    roles = world.of(table, "category", "measure", "date", "flag", "label", "text")
    if not roles:
        return None
    weights = [{"category": 5, "date": 2, "measure": 2, "flag": 1.5, "label": 1, "text": 0.2}[r.role] for r in roles]
    role = rng.choices(roles, weights)[0]
    if role.column.nullable and rng.random() < 0.25 and (found := missing(world, scope, role, rng)):
        return found
    if role.role == "date":
        default = world.default_date(table)
        return window(world, scope, role, rng, plain=role == default and rng.random() < 0.7)
    maker = BY_ROLE.get(role.role)
    return maker(world, scope, role, rng) if maker else None


def segment(world: World, scope: Scope, table: str, rng: random.Random) -> Filter | None:
    """A named filter of the glossary."""
    own = [(n, s) for n, s in world.glossary.segments.items() if s.table == table]
    if not own:
        return None
    name, found = rng.choice(own)
    said = rng.choice([name, name, *found.synonyms])
    named = world.glossary.table(table)
    nouns = sorted({*named.synonyms, named.name, singular(" ".join(words(table)))}, key=len, reverse=True)
    word = said
    for noun in nouns:
        if noun and word.endswith(noun):
            word = word[: -len(noun)].strip()
        elif noun and (word.startswith(f"{noun} ") or (noun.split()[-1:] == word.split()[:1] and " " in word)):
            rest = word.split(" ", len(noun.split()) if word.startswith(noun) else 1)[-1]  # "line with a discount"
            return Filter(scope.expression(f"({found.where})" if " OR " in found.where.upper() else found.where), (), (rest,), name)
    if word == said and any(noun and word.split()[-1] == noun.split()[-1] for noun in nouns):
        word = word.rsplit(" ", 1)[0] if " " in word else ""
    if not word:
        return None
    return Filter(scope.expression(f"({found.where})" if " OR " in found.where.upper() else found.where), (word,), (), name)
