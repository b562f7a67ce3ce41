"""A row by its name; a text by a part of it."""

from __future__ import annotations

import random
import re

from sqlkit.data.filters.base import Filter, case, quote
from sqlkit.data.scope import Scope
from sqlkit.data.world import Role, World


def label(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A row named outright, or by a part of its name."""
    values = [v for v in world.profile.column(*role.place).values if isinstance(v, str)]
    if not values:
        return None
    if rng.random() < 0.25:
        return like(world, scope, role, rng)
    value = rng.choice(values)
    shown = case(value, rng)
    return Filter(
        f"{scope.col(*role.place)} = {quote(value)}",
        (),
        (f"named {shown}", f"called {shown}", f"with the name {shown}", shown),
        f"{role.table}.{role.column.name}",
        shown,
    )


def like(world: World, scope: Scope, role: Role, rng: random.Random) -> Filter | None:
    """A text that contains, begins with or ends with something."""
    values = [v for v in world.profile.column(*role.place).values if isinstance(v, str) and len(v) > 3]
    if not values:
        return None
    value = rng.choice(values)
    target, said = scope.col(*role.place), world.said(*role.place, rng)
    place, not_ = f"{role.table}.{role.column.name}", "NOT " if rng.random() < 0.08 else ""
    style = rng.random()
    part = rng.choice([w for w in re.findall(r"\w+", value) if len(w) > 2] or [value])
    if style < 0.6:
        pattern, shown = f"%{part}%", case(part, rng)
        after: tuple[str, ...] = (
            f"with {shown} in the {said}",
            f"whose {said} contains {shown}",
            f"with a {said} containing {shown}",
            f"with '{shown}' in their {said}",
            f"whose {said} includes the word {shown}",
            f"that have {shown} in the {said}",
            f"where the {said} contains '{shown}'",
            f"with {said} like {shown}",
        )
    elif style < 0.85:
        head = part if value.startswith(part) and rng.random() < 0.5 else value[: rng.choice((1, 1, 2, 3))]
        pattern = f"{head}%"
        after = (
            f"whose {said} starts with {head}",
            f"whose {said} begins with {head}",
            f"with a {said} starting with '{head}'",
            f"with {said} beginning with {head}",
            f"where the {said} starts with the letter {head}" if len(head) == 1 else f"where the {said} starts with {head}",
        )
    else:
        tail = value[-rng.choice((2, 3)) :].strip()
        pattern = f"%{tail}"
        after = (
            f"whose {said} ends with {tail}",
            f"whose {said} ends in {tail}",
            f"with a {said} ending in '{tail}'",
            f"where the {said} ends with {tail}",
        )
    if not_:
        after = tuple(_denied(text) for text in after if _denied(text) != text)
    return Filter(f"{target} {not_}ILIKE {quote(pattern)}", (), after, place) if after else None


def _denied(text: str) -> str:
    return re.sub(r" (contains|includes|starts|begins|ends) ", lambda m: f" does not {m[1][:-1]} ", text, count=1)
